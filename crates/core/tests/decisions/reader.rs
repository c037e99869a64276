//! Continuous reading: the ring, and when the device is asked.

use std::collections::VecDeque;

use proptest::prelude::*;
use usbclient_core::{
    descriptors::Endpoint,
    files::Files,
    policy::Policies,
    reader::{Back, Flow, Pass, Reading, Returned, decode_start},
    request::Limits,
    ring::{HEADER, Ring, Taken},
    status::{
        NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_INVALID_BUFFER_SIZE,
        STATUS_INVALID_PARAMETER, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
    },
};
use usbclient_protocol::{ReaderStart, reader_flag, reader_phase};

const fn endpoint(address: u8, attributes: u8) -> Endpoint {
    Endpoint { interface: 0, address, attributes, interval: 1, max_packet_size: 64 }
}

const fn back(status: NtStatus, moved: u32, was_cancelled: bool) -> Back {
    Back { status, moved, was_cancelled, meets_halt: false }
}

const ENDPOINTS: [Endpoint; 3] = [endpoint(0x81, 2), endpoint(0x02, 2), endpoint(0x83, 1)];

fn take<S: AsRef<[u8]> + AsMut<[u8]>>(ring: &mut Ring<S>, room: u32) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let Taken { bytes: count, found } = ring.take(room, |piece| bytes.extend_from_slice(piece));
    assert_eq!(count as usize, bytes.len());
    (bytes, found)
}

#[test]
fn a_short_packet_ends_a_read_out_of_the_ring() {
    let mut ring = Ring::new([0; 64]);
    assert_eq!(take(&mut ring, 8), (vec![], false));
    assert!(ring.push(&[1, 2], false) && ring.push(&[3], true) && ring.push(&[4], false));
    assert_eq!(ring.waiting(), 4);
    assert_eq!(take(&mut ring, 8), (vec![1, 2, 3], true));
    assert_eq!(take(&mut ring, 8), (vec![4], true));
    // A packet of no bytes is an end as well.
    assert!(ring.push(&[], true) && ring.push(&[5], true));
    assert_eq!(take(&mut ring, 8), (vec![], true));
    assert_eq!(take(&mut ring, 8), (vec![5], true));
    assert!(ring.is_empty());
}

#[test]
fn what_does_not_fit_stays_in_the_ring() {
    let mut ring = Ring::new([0; 16]);
    assert!(ring.push(&[1, 2, 3, 4, 5], true));
    assert_eq!(take(&mut ring, 2), (vec![1, 2], true));
    assert_eq!(ring.free(), 16 - HEADER - 3);
    assert_eq!(take(&mut ring, 9), (vec![3, 4, 5], true));
    assert!(!ring.push(&[0; 13], true));
    assert!(ring.push(&[7; 12], true));
    assert_eq!(ring.drop_oldest(), Some(12));
    assert_eq!(ring.drop_oldest(), None);
    assert!(ring.push(&[8], false));
    ring.clear();
    assert_eq!((ring.waiting(), ring.free()), (0, 16));
}

#[derive(Clone, Debug)]
enum Act {
    Push(Vec<u8>, bool),
    Take(u32),
    Drop,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (prop::collection::vec(any::<u8>(), 0..12), any::<bool>())
            .prop_map(|(data, end)| Act::Push(data, end)),
        (0..20_u32).prop_map(Act::Take),
        Just(Act::Drop),
    ]
}

proptest! {
    /// The ring is a queue of records, wherever they lie in its storage.
    #[test]
    fn the_ring_is_a_queue(acts in prop::collection::vec(act(), 0..200), size in 5..40_usize) {
        let mut ring = Ring::new(vec![0; size]);
        let mut model: VecDeque<(Vec<u8>, bool)> = VecDeque::new();
        for act in acts {
            match act {
                Act::Push(data, end) => {
                    let used: usize = model.iter().map(|(data, _)| data.len() + HEADER).sum();
                    let fits = used + HEADER + data.len() <= size;
                    prop_assert_eq!(ring.push(&data, end), fits);
                    if fits {
                        model.push_back((data, end));
                    }
                }
                Act::Take(room) => {
                    let (mut expected, found) = (Vec::new(), !model.is_empty());
                    let mut is_first = true;
                    while let Some((data, end)) = model.front_mut() {
                        let left = room as usize - expected.len();
                        if left == 0 && !is_first {
                            break;
                        }
                        is_first = false;
                        let count = left.min(data.len());
                        expected.extend(data.drain(..count));
                        if !data.is_empty() {
                            break;
                        }
                        let ends = *end;
                        model.pop_front();
                        if ends {
                            break;
                        }
                    }
                    prop_assert_eq!(take(&mut ring, room), (expected, found));
                }
                Act::Drop => {
                    let dropped = model.pop_front().map(|(data, _)| u32::try_from(data.len()).unwrap());
                    prop_assert_eq!(ring.drop_oldest(), dropped);
                }
            }
            let waiting: usize = model.iter().map(|(data, _)| data.len()).sum();
            prop_assert_eq!(ring.waiting() as usize, waiting);
        }
    }
}

const READING: Reading =
    Reading { transfer_length: 64, transfer_count: 3, ring_length: 128, drops_oldest: false };

#[test]
fn only_what_fits_is_asked_for() {
    let mut flow = Flow::new(READING);
    let (free, record) = (READING.storage(), READING.record());
    assert_eq!(free, 2 * record);
    for _ in 0..2 {
        assert!(flow.may_submit(free, true));
        flow.submitted();
    }
    // A third might bring more than the ring has room for.
    assert!(!flow.may_submit(free, true));
    assert_eq!(flow.state(0).phase, reader_phase::RUNNING);
    for left in [record, 0] {
        assert_eq!(
            flow.returned(back(STATUS_SUCCESS, 64, false), true),
            Returned::Data { ends_short: false }
        );
        assert!(!flow.may_submit(left, true));
    }
    let state = flow.state(128);
    assert_eq!(
        (state.phase, state.waiting, state.received, state.overflows),
        (reader_phase::PAUSED, 128, 128, 1)
    );
    // Asked again, it is the same overflow; with room it goes on.
    assert!(!flow.may_submit(0, true));
    assert_eq!(flow.state(0).overflows, 1);
    assert!(flow.may_submit(record, true));
    assert!(!flow.may_submit(free, false));
}

#[test]
fn who_drops_does_not_wait() {
    let mut flow = Flow::new(Reading { drops_oldest: true, ..READING });
    for _ in 0..3 {
        assert!(flow.may_submit(0, true));
        flow.submitted();
    }
    assert!(!flow.may_submit(0, true));
    flow.dropped(64);
    flow.overflowed();
    let state = flow.state(0);
    assert_eq!((state.dropped, state.overflows), (64, 1));
}

#[test]
fn failures() {
    let mut flow = Flow::new(READING);
    for _ in 0..3 {
        flow.submitted();
    }
    let (failed, cancelled) = (STATUS_UNSUCCESSFUL.nt(), STATUS_CANCELLED.nt());
    assert_eq!(flow.returned(back(cancelled, 0, true), true), Returned::Nothing);
    assert_eq!(flow.failure(), None);
    // What arrived before the failure counts.
    assert_eq!(flow.returned(back(failed, 3, false), true), Returned::Data { ends_short: true });
    assert_eq!(flow.failure(), Some(failed));
    assert!(!flow.may_submit(usize::MAX, true));
    let state = flow.state(0);
    assert_eq!((state.phase, state.errors, state.last_error), (reader_phase::FAILED, 1, 0xC000_0001));
    // It was aborted because of the failure.
    assert_eq!(flow.returned(back(cancelled, 0, false), true), Returned::Nothing);
    assert_eq!(flow.failure(), Some(failed));
    flow.recovered();
    assert!(flow.may_submit(usize::MAX, true));
    // Nobody here cancelled it, and the device takes requests: somebody below did.
    flow.submitted();
    assert_eq!(flow.returned(back(cancelled, 0, false), true), Returned::Nothing);
    assert_eq!(flow.failure(), Some(cancelled));
}

#[test]
fn stopping() {
    let mut flow = Flow::new(READING);
    flow.submitted();
    flow.stop();
    assert!(!flow.is_over() && flow.is_stopping() && !flow.may_submit(usize::MAX, true));
    assert_eq!(flow.returned(back(STATUS_CANCELLED.nt(), 0, false), true), Returned::Nothing);
    assert!(flow.is_over() && flow.failure().is_none());
}

#[test]
fn a_halt_is_cleared_once_until_data_come() {
    let mut flow = Flow::new(READING);
    let failed = STATUS_UNSUCCESSFUL.nt();
    let halt = Back { meets_halt: true, ..back(failed, 0, false) };
    for _round in 0..2 {
        flow.submitted();
        flow.submitted();
        assert_eq!(flow.returned(halt, true), Returned::Nothing);
        // Nobody is told of it, and nothing is sent before the pipe is reset.
        assert!(flow.is_clearing() && flow.failure().is_none() && !flow.may_submit(usize::MAX, true));
        assert_eq!(flow.returned(back(STATUS_CANCELLED.nt(), 0, false), true), Returned::Nothing);
        assert_eq!(flow.state(0).phase, reader_phase::PAUSED);
        flow.recovered();
        assert!(!flow.is_clearing() && flow.may_submit(usize::MAX, true));
        flow.submitted();
        assert_eq!(
            flow.returned(back(STATUS_SUCCESS, 64, false), true),
            Returned::Data { ends_short: false }
        );
    }
    // What came before the halt counts.
    flow.submitted();
    assert_eq!(flow.returned(Back { moved: 3, ..halt }, true), Returned::Data { ends_short: true });
    assert!(flow.is_clearing());
    flow.recovered();
    flow.submitted();
    assert_eq!(flow.returned(halt, true), Returned::Nothing);
    assert_eq!((flow.is_clearing(), flow.failure()), (false, Some(failed)));
    // Whoever resets the pipe then gives it another chance.
    flow.recovered();
    flow.submitted();
    assert_eq!(flow.returned(halt, true), Returned::Nothing);
    assert!(flow.is_clearing());
    assert_eq!(flow.state(0).errors, 5);
}

#[test]
fn a_halt_of_a_reader_that_ends_or_has_failed_is_left() {
    let halt = Back { meets_halt: true, ..back(STATUS_UNSUCCESSFUL.nt(), 0, false) };
    let mut stopping = Flow::new(READING);
    stopping.submitted();
    stopping.stop();
    assert_eq!(stopping.returned(halt, true), Returned::Nothing);
    assert!(!stopping.is_clearing());
    let mut failed = Flow::new(READING);
    failed.submitted();
    failed.submitted();
    assert_eq!(failed.returned(back(STATUS_UNSUCCESSFUL.nt(), 0, false), true), Returned::Nothing);
    assert_eq!(failed.returned(halt, true), Returned::Nothing);
    assert!(!failed.is_clearing() && failed.failure().is_some());
}

#[test]
fn a_pass_ends() {
    let mut pass = Pass::new();
    let sent = core::iter::from_fn(|| pass.goes_on().then_some(())).count();
    assert_eq!(sent, Pass::READS as usize);
    assert!(!pass.goes_on());
}

#[test]
fn which_pipes_suit_a_reader_after_a_stop() {
    let [bulk_in, bulk_out, isoch] = ENDPOINTS;
    assert!(READING.fits(bulk_in, READING.transfer_length));
    assert!(READING.fits(endpoint(0x85, 3), u32::MAX));
    assert!(!READING.fits(bulk_in, READING.transfer_length - 1));
    assert!(!READING.fits(bulk_out, u32::MAX) && !READING.fits(isoch, u32::MAX));
    assert!(!READING.fits(Endpoint { max_packet_size: 48, ..bulk_in }, u32::MAX));
    assert!(!READING.fits(Endpoint { max_packet_size: 0, ..bulk_in }, u32::MAX));
}

#[test]
fn decoding() {
    let (files, policies) = (Files::new(Vec::new()), Policies::new());
    let limits = Limits {
        endpoints: &ENDPOINTS,
        places: &usbclient_core::places::Places::NONE,
        access: files.access(None),
        policies: &policies,
        control_maximum: 64,
    };
    let good = ReaderStart {
        target: 0x81,
        transfer_length: 128,
        transfer_count: 2,
        ring_length: 256,
        flags: reader_flag::DROP_OLDEST,
        reserved: 0,
    };
    let reading = Reading { transfer_length: 128, transfer_count: 2, ring_length: 256, drops_oldest: true };
    assert_eq!(decode_start(&good.encode(), 0, limits), Ok((ENDPOINTS[0], reading)));
    assert_eq!(decode_start(&good.encode(), 1, limits), Err(STATUS_INVALID_BUFFER_SIZE));
    assert_eq!(decode_start(&good.encode()[1..], 0, limits), Err(STATUS_BUFFER_TOO_SMALL));
    let wrong = [
        ReaderStart { target: 0x02, ..good },
        ReaderStart { target: 0x83, ..good },
        ReaderStart { target: 0x84, ..good },
        ReaderStart { transfer_length: 0, ..good },
        ReaderStart { transfer_length: 100, ..good },
        ReaderStart { transfer_length: 2 << 20, ring_length: 4 << 20, ..good },
        ReaderStart { transfer_count: 0, ..good },
        ReaderStart { transfer_count: 65, ..good },
        ReaderStart { ring_length: 127, ..good },
        ReaderStart { ring_length: (16 << 20) + 1, ..good },
        ReaderStart { flags: 2, ..good },
        ReaderStart { reserved: 1, ..good },
    ];
    for start in wrong {
        assert_eq!(decode_start(&start.encode(), 0, limits), Err(STATUS_INVALID_PARAMETER), "{start:?}");
    }
}
