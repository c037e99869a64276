//! Data that must stay as it is while a request is under way: *Invariant MDL Checking* of Driver Verifier.
//!
//! The data of a write may not change from when the driver gets the request to when it lets it go upwards; that of a
//! read not before the driver has passed it on for the first time. The buffer is copied when the driver gets the request
//! and compared when it sends it down and when it completes it. The USB stack does the same for what it is to send to the
//! device (`usb/invariant.rs`).

use nt_trace::event::DataChanged;

use crate::{
    abi::{
        IRP, MDL,
        irp_major::{IRP_MJ_DEVICE_CONTROL, IRP_MJ_READ, IRP_MJ_WRITE},
    },
    kernel::Kernel,
    mem::Addr,
    stop::Stop,
};

/// What the buffer of a request held when the driver got it.
#[derive(Debug)]
pub(in crate::kernel) struct Invariant {
    mdl: Addr,
    bytes: Vec<u8>,
    /// The device fills the buffer: it may change once the request was passed on.
    filled_below: bool,
}

impl Kernel {
    /// The driver gets a request: keeps what its buffer holds.
    pub(in crate::kernel) fn keep_invariant(&mut self, irp: Addr, major: u8) -> Result<(), Stop> {
        if !matches!(major, IRP_MJ_READ | IRP_MJ_WRITE | IRP_MJ_DEVICE_CONTROL) {
            return Ok(());
        }
        let mdl = self.irp(irp)?.MdlAddress;
        if mdl.is_null() || self.io.irps.get(&irp).is_none_or(|record| record.invariant.is_some()) {
            return Ok(());
        }
        let filled_below = self.mem.at::<MDL>(mdl)?.MdlFlags & MDL::WRITE_OPERATION != 0;
        let bytes = self.read_mdl(mdl, 0, self.mdl_length(mdl)?)?;
        if let Some(record) = self.io.irps.get_mut(&irp) {
            record.invariant = Some(Box::new(Invariant { mdl, bytes, filled_below }));
        }
        Ok(())
    }

    /// The driver passes a request on: its buffer must hold what it held.
    pub(in crate::kernel) fn check_invariant_sent(&mut self, irp: Addr) -> Result<(), Stop> {
        self.check_invariant(irp, false)?;
        if let Some(record) = self.io.irps.get_mut(&irp)
            && record.invariant.as_ref().is_some_and(|kept| kept.filled_below)
        {
            record.invariant = None;
        }
        Ok(())
    }

    /// The driver lets a request go upwards: data for the device must be what they were.
    pub(in crate::kernel) fn check_invariant_completed(&mut self, irp: Addr) -> Result<(), Stop> {
        if self
            .io
            .irps
            .get(&irp)
            .and_then(|record| record.invariant.as_ref())
            .is_none_or(|kept| kept.filled_below)
        {
            return Ok(());
        }
        self.check_invariant(irp, true)
    }

    fn check_invariant(&mut self, irp: Addr, below: bool) -> Result<(), Stop> {
        let Some(kept) = self.io.irps.get_mut(&irp).and_then(|record| record.invariant.take()) else {
            return Ok(());
        };
        // The request may have got another buffer.
        if self.mem.at::<IRP>(irp)?.MdlAddress != kept.mdl {
            return Ok(());
        }
        let now = self.read_mdl(kept.mdl, 0, kept.bytes.len() as u64)?;
        if let Some(offset) = first_difference(&kept.bytes, &now) {
            let irp = self.object(irp);
            self.emit(DataChanged { irp, offset, below });
        } else if let Some(record) = self.io.irps.get_mut(&irp) {
            record.invariant = Some(kept);
        }
        Ok(())
    }
}

/// Where two buffers differ first.
#[must_use]
pub fn first_difference(left: &[u8], right: &[u8]) -> Option<u64> {
    if left == right {
        return None;
    }
    let differs = left.iter().zip(right).position(|(left, right)| left != right);
    Some(differs.unwrap_or_else(|| left.len().min(right.len())) as u64)
}
