//! `usbctl write`: from a file, a pipe or the command line to a bulk or interrupt endpoint.

use std::{future::Future as _, pin::pin, task::Poll};

use usbclient_user::{Bulk, Completion, Endpoint, Interrupt, Out, Packets, TransferType};

use super::{
    endpoint::{self, Wanted},
    input::{Input, Piece},
    summary::{Counter, Summary},
};
use crate::{
    cli::Write,
    failure::Failure,
    interrupt::{self, Waited},
    session::Session,
};

/// Writes.
pub fn run(session: &Session, options: &Write) -> Result<(), Failure> {
    let transfers = &options.transfers;
    let device = session.select(options.device.as_ref())?;
    let found = endpoint::find(
        &device,
        Wanted {
            address: transfers.endpoint,
            setting: transfers.setting,
            is_shared: transfers.share,
            is_in: Some(false),
            kinds: &[TransferType::Bulk, TransferType::Interrupt],
        },
    )?;
    let size = usize::try_from(transfers.size.max(1)).unwrap_or(usize::MAX);
    let data = options.data.as_ref().map(|bytes| bytes.0.as_slice());
    let input = Input::open(data, options.input.as_deref(), size, options.length)?;
    let mut writing = Writing {
        input,
        in_flight: transfers.in_flight.into(),
        ends_with_zero: options.zero_packet,
        is_over: false,
    };
    let mut counter = Counter::start();
    let timeout = transfers.timeout;
    let result = match found.info.transfer_type() {
        TransferType::Bulk => writing.run(&mut found.open::<Bulk, Out>(timeout)?, &mut counter),
        _ => writing.run(&mut found.open::<Interrupt, Out>(timeout)?, &mut counter),
    };
    result.map_err(|failure| failure.moved(counter.bytes))?;
    Summary::tell(session.output, "wrote to", &found.info, counter, None)
}

/// Data on its way to a device.
#[derive(Debug)]
pub struct Writing {
    /// Where it comes from.
    pub input: Input,
    /// Transfers in flight.
    pub in_flight: usize,
    /// A packet of no bytes follows data that end with a whole packet.
    pub ends_with_zero: bool,
    /// The input has ended.
    pub is_over: bool,
}

/// What happened first.
enum Event {
    Piece(Piece),
    Ended(Option<Completion>),
}

impl Writing {
    /// Writes everything. After an error, or Ctrl-C, the counter says how much the device has taken.
    pub fn run<K: Packets>(
        &mut self,
        endpoint: &mut Endpoint<K, Out>,
        counter: &mut Counter,
    ) -> Result<(), Failure> {
        let result = self.go_on(endpoint, counter);
        endpoint.cancel_all();
        while let Some(completion) = endpoint.wait_next() {
            counter.bytes += completion.moved as u64;
        }
        result
    }

    fn go_on<K: Packets>(
        &mut self,
        endpoint: &mut Endpoint<K, Out>,
        counter: &mut Counter,
    ) -> Result<(), Failure> {
        let packet = endpoint.max_packet_size().max(1);
        let mut last = 0;
        while !self.is_over || endpoint.pending() > 0 {
            match self.next(endpoint)? {
                Event::Piece(Piece::Data(data)) => {
                    last = data.len();
                    endpoint.submit(data.into());
                }
                Event::Piece(Piece::End) => {
                    self.is_over = true;
                    if self.ends_with_zero && last > 0 && last % packet == 0 {
                        endpoint.submit(Vec::new().into());
                    }
                }
                Event::Ended(Some(completion)) => {
                    counter.add(completion.moved);
                    completion.result?;
                }
                Event::Ended(None) | Event::Piece(Piece::NotYet) => {}
            }
        }
        Ok(())
    }

    /// Waits for data while there is room for it, for the end of a transfer, and for Ctrl-C.
    fn next<K: Packets>(&self, endpoint: &mut Endpoint<K, Out>) -> Result<Event, Failure> {
        let has_room = !self.is_over && endpoint.pending() < self.in_flight.max(1);
        let is_pending = endpoint.pending() > 0;
        let mut ended = pin!(endpoint.next_complete());
        let waited = interrupt::wait_until(None, |context| {
            if has_room {
                match self.input.next() {
                    Ok(Piece::NotYet) => {}
                    other => return Poll::Ready(other.map(Event::Piece)),
                }
            }
            if !is_pending {
                return Poll::Pending;
            }
            ended.as_mut().poll(context).map(|completion| Ok(Event::Ended(completion)))
        });
        match waited {
            Waited::Done(event) => event,
            Waited::Interrupted | Waited::Late => Err(Failure::interrupted()),
        }
    }
}
