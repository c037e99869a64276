//! A mass-storage device of the shape of USB Attached SCSI, with streams: a small disk in memory.
//!
//! Four pipes: commands, status, data in, data out. A command has a tag, its data and its status come and go on the stream
//! with that number, and commands are done in whatever order their data move. Alternate setting 0 stands for the older
//! protocol, which this device does not speak: its pipes answer NAK. The SCSI commands are those that make a disk.
//!
//! The layouts are those of the UAS specification (T10/2095-D, 6.2) and of SBC and SPC.

use alloc::vec::Vec;

use crate::{
    Speed,
    descriptor::{BuildError, Class, ConfigurationBuilder, DeviceBuilder, Endpoint, SuperSpeedCapability},
    device::Device,
    fallible::{self, OutOfMemory},
    function::{Function, Ready},
};

/// Bulk OUT: command information units.
pub const COMMAND: u8 = 0x04;
/// Bulk IN with streams: sense information units.
pub const STATUS: u8 = 0x81;
/// Bulk IN with streams.
pub const DATA_IN: u8 = 0x82;
/// Bulk OUT with streams.
pub const DATA_OUT: u8 = 0x03;
/// `MaxStreams`: 16 streams.
pub const MAX_STREAMS: u8 = 4;
/// Bytes of a block.
pub const BLOCK: u32 = 512;
/// Blocks of the disk.
pub const BLOCKS: u32 = 2048;
/// Bytes of a command information unit.
pub const COMMAND_SIZE: usize = 32;
/// Bytes of a sense information unit without sense data.
pub const SENSE_SIZE: usize = 16;
/// First byte of a command information unit.
pub const COMMAND_UNIT: u8 = 0x01;
/// First byte of a sense information unit.
pub const SENSE_UNIT: u8 = 0x03;
/// SCSI status: done.
pub const GOOD: u8 = 0x00;
/// SCSI status: refused, and the sense data say why.
pub const CHECK_CONDITION: u8 = 0x02;

/// Descriptor type of a pipe usage descriptor.
const PIPE_USAGE: u8 = 0x24;
/// Bytes of fixed-format sense data.
const SENSE_DATA: usize = 18;

/// What a command is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Sends bytes of the disk from an offset on.
    Read { from: u32, left: u32 },
    /// Sends bytes of an answer.
    Answer { given: u32 },
    /// Takes bytes for the disk.
    Write { to: u32, left: u32 },
    /// Its status is to be fetched.
    Done,
}

/// A command that was taken and whose status was not fetched yet.
#[derive(Clone, Copy, Debug)]
struct Command {
    tag: u16,
    phase: Phase,
    status: u8,
    answer: [u8; 36],
    length: u32,
}

/// The behaviour of the device.
#[derive(Debug)]
pub struct Uas {
    disk: Vec<u8>,
    commands: Vec<Command>,
    coming: Vec<u8>,
}

/// The mass-storage device.
///
/// # Errors
///
/// [`BuildError`].
pub fn device() -> Result<Device<Uas>, BuildError> {
    let plain = SuperSpeedCapability { burst: 15, streams: 0 };
    let streams = SuperSpeedCapability { burst: 15, streams: MAX_STREAMS };
    let configuration = ConfigurationBuilder::new(Speed::Super, 1)?
        .interface(0, 0, Class(0x08, 0x06, 0x50))?
        .bulk(STATUS, plain)?
        .bulk(DATA_OUT, plain)?
        .interface(0, 1, Class(0x08, 0x06, 0x62))?
        .bulk(COMMAND, SuperSpeedCapability::default())?
        .other(&[4, PIPE_USAGE, 1, 0])?
        .bulk(STATUS, streams)?
        .other(&[4, PIPE_USAGE, 2, 0])?
        .bulk(DATA_IN, streams)?
        .other(&[4, PIPE_USAGE, 3, 0])?
        .bulk(DATA_OUT, streams)?
        .other(&[4, PIPE_USAGE, 4, 0])?
        .finish()?;
    let descriptors = DeviceBuilder::new(Speed::Super, 0x0007)
        .strings(&["usbclient", "Streams mass storage", "0001"])
        .configuration(configuration)?
        .finish()?;
    let mut disk = Vec::new();
    let size = usize::try_from(BLOCK * BLOCKS).map_err(|_| BuildError::TooLarge)?;
    disk.try_reserve_exact(size).map_err(|_| OutOfMemory)?;
    disk.resize(size, 0);
    Ok(Device::new(descriptors, Uas { disk, commands: Vec::new(), coming: Vec::new() })?)
}

impl Command {
    const fn new(tag: u16, phase: Phase, status: u8) -> Self {
        Self { tag, phase, status, answer: [0; 36], length: 0 }
    }

    fn answers(tag: u16, bytes: &[u8], most: u32) -> Self {
        let mut new = Self::new(tag, Phase::Answer { given: 0 }, GOOD);
        new.answer.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        new.length = u32::try_from(bytes.len()).unwrap_or(0).min(most);
        if new.length == 0 {
            new.phase = Phase::Done;
        }
        new
    }

    /// A sense information unit.
    fn sense(&self) -> ([u8; SENSE_SIZE + SENSE_DATA], usize) {
        let mut unit = [0; SENSE_SIZE + SENSE_DATA];
        let [high, low] = self.tag.to_be_bytes();
        let refused = self.status != GOOD;
        let header = [SENSE_UNIT, 0, high, low, 0, 0, self.status];
        unit.iter_mut().zip(header).for_each(|(to, from)| *to = from);
        if !refused {
            return (unit, SENSE_SIZE);
        }
        // Fixed format, ILLEGAL REQUEST, INVALID COMMAND OPERATION CODE.
        let data = [(15, 18), (16, 0x70), (18, 0x05), (23, 10), (28, 0x20)];
        for (at, value) in data {
            if let Some(byte) = unit.get_mut(at) {
                *byte = value;
            }
        }
        (unit, SENSE_SIZE + SENSE_DATA)
    }
}

impl Uas {
    fn command(&mut self, stream: u16) -> Option<&mut Command> {
        self.commands.iter_mut().find(|command| command.tag == stream)
    }

    /// A command information unit came.
    fn begin(&mut self) -> Result<(), OutOfMemory> {
        let unit = core::mem::take(&mut self.coming);
        let new = match unit.get(..COMMAND_SIZE) {
            Some(&[COMMAND_UNIT, _, high, low, _, _, _, _, _, _, _, _, _, _, _, _, ref cdb @ ..]) => {
                let tag = u16::from_be_bytes([high, low]);
                // A tag that is in use, or names no stream: a real device reports it; this one forgets the command.
                let free = self.command(tag).is_none() && (1..=1 << MAX_STREAMS).contains(&tag);
                free.then(|| decode(tag, cdb))
            }
            _ => None,
        };
        new.map_or(Ok(()), |command| fallible::push(&mut self.commands, command))
    }
}

/// What a command descriptor block asks for.
fn decode(tag: u16, cdb: &[u8]) -> Command {
    let refused = Command::new(tag, Phase::Done, CHECK_CONDITION);
    let &[code, _, a, b, c, d, _, high, low, ..] = cdb else { return refused };
    let (block, count) = (u32::from_be_bytes([a, b, c, d]), u32::from(u16::from_be_bytes([high, low])));
    let inside = block.checked_add(count).is_some_and(|end| end <= BLOCKS);
    let (from, left) = (block.saturating_mul(BLOCK), count.saturating_mul(BLOCK));
    match code {
        // TEST UNIT READY, START STOP UNIT, SYNCHRONIZE CACHE.
        0x00 | 0x1B | 0x35 => Command::new(tag, Phase::Done, GOOD),
        // INQUIRY.
        0x12 => {
            let text = b"\0\0\x06\x02\x1F\0\0\0usbclt  Streams disk    0001";
            Command::answers(tag, text, u32::from(u16::from_be_bytes([b, c])))
        }
        // READ CAPACITY.
        0x25 => {
            let (last, size) = ((BLOCKS - 1).to_be_bytes(), BLOCK.to_be_bytes());
            let [l0, l1, l2, l3] = last;
            let [s0, s1, s2, s3] = size;
            Command::answers(tag, &[l0, l1, l2, l3, s0, s1, s2, s3], 8)
        }
        0x28 | 0x2A if inside && count == 0 => Command::new(tag, Phase::Done, GOOD),
        0x28 if inside => Command::new(tag, Phase::Read { from, left }, GOOD),
        0x2A if inside => Command::new(tag, Phase::Write { to: from, left }, GOOD),
        _ => refused,
    }
}

impl Function for Uas {
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        // The pipes of the older protocol.
        if endpoint.alternate == 0 {
            return Ready::Nak;
        }
        if endpoint.address == COMMAND {
            let full = self.commands.len() >= 1 << MAX_STREAMS;
            return if full { Ready::Nak } else { Ready::Bytes { count: 1024, ends: false } };
        }
        let command = self.commands.iter().find(|command| command.tag == endpoint.stream);
        let packet = u32::from(endpoint.packet).max(1);
        match (endpoint.address, command.map(|command| (command.phase, command))) {
            (DATA_IN, Some((Phase::Read { left, .. }, _))) => {
                Ready::Bytes { count: left, ends: left % packet != 0 }
            }
            (DATA_IN, Some((Phase::Answer { given }, command))) => {
                Ready::Bytes { count: command.length.saturating_sub(given), ends: true }
            }
            (DATA_OUT, Some((Phase::Write { left, .. }, _))) => Ready::Bytes { count: left, ends: false },
            (STATUS, Some((Phase::Done, command))) => {
                Ready::Bytes { count: u32::try_from(command.sense().1).unwrap_or(0), ends: true }
            }
            _ => Ready::Nak,
        }
    }

    fn take(&mut self, endpoint: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        if endpoint.address == COMMAND {
            return fallible::extend(&mut self.coming, bytes);
        }
        let Self { disk, commands, .. } = self;
        let command = commands.iter_mut().find(|command| command.tag == endpoint.stream);
        let Some(Command { phase, .. }) = command else { return Ok(()) };
        let Phase::Write { to, left } = *phase else { return Ok(()) };
        let at = usize::try_from(to).unwrap_or(usize::MAX);
        disk.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        *phase = match left.saturating_sub(count) {
            0 => Phase::Done,
            left => Phase::Write { to: to.saturating_add(count), left },
        };
        Ok(())
    }

    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        let Self { disk, commands, .. } = self;
        let command = commands.iter_mut().find(|command| command.tag == endpoint.stream);
        let Some(command) = command else { return };
        let count = u32::try_from(room.len()).unwrap_or(u32::MAX);
        let mut fill = |from: &[u8]| room.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        match (endpoint.address, command.phase) {
            (DATA_IN, Phase::Read { from, left }) => {
                let at = usize::try_from(from).unwrap_or(usize::MAX);
                fill(disk.get(at..).unwrap_or_default());
                command.phase = match left.saturating_sub(count) {
                    0 => Phase::Done,
                    left => Phase::Read { from: from.saturating_add(count), left },
                };
            }
            (DATA_IN, Phase::Answer { given }) => {
                let at = usize::try_from(given).unwrap_or(usize::MAX);
                fill(command.answer.get(at..).unwrap_or_default());
                let given = given.saturating_add(count);
                command.phase = if given >= command.length { Phase::Done } else { Phase::Answer { given } };
            }
            // In one piece or in several, the host gets all of it before it ends.
            (STATUS, Phase::Done) => fill(&command.sense().0),
            _ => {}
        }
    }

    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        match endpoint.address {
            COMMAND => self.begin()?,
            STATUS => self.commands.retain(|command| command.tag != endpoint.stream),
            _ => {}
        }
        Ok(())
    }

    fn setting(&mut self, _: u8, _: u8) {
        self.restart();
    }

    fn restart(&mut self) {
        self.commands.clear();
        self.coming.clear();
    }
}
