//! An URB that the stack holds, and where its bytes are.

use alloc::{collections::BTreeMap, vec::Vec};

use usb_models::{HostMemory, Packet, PacketEnd, Schedule, Setup, Time, TransferId};

use super::{isochronous::Isochronous, outcome::Outcome, select::Selection};
use crate::nt::{irp::Irp, memory::Run, urb::Urb};

/// What an URB asks of the device, checked.
pub struct Job {
    pub wire: Wire,
    pub work: Work,
    /// Where the bytes are.
    pub runs: Vec<Run>,
    /// Bytes asked for.
    pub length: u32,
    /// The pipe's handle, zero for the default pipe.
    pub pipe: usize,
    /// The pipe's endpoint, zero for the default pipe.
    pub endpoint: u8,
    /// The data go to the host.
    pub is_in: bool,
    /// The client gave no MDL, so the stack makes one and leaves its address in the URB.
    pub made_mdl: bool,
    /// The URB has a `TransferBufferLength`, which gets the bytes moved.
    pub has_length: bool,
    /// Given up after that many milliseconds; zero: never.
    pub timeout_ms: u32,
    /// The packets of an isochronous transfer.
    pub isochronous: Option<Isochronous>,
}

impl Job {
    /// One without data.
    pub const fn new(wire: Wire, work: Work) -> Self {
        Self {
            wire,
            work,
            runs: Vec::new(),
            length: 0,
            pipe: 0,
            endpoint: 0,
            is_in: false,
            made_mdl: false,
            has_length: false,
            timeout_ms: 0,
            isochronous: None,
        }
    }

    /// A request without data on the default pipe that the stack makes itself.
    pub const fn own_request(request_type: u8, request: u8, value: u16, index: u16, work: Work) -> Self {
        Self::new(Wire::Control(Setup { request_type, request, value, index, length: 0 }), work)
    }
}

/// What goes over the bus.
#[derive(Clone, Copy)]
pub enum Wire {
    /// A control transfer on the default pipe.
    Control(Setup),
    /// A bulk or interrupt transfer.
    Data,
    /// A transfer on a stream.
    Stream(u16),
    /// An isochronous transfer.
    Isochronous(Schedule),
}

/// What else is done when that has succeeded.
pub enum Work {
    Nothing,
    /// Opens the pipes of a configuration, or with none selected closes all.
    SelectConfiguration(Option<Selection>),
    /// Opens the pipes of an alternate setting.
    SelectInterface(Selection),
    /// The pipe is no longer halted.
    ResetPipe,
}

/// Where a held URB is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The device has it.
    InModel,
    /// It is done, and waits to be completed.
    Finished(Outcome),
}

/// An URB that the stack holds.
pub struct Transfer {
    pub irp: Irp,
    pub urb: Urb,
    pub function: u16,
    pub job: Job,
    pub stage: Stage,
    /// It has a cancel routine; whoever takes that away completes the IRP.
    pub armed: bool,
    pub deadline: Option<Time>,
    /// Where it was sent, and until when it is not completed while that thread is still there.
    pub held: Option<(usize, Time)>,
    /// The URB's bytes when the stack took it.
    pub taken: Vec<u8>,
}

impl Transfer {
    /// Whether the client has changed the URB since.
    pub fn is_touched(&self) -> bool {
        Run::at(self.urb.address(), self.taken.len()).bytes() != self.taken
    }
}

/// The buffers of all transfers, for a model that is polled.
pub struct Buffers<'a>(pub &'a mut BTreeMap<TransferId, Transfer>);

impl HostMemory for Buffers<'_> {
    fn bytes_out(&self, id: TransferId, offset: u32, length: u32) -> &[u8] {
        let Some(transfer) = self.0.get(&id) else { return &[] };
        let mut skip = offset as usize;
        for run in &transfer.job.runs {
            if skip < run.length() {
                let end = run.length().min(skip + length as usize);
                return run.bytes().get(skip..end).unwrap_or(&[]);
            }
            skip -= run.length();
        }
        &[]
    }

    fn room_in(&mut self, id: TransferId, offset: u32, length: u32) -> &mut [u8] {
        let Some(transfer) = self.0.get_mut(&id) else { return &mut [] };
        let mut skip = offset as usize;
        for run in &mut transfer.job.runs {
            let whole = run.length();
            if skip < whole {
                let end = whole.min(skip + length as usize);
                return run.bytes_mut().get_mut(skip..end).unwrap_or(&mut []);
            }
            skip -= whole;
        }
        &mut []
    }

    fn packet(&self, id: TransferId, index: u32) -> Option<Packet> {
        self.0.get(&id)?.job.isochronous.as_ref()?.packet(index)
    }

    fn packet_done(&mut self, id: TransferId, index: u32, end: PacketEnd) {
        let transfer = self.0.get_mut(&id);
        if let Some(isochronous) = transfer.and_then(|transfer| transfer.job.isochronous.as_mut()) {
            isochronous.ended(index, end);
        }
    }
}
