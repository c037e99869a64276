//! Device control requests that a hostile program makes: right ones, nearly right ones, and any.

use usb_models::models::loopback::{BULK_IN, BULK_OUT, FLUSH, INTERRUPT_IN, LEVEL, MEMORY, REPORT};
use usbclient_protocol::{ControlTransfer, PipeSelect, PipeTransfer, SetupPacket, control_code};

use crate::{
    scenario::{Bytes, Ioctl},
    sched::SplitMix,
};

/// Lengths around which drivers are wrong.
const LENGTHS: [u32; 24] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 18, 19, 63, 64, 65, 511, 512, 513, 1024, 4095, 4096, 4097, 65_536];
/// Lengths that are split into several transfers, or refused.
const HUGE: [u32; 5] = [262_144, 262_656, 4 << 20, (4 << 20) + 512, (8 << 20) + 1];
/// Endpoints that are there, and some that are not.
const ENDPOINTS: [u8; 8] = [BULK_OUT, BULK_IN, INTERRUPT_IN, 0x00, 0x80, 0x02, 0x7F, 0xFF];
/// Codes that no user may send to a USB stack, and some of other drivers.
const FOREIGN: [u32; 8] = [
    0x0022_0003, // IOCTL_INTERNAL_USB_SUBMIT_URB
    0x0022_0007, // IOCTL_INTERNAL_USB_RESET_PORT
    0x0022_001F, // IOCTL_INTERNAL_USB_CYCLE_PORT
    0x0022_0027, // IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION
    0x0022_0410, // IOCTL_USB_GET_NODE_CONNECTION_INFORMATION
    0x002D_1400, // IOCTL_STORAGE_QUERY_PROPERTY
    0x0000_0000,
    0xFFFF_FFFF,
];

/// Something for a handle to be asked.
pub(super) fn any(random: &mut SplitMix, file: &str) -> Ioctl {
    match random.below(10) {
        0..6 => structured(random, file),
        6 | 7 => damaged(random, file),
        8 => Ioctl::new(file, pick(random, &FOREIGN), noise(random), room(random)),
        _ => Ioctl::new(file, word(random), noise(random), room(random)),
    }
}

/// A request that the driver's interface has, with good and bad arguments.
fn structured(random: &mut SplitMix, file: &str) -> Ioctl {
    let code = pick(random, &control_code::ALL);
    match code {
        control_code::CONTROL_IN | control_code::CONTROL_OUT => control(random, file, code),
        control_code::PIPE_READ | control_code::PIPE_WRITE => {
            let header = PipeTransfer::new(pick(random, &ENDPOINTS).into());
            Ioctl::new(file, code, Bytes::of(header.encode()), buffer(random))
        }
        control_code::ABORT_PIPE | control_code::RESET_PIPE => {
            let header = PipeSelect::new(pick(random, &ENDPOINTS).into());
            Ioctl::new(file, code, Bytes::of(header.encode()), Bytes::none())
        }
        _ => any_layout(random, file, code),
    }
}

/// A request whose input has the right size and, where it starts with a target, an endpoint; the rest is mostly zero.
fn any_layout(random: &mut SplitMix, file: &str, code: u32) -> Ioctl {
    let layout = control_code::TABLE.iter().find(|entry| entry.value == code).and_then(|entry| entry.input);
    let mut input = vec![0; layout.map_or(0, |layout| layout.size)];
    let sparse = random.below(2) == 0;
    for at in &mut input {
        *at = if sparse && random.below(4) != 0 { 0 } else { byte(random) & 0x0F };
    }
    if let Some(first) = input.first_mut() {
        *first = pick(random, &ENDPOINTS);
    }
    Ioctl::new(file, code, Bytes::of(input), room(random))
}

fn control(random: &mut SplitMix, file: &str, code: u32) -> Ioctl {
    let is_in = code == control_code::CONTROL_IN;
    let direction = if is_in { 0x80 } else { 0x00 };
    let vendor = [MEMORY, REPORT, FLUSH, LEVEL];
    let length = small(random);
    let mut setup = SetupPacket {
        request_type: direction | 0x40,
        request: pick(random, &vendor),
        value: 0,
        index: 0,
        length: u16::try_from(length).unwrap_or(u16::MAX),
    };
    if random.below(2) == 0 {
        // A request of chapter 9: some belong to the USB stack.
        setup.request_type = direction | pick(random, &[0x00, 0x01, 0x02, 0x20, 0x60, 0x1F]);
        setup.request = byte(random) & 0x0F;
        setup.value = u16::from_le_bytes([byte(random), byte(random) & 0x03]);
        setup.index = u16::from(byte(random) & 0x83);
    }
    let wrong_way = random.below(8) == 0;
    let room = if wrong_way { small(random) } else { length };
    Ioctl::new(file, code, Bytes::of(ControlTransfer::new(setup).encode()), Bytes::pattern(9, room))
}

/// A structured request with one thing wrong: its header's length or bits, its method or access, its buffer.
fn damaged(random: &mut SplitMix, file: &str) -> Ioctl {
    let mut ioctl = structured(random, file);
    match random.below(4) {
        0 => {
            let mut header = ioctl.input.make();
            let length = usize::try_from(small(random) % 20).unwrap_or(0);
            header.resize(length, 0xA5);
            ioctl.input = Bytes::of(header);
        }
        1 => {
            let mut header = ioctl.input.make();
            let at = random.below(header.len().max(1) as u64);
            if let Some(byte) = header.get_mut(usize::try_from(at).unwrap_or(0)) {
                *byte ^= 1 << random.below(8);
            }
            ioctl.input = Bytes::of(header);
        }
        2 => ioctl.code.0 ^= pick(random, &[0x1, 0x2, 0x3, 0x4000, 0x8000, 0xC000, 0x4]),
        _ => ioctl.output = buffer(random),
    }
    ioctl
}

/// A data buffer: mostly of an interesting length, seldom of megabytes.
fn buffer(random: &mut SplitMix) -> Bytes {
    let length = if random.below(24) == 0 { pick(random, &HUGE) } else { small(random) };
    Bytes::pattern(random.below(1 << 16), length)
}

fn room(random: &mut SplitMix) -> Bytes {
    Bytes::room(small(random))
}

fn noise(random: &mut SplitMix) -> Bytes {
    Bytes::pattern(random.below(1 << 16), small(random) % 600)
}

fn small(random: &mut SplitMix) -> u32 {
    pick(random, &LENGTHS)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a random number")]
const fn word(random: &mut SplitMix) -> u32 {
    random.next() as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the low byte of a random number")]
const fn byte(random: &mut SplitMix) -> u8 {
    random.next() as u8
}

/// One of several, which are not none.
pub(super) fn pick<T: Copy + Default>(random: &mut SplitMix, from: &[T]) -> T {
    let index = random.below(from.len().max(1) as u64);
    from.get(usize::try_from(index).unwrap_or(0)).copied().unwrap_or_default()
}
