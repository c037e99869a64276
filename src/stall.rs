//! `AUTO_CLEAR_STALL`: a request that met a halted pipe is completed when the pipe is usable again.
//!
//! It waits with its status among the recoveries, and is completed when the work item has reset the pipe.
//! Meanwhile it can be cancelled, and the device can be stopped or go: it is an ordinary held request.
//!
//! Page: [How to recover from USB pipe errors](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-recover-from-usb-pipe-errors)

use usbclient_core::{dispatch::Pended, timeout::Deadline};

use crate::{
    gate::Gate,
    nt::{
        Nt,
        held::{Key, Wait},
        slot::{End, Entry},
    },
};

/// `USBD_STATUS_STALL_PID`
const STALL_PID: u32 = 0xC000_0004;
/// `USBD_STATUS_ENDPOINT_HALTED`
const ENDPOINT_HALTED: u32 = 0xC000_0030;

/// Whether a request met a halt that its pipe's policy clears. Under the lock.
pub fn meets_halt(gate: &Gate, entry: &Entry, end: End, usbd_status: i32) -> bool {
    let is_halted = matches!(usbd_status.cast_unsigned(), STALL_PID | ENDPOINT_HALTED);
    !end.status.is_success()
        && is_halted
        && entry.stream == 0
        && gate.policies.of(entry.endpoint).auto_clear_stall()
}

/// The same, if it can be cleared now. A read of a continuous reader's waits until it can.
pub fn is_cleared(gate: &Gate, entry: &Entry, end: End, usbd_status: i32) -> bool {
    gate.admits_io() && meets_halt(gate, entry, end, usbd_status)
}

/// Holds such a request until its pipe is reset. Under the lock.
///
/// # Errors
///
/// Gives the request back if it was cancelled meanwhile, to be completed as it is.
pub fn hold(gate: &mut Gate, mut pended: Pended<Nt>, end: End, entry: &Entry) -> Result<(), Pended<Nt>> {
    pended.raw().set_status_block(end.status, end.information as usize);
    let wait = Wait::Halt { endpoint: entry.endpoint };
    gate.held.insert(pended, Key { wait, sequence: entry.sequence, deadline: Deadline::NEVER })
}
