//! `usbctl read`: from a bulk or interrupt endpoint to a file, a pipe or the terminal.

use std::{collections::VecDeque, future::Future as _, pin::pin, time::Instant};

use usbclient_user::{
    Buffer, Bulk, Completion, Direction, Endpoint, ErrorKind, In, Interrupt, Packets, TransferType,
};

use super::{
    endpoint::{self, Readable, Wanted},
    sink::Sink,
    summary::{Counter, Summary},
};
use crate::{
    cli::Read,
    failure::Failure,
    interrupt::{self, Waited},
    session::Session,
};

/// How much is read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Bytes of one transfer.
    pub size: u64,
    /// Transfers in flight.
    pub in_flight: usize,
    /// Bytes at most.
    pub length: Option<u64>,
    /// The first short packet is the end.
    pub stops_at_short: bool,
}

/// Reads.
pub fn run(session: &Session, options: &Read) -> Result<(), Failure> {
    let transfers = &options.transfers;
    let device = session.select(options.device.as_ref())?;
    let found = endpoint::find(
        &device,
        Wanted {
            address: transfers.endpoint,
            setting: transfers.setting,
            is_shared: transfers.share,
            is_in: Some(true),
            kinds: &[TransferType::Bulk, TransferType::Interrupt],
        },
    )?;
    let mut sink = Sink::open(options.output.as_deref(), options.hex, session.output)?;
    let plan = Plan {
        size: transfers.size,
        // What came after the short packet would be lost with the transfers behind it.
        in_flight: if options.until_short { 1 } else { transfers.in_flight.into() },
        length: options.length,
        stops_at_short: options.until_short,
    };
    let mut counter = Counter::start();
    let timeout = transfers.timeout;
    let result = match found.info.transfer_type() {
        TransferType::Bulk => read(&mut found.open::<Bulk, In>(timeout)?, plan, &mut sink, &mut counter),
        _ => read(&mut found.open::<Interrupt, In>(timeout)?, plan, &mut sink, &mut counter),
    };
    // What has come is written, also when what follows was not read.
    let data = sink.finish()?;
    result.map_err(|failure| failure.moved(counter.bytes))?;
    Summary::tell(session.output, "read", &found.info, counter, data)
}

/// Reads until the plan is done. What had come before an error, or Ctrl-C, went to the sink.
pub fn read<K: Packets>(
    endpoint: &mut Endpoint<K, In>,
    plan: Plan,
    sink: &mut Sink,
    counter: &mut Counter,
) -> Result<(), Failure>
where
    Endpoint<K, In>: Readable,
{
    let packet = endpoint.max_packet_size().max(1) as u64;
    let is_whole =
        plan.size.is_multiple_of(packet) && plan.length.is_none_or(|length| length.is_multiple_of(packet));
    let partial = if is_whole { None } else { endpoint.allow_partial(true) };
    let is_partial = partial.map(interrupt::wait).transpose()?.is_some();
    let mut queue = Reading { plan, is_partial, asked: VecDeque::new() };
    let result = queue.run(endpoint, sink, counter);
    let put_back = if is_partial { endpoint.allow_partial(false) } else { None };
    // The pipe may be gone with its device; the first error says so.
    let put_back = put_back.map_or(Ok(()), |operation| operation.wait().map_err(Failure::from));
    result.and(put_back)
}

/// Reads in flight.
struct Reading {
    plan: Plan,
    is_partial: bool,
    /// What each of them has asked for.
    asked: VecDeque<u64>,
}

impl Reading {
    fn run<K: Packets>(
        &mut self,
        endpoint: &mut Endpoint<K, In>,
        sink: &mut Sink,
        counter: &mut Counter,
    ) -> Result<(), Failure> {
        let mut spare = Vec::new();
        let mut is_over = false;
        loop {
            while !is_over && self.asked.len() < self.plan.in_flight.max(1) {
                let Some(length) = self.next_length(counter.bytes) else { break };
                let room = usize::try_from(length).unwrap_or(usize::MAX);
                let buffer = if self.is_partial {
                    Buffer::with_room(room)
                } else {
                    let fits = spare.pop().filter(|buffer: &Buffer| buffer.room() == room);
                    fits.unwrap_or_else(|| endpoint.allocate(room))
                };
                self.asked.push_back(length);
                endpoint.submit(buffer);
            }
            let completion = match next(endpoint, None) {
                Waited::Done(Some(completion)) => completion,
                Waited::Done(None) => return Ok(()),
                Waited::Interrupted | Waited::Late => {
                    self.drain(endpoint, sink, counter)?;
                    return Err(Failure::interrupted());
                }
            };
            let asked = self.asked.pop_front().unwrap_or_default();
            let is_short = (completion.moved as u64) < asked;
            if let Err(failure) = self.take(&completion, sink, counter) {
                endpoint.cancel_all();
                while endpoint.wait_next().is_some() {}
                return Err(failure);
            }
            if is_short && self.plan.stops_at_short && !is_over {
                is_over = true;
                endpoint.cancel_all();
            }
            if let Err(error) = completion.result
                && !(is_over && error.kind() == ErrorKind::Cancelled)
            {
                self.drain(endpoint, sink, counter)?;
                return Err(error.into());
            }
            spare.push(completion.buffer);
        }
    }

    /// Bytes of the next transfer; none: everything is asked for.
    fn next_length(&self, done: u64) -> Option<u64> {
        let in_flight: u64 = self.asked.iter().sum();
        let left = self.plan.length.map(|length| length.saturating_sub(done).saturating_sub(in_flight));
        let next = left.map_or(self.plan.size, |left| left.min(self.plan.size));
        (next > 0).then_some(next)
    }

    /// Counts and passes on, but no more than was asked for.
    fn take(&self, completion: &Completion, sink: &mut Sink, counter: &mut Counter) -> Result<(), Failure> {
        let left = self.plan.length.map(|length| length.saturating_sub(counter.bytes));
        let most = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let data = completion.buffer.get(..completion.moved.min(most)).unwrap_or(&completion.buffer);
        counter.add(data.len());
        sink.take(data)
    }

    /// Cancels what is in flight, and keeps what had come.
    fn drain<K: Packets>(
        &self,
        endpoint: &mut Endpoint<K, In>,
        sink: &mut Sink,
        counter: &mut Counter,
    ) -> Result<(), Failure> {
        endpoint.cancel_all();
        while let Some(completion) = endpoint.wait_next() {
            if completion.moved > 0 {
                self.take(&completion, sink, counter)?;
            }
        }
        Ok(())
    }
}

/// The next transfer that ends before the deadline. `Done(None)`: nothing is in flight.
pub fn next<K: Packets, D: Direction>(
    endpoint: &mut Endpoint<K, D>,
    deadline: Option<Instant>,
) -> Waited<Option<Completion>> {
    let mut next = pin!(endpoint.next_complete());
    interrupt::wait_until(deadline, |context| next.as_mut().poll(context))
}
