//! How many handles the process has. Wine 8 answers 0 to `GetProcessHandleCount`, so all handles are asked for.
// UNSAFETY: calls Windows.
#![expect(unsafe_code, reason = "calls Windows")]

use std::ptr;

use windows_sys::{
    Wdk::System::SystemInformation::NtQuerySystemInformation,
    Win32::{Foundation::STATUS_INFO_LENGTH_MISMATCH, System::Threading::GetCurrentProcessId},
};
use wine_agent::Answer;

/// `SystemExtendedHandleInformation`
const EVERY_HANDLE: i32 = 64;
/// Words of one entry; the second is the process.
const ENTRY: usize = 5;

/// How many handles the process has.
pub fn count() -> Answer {
    // The number of entries, a word that is reserved, the entries.
    let mut words = vec![0_usize; 2 + 256 * ENTRY];
    loop {
        let bytes = u32::try_from(words.len() * size_of::<usize>()).unwrap_or(u32::MAX);
        // SAFETY: there is room for that many bytes.
        let status = unsafe {
            NtQuerySystemInformation(EVERY_HANDLE, words.as_mut_ptr().cast(), bytes, ptr::null_mut())
        };
        match status {
            STATUS_INFO_LENGTH_MISMATCH => words.resize(words.len() * 2, 0),
            status if status < 0 => return Answer::Refused(status.cast_unsigned()),
            _ => break,
        }
    }
    // SAFETY: always succeeds.
    let process = unsafe { GetCurrentProcessId() } as usize;
    let entries = words.get(2..).unwrap_or_default().chunks_exact(ENTRY);
    let count = words.first().copied().unwrap_or_default();
    Answer::Number(entries.take(count).filter(|entry| entry.get(1) == Some(&process)).count() as u64)
}
