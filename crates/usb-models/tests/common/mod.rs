//! A host for tests: buffers in pieces, and a loop that polls.

use std::collections::BTreeMap;

use usb_models::{
    Completion, DeviceModel, HostMemory, Packet, PacketEnd, Schedule, Setup, Status, Time, Transfer,
    TransferId, registry,
};

/// Buffers by transfer, handed out in runs of at most `run` bytes.
pub struct Host {
    pub model: Box<dyn DeviceModel>,
    pub memory: Buffers,
    pub now: Time,
    next: u64,
}

#[allow(clippy::struct_field_names, reason = "a buffer is what it is")]
pub struct Buffers {
    pub buffers: BTreeMap<TransferId, Vec<u8>>,
    /// Isochronous packets, and how those that are over ended.
    pub packets: BTreeMap<TransferId, Vec<(Packet, Option<PacketEnd>)>>,
    pub run: u32,
}

impl Buffers {
    fn range(&self, id: TransferId, offset: u32, length: u32) -> std::ops::Range<usize> {
        let size = self.buffers[&id].len();
        let from = (offset as usize).min(size);
        from..(from + length.min(self.run) as usize).min(size)
    }
}

impl HostMemory for Buffers {
    fn bytes_out(&self, id: TransferId, offset: u32, length: u32) -> &[u8] {
        &self.buffers[&id][self.range(id, offset, length)]
    }

    fn room_in(&mut self, id: TransferId, offset: u32, length: u32) -> &mut [u8] {
        let range = self.range(id, offset, length);
        &mut self.buffers.get_mut(&id).expect("a buffer")[range]
    }

    fn packet(&self, id: TransferId, index: u32) -> Option<Packet> {
        self.packets.get(&id)?.get(index as usize).map(|(packet, _)| *packet)
    }

    fn packet_done(&mut self, id: TransferId, index: u32, end: PacketEnd) {
        let (_, ended) = &mut self.packets.get_mut(&id).expect("packets")[index as usize];
        assert!(ended.replace(end).is_none(), "told once");
    }
}

#[allow(dead_code, reason = "not every test file needs everything")]
impl Host {
    pub fn new(name: &str) -> Self {
        let model = registry::by_name(name).expect("a model");
        let memory = Buffers { buffers: BTreeMap::new(), packets: BTreeMap::new(), run: u32::MAX };
        Self { model, memory, now: Time(0), next: 1 }
    }

    pub fn configured(name: &str) -> Self {
        let mut host = Self::new(name);
        host.model.set_configuration(host.now, 1).expect("configuration 1");
        host
    }

    pub fn id(&mut self, buffer: Vec<u8>) -> TransferId {
        let id = TransferId(self.next);
        self.next += 1;
        self.memory.buffers.insert(id, buffer);
        id
    }

    pub fn write(&mut self, endpoint: u8, data: &[u8]) -> TransferId {
        let id = self.id(data.to_vec());
        let length = u32::try_from(data.len()).expect("a length");
        self.model.submit(self.now, Transfer::bulk_or_interrupt(id, endpoint, length)).expect("taken");
        id
    }

    pub fn read(&mut self, endpoint: u8, length: u32) -> TransferId {
        let id = self.id(vec![0xEE; length as usize]);
        self.model.submit(self.now, Transfer::bulk_or_interrupt(id, endpoint, length)).expect("taken");
        id
    }

    /// Sends or reads packets of these lengths, one in `interval`, from the next frame on. `data` fills the buffer of a
    /// write.
    pub fn isochronous(&mut self, endpoint: u8, lengths: &[u32], interval: u64, data: &[u8]) -> TransferId {
        let total: u32 = lengths.iter().sum();
        let mut buffer = data.to_vec();
        buffer.resize(total as usize, 0xEE);
        let id = self.id(buffer);
        let mut offset = 0;
        let packets = lengths.iter().map(|&length| {
            offset += length;
            (Packet { offset: offset - length, length }, None)
        });
        self.memory.packets.insert(id, packets.collect());
        let at = Time((self.now.0 / Time::PER_FRAME + 1) * Time::PER_FRAME);
        let count = u32::try_from(lengths.len()).expect("a count");
        let schedule = Schedule { at, interval, first: 0, packets: count };
        self.model.submit(self.now, Transfer::isochronous(id, endpoint, total, schedule)).expect("taken");
        id
    }

    /// How the packets of a transfer ended.
    pub fn ends(&self, id: TransferId) -> Vec<(Status, u32)> {
        let ended = self.memory.packets[&id].iter().filter_map(|(_, end)| *end);
        ended.map(|end| (end.status, end.length)).collect()
    }

    pub fn control(&mut self, setup: Setup, data: &[u8]) -> Completion {
        let mut buffer = data.to_vec();
        buffer.resize(setup.length.into(), 0);
        let id = self.id(buffer);
        self.model.submit(self.now, Transfer::control(id, setup)).expect("taken");
        self.until(id)
    }

    /// Runs until nothing happens any more, or `until` has ended.
    pub fn run(&mut self, until: Option<TransferId>) -> Vec<Completion> {
        let mut all = Vec::new();
        while let Some(next) = self.model.next_event() {
            self.now = self.now.max(next);
            while let Some(completion) = self.model.poll(self.now, &mut self.memory) {
                assert!(completion.at <= self.now);
                all.push(completion);
                if until == Some(completion.id) {
                    return all;
                }
            }
        }
        all
    }

    pub fn until(&mut self, id: TransferId) -> Completion {
        *self.run(Some(id)).last().filter(|completion| completion.id == id).expect("it ends")
    }

    pub fn received(&self, completion: &Completion) -> &[u8] {
        assert_eq!(completion.status, Status::Ok);
        &self.memory.buffers[&completion.id][..completion.length as usize]
    }
}

#[allow(dead_code, reason = "not every test file needs everything")]
pub const fn setup(request_type: u8, request: u8, value: u16, index: u16, length: u16) -> Setup {
    Setup { request_type, request, value, index, length }
}
