//! A host for tests: buffers in pieces, and a loop that polls.

use std::collections::BTreeMap;

use usb_models::{Completion, DeviceModel, HostMemory, Setup, Status, Time, Transfer, TransferId, registry};

/// Buffers by transfer, handed out in runs of at most `run` bytes.
pub struct Host {
    pub model: Box<dyn DeviceModel>,
    pub memory: Buffers,
    pub now: Time,
    next: u64,
}

pub struct Buffers {
    pub buffers: BTreeMap<TransferId, Vec<u8>>,
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
}

#[allow(dead_code, reason = "not every test file needs everything")]
impl Host {
    pub fn new(name: &str) -> Self {
        let model = registry::by_name(name).expect("a model");
        let memory = Buffers { buffers: BTreeMap::new(), run: u32::MAX };
        Self { model, memory, now: Time(0), next: 1 }
    }

    pub fn configured(name: &str) -> Self {
        let mut host = Self::new(name);
        host.model.set_configuration(host.now, 1).expect("configuration 1");
        host
    }

    fn id(&mut self, buffer: Vec<u8>) -> TransferId {
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
