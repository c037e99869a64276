//! The model of a device that is elsewhere.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::{Duration, Instant},
};

use usb_models::{
    Completion, DeviceModel, Direction, Heard, HostMemory, Kind, Packet, PacketEnd, Poke, Refused, Setup,
    Speed, Status, SubmitError, Time, Transfer, TransferId,
};

use super::{
    Error, Identity, Input, Limits,
    connection::{Connection, News, Reply},
    outside::Log,
    status,
    wire::{AS_SOON_AS_POSSIBLE, Submit},
};

const CLEAR_FEATURE: u8 = 1;
const SET_CONFIGURATION: u8 = 9;
const SET_INTERFACE: u8 = 11;
/// Nanoseconds in a unit of simulated time.
const TICK_NS: u64 = 100;

/// Where the device's answers come from.
#[derive(Debug)]
pub(super) enum Source {
    /// A server.
    Live(Connection),
    /// Another life.
    Saved(VecDeque<Input>),
    /// It is unplugged.
    Nowhere,
}

/// A transfer that the device has.
#[derive(Debug)]
struct Waiting {
    transfer: Transfer,
    /// Its number for the server.
    sequence: u32,
    /// The isochronous packets that were sent, from the schedule's first on.
    packets: Vec<Packet>,
}

/// A device that is elsewhere.
#[derive(Debug)]
pub(super) struct Device {
    identity: Identity,
    source: Source,
    limits: Limits,
    log: Rc<RefCell<Log>>,
    /// The session's number in the log.
    session: usize,
    /// Cleared when the device is unplugged.
    present: Rc<Cell<bool>>,
    /// How many transfers were sent.
    requests: u64,
    /// Transfers whose bytes were not fetched yet.
    unsent: VecDeque<Transfer>,
    waiting: BTreeMap<u64, Waiting>,
    arrived: VecDeque<(u64, Reply, Time)>,
    ended: VecDeque<Completion>,
}

impl Device {
    pub fn new(
        identity: Identity,
        source: Source,
        limits: Limits,
        (log, session): (Rc<RefCell<Log>>, usize),
        present: Rc<Cell<bool>>,
    ) -> Self {
        Self {
            identity,
            source,
            limits,
            log,
            session,
            present,
            requests: 0,
            unsent: VecDeque::new(),
            waiting: BTreeMap::new(),
            arrived: VecDeque::new(),
            ended: VecDeque::new(),
        }
    }

    /// Sends a transfer, with its bytes.
    fn send(&mut self, transfer: Transfer, memory: &dyn HostMemory) {
        let packets = packets_of(&transfer, memory);
        let submit = self.request(&transfer, &packets, memory);
        let sequence = match &mut self.source {
            Source::Live(connection) => connection.submit(submit),
            Source::Saved(_) | Source::Nowhere => 0,
        };
        self.requests += 1;
        self.waiting.insert(self.requests, Waiting { transfer, sequence, packets });
    }

    fn request(&self, transfer: &Transfer, packets: &[Packet], memory: &dyn HostMemory) -> Submit {
        let is_in = transfer.direction() == Direction::In;
        let mut submit = Submit {
            is_in,
            endpoint: transfer.endpoint & 0x0F,
            length: transfer.length,
            interval: self.interval(transfer.endpoint),
            ..Submit::default()
        };
        match transfer.kind {
            Kind::Control { setup } => submit.setup = setup.to_bytes(),
            Kind::Isochronous(_) => {
                submit.flags = AS_SOON_AS_POSSIBLE;
                submit.length = packets.iter().map(|packet| packet.length).sum();
                submit.packets = Some(close_together(packets));
            }
            _ => {}
        }
        if !is_in {
            match transfer.kind {
                Kind::Isochronous(_) => {
                    for packet in packets {
                        fetch(memory, transfer.id, packet.offset, packet.length, &mut submit.data);
                    }
                }
                _ => fetch(memory, transfer.id, 0, transfer.length, &mut submit.data),
            }
            // Memory that is gone sends zeros; the host has noticed by itself.
            submit.data.resize(submit.length as usize, 0);
        }
        submit
    }

    /// `interval` of Linux for an interrupt or isochronous endpoint; zero for others.
    fn interval(&self, address: u8) -> u32 {
        let bytes = self.identity.configurations.iter().find_map(|bytes| endpoint(bytes, address));
        let Some((attributes, interval)) = bytes else { return 0 };
        let is_slow = matches!(self.identity.speed, Speed::Low | Speed::Full);
        match attributes & 3 {
            3 if is_slow => u32::from(interval.max(1)),
            1 | 3 => 1 << (interval.clamp(1, 16) - 1),
            _ => 0,
        }
    }

    /// Sends a request of the host's own, whose answer nobody waits for.
    fn tell(&mut self, request_type: u8, request: u8, value: u16, index: u16) {
        let setup = Setup { request_type, request, value, index, length: 0 };
        if let Source::Live(connection) = &mut self.source {
            connection.submit(Submit { setup: setup.to_bytes(), ..Submit::default() });
        }
    }

    /// Takes a transfer back from the device.
    fn take_back(&mut self, sequence: u32) {
        if let Source::Live(connection) = &mut self.source {
            connection.unlink(sequence);
        }
    }

    /// Every transfer that `concerned` names ends as if its endpoint had gone.
    fn end(&mut self, now: Time, concerned: impl Fn(&Transfer) -> bool) {
        let gone =
            |transfer: &Transfer| Completion { id: transfer.id, status: Status::Gone, length: 0, at: now };
        let (unsent, kept): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.unsent).into_iter().partition(&concerned);
        self.unsent = kept;
        let (sent, kept): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, waiting)| concerned(&waiting.transfer));
        self.waiting = kept;
        for waiting in sent.values() {
            self.take_back(waiting.sequence);
        }
        let sent = sent.values().map(|waiting| &waiting.transfer);
        self.ended.extend(sent.chain(&unsent).map(gone));
    }

    const fn is_unplugged(&self) -> bool {
        matches!(self.source, Source::Nowhere)
    }

    /// Something came from outside.
    fn heard(&mut self, input: Input) -> Heard {
        let at = Time(input.at());
        let heard = match &input {
            Input::Lost { .. } => Heard::Gone(at),
            Input::Reply { request, status, length, data, packets, .. } => {
                let reply = Reply {
                    sequence: 0,
                    status: *status,
                    length: *length,
                    data: data.0.clone(),
                    packets: packets.clone(),
                };
                self.arrived.push_back((*request, reply, at));
                Heard::Something(at)
            }
        };
        self.log.borrow_mut().note(self.session, input);
        heard
    }

    /// Whether an input of another life answers what was asked in this one.
    fn fits(&self, input: &Input) -> bool {
        match input {
            Input::Lost { .. } => true,
            Input::Reply { request, endpoint, asked, .. } => {
                let waiting = self.waiting.get(request);
                waiting.is_some_and(|waiting| {
                    (waiting.transfer.endpoint, waiting.transfer.length) == (*endpoint, *asked)
                })
            }
        }
    }

    /// The next input of another life, if it came before `until`.
    fn next_saved(&mut self, now: Time, until: Option<Time>) -> Option<Input> {
        let Source::Saved(inputs) = &mut self.source else { return None };
        let next = inputs.pop_front_if(|next| until.is_none_or(|until| next.at() < until.0))?;
        if self.fits(&next) {
            return Some(next);
        }
        let reason = "the driver asks otherwise than in the life that was recorded".into();
        Some(Input::Lost { at: now.0, reason })
    }

    /// Listens to the server in real time. `None`: nothing came that matters.
    fn listen(&self, now: Time, until: Option<Time>) -> Option<Input> {
        let Source::Live(connection) = &self.source else { return None };
        let begun = Instant::now();
        let room = until.map_or(u64::MAX, |until| until.0.saturating_sub(now.0));
        let limit = Duration::from_nanos(room.saturating_mul(TICK_NS)).min(self.limits.patience);
        // A device that owes nothing can only go, which is noticed in passing.
        let limit = if self.waiting.is_empty() { Duration::ZERO } else { limit };
        loop {
            let news = connection.wait(limit.saturating_sub(begun.elapsed()));
            let passed = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX) / TICK_NS;
            let at = now.0 + passed.min(room.saturating_sub(1));
            match news {
                Some(News::Lost(error)) => return Some(Input::Lost { at, reason: error.to_string() }),
                Some(News::Reply(reply)) => {
                    // Others were taken back, or were the host's own.
                    if let Some(input) = self.answered(reply, at) {
                        return Some(input);
                    }
                }
                None if until.is_none() && !self.waiting.is_empty() => {
                    let reason = format!("{}, and nobody else can go on", Error::Silent(limit.as_secs()));
                    return Some(Input::Lost { at, reason });
                }
                None => return None,
            }
        }
    }

    fn answered(&self, reply: Reply, at: u64) -> Option<Input> {
        let (request, waiting) =
            self.waiting.iter().find(|(_, waiting)| waiting.sequence == reply.sequence)?;
        Some(Input::Reply {
            at,
            request: *request,
            endpoint: waiting.transfer.endpoint,
            asked: waiting.transfer.length,
            status: reply.status,
            length: reply.length,
            data: crate::scenario::Hex(reply.data),
            packets: reply.packets,
        })
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.present.set(false);
    }
}

/// The protocol has no message for a bus reset, and nobody waits for the answers to `SET_CONFIGURATION` and
/// `SET_INTERFACE` that the host sends by itself: a device that refuses them is met by the next transfer.
impl DeviceModel for Device {
    fn speed(&self) -> Speed {
        self.identity.speed
    }

    fn device_descriptor(&self) -> &[u8] {
        &self.identity.device
    }

    fn configuration_descriptor(&self, index: u8) -> Option<&[u8]> {
        self.identity.configurations.get(usize::from(index)).map(Vec::as_slice)
    }

    fn submit(&mut self, _now: Time, transfer: Transfer) -> Result<(), SubmitError> {
        if self.is_unplugged() {
            return Err(SubmitError::Gone);
        }
        // The protocol has no streams.
        if !matches!(transfer.kind, Kind::Control { .. } | Kind::BulkOrInterrupt | Kind::Isochronous(_)) {
            return Err(SubmitError::NoSuchEndpoint);
        }
        self.unsent.push_back(transfer);
        Ok(())
    }

    fn poll(&mut self, _now: Time, memory: &mut dyn HostMemory) -> Option<Completion> {
        while let Some(transfer) = self.unsent.pop_front() {
            self.send(transfer, memory);
        }
        if let Some(completion) = self.ended.pop_front() {
            return Some(completion);
        }
        while let Some((request, reply, at)) = self.arrived.pop_front() {
            if let Some(waiting) = self.waiting.remove(&request) {
                return Some(finish(&waiting, &reply, at, memory));
            }
        }
        None
    }

    fn next_event(&self) -> Option<Time> {
        let arrived = self.arrived.front().map(|(_, _, at)| *at);
        let ended = self.ended.front().map(|completion| completion.at);
        let unsent = self.unsent.front().map(|_| Time(0));
        [arrived, ended, unsent].into_iter().flatten().min()
    }

    fn abort(&mut self, _now: Time, id: TransferId) -> Option<u32> {
        if let Some(at) = self.ended.iter().position(|completion| completion.id == id) {
            return self.ended.remove(at).map(|completion| completion.length);
        }
        if let Some(at) = self.unsent.iter().position(|transfer| transfer.id == id) {
            return self.unsent.remove(at).map(|_| 0);
        }
        let (request, sequence) = self
            .waiting
            .iter()
            .find(|(_, waiting)| waiting.transfer.id == id)
            .map(|(request, waiting)| (*request, waiting.sequence))?;
        self.waiting.remove(&request);
        self.take_back(sequence);
        Some(0)
    }

    fn reset_endpoint(&mut self, _now: Time, endpoint: u8) -> Result<(), Refused> {
        if self.is_unplugged() {
            return Err(Refused);
        }
        self.tell(0x02, CLEAR_FEATURE, 0, endpoint.into());
        Ok(())
    }

    fn set_configuration(&mut self, now: Time, value: u8) -> Result<(), Refused> {
        if self.is_unplugged() {
            return Err(Refused);
        }
        self.end(now, |transfer| transfer.endpoint & 0x0F != 0);
        self.tell(0, SET_CONFIGURATION, value.into(), 0);
        Ok(())
    }

    fn set_interface(&mut self, now: Time, interface: u8, alternate: u8) -> Result<(), Refused> {
        if self.is_unplugged() {
            return Err(Refused);
        }
        let own = |bytes: &Vec<u8>, address| interface_of(bytes, address) == Some(interface);
        let mut addresses = [false; 256];
        for (address, is_own) in (0..=u8::MAX).zip(&mut addresses) {
            *is_own = self.identity.configurations.iter().any(|bytes| own(bytes, address));
        }
        self.end(now, |transfer| addresses.get(usize::from(transfer.endpoint)).is_some_and(|own| *own));
        self.tell(1, SET_INTERFACE, alternate.into(), interface.into());
        Ok(())
    }

    fn reset(&mut self, now: Time) {
        self.end(now, |_| true);
    }

    fn poke(&mut self, _now: Time, _poke: Poke<'_>) -> Result<(), Refused> {
        Err(Refused)
    }

    fn unplug(&mut self, now: Time) {
        self.end(now, |_| true);
        self.arrived.clear();
        self.source = Source::Nowhere;
        self.present.set(false);
    }

    fn hear(&mut self, now: Time, until: Option<Time>) -> Heard {
        let input = match self.source {
            Source::Live(_) => self.listen(now, until),
            Source::Saved(_) => self.next_saved(now, until),
            Source::Nowhere => None,
        };
        input.map_or(Heard::Nothing, |input| self.heard(input))
    }
}

/// The descriptors in a configuration's bytes, as far as they can be walked.
fn descriptors(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = usize::from(*rest.first()?).max(2);
        let (one, others) = rest.split_at_checked(length)?;
        rest = others;
        Some(one)
    })
}

/// `bmAttributes` and `bInterval` of the first endpoint with this address.
fn endpoint(configuration: &[u8], address: u8) -> Option<(u8, u8)> {
    descriptors(configuration).find_map(|one| match *one {
        [_, 5, found, attributes, _, _, interval, ..] if found == address => Some((attributes, interval)),
        _ => None,
    })
}

/// The interface of the first endpoint with this address.
fn interface_of(configuration: &[u8], address: u8) -> Option<u8> {
    let mut interface = None;
    descriptors(configuration).find_map(|one| match *one {
        [_, 4, number, ..] => {
            interface = Some(number);
            None
        }
        [_, 5, found, ..] if found == address => interface,
        _ => None,
    })
}

/// The packets of an isochronous transfer that are to be sent.
fn packets_of(transfer: &Transfer, memory: &dyn HostMemory) -> Vec<Packet> {
    let Kind::Isochronous(schedule) = transfer.kind else { return Vec::new() };
    (schedule.first..schedule.packets).map_while(|index| memory.packet(transfer.id, index)).collect()
}

/// The packets as the wire has them: one after another, without what may lie between them in the host's buffer.
fn close_together(packets: &[Packet]) -> Vec<(u32, u32)> {
    let offsets = packets.iter().scan(0_u32, |offset, packet| {
        let at = *offset;
        *offset = offset.wrapping_add(packet.length);
        Some((at, packet.length))
    });
    offsets.collect()
}

/// Gives an IN transfer its bytes, and ends it.
fn finish(waiting: &Waiting, reply: &Reply, at: Time, memory: &mut dyn HostMemory) -> Completion {
    let Transfer { id, length: asked, kind, .. } = waiting.transfer;
    let status = status::of_transfer(reply.status);
    if let Kind::Isochronous(schedule) = kind {
        let length = finish_packets(waiting, schedule.first, reply, memory);
        return Completion { id, status, length, at };
    }
    if waiting.transfer.direction() == Direction::In {
        store(memory, id, 0, &reply.data);
    }
    Completion { id, status, length: reply.length.min(asked), at }
}

/// Ends each packet; gives the bytes that moved.
fn finish_packets(waiting: &Waiting, first: u32, reply: &Reply, memory: &mut dyn HostMemory) -> u32 {
    let id = waiting.transfer.id;
    let is_in = waiting.transfer.direction() == Direction::In;
    let (mut data, mut moved) = (reply.data.as_slice(), 0_u32);
    let ends = reply.packets.iter().copied().chain(std::iter::repeat((0, reply.status.min(-1))));
    for ((index, packet), (length, status)) in (first..).zip(&waiting.packets).zip(ends) {
        let length = length.min(packet.length);
        if is_in {
            let (own, others) = data.split_at_checked(length as usize).unwrap_or((data, &[]));
            store(memory, id, packet.offset, own);
            data = others;
        }
        memory.packet_done(id, index, PacketEnd { status: status::of_packet(status), length });
        moved += length;
    }
    moved
}

/// Copies `length` bytes of the host's buffer.
fn fetch(memory: &dyn HostMemory, id: TransferId, offset: u32, length: u32, into: &mut Vec<u8>) {
    let mut done = 0;
    while done < length {
        let run = memory.bytes_out(id, offset + done, length - done);
        if run.is_empty() {
            return;
        }
        into.extend_from_slice(run);
        done += u32::try_from(run.len()).unwrap_or(length);
    }
}

/// Copies bytes into the host's buffer, as many as it has room for.
fn store(memory: &mut dyn HostMemory, id: TransferId, offset: u32, bytes: &[u8]) {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(u32::try_from(done).unwrap_or(u32::MAX));
        let room = memory.room_in(id, at, u32::try_from(rest.len()).unwrap_or(u32::MAX));
        if room.is_empty() {
            return;
        }
        let length = room.len().min(rest.len());
        room[..length].copy_from_slice(&rest[..length]);
        done += length;
    }
}
