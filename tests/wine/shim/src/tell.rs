//! Lines for the runner, which reads them from Wine's standard error.

use core::{ffi::CStr, fmt};

use wdk_sys::ntddk::DbgPrint;

/// A line on the stack. What does not fit is left out.
struct Line {
    bytes: [u8; 200],
    length: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The last two bytes are the end of the line and of the string.
        let room = self.bytes.len().saturating_sub(2).saturating_sub(self.length);
        let text = text.as_bytes();
        let text = text.get(..text.len().min(room)).unwrap_or_default();
        let end = self.length.saturating_add(text.len());
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(text);
            self.length = end;
        }
        Ok(())
    }
}

/// Prints one line.
pub fn line(arguments: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; 200], length: 0 };
    // Writing to the line never fails.
    let _ = fmt::write(&mut line, arguments);
    if let Some(end) = line.bytes.get_mut(line.length) {
        *end = b'\n';
    }
    let Ok(text) = CStr::from_bytes_until_nul(&line.bytes) else { return };
    // SAFETY: both are strings with an end, and "%s" asks for one of them.
    unsafe { DbgPrint(c"%s".as_ptr(), text.as_ptr()) };
}

/// Prints one line, as `format!` would make it.
macro_rules! tell {
    ($($argument:tt)*) => { $crate::tell::line(format_args!($($argument)*)) };
}
pub(crate) use tell;
