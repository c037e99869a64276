//! Isochronous transfers: every refusal, what passes, and what is believed of a result.

use proptest::prelude::*;
use usbclient_core::{
    descriptors::{Companion, Endpoint},
    isoch::{Isoch, IsochPipe, usbd_failed},
    request::Direction,
    status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_STATE,
        STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, Status,
    },
    transfer::Speed,
};
use usbclient_protocol::{IsochPacket, IsochPacketResult, IsochTransfer};

const fn endpoint(interval: u8, max_packet_size: u16) -> Endpoint {
    Endpoint { interface: 0, address: 0x81, attributes: 1, interval, max_packet_size }
}

fn pipe(speed: Speed, interval: u8, max_packet_size: u16) -> IsochPipe {
    IsochPipe::new(&endpoint(interval, max_packet_size), None, u16::MAX, speed, true)
}

fn full() -> IsochPipe {
    pipe(Speed::Full, 1, 1023)
}

fn high(interval: u8) -> IsochPipe {
    pipe(Speed::High, interval, 1024)
}

/// Makes a good request a wrong one.
type Change = dyn Fn(&mut IsochTransfer, &mut [IsochPacket]);

/// A request of packets with these lengths, end to end.
fn request(lengths: &[u32]) -> (IsochTransfer, Vec<IsochPacket>) {
    let mut packets = Vec::new();
    let mut end = 0;
    for length in lengths {
        packets.push(IsochPacket { offset: end, length: *length });
        end += length;
    }
    let packet_count = u32::try_from(lengths.len()).unwrap();
    let header =
        IsochTransfer { target: 0x81, flags: 1, start_frame: 0, packet_count, data_length: end, reserved: 0 };
    (header, packets)
}

fn bytes(header: IsochTransfer, packets: &[IsochPacket]) -> Vec<u8> {
    let packets = packets.iter().flat_map(|packet| packet.encode());
    header.encode().into_iter().chain(packets).collect()
}

/// Room for anything.
const ROOM: usize = 1 << 30;

fn send(lengths: &[u32], direction: Direction, pipe: &IsochPipe) -> Result<Isoch, Status> {
    let (header, packets) = request(lengths);
    Isoch::decode(&bytes(header, &packets), ROOM, direction, pipe)
}

fn read(lengths: &[u32], pipe: &IsochPipe) -> Result<Isoch, Status> {
    send(lengths, Direction::In, pipe)
}

#[test]
fn full_speed_takes_any_number_up_to_255() {
    for count in [1, 2, 7, 8, 255] {
        let isoch = read(&vec![1023; count], &full()).unwrap();
        assert_eq!(usize::from(isoch.packet_count()), count);
    }
    for count in [0, 256, 1024, 70_000] {
        assert_eq!(read(&vec![1; count], &full()), Err(STATUS_INVALID_PARAMETER), "{count}");
    }
}

#[test]
fn full_speed_is_polled_every_frame_whatever_the_interval() {
    for interval in [0, 1, 5, 16, 255] {
        assert!(read(&[64; 3], &pipe(Speed::Full, interval, 64)).is_ok(), "{interval}");
    }
}

#[test]
fn high_speed_takes_whole_frames_up_to_1024_packets() {
    for (interval, per_frame) in [(1, 8), (2, 4), (3, 2), (4, 1)] {
        for count in 0..=40_usize {
            let passes = count != 0 && count % per_frame == 0;
            assert_eq!(read(&vec![1024; count], &high(interval)).is_ok(), passes, "{interval} {count}");
        }
        assert!(read(&[1; 1024], &high(interval)).is_ok());
        assert_eq!(read(&[1; 1032], &high(interval)), Err(STATUS_INVALID_PARAMETER));
    }
}

#[test]
fn a_period_above_a_frame_is_not_supported() {
    for speed in [Speed::High, Speed::Super] {
        for interval in [5, 6, 16, 255] {
            assert_eq!(read(&[1; 8], &pipe(speed, interval, 1024)), Err(STATUS_NOT_SUPPORTED), "{interval}");
        }
    }
}

#[test]
fn a_setting_without_bandwidth_refuses() {
    for speed in [Speed::Full, Speed::High, Speed::Super] {
        assert_eq!(read(&[1; 8], &pipe(speed, 1, 0)), Err(STATUS_INVALID_DEVICE_STATE));
    }
    let nothing = IsochPipe::new(&endpoint(1, 1024), None, 0, Speed::High, true);
    assert_eq!(read(&[1; 8], &nothing), Err(STATUS_INVALID_DEVICE_STATE));
}

#[test]
fn a_packet_is_as_long_as_an_interval_has_bytes() {
    let companion = |bytes| Some(Companion { bytes_per_interval: bytes, ..Companion::default() });
    let superspeed = |told| IsochPipe::new(&endpoint(1, 1024), companion(45_000), told, Speed::Super, true);
    let cases = [
        (full(), 1023),
        (high(1), 1024),
        (pipe(Speed::High, 1, 1024 | 1 << 11), 2048),
        (pipe(Speed::High, 1, 1024 | 2 << 11), 3072),
        (pipe(Speed::High, 1, 1024 | 3 << 11), 1024),
        (superspeed(45_000), 45_000),
        (superspeed(u16::MAX), 45_000),
        (superspeed(40_000), 40_000),
        (pipe(Speed::Super, 1, 1024), 1024),
    ];
    for (pipe, most) in cases {
        assert!(read(&[most; 8], &pipe).is_ok(), "{most}");
        let mut one_too_long = [most; 8];
        one_too_long[5] += 1;
        assert_eq!(read(&one_too_long, &pipe), Err(STATUS_INVALID_PARAMETER), "{most}");
    }
}

#[test]
fn the_documented_maxima_of_a_transfer() {
    assert_eq!(full().max_bytes(), 256 * 1023);
    assert_eq!(high(1).max_bytes(), 1024 * 1024);
    let old = IsochPipe::new(&endpoint(1, 1023), None, 1023, Speed::Full, false);
    assert_eq!(old.max_bytes(), 64 * 1024);
    assert!(read(&[1023; 64], &old).is_ok());
    assert_eq!(read(&[1023; 65], &old), Err(STATUS_INVALID_BUFFER_SIZE));
    let high_on_old = IsochPipe::new(&endpoint(1, 1024), None, 1024, Speed::High, false);
    assert_eq!(high_on_old.max_bytes(), 1024 * 1024);
    assert_eq!(read(&[], &high(1)), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(send(&[0; 8], Direction::Out, &high(1)), Err(STATUS_INVALID_BUFFER_SIZE), "no data at all");
}

#[test]
fn packets_lie_end_to_end() {
    let (header, packets) = request(&[100; 8]);
    let with = |change: &Change| {
        let (mut header, mut packets) = (header, packets.clone());
        change(&mut header, &mut packets);
        Isoch::decode(&bytes(header, &packets), ROOM, Direction::In, &high(1))
    };
    assert!(with(&|_, _| {}).is_ok());
    let wrong: [&Change; 9] = [
        // A gap, an overlap, another order.
        &|_, packets| packets[3].length = 99,
        &|_, packets| packets[3].length = 101,
        &|_, packets| packets.swap(2, 3),
        // Not from the start, not to the end, past the end.
        &|_, packets| packets[0] = IsochPacket { offset: 4, length: 96 },
        &|header, _| header.data_length = 801,
        &|header, _| header.data_length = 799,
        // Offsets and lengths that wrap.
        &|_, packets| packets[7].offset = u32::MAX,
        &|_, packets| packets[7].length = u32::MAX,
        // Nothing to read into.
        &|_, packets| {
            packets[3].length = 0;
            packets[4] = IsochPacket { offset: 300, length: 200 };
        },
    ];
    for (number, change) in wrong.into_iter().enumerate() {
        assert_eq!(with(change), Err(STATUS_INVALID_PARAMETER), "{number}");
    }
    // An empty packet may be sent: a rate that is no whole number of samples a frame needs it.
    let lengths = [100, 0, 100, 0, 100, 0, 100, 0];
    assert!(send(&lengths, Direction::Out, &high(1)).is_ok());
    assert_eq!(read(&lengths, &high(1)), Err(STATUS_INVALID_PARAMETER));
}

#[test]
fn inputs_of_the_wrong_size_and_reserved_bits() {
    let (header, packets) = request(&[100; 8]);
    let input = bytes(header, &packets);
    let decode = |input: &[u8]| Isoch::decode(input, ROOM, Direction::In, &high(1));
    for short in 0..input.len() {
        assert_eq!(decode(&input[..short]), Err(STATUS_BUFFER_TOO_SMALL), "{short}");
    }
    let mut long = input;
    long.push(0);
    assert_eq!(decode(&long), Err(STATUS_INVALID_BUFFER_SIZE));
    for flags in [2, 3, 1 << 31] {
        let header = IsochTransfer { flags, ..header };
        assert_eq!(decode(&bytes(header, &packets)), Err(STATUS_INVALID_PARAMETER), "{flags}");
    }
    let header = IsochTransfer { reserved: 1, ..header };
    assert_eq!(decode(&bytes(header, &packets)), Err(STATUS_INVALID_PARAMETER));
}

#[test]
fn the_results_follow_the_data() {
    let (header, packets) = request(&[99; 8]);
    let input = bytes(header, &packets);
    let isoch = read(&[99; 8], &high(1)).unwrap();
    assert_eq!(isoch.data_length(), 792);
    assert_eq!((isoch.results_at(), isoch.second_length()), (792, 792 + 16 + 64));
    let decode = |length| Isoch::decode(&input, length, Direction::In, &high(1));
    assert!(decode(872).is_ok());
    assert_eq!(decode(871), Err(STATUS_INVALID_BUFFER_SIZE));
    assert_eq!(decode(0), Err(STATUS_INVALID_BUFFER_SIZE));
    let odd = read(&[7], &full()).unwrap();
    assert_eq!((odd.results_at(), odd.second_length()), (8, 8 + 16 + 8));
}

#[test]
fn the_start_frame_is_the_callers_or_none() {
    let (header, packets) = request(&[8]);
    let start_frame = |flags, start_frame| {
        let header = IsochTransfer { flags, start_frame, ..header };
        Isoch::decode(&bytes(header, &packets), ROOM, Direction::In, &full()).unwrap().start_frame()
    };
    assert_eq!(start_frame(1, 77), None);
    assert_eq!(start_frame(0, 77), Some(77));
    assert_eq!(start_frame(0, 0), Some(0));
}

#[test]
fn results_from_below_are_bounded() {
    let received = read(&[100; 8], &high(1)).unwrap();
    assert_eq!(received.packet_result(100, 60, 0), IsochPacketResult { length: 60, status: 0 });
    assert_eq!(received.packet_result(100, 101, 0).length, 100);
    let late = 0xC005_0000;
    assert_eq!(received.packet_result(100, 0, late), IsochPacketResult { length: 0, status: late });
    let sent = send(&[100; 8], Direction::Out, &high(1)).unwrap();
    assert_eq!(
        sent.packet_result(100, 0, 0).length,
        100,
        "the stack does not tell the length of what is sent"
    );
    assert_eq!(sent.packet_result(100, 100, late).length, 0);
    let result = received.result(5, 3);
    assert_eq!((result.start_frame, result.error_count, result.packet_count, result.reserved), (5, 3, 8, 0));
    for (status, failed) in [(0, false), (0x4000_0000, false), (late, true), (0x8000_0000, true)] {
        assert_eq!(usbd_failed(status), failed, "{status:#x}");
    }
}

proptest! {
    /// Whatever is sent, what passes covers its data exactly and has room for its results.
    #[test]
    fn what_passes_is_sound(
        flags in 0..3_u32,
        packet_count in 0..20_u32,
        data_length in 0..9000_u32,
        raw in prop::collection::vec((0..3000_u32, 0..1200_u32), 0..20),
        second_length in 0..12_000_usize,
        is_in in any::<bool>(),
        interval in 0..6_u8,
    ) {
        let packets: Vec<IsochPacket> =
            raw.into_iter().map(|(offset, length)| IsochPacket { offset, length }).collect();
        let header = IsochTransfer { target: 0, flags, start_frame: 0, packet_count, data_length, reserved: 0 };
        let direction = if is_in { Direction::In } else { Direction::Out };
        let input = bytes(header, &packets);
        if let Ok(isoch) = Isoch::decode(&input, second_length, direction, &high(interval)) {
            prop_assert_eq!(packets.iter().map(|packet| packet.length).sum::<u32>(), data_length);
            prop_assert!(isoch.second_length() <= second_length);
            prop_assert!(isoch.results_at() >= data_length as usize);
            prop_assert_eq!(usize::from(isoch.packet_count()), packets.len());
        }
    }
}
