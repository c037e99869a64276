//! Isochronous transfers at every speed: looped back, at a frame, late, cancelled, abandoned, recalled, unplugged, refused.

use usb_models::models::{
    camera,
    iso_loopback::{IN, OUT},
};
use usbclient_protocol::{IsochPacket, IsochTransfer, control_code, isoch_flag};

use super::build::{
    FILE, cancel, claim, close, close_file, ends, ioctl, is, life_of, open, pnp, scenario, select, unplug,
    wait,
};
use crate::{
    abi::status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_DEVICE_NOT_CONNECTED,
        STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER,
        STATUS_NO_SUCH_DEVICE, STATUS_NOT_SUPPORTED,
    },
    pnp::NodeState,
    scenario::{
        Branch, Bytes, DEVICE, Expected, Ioctl, Isoch, Open, Plug, PnpOperation, Race, Scenario, Step,
    },
};

/// `USBD_STATUS_ISO_NOT_ACCESSED_BY_HW`
const NOT_ACCESSED: u32 = 0xC002_0000;
/// `USBD_STATUS_ISO_NOT_ACCESSED_LATE`
const NOT_ACCESSED_LATE: u32 = 0xC005_0000;
/// The models, and the most bytes of one of their packets.
const SPEEDS: [(&str, &str, u32); 3] = [
    ("isoch_loopback_fs", "iso-loopback-fs", 200),
    ("isoch_loopback_hs", "iso-loopback-hs", 2048),
    ("isoch_loopback_ss", "iso-loopback-ss", 4096),
];
/// The model of the scenarios that are the same at every speed.
const HIGH: &str = "iso-loopback-hs";
/// A frame that is some hundred milliseconds ahead of these short lives, and within reach of the first ones.
const LATER: u32 = 900;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    let mut all: Vec<Scenario> =
        SPEEDS.into_iter().map(|(name, model, most)| looped_back(name, model, most)).collect();
    all.extend([
        queued(),
        at_a_frame(),
        bad_start_frame(),
        late(),
        cancelled(),
        cancel_race(),
        abandoned(),
        aborted(),
        recalled(),
        unplugged(),
        pulled_in_a_race(),
        not_mapped(),
        refused(),
        periods(),
        camera(),
    ]);
    all
}

/// Eight packets of a size, as soon as possible.
const fn eight(size: u32) -> Isoch {
    Isoch { packets: 8, size, start_frame: None }
}

fn life(name: &str, about: &str, middle: Vec<Step>) -> Scenario {
    life_of(HIGH, name, about, middle)
}

/// A transfer of packets that all moved.
fn moved(packets: Isoch) -> Expected {
    Expected::success()
        .moved(packets.second_length())
        .packets(vec![[packets.size, 0]; packets.packets as usize])
}

/// Packets go out, and the same come back.
fn echo(packets: Isoch, seed: u64) -> [Step; 2] {
    let data = Bytes::pattern(seed, packets.packets * packets.size);
    [
        ioctl(Ioctl::isoch_write(FILE, OUT, packets, &data), moved(packets)),
        ioctl(Ioctl::isoch_read(FILE, IN, packets), moved(packets).bytes(data)),
    ]
}

/// So much time that the stack forgets which frame would have been next: what came a little late would be lost.
const fn pause() -> Step {
    Step::Sleep { microseconds: 1_100_000 }
}

fn looped_back(name: &str, model: &str, most: u32) -> Scenario {
    let mut middle = Vec::new();
    for (round, size) in [most, 1, 64, most - 1].into_iter().enumerate() {
        middle.extend(echo(eight(size), round as u64));
        middle.push(pause());
    }
    // The largest numbers of packets: 255 are no whole frames above full speed.
    let many = if name.ends_with("fs") { 255 } else { 1024 };
    middle.extend(echo(Isoch { packets: many, size: 16, start_frame: None }, 9));
    // Nothing is in the loop: packets that carry nothing are no errors.
    let nothing = Expected::success().packets(vec![[0, 0]; 8]);
    middle.push(pause());
    middle.push(ioctl(Ioctl::isoch_read(FILE, IN, eight(most)), nothing));
    middle.push(frame_number());
    life_of(model, name, "packets of several sizes and numbers go out and come back", middle)
}

fn frame_number() -> Step {
    let ask = Ioctl::new(FILE, control_code::GET_FRAME_NUMBER, Bytes::none(), Bytes::room(4));
    ioctl(ask, Expected::success().moved(4))
}

fn submit(request: &str, ioctl: Ioctl) -> Step {
    Step::Submit { request: request.into(), ioctl }
}

/// More transfers in flight than the pool has room for at first: each begins where the one before ends.
fn queued() -> Scenario {
    let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    let packets = eight(512);
    let mut middle: Vec<Step> = names
        .iter()
        .map(|name| {
            submit(&format!("write {name}"), Ioctl::isoch_write(FILE, OUT, packets, &Bytes::pattern(5, 4096)))
        })
        .collect();
    middle.extend(names.iter().map(|name| wait(&format!("write {name}"), moved(packets))));
    middle.extend(names.iter().map(|name| submit(name, Ioctl::isoch_read(FILE, IN, packets))));
    let arrived = || moved(packets).bytes(Bytes::pattern(5, 4096));
    middle.extend(names.iter().map(|name| wait(name, arrived())));
    life("isoch_queued", "twelve transfers in flight, one after the other", middle)
}

/// A read that stays in flight for long: the first, second or third on its pipe.
fn long_read(request: &str, file: &str, nth: u32) -> Step {
    let packets = Isoch { start_frame: Some(LATER + nth), ..eight(64) };
    submit(request, Ioctl::isoch_read(file, IN, packets))
}

fn at_a_frame() -> Scenario {
    let packets = Isoch { start_frame: Some(LATER), ..eight(64) };
    let expect = Expected::success().moved(packets.second_length()).packets(vec![[0, 0]; 8]).frame(LATER);
    let middle = vec![ioctl(Ioctl::isoch_read(FILE, IN, packets), expect), frame_number()];
    life("isoch_at_a_frame", "a transfer begins in the frame that it names", middle)
}

/// The USB driver stack refuses it and halts the pipe, until it is reset.
fn bad_start_frame() -> Scenario {
    let packets = Isoch { start_frame: Some(0x4000_0000), ..eight(64) };
    let refused = Ioctl::isoch_read(FILE, IN, packets);
    let mut middle = vec![
        ioctl(refused, Expected::failure().packets(vec![[0, NOT_ACCESSED]; 8])),
        ioctl(Ioctl::isoch_read(FILE, IN, eight(64)), Expected::failure()),
        ioctl(Ioctl::reset(FILE, IN), Expected::success()),
    ];
    middle.extend(echo(eight(64), 1));
    life("isoch_bad_start_frame", "a start frame out of range, and the pipe is reset", middle)
}

/// As soon as possible means after the transfer before: when that time is over the packets are lost, and it is told.
fn late() -> Scenario {
    let read = || Ioctl::isoch_read(FILE, IN, eight(64));
    let lost = Expected::failure().packets(vec![[0, NOT_ACCESSED_LATE]; 8]);
    let middle = vec![
        ioctl(read(), Expected::success()),
        Step::Sleep { microseconds: 20_000 },
        ioctl(read(), lost),
        pause(),
        ioctl(read(), Expected::success()),
    ];
    life("isoch_late", "a transfer that does not follow the one before in time", middle)
}

fn cancelled() -> Scenario {
    let mut middle = vec![long_read("one", FILE, 1), long_read("two", FILE, 2), long_read("three", FILE, 3)];
    for name in ["two", "one", "three"] {
        middle.extend([cancel(name), wait(name, ends(STATUS_CANCELLED))]);
    }
    middle.extend(echo(eight(64), 2));
    life("isoch_cancelled", "pending transfers are cancelled, not in their order", middle)
}

fn cancel_race() -> Scenario {
    let read = || submit("read", Ioctl::isoch_read(FILE, IN, eight(64)));
    let branches = vec![
        Branch::new(vec![cancel("read")]),
        Branch::new(vec![wait("read", Expected::anything())]),
        Branch::new(echo(eight(16), 3).into_iter().take(1).collect()),
    ];
    let middle = vec![read(), Step::Race(Race { branches })];
    life("isoch_cancel_race", "a transfer is cancelled while its packets go by", middle)
}

fn abandoned() -> Scenario {
    let second = "second file";
    let mut middle = vec![
        Step::Open(Open::new(DEVICE, second)),
        long_read("abandoned", second, 1),
        long_read("kept", FILE, 2),
        close_file(second),
        wait("abandoned", ends(STATUS_CANCELLED)),
        cancel("kept"),
        wait("kept", ends(STATUS_CANCELLED)),
    ];
    middle.extend(echo(eight(64), 4));
    life("isoch_abandoned", "CLEANUP cancels the isochronous transfers of its own file", middle)
}

fn aborted() -> Scenario {
    let mut middle = vec![
        long_read("one", FILE, 1),
        long_read("two", FILE, 2),
        ioctl(Ioctl::abort(FILE, IN), Expected::success()),
        wait("one", ends(STATUS_CANCELLED)),
        wait("two", ends(STATUS_CANCELLED)),
        ioctl(Ioctl::reset(FILE, IN), Expected::success()),
    ];
    middle.extend(echo(eight(64), 5));
    life("isoch_aborted", "ABORT_PIPE with isochronous transfers in flight", middle)
}

/// Its time has passed when the device starts again: it ends with what it has.
fn recalled() -> Scenario {
    let mut middle = vec![
        long_read("in flight", FILE, 1),
        pnp(PnpOperation::QueryStop),
        submit("held", Ioctl::isoch_read(FILE, IN, eight(64))),
        pnp(PnpOperation::Stop),
        wait("in flight", ends(STATUS_CANCELLED)),
        pnp(PnpOperation::Start),
        wait("held", Expected::success().packets(vec![[0, 0]; 8])),
        pause(),
    ];
    middle.extend(echo(eight(64), 6));
    life("isoch_recalled", "STOP ends what is in flight, START sends what was held", middle)
}

/// Every packet was late: the second of two transfers that a stack completes inline.
const LATE: nt_trace::NtStatus = nt_trace::NtStatus(0xC000_0001);

/// The USB stack may say so before the driver hears of it; with one that completes inline it was over by then.
fn gone() -> Expected {
    Expected::any_of(&[STATUS_DEVICE_NOT_CONNECTED, STATUS_NO_SUCH_DEVICE, nt_trace::NtStatus::SUCCESS, LATE])
}

fn unplugged() -> Scenario {
    let steps = vec![
        Step::Plug(Plug::new(DEVICE, HIGH)),
        open(),
        long_read("one", FILE, 1),
        long_read("two", FILE, 2),
        unplug(),
        wait("one", gone()),
        wait("two", gone()),
        ioctl(Ioctl::isoch_read(FILE, IN, eight(64)), ends(STATUS_DEVICE_NOT_CONNECTED)),
        is(NodeState::DeletePendingCloses),
        close(),
        is(NodeState::Deleted),
        Step::Unload,
    ];
    scenario("isoch_unplugged", "the cable is pulled with isochronous transfers in flight", steps)
}

fn pulled_in_a_race() -> Scenario {
    let names = ["a", "b", "c"];
    let submits = |names: &[&str]| {
        names.iter().map(|name| submit(name, Ioctl::isoch_read(FILE, IN, eight(64)))).collect::<Vec<_>>()
    };
    let branches =
        vec![Branch::new(submits(&names)), Branch::new(vec![unplug()]), Branch::new(vec![frame_anyhow()])];
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, HIGH)), open(), Step::Race(Race { branches })];
    steps.extend(names.map(|name| wait(name, Expected::anything())));
    steps.extend([close(), is(NodeState::Deleted), Step::Unload]);
    scenario("isoch_unplug_race", "isochronous transfers are sent while the cable is pulled", steps)
}

fn frame_anyhow() -> Step {
    let ask = Ioctl::new(FILE, control_code::GET_FRAME_NUMBER, Bytes::none(), Bytes::room(4));
    ioctl(ask, Expected::anything())
}

/// The results could not be written: that is an error now and not when the data have come.
fn not_mapped() -> Scenario {
    let mut middle = vec![
        Step::FailCall { routine: "MmMapLockedPagesSpecifyCache".into(), nth: 1, status: None },
        ioctl(Ioctl::isoch_read(FILE, IN, eight(64)), ends(STATUS_INSUFFICIENT_RESOURCES)),
    ];
    middle.extend(echo(eight(64), 7));
    life("isoch_not_mapped", "the caller's buffer cannot be mapped", middle)
}

fn refused() -> Scenario {
    let header = |packets: u32, data_length| IsochTransfer {
        target: IN.into(),
        flags: isoch_flag::AS_SOON_AS_POSSIBLE,
        start_frame: 0,
        packet_count: packets,
        data_length,
        reserved: 0,
    };
    let request = |header: IsochTransfer, packets: &[(u32, u32)], room, status| {
        let packets = packets
            .iter()
            .flat_map(|(offset, length)| IsochPacket { offset: *offset, length: *length }.encode());
        let input: Vec<u8> = header.encode().into_iter().chain(packets).collect();
        let ask = Ioctl::new(FILE, control_code::ISOCH_READ, Bytes::of(input), Bytes::room(room));
        ioctl(ask, ends(status))
    };
    let good: Vec<(u32, u32)> = (0..8).map(|index| (index * 64, 64)).collect();
    let gap: Vec<(u32, u32)> = (0..8).map(|index| (index * 65, 64)).collect();
    let long: Vec<(u32, u32)> = (0..8).map(|index| (index * 2049, 2049)).collect();
    let room = 512 + 16 + 64;
    let short = Ioctl::new(FILE, control_code::ISOCH_READ, Bytes::of([0; 23]), Bytes::room(room));
    let write = Ioctl {
        code: crate::scenario::Code(control_code::ISOCH_WRITE),
        ..Ioctl::isoch_read(FILE, IN, eight(64))
    };
    let mut middle = vec![
        ioctl(short, ends(STATUS_BUFFER_TOO_SMALL)),
        ioctl(write, ends(STATUS_INVALID_PARAMETER)),
        ioctl(Ioctl::read(FILE, IN, 1024), ends(STATUS_INVALID_PARAMETER)),
        ioctl(Ioctl::isoch_read(FILE, OUT, eight(64)), ends(STATUS_INVALID_PARAMETER)),
        request(header(8, 512), &good[..7], room, STATUS_BUFFER_TOO_SMALL),
        request(header(7, 512), &good[..7], room, STATUS_INVALID_PARAMETER),
        request(header(0, 512), &[], room, STATUS_INVALID_PARAMETER),
        request(header(u32::MAX, 512), &good, room, STATUS_INVALID_PARAMETER),
        request(header(8, 512), &gap, room, STATUS_INVALID_PARAMETER),
        request(header(8, 8 * 2049), &long, 8 * 2049 + 80, STATUS_INVALID_PARAMETER),
        request(header(8, u32::MAX), &good, room, STATUS_INVALID_BUFFER_SIZE),
        request(header(8, 0), &good, room, STATUS_INVALID_BUFFER_SIZE),
        request(header(8, 512), &good, room - 1, STATUS_INVALID_BUFFER_SIZE),
        request(header(8, 512), &good, 0, STATUS_INVALID_BUFFER_SIZE),
        request(IsochTransfer { flags: 2, ..header(8, 512) }, &good, room, STATUS_INVALID_PARAMETER),
        request(IsochTransfer { reserved: 1, ..header(8, 512) }, &good, room, STATUS_INVALID_PARAMETER),
    ];
    middle.extend(echo(eight(64), 8));
    life("isoch_refused", "requests that are not well-formed", middle)
}

/// The settings of the loopback device: polled every microframe, every frame, and less often than that.
fn periods() -> Scenario {
    let one = |size| Isoch { packets: 1, size, start_frame: None };
    let mut middle = vec![claim(0)];
    middle.push(ioctl(Ioctl::isoch_read(FILE, IN, one(64)), ends(STATUS_INVALID_PARAMETER)));
    middle.extend(select(0, 1));
    middle.extend(echo(one(64), 1));
    middle.extend(select(0, 2));
    middle.push(ioctl(Ioctl::isoch_read(FILE, IN, one(64)), ends(STATUS_NOT_SUPPORTED)));
    middle.extend(select(0, 0));
    middle.extend(echo(eight(64), 2));
    life("isoch_periods", "how often an endpoint is polled decides how many packets a transfer has", middle)
}

/// A camera sends nothing until a setting with bandwidth is selected, and then packets of several lengths.
fn camera() -> Scenario {
    let read =
        |packets, size| Ioctl::isoch_read(FILE, camera::STREAM, Isoch { packets, size, start_frame: None });
    let mut middle = vec![claim(camera::INTERFACE), ioctl(read(8, 512), ends(STATUS_INVALID_PARAMETER))];
    for (setting, most, packets) in [(2, 512, 40), (3, 3072, 16), (1, 512, 5)] {
        middle.extend(select(camera::INTERFACE, setting));
        middle.push(ioctl(read(packets, most), picture(packets, most)));
    }
    middle.extend(select(camera::INTERFACE, 0));
    middle.push(ioctl(read(8, 512), ends(STATUS_INVALID_PARAMETER)));
    life_of("camera-hs", "isoch_camera", "a camera in three bandwidths and none", middle)
}

/// The first packets that a camera sends, each at its place.
fn picture(packets: u32, most: u32) -> Expected {
    let mut data = Vec::new();
    for n in 0..packets {
        let length = camera::length(most, n);
        data.extend((0..most).map(|offset| if offset < length { camera::byte(n, offset) } else { 0 }));
    }
    let ends = (0..packets).map(|n| [camera::length(most, n), 0]).collect();
    Expected::success().bytes(Bytes::of(data)).packets(ends)
}
