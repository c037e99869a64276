//! Where the bytes of a transfer are, and how a model reaches them.

use std::{cell::Cell, collections::BTreeMap};

use usb_models::{HostMemory, Packet, PacketEnd, TransferId};

use super::{status::BUGCODE_USB3_DRIVER, transfer::Transfer};
use crate::{
    abi::MDL,
    kernel::{
        Kernel,
        bug_check::{bug_check, verifier},
    },
    mem::{Addr, BadAccess, Mem, SYSTEM_RANGE_START},
    stop::Stop,
};

/// MDLs of a chain at most: a chain that leads back into itself has no end.
const LONGEST_CHAIN: usize = 1 << 16;

/// A contiguous piece of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: Addr,
    length: u32,
}

/// Where the bytes of a transfer are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buffer {
    runs: Vec<Run>,
}

impl Buffer {
    /// A buffer in one piece, which the caller has checked.
    fn one(start: Addr, length: u32) -> Self {
        Self { runs: vec![Run { start, length }] }
    }

    /// The contiguous run at `offset`, at most `length` bytes of it. None past the end.
    fn at(&self, offset: u32, length: u32) -> Option<(Addr, u64)> {
        let mut skip = offset;
        for run in &self.runs {
            if skip < run.length {
                return Some((run.start.add(u64::from(skip)), u64::from((run.length - skip).min(length))));
            }
            skip -= run.length;
        }
        None
    }

    /// Its contiguous pieces: start and length.
    pub fn runs(&self) -> impl Iterator<Item = (Addr, u64)> {
        self.runs.iter().map(|run| (run.start, u64::from(run.length)))
    }

    /// Bytes in all.
    pub fn length(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.length)).sum()
    }
}

impl Kernel {
    /// `TransferBuffer`: nonpaged memory of the kernel.
    pub(super) fn usb_plain_buffer(&self, start: Addr, length: u32) -> Result<Buffer, Stop> {
        if start < SYSTEM_RANGE_START {
            let text = format!("the user-mode address {start} is the TransferBuffer of an URB");
            return Err(verifier(0xE0, text));
        }
        self.mem.bytes(start, u64::from(length))?;
        Ok(Buffer::one(start, length))
    }

    /// `TransferBufferMDL`: locked pages. `chain`: the MDLs that follow the first one belong to it.
    pub(super) fn usb_mdl_buffer(&self, mdl: Addr, chain: bool) -> Result<Buffer, Stop> {
        const USABLE: u16 = MDL::PAGES_LOCKED | MDL::SOURCE_IS_NONPAGED_POOL | MDL::PARTIAL;
        let mut runs = Vec::with_capacity(1);
        let mut at = mdl;
        let mut count = 0;
        while !at.is_null() {
            count += 1;
            if count > LONGEST_CHAIN {
                let text = format!("the MDLs that follow {} come to no end", self.object(mdl));
                return Err(bug_check(BUGCODE_USB3_DRIVER, 0x3, text));
            }
            let memory = self.mem.at::<MDL>(at)?;
            if memory.MdlFlags & USABLE == 0 {
                let text =
                    format!("the pages of {}, an URB's TransferBufferMDL, are not locked", self.object(at));
                return Err(bug_check(BUGCODE_USB3_DRIVER, 0x3, text));
            }
            let run = Run { start: memory.virtual_address(), length: memory.ByteCount };
            if run.length > 0 {
                self.mem.bytes(run.start, u64::from(run.length))?;
                runs.push(run);
            }
            at = if chain { memory.Next } else { Addr::NULL };
        }
        Ok(Buffer { runs })
    }
}

/// The buffers of all transfers, for a model that is polled.
pub(super) struct Buffers<'a> {
    pub mem: &'a mut Mem,
    pub transfers: &'a mut BTreeMap<TransferId, Transfer>,
    /// A buffer was freed under its transfer, which is where a real controller would write to memory that
    /// is somebody else's by now.
    pub bad: Cell<Option<BadAccess>>,
}

impl Buffers<'_> {
    fn at(&self, id: TransferId, offset: u32, length: u32) -> Option<(Addr, u64)> {
        self.transfers.get(&id)?.job.buffer.at(offset, length)
    }
}

impl HostMemory for Buffers<'_> {
    fn bytes_out(&self, id: TransferId, offset: u32, length: u32) -> &[u8] {
        let Some((start, length)) = self.at(id, offset, length) else { return &[] };
        self.mem.bytes(start, length).unwrap_or_else(|bad| {
            self.bad.set(Some(bad));
            &[]
        })
    }

    fn room_in(&mut self, id: TransferId, offset: u32, length: u32) -> &mut [u8] {
        let Some((start, length)) = self.at(id, offset, length) else { return &mut [] };
        self.mem.bytes_mut(start, length).unwrap_or_else(|bad| {
            self.bad.set(Some(bad));
            &mut []
        })
    }

    fn packet(&self, id: TransferId, index: u32) -> Option<Packet> {
        self.transfers.get(&id)?.job.isochronous.as_ref()?.packet(index)
    }

    fn packet_done(&mut self, id: TransferId, index: u32, end: PacketEnd) {
        let transfer = self.transfers.get_mut(&id);
        if let Some(isochronous) = transfer.and_then(|transfer| transfer.job.isochronous.as_mut()) {
            isochronous.ended(index, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, Run};
    use crate::mem::Addr;

    #[test]
    fn runs_follow_each_other() {
        let buffer = Buffer {
            runs: vec![Run { start: Addr(0x1000), length: 10 }, Run { start: Addr(0x9000), length: 5 }],
        };
        assert_eq!(buffer.length(), 15);
        assert_eq!(buffer.at(0, 100), Some((Addr(0x1000), 10)));
        assert_eq!(buffer.at(4, 3), Some((Addr(0x1004), 3)));
        assert_eq!(buffer.at(10, 100), Some((Addr(0x9000), 5)));
        assert_eq!(buffer.at(15, 1), None);
    }
}
