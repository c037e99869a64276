//! The four calls about files, as they are: nothing here keeps anybody from using them wrongly.

// UNSAFETY: calls NDIS. These functions are safe in name only; see the crate's page.
#![expect(unsafe_code, reason = "calls NDIS")]

use core::{ffi::c_void, ptr};

use wdk_sys::UNICODE_STRING;

use super::{
    FAILURE, NdisHandle, NdisStatus, SUCCESS,
    abi::{NdisCloseFile, NdisMapFile, NdisOpenFile, NdisUnmapFile},
};

/// The name of the file that these drivers read, in UTF-16.
const NAME: [u16; NAME_TEXT.len()] = wide();
const NAME_TEXT: &[u8] = b"\\SystemRoot\\System32\\drivers\\ndis_file.bin";
/// Its length in bytes.
const NAME_BYTES: u16 = (NAME_TEXT.len() * 2) as u16;

const fn wide() -> [u16; NAME_TEXT.len()] {
    let mut name = [0; NAME_TEXT.len()];
    let mut index = 0;
    while index < name.len() {
        name[index] = NAME_TEXT[index] as u16;
        index += 1;
    }
    name
}

/// Gives the name of the file to `body`.
pub fn with_name<T>(body: impl FnOnce(&UNICODE_STRING) -> T) -> T {
    // On the stack: what an NDIS_STRING points to may be changed.
    let mut name = NAME;
    body(&UNICODE_STRING { Length: NAME_BYTES, MaximumLength: NAME_BYTES, Buffer: name.as_mut_ptr() })
}

/// `NdisOpenFile` of this name: the handle and the length.
///
/// # Errors
///
/// What it wrote to `*Status`.
pub fn open_named(name: &UNICODE_STRING, highest: i64) -> Result<(NdisHandle, u32), NdisStatus> {
    let (mut status, mut handle, mut length) = (FAILURE, ptr::null_mut(), 0);
    // SAFETY: places for the results, and a counted string, at PASSIVE_LEVEL.
    unsafe {
        NdisOpenFile(&raw mut status, &raw mut handle, &raw mut length, ptr::from_ref(name), highest);
    };
    if status == SUCCESS { Ok((handle, length)) } else { Err(status) }
}

/// `NdisOpenFile` of the file that these drivers read. NULL if it failed.
#[must_use]
pub fn open() -> NdisHandle {
    with_name(|name| open_named(name, -1)).map_or(ptr::null_mut(), |(handle, _)| handle)
}

/// `NdisMapFile`
///
/// # Errors
///
/// What it wrote to `*Status`.
pub fn map(file: NdisHandle) -> Result<*const u8, NdisStatus> {
    let (mut status, mut contents) = (FAILURE, ptr::null_mut::<c_void>());
    // SAFETY: places for the results; the handle is the specimen's business.
    unsafe { NdisMapFile(&raw mut status, &raw mut contents, file) };
    if status == SUCCESS { Ok(contents.cast()) } else { Err(status) }
}

/// `NdisUnmapFile`
pub fn unmap(file: NdisHandle) {
    // SAFETY: the handle is the specimen's business.
    unsafe { NdisUnmapFile(file) };
}

/// `NdisCloseFile`
pub fn close(file: NdisHandle) {
    // SAFETY: the handle is the specimen's business.
    unsafe { NdisCloseFile(file) };
}

/// The first byte at an address, read for certain.
#[must_use]
pub fn first_byte(contents: *const u8) -> u8 {
    // SAFETY: not always right, which is the point.
    unsafe { contents.read_volatile() }
}
