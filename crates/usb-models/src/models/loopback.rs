//! A loopback device: what goes into bulk OUT 0x01 comes out of bulk IN 0x81, packet boundaries included.
//!
//! Interrupt IN 0x82 answers NAK until it is told to report something. Its own control requests read and write a small memory.

use alloc::{collections::VecDeque, vec::Vec};

use crate::{
    Refused, Setup, Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, SuperSpeedCapability},
    device::Device,
    fallible::{self, OutOfMemory},
    function::{Function, Ready, Reply},
};

/// The bulk OUT endpoint.
pub const BULK_OUT: u8 = 0x01;
/// The bulk IN endpoint.
pub const BULK_IN: u8 = 0x81;
/// The interrupt IN endpoint.
pub const INTERRUPT_IN: u8 = 0x82;

/// Bytes that the device holds before it answers NAK on [`BULK_OUT`]: two of the largest documented bulk transfers,
/// so that a simple program may write all before it reads.
pub const CAPACITY: u32 = 8 << 20;
/// Bytes of the memory behind [`MEMORY`].
pub const MEMORY_SIZE: u16 = 4096;
/// Bytes of the longest report.
pub const REPORT_SIZE: usize = 64;

/// Vendor request, both directions: reads or writes the memory from `wValue` on, `wLength` bytes. STALL when the
/// range leaves the memory.
pub const MEMORY: u8 = 0x01;
/// Vendor request, OUT: the data stage is the next report of [`INTERRUPT_IN`], at most [`REPORT_SIZE`] bytes.
pub const REPORT: u8 = 0x02;
/// Vendor request, OUT without data: forgets what is in the loop.
pub const FLUSH: u8 = 0x03;
/// Vendor request, IN, four bytes, little-endian: how many bytes are in the loop.
pub const LEVEL: u8 = 0x04;

/// Reports that wait at most.
const REPORTS: usize = 64;

/// The bytes in the loop.
#[derive(Debug, Default)]
pub(crate) struct Loop {
    bytes: VecDeque<u8>,
    /// Bytes ever taken in.
    taken: u64,
    /// Bytes ever given out.
    given: u64,
    /// Where short packets ended, as counts of bytes ever taken.
    ends: VecDeque<u64>,
}

/// The behaviour of the loopback device.
#[derive(Debug)]
pub struct Loopback {
    data: Loop,
    reports: VecDeque<Report>,
    memory: Vec<u8>,
}

/// One report, without memory of its own on the heap.
#[derive(Clone, Copy, Debug)]
struct Report {
    bytes: [u8; REPORT_SIZE],
    length: usize,
    given: usize,
}

/// A loopback device for a speed (low speed has no bulk transfers).
///
/// # Errors
///
/// [`BuildError`].
pub fn device(speed: Speed) -> Result<Device<Loopback>, BuildError> {
    // 8 ms: eight frames, or the exponent for 64 microframes.
    let interval = if matches!(speed, Speed::High | Speed::Super) { 7 } else { 8 };
    let configuration = ConfigurationBuilder::new(speed, 1)?
        .interface(0, 0, Class::VENDOR)?
        .bulk(BULK_OUT, CAPABILITY)?
        .bulk(BULK_IN, CAPABILITY)?
        .interrupt(INTERRUPT_IN, 64, interval)?;
    finish(speed, configuration)
}

/// The same with as many endpoints as a device can have: 27 that answer NAK come before those that do something.
///
/// # Errors
///
/// [`BuildError`].
pub fn device_of_30(speed: Speed) -> Result<Device<Loopback>, BuildError> {
    let mut configuration = ConfigurationBuilder::new(speed, 1)?.interface(0, 0, Class::VENDOR)?;
    for address in (0x02..=0x0F).chain(0x83..=0x8F) {
        configuration = configuration.bulk(address, CAPABILITY)?;
    }
    let configuration = configuration
        .interrupt(INTERRUPT_IN, 64, 7)?
        .bulk(BULK_IN, CAPABILITY)?
        .bulk(BULK_OUT, CAPABILITY)?;
    finish(speed, configuration)
}

const CAPABILITY: SuperSpeedCapability = SuperSpeedCapability { burst: 15, streams: 0 };

fn finish(speed: Speed, configuration: ConfigurationBuilder) -> Result<Device<Loopback>, BuildError> {
    let descriptors = DeviceBuilder::new(speed, 0x0001)
        .class(Class::VENDOR)
        .strings(&["usbclient", "Loopback", "0001"])
        .configuration(configuration.finish()?)?
        .finish()?;
    Ok(Device::new(descriptors, Loopback::new()?)?)
}

impl Loopback {
    pub(crate) fn new() -> Result<Self, OutOfMemory> {
        let mut memory = Vec::new();
        let size = usize::from(MEMORY_SIZE);
        memory.try_reserve_exact(size).map_err(|_| OutOfMemory)?;
        memory.resize(size, 0xFF);
        Ok(Self { data: Loop::default(), reports: VecDeque::new(), memory })
    }

    fn range(&mut self, setup: Setup) -> Result<&mut [u8], Refused> {
        let from = usize::from(setup.value);
        let to = from.checked_add(usize::from(setup.length)).ok_or(Refused)?;
        self.memory.get_mut(from..to).ok_or(Refused)
    }
}

impl Loop {
    fn level(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    /// What an OUT endpoint answers that leads into the loop.
    pub fn room(&self, capacity: u32) -> Ready {
        Ready::Bytes { count: capacity.saturating_sub(self.level()), ends: false }
    }

    /// What an IN endpoint answers that leads out of the loop.
    pub fn waiting(&self) -> Ready {
        match self.ends.front() {
            Some(end) => {
                let count = u32::try_from(end.wrapping_sub(self.given)).unwrap_or(u32::MAX);
                Ready::Bytes { count, ends: true }
            }
            None if self.bytes.is_empty() => Ready::Nak,
            None => Ready::Bytes { count: self.level(), ends: false },
        }
    }

    pub fn take(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.bytes.try_reserve(bytes.len()).map_err(|_| OutOfMemory)?;
        self.bytes.extend(bytes);
        self.taken = self.taken.wrapping_add(bytes.len() as u64);
        Ok(())
    }

    pub fn end_of_taken(&mut self) -> Result<(), OutOfMemory> {
        fallible::push_back(&mut self.ends, self.taken)
    }

    pub fn end_of_given(&mut self) {
        self.ends.pop_front();
    }

    pub fn give(&mut self, room: &mut [u8]) {
        let count = room.len().min(self.bytes.len());
        let (first, second) = self.bytes.as_slices();
        let both = first.chunks(first.len().max(1)).chain(second.chunks(second.len().max(1)));
        let mut rest = room;
        for run in both {
            let length = run.len().min(rest.len());
            let (now, later) = core::mem::take(&mut rest).split_at_mut(length);
            now.copy_from_slice(run.get(..length).unwrap_or_default());
            rest = later;
        }
        self.bytes.drain(..count);
        self.given = self.given.wrapping_add(count as u64);
    }
}

impl Function for Loopback {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        match endpoint.address {
            BULK_OUT => self.data.room(CAPACITY),
            BULK_IN => self.data.waiting(),
            INTERRUPT_IN => self.reports.front().map_or(Ready::Nak, |report| {
                let count = u32::try_from(report.length.saturating_sub(report.given)).unwrap_or(0);
                Ready::Bytes { count, ends: true }
            }),
            _ => Ready::Nak,
        }
    }

    fn take(&mut self, _: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.data.take(bytes)
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        if endpoint.address == BULK_IN {
            self.data.give(room);
        } else if let Some(report) = self.reports.front_mut() {
            let from = report.bytes.get(report.given..).unwrap_or_default();
            room.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            report.given = report.given.saturating_add(room.len());
            // A report that fills its packet is over with it.
            if report.given >= REPORT_SIZE {
                self.reports.pop_front();
            }
        }
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        match endpoint.address {
            BULK_OUT => self.data.end_of_taken()?,
            BULK_IN => self.data.end_of_given(),
            _ => drop(self.reports.pop_front()),
        }
        Ok(())
    }

    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        match setup.request {
            MEMORY => reply.extend(self.range(setup)?),
            LEVEL => reply.extend(&self.data.level().to_le_bytes()),
            _ => Err(Refused),
        }
    }

    fn control_out(&mut self, setup: Setup, data: &[u8]) -> Result<(), Refused> {
        match setup.request {
            MEMORY => {
                let to = self.range(setup)?;
                to.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
                Ok(())
            }
            REPORT => self.report(INTERRUPT_IN, data),
            FLUSH => {
                self.data = Loop::default();
                Ok(())
            }
            _ => Err(Refused),
        }
    }

    fn report(&mut self, endpoint: u8, data: &[u8]) -> Result<(), Refused> {
        let mut bytes = [0; REPORT_SIZE];
        let to = bytes.get_mut(..data.len()).ok_or(Refused)?;
        if endpoint != INTERRUPT_IN || self.reports.len() >= REPORTS {
            return Err(Refused);
        }
        to.copy_from_slice(data);
        let report = Report { bytes, length: data.len(), given: 0 };
        fallible::push_back(&mut self.reports, report).map_err(|OutOfMemory| Refused)
    }

    fn restart(&mut self) {
        self.data = Loop::default();
        self.reports.clear();
    }
}
