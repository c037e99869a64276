//! Bulk, interrupt and stream transfers.

use std::{
    future::poll_fn,
    sync::Arc,
    time::{Duration, Instant},
};

use usbclient_protocol::{PipeTransfer, control_code};

use super::{Buffer, Direction, Endpoint, In, Out, Packets};
use crate::{
    device::milliseconds,
    error::Error,
    operation::{Operation, checked},
    transport::Ended,
};

/// The end of a transfer: its buffer, back, and how it went.
#[derive(Debug)]
#[must_use]
pub struct Completion {
    /// The buffer. Of an IN transfer it holds what has come, also if the transfer failed then.
    pub buffer: Buffer,
    /// Bytes that were moved.
    pub moved: usize,
    /// How it went.
    pub result: Result<(), Error>,
}

impl Completion {
    /// The buffer of a transfer that succeeded.
    ///
    /// # Errors
    /// Why it did not. [`Error::moved`] says how far it came.
    pub fn into_result(self) -> Result<Buffer, Error> {
        self.result.map(|()| self.buffer)
    }
}

impl<K: Packets, D: Direction> Endpoint<K, D> {
    const CODE: u32 = if D::IS_IN { control_code::PIPE_READ } else { control_code::PIPE_WRITE };

    /// The driver gives each transfer up that is submitted from now on when this time is over, in whole milliseconds. None:
    /// as the endpoint's policy says, which is never unless it was changed.
    pub const fn set_transfer_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    fn request(&self) -> [u8; PipeTransfer::SIZE] {
        let timeout_ms = milliseconds(self.timeout);
        PipeTransfer { timeout_ms, ..PipeTransfer::new(self.target) }.encode()
    }

    /// Starts a transfer. The buffer belongs to it until its end is taken.
    ///
    /// In the steady state, when as many transfers were submitted before, this allocates nothing on Windows; in the simulator
    /// the machine makes a copy of the data.
    pub fn submit(&mut self, buffer: Buffer) {
        let request = self.request();
        let data = buffer.for_transfer(D::IS_IN);
        self.queue.submit(Self::CODE, |input| input.extend_from_slice(&request), data);
    }

    /// The end of the oldest transfer in the queue, as a future. None: the queue is empty.
    pub async fn next_complete(&mut self) -> Option<Completion> {
        let ended = poll_fn(|context| self.queue.poll_next(context)).await?;
        Some(self.completion(ended))
    }

    /// Waits for the end of the oldest transfer in the queue. None: the queue is empty.
    pub fn wait_next(&mut self) -> Option<Completion> {
        let ended = self.queue.wait_next(None)?;
        Some(self.completion(ended))
    }

    /// Waits for the end of the oldest transfer in the queue, so long. None: the queue is empty, or the time is over; the
    /// transfer goes on then.
    pub fn wait_next_for(&mut self, time: Duration) -> Option<Completion> {
        let ended = self.queue.wait_next(Instant::now().checked_add(time))?;
        Some(self.completion(ended))
    }

    fn completion(&self, ended: Ended) -> Completion {
        let result = checked(&ended, self.doing());
        let Ended { moved, parcel, .. } = ended;
        let holds = if D::IS_IN { moved } else { parcel.length };
        Completion { buffer: Buffer::of_transfer(parcel.data, holds), moved, result }
    }

    /// One transfer, apart from the queue.
    fn single(&self, data: Vec<u8>) -> Operation<Vec<u8>> {
        let (pipe, request, doing) = (Arc::clone(&self.pipe), self.request(), self.doing());
        pipe.device().clone().operation(async move |line| {
            let data = line.send(doing, Self::CODE, &request, data).await;
            // The pipe's handle stays open until the transfer has ended.
            drop(pipe);
            data
        })
    }
}

impl<K: Packets> Endpoint<K, In> {
    /// A buffer for reads: room for so many bytes, rounded up to whole packets.
    #[must_use]
    pub fn allocate(&self, length: usize) -> Buffer {
        Buffer::with_room(length.next_multiple_of(self.max_packet_size().max(1)))
    }

    /// Reads once: until `length` bytes have come, or a short packet. It must be a multiple of the packet size, unless
    /// [`set_partial_reads`](Self::set_partial_reads) allows other lengths.
    ///
    /// Errors of the operation: [`Stall`](crate::ErrorKind::Stall): the endpoint is halted until
    /// [`clear_halt`](Self::clear_halt); [`Disconnected`](crate::ErrorKind::Disconnected);
    /// [`TimedOut`](crate::ErrorKind::TimedOut) and [`Cancelled`](crate::ErrorKind::Cancelled);
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the length; [`Stale`](crate::ErrorKind::Stale).
    pub fn read(&self, length: usize) -> Operation<Vec<u8>> {
        self.single(vec![0; length])
    }
}

impl<K: Packets> Endpoint<K, Out> {
    /// Writes once. No bytes are one packet without bytes. A write of whole packets does not tell the device that it is over,
    /// unless [`set_short_packet_terminate`](Self::set_short_packet_terminate) is on.
    ///
    /// Errors of the operation: as [`read`](Endpoint::read); [`Error::moved`] says how much the device has taken.
    pub fn write(&self, data: &[u8]) -> Operation<()> {
        self.single(data.to_vec()).map(drop)
    }
}
