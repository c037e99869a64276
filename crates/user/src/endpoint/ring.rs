//! Continuous reading.

use usbclient_protocol::{
    PipeSelect, ReaderStart, ReaderState as Reply, TransferType, control_code, reader_flag, reader_phase,
};

use super::{Bulk, Endpoint, In, Interrupt, pipe::HasPipe};
use crate::{device::short_reply, error::SystemCode, operation::Operation};

/// How an endpoint is read continuously.
///
/// ```
/// use usbclient_user::{In, Interrupt, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["hid-fs"])?;
/// # let device = context.list_devices()?[0].open()?;
/// let reports = device.endpoint::<Interrupt, In>(0x81).wait()?;
/// reports.start_reader(reports.reader_options()).wait()?;
/// for _ in 0..10 {
///     assert_eq!(reports.read(8).wait()?.len(), 8);
/// }
/// assert_eq!(reports.reader_state().wait()?.dropped(), 0);
/// reports.stop_reader().wait()?;
/// # drop((reports, device));
/// # context.finish()
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Bytes of one read: a multiple of the packet size, at most 1 MiB and one transfer.
    pub transfer_length: u32,
    /// How many reads are outstanding at a time: 1 to 64.
    pub transfers: u32,
    /// Bytes that the ring holds if reads come full: at least one read's, at most 16 MiB.
    pub ring_length: u32,
    /// A full ring drops its oldest data. Otherwise the driver stops asking the device until there is room.
    pub drops_oldest: bool,
}

/// What a reader does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReaderPhase {
    /// There is no reader.
    None,
    /// Reads are outstanding.
    Running,
    /// No read is outstanding: the ring is full, the device sleeps, or a halt is being cleared. It goes on by itself.
    Paused,
    /// The endpoint failed. What the ring holds can still be read.
    Failed,
}

/// How continuous reading goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderState(Reply);

impl ReaderState {
    /// What the reader does.
    #[must_use]
    pub const fn phase(&self) -> ReaderPhase {
        match self.0.phase {
            reader_phase::RUNNING => ReaderPhase::Running,
            reader_phase::PAUSED => ReaderPhase::Paused,
            reader_phase::FAILED => ReaderPhase::Failed,
            _ => ReaderPhase::None,
        }
    }

    /// Bytes in the ring.
    #[must_use]
    pub const fn waiting(&self) -> u32 {
        self.0.waiting
    }

    /// Bytes that came from the device.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.0.received
    }

    /// Bytes that were dropped because the ring was full.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.0.dropped
    }

    /// How often the ring was full.
    #[must_use]
    pub const fn overflows(&self) -> u32 {
        self.0.overflows
    }

    /// How often reading failed.
    #[must_use]
    pub const fn errors(&self) -> u32 {
        self.0.errors
    }

    /// The last failure.
    #[must_use]
    pub const fn last_error(&self) -> Option<SystemCode> {
        if self.0.last_error == 0 { None } else { Some(SystemCode::NtStatus(self.0.last_error)) }
    }
}

/// A kind of endpoint that can be read continuously.
pub trait HasReader: HasPipe {}

impl HasReader for Bulk {}

impl HasReader for Interrupt {}

impl<K: HasReader> Endpoint<K, In> {
    /// Lets the driver keep reads outstanding, into a ring that [`read`](Self::read) takes out of: nothing that the device
    /// sends is missed between two reads.
    ///
    /// Errors of the operation: [`InvalidState`](crate::ErrorKind::InvalidState): the endpoint has a reader already;
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): lengths that do not fit.
    pub fn start_reader(&self, options: ReaderOptions) -> Operation<()> {
        let input = ReaderStart {
            target: self.target,
            transfer_length: options.transfer_length,
            transfer_count: options.transfers,
            ring_length: options.ring_length,
            flags: if options.drops_oldest { reader_flag::DROP_OLDEST } else { 0 },
            reserved: 0,
        };
        let input = input.encode().to_vec();
        self.pipe.send("starting to read continuously from", control_code::START_READER, input, 0, |_| Ok(()))
    }

    /// Options that fit most endpoints: reads of a packet (interrupt) or of up to 16 KiB (bulk), eight at a time, and a ring of
    /// 64 reads that loses nothing.
    #[must_use]
    pub fn reader_options(&self) -> ReaderOptions {
        let packet = u32::try_from(self.max_packet_size()).unwrap_or(u32::MAX).max(1);
        let most = if K::TYPE == TransferType::Bulk { 16 << 10 } else { packet };
        let transfer_length = (most / packet).max(1) * packet;
        ReaderOptions {
            transfer_length,
            transfers: 8,
            ring_length: 64 * transfer_length,
            drops_oldest: false,
        }
    }

    /// Ends continuous reading. What the ring holds is lost.
    ///
    /// Errors of the operation: [`InvalidState`](crate::ErrorKind::InvalidState): the endpoint has no reader.
    pub fn stop_reader(&self) -> Operation<()> {
        self.pipe.order("ending to read continuously from", control_code::STOP_READER)
    }

    /// How continuous reading goes.
    pub fn reader_state(&self) -> Operation<ReaderState> {
        const DOING: &str = "asking for the reader of";
        let input = PipeSelect::new(self.target).encode().to_vec();
        self.pipe.send(DOING, control_code::GET_READER_STATE, input, Reply::SIZE, |reply| {
            Reply::decode(reply).map(ReaderState).ok_or_else(|| short_reply(DOING))
        })
    }
}
