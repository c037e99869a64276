//! `usbctl stream`: isochronous endpoints, and the streams of bulk endpoints.

use std::{collections::VecDeque, future::Future as _, pin::pin, time::Instant};

use serde::Serialize;
use usbclient_user::{
    Bulk, Direction, Endpoint, In, IsochBuffer, IsochCompletion, Isochronous, Out, Start, Streams,
    TransferType,
};

use super::{
    endpoint::{self, Found, Wanted},
    input::{Input, Piece},
    read::{self, Plan},
    sink::Sink,
    summary::{Counter, Summary},
    write::Writing,
};
use crate::{
    cli::Stream,
    descriptors::address_text,
    failure::Failure,
    interrupt::{self, Waited},
    output::{self, plural, style, units},
    session::Session,
};

/// Isochronous transfers in flight; the interface's page asks for two or more.
const IN_FLIGHT: usize = 4;
/// Packets of one isochronous transfer: eight frames at full speed, and a whole number of frames at any period above.
const PACKETS: usize = 8;

/// Streams.
pub fn run(session: &Session, options: &Stream) -> Result<(), Failure> {
    let device = session.select(options.device.as_ref())?;
    let kinds: &[TransferType] =
        if options.streams.is_some() { &[TransferType::Bulk] } else { &[TransferType::Isochronous] };
    let wanted =
        Wanted { address: options.endpoint, setting: options.setting, is_shared: false, is_in: None, kinds };
    let found = endpoint::find(&device, wanted)?;
    match (options.streams, found.info.is_in()) {
        (Some(count), true) => on_stream_in(session, options, &found, count),
        (Some(count), false) => on_stream_out(session, options, &found, count),
        (None, true) => isochronous_in(session, options, &found),
        (None, false) => isochronous_out(session, options, &found),
    }
}

/// Opens the streams, and takes the one that is meant.
fn open<D: Direction>(
    found: &Found,
    options: &Stream,
    count: u16,
) -> Result<(Streams<D>, usbclient_user::Stream<D>), Failure> {
    let most = found.info.max_streams();
    if count > most {
        let address = address_text(found.info.address());
        return Err(Failure::usage(match most {
            0 => format!("endpoint {address} has no streams"),
            most => format!("endpoint {address} has {most} streams, not {count}"),
        }));
    }
    let streams = interrupt::wait(found.open_kind::<Bulk, D>()?.open_streams(count.into()))?;
    let number = options.stream;
    let stream = streams.stream(number.into());
    let mut stream =
        stream.ok_or_else(|| Failure::usage(format!("there is no stream {number}: {count} are opened")))?;
    stream.set_transfer_timeout(options.timeout);
    Ok((streams, stream))
}

fn on_stream_in(session: &Session, options: &Stream, found: &Found, count: u16) -> Result<(), Failure> {
    let (streams, mut stream) = open::<In>(found, options, count)?;
    let mut sink = Sink::open(options.output.as_deref(), options.hex, session.output)?;
    let plan =
        Plan { size: options.size.max(1), in_flight: 1, length: options.length, stops_at_short: false };
    let mut counter = Counter::start();
    let result = read::read(&mut stream, plan, &mut sink, &mut counter);
    drop(stream);
    let data = sink.finish()?;
    result.map_err(|failure| failure.moved(counter.bytes))?;
    interrupt::wait(streams.close())?;
    Summary::tell(session.output, "read", &found.info, counter, data)
}

fn on_stream_out(session: &Session, options: &Stream, found: &Found, count: u16) -> Result<(), Failure> {
    let (streams, mut stream) = open::<Out>(found, options, count)?;
    let size = usize::try_from(options.size.max(1)).unwrap_or(usize::MAX);
    let input = Input::open(None, options.input.as_deref(), size, options.length)?;
    let mut writing = Writing { input, in_flight: 1, ends_with_zero: false, is_over: false };
    let mut counter = Counter::start();
    let result = writing.run(&mut stream, &mut counter);
    drop(stream);
    result.map_err(|failure| failure.moved(counter.bytes))?;
    interrupt::wait(streams.close())?;
    Summary::tell(session.output, "wrote to", &found.info, counter, None)
}

/// What went over an isochronous endpoint, as `--json` writes it.
#[derive(Debug, Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "it is the name in the document")]
struct Packets {
    endpoint: u8,
    packets: u64,
    /// Packets without a byte.
    empty: u64,
    /// Packets with an error.
    failed: u64,
    bytes: u64,
    transfers: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

impl Packets {
    /// Counts the packets of a transfer that were asked for, and gives their data to `take`.
    fn count(
        &mut self,
        completion: &IsochCompletion,
        budget: &mut Budget,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.transfers += 1;
        for packet in completion.packets() {
            let Some(data) = budget.take(packet.data) else { continue };
            self.packets += 1;
            self.bytes += data.len() as u64;
            self.empty += u64::from(packet.status.is_success() && packet.data.is_empty());
            self.failed += u64::from(!packet.status.is_success());
            take(data)?;
        }
        Ok(())
    }

    fn tell(mut self, session: &Session, began: Instant, data: Option<String>) -> Result<(), Failure> {
        let time = began.elapsed();
        (self.seconds, self.data) = (time.as_secs_f64(), data);
        if session.output.is_json() {
            return Ok(output::json(&self)?);
        }
        let count = |count: u64, what: &str| plural(usize::try_from(count).unwrap_or(usize::MAX), what);
        session.output.note(&style::paint(
            style::DIM,
            &format!(
                "{} (isochronous): {} in {}, {} empty, {} failed, {}, {}",
                address_text(self.endpoint),
                units::size(self.bytes),
                count(self.packets, "packet"),
                self.empty,
                self.failed,
                units::time(time),
                units::rate(self.bytes, time),
            ),
        ));
        Ok(())
    }
}

/// What is still to be asked for, and to be taken.
#[derive(Debug)]
struct Budget {
    /// Packets that no transfer was started for.
    to_start: u64,
    /// Packets that did not end.
    to_take: u64,
    /// Bytes that did not come.
    bytes: u64,
}

impl Budget {
    fn of(options: &Stream) -> Self {
        let packets = options.packets.unwrap_or(u64::MAX);
        Self { to_start: packets, to_take: packets, bytes: options.length.unwrap_or(u64::MAX) }
    }

    /// Whether another transfer is to be started. It has [`PACKETS`] packets whatever is left: the period asks for that.
    const fn starts_another(&mut self) -> bool {
        let starts = self.to_start > 0 && self.bytes > 0;
        self.to_start = self.to_start.saturating_sub(PACKETS as u64);
        starts
    }

    /// As much of a packet as was asked for; none: it was not.
    fn take<'d>(&mut self, data: &'d [u8]) -> Option<&'d [u8]> {
        if self.to_take == 0 || self.bytes == 0 {
            return None;
        }
        self.to_take -= 1;
        let most = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        let data = data.get(..data.len().min(most)).unwrap_or_default();
        self.bytes -= data.len() as u64;
        Some(data)
    }
}

/// Bytes that a packet of the endpoint has at most.
fn packet_size(found: &Found) -> usize {
    let info = &found.info;
    let bursts = usize::from(info.max_burst()) + 1;
    info.max_packet_size() * usize::from(info.packets_per_microframe()) * bursts
}

fn isochronous_in(session: &Session, options: &Stream, found: &Found) -> Result<(), Failure> {
    let mut endpoint = found.open_kind::<Isochronous, In>()?;
    let mut sink = Sink::open(options.output.as_deref(), options.hex, session.output)?;
    let mut packets = Packets { endpoint: found.info.address(), ..Packets::default() };
    let mut budget = Budget::of(options);
    let began = Instant::now();
    let size = packet_size(found);
    let result = (|| {
        for _ in 0..IN_FLIGHT {
            if budget.starts_another() {
                endpoint.submit_read(IsochBuffer::new(PACKETS, size), Start::AsSoonAsPossible);
            }
        }
        while let Some(completion) = next(&mut endpoint)? {
            packets.count(&completion, &mut budget, |data| sink.take(data))?;
            completion.result?;
            if budget.starts_another() {
                endpoint.submit_read(completion.buffer, Start::AsSoonAsPossible);
            }
        }
        Ok(())
    })();
    end(&mut endpoint);
    let data = sink.finish()?;
    result.map_err(|failure: Failure| failure.moved(packets.bytes))?;
    packets.tell(session, began, data)
}

fn isochronous_out(session: &Session, options: &Stream, found: &Found) -> Result<(), Failure> {
    let mut endpoint = found.open_kind::<Isochronous, Out>()?;
    let size = packet_size(found);
    let input = Input::open(None, options.input.as_deref(), size * PACKETS, options.length)?;
    let mut packets = Packets { endpoint: found.info.address(), ..Packets::default() };
    let mut budget = Budget::of(options);
    let began = Instant::now();
    let mut waiting = VecDeque::new();
    let result = (|| {
        let mut is_over = false;
        loop {
            while !is_over && waiting.len() < IN_FLIGHT && budget.starts_another() {
                let Some(data) = piece(&input)? else {
                    is_over = true;
                    break;
                };
                endpoint.submit_write(filled(&data, size), Start::AsSoonAsPossible);
                waiting.push_back(data.len());
            }
            let Some(completion) = next(&mut endpoint)? else { return Ok(()) };
            waiting.pop_front();
            packets.count(&completion, &mut budget, |_| Ok(()))?;
            completion.result?;
        }
    })();
    end(&mut endpoint);
    result.map_err(|failure: Failure| failure.moved(packets.bytes))?;
    packets.tell(session, began, None)
}

/// The packets of one transfer: what the data do not fill has no bytes.
fn filled(data: &[u8], size: usize) -> IsochBuffer {
    let mut buffer = IsochBuffer::default();
    let mut pieces = data.chunks(size.max(1));
    for _ in 0..PACKETS {
        buffer.push(pieces.next().unwrap_or_default());
    }
    buffer
}

/// Waits for data; none: there is no more.
fn piece(input: &Input) -> Result<Option<Vec<u8>>, Failure> {
    let waited = interrupt::wait_until(None, |_| match input.next() {
        Ok(Piece::NotYet) => std::task::Poll::Pending,
        other => std::task::Poll::Ready(other),
    });
    match waited {
        Waited::Done(Ok(Piece::Data(data))) => Ok(Some(data)),
        Waited::Done(Ok(_)) => Ok(None),
        Waited::Done(Err(failure)) => Err(failure),
        Waited::Interrupted | Waited::Late => Err(Failure::interrupted()),
    }
}

/// The next transfer that ends; none: nothing is in flight.
fn next<D: Direction>(endpoint: &mut Endpoint<Isochronous, D>) -> Result<Option<IsochCompletion>, Failure> {
    let mut next = pin!(endpoint.next_packets());
    match interrupt::wait_until(None, |context| next.as_mut().poll(context)) {
        Waited::Done(completion) => Ok(completion),
        Waited::Interrupted | Waited::Late => Err(Failure::interrupted()),
    }
}

/// Cancels what is in flight, and waits for its end.
fn end<D: Direction>(endpoint: &mut Endpoint<Isochronous, D>) {
    endpoint.cancel_all();
    while endpoint.wait_next_packets().is_some() {}
}
