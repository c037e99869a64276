//! Lines of the trace, one `DbgPrint` each. The runner reads them from Wine's `debugstr` channel.
//!
//! | line | means |
//! |---|---|
//! | `~c NAME a0 a1 a2 a3` | a call of an exported routine with its first four arguments |
//! | `~r NAME value` | what it returned |
//! | `~bus pnp NUMBER minor status` | a child has answered an `IRP_MJ_PNP` |
//! | `~bus power NUMBER minor state` | a child has got an `IRP_MJ_POWER`, for `S3` or `D2` and so on; wait/wake has no state |
//! | `~bus urb NUMBER FUNCTION length` | an URB has come |
//! | `~bus urbdone NUMBER FUNCTION length usbdstatus` | and is completed |
//! | `~bus reset NUMBER`, `~bus cycle NUMBER` | the port is reset or cycled |
//! | `~bus idle NUMBER`, `~bus idlecall NUMBER`, `~bus idlecalled NUMBER` | an idle notification has come; its callback is called, and has returned |
//! | `~bus unload` | the bus driver is unloaded |
//! | `~dex handle ADDRESS` | the call of `USBD_CreateHandle` makes this handle |
//! | `~flt start NUMBER status` | START has returned from the driver |
//! | `~flt create NUMBER files [status]` | a file is open, or was refused with a status; so many are open |
//! | `~flt cleanup NUMBER files`, `~flt close NUMBER files` | a file is about to be closed |
//! | `~flt hold NUMBER files`, `~flt release NUMBER` | REMOVE waits for files, and does no longer |
//! | `~flt remove NUMBER` | REMOVE goes down |
//! | `~flt swallow NUMBER minor` | a PnP request of Wine's that Windows does not send was not passed on |
//! | `~bus broken ...`, `~flt broken ...`, `~dex broken ...` | a rule was broken: the run has failed |
//!
//! Minor function codes, URB functions, statuses and pointers are hexadecimal without a prefix; numbers of devices,
//! lengths and counts are decimal. The data of transfers are in no line.

// UNSAFETY: calls a variadic routine of the kernel.
#![expect(unsafe_code, reason = "calls the kernel")]

use core::fmt::{self, Write};

use wdk_sys::ntddk::DbgPrint;

/// Bytes of a line at most: `DbgPrint` takes no more than 512 at once.
const LONGEST: usize = 500;

/// A line that grows. What does not fit is left out.
struct Line {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The last byte stays zero.
        let room = LONGEST - 1 - self.length;
        let taken = text.len().min(room);
        if let (Some(to), Some(from)) =
            (self.bytes.get_mut(self.length..self.length + taken), text.as_bytes().get(..taken))
        {
            to.copy_from_slice(from);
        }
        self.length += taken;
        Ok(())
    }
}

/// Prints a line.
pub fn print(text: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LONGEST], length: 0 };
    // A display that fails leaves the line as it is so far.
    let _ = line.write_fmt(text);
    // SAFETY: both strings end with a zero.
    let _ = unsafe { DbgPrint(c"%s\n".as_ptr().cast(), line.bytes.as_ptr()) };
}

/// Prints a line of the trace.
macro_rules! trace {
    ($($text:tt)*) => { $crate::shared::line::print(format_args!($($text)*)) };
}

pub(crate) use trace;
