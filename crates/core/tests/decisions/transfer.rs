//! Limits and chunks.

use proptest::prelude::*;
use usbclient_core::{
    status::{NtStatus, STATUS_CANCELLED, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS},
    transfer::{Bounced, Chunk, Chunks, Next, Rules, Speed, chunk_limit, maximum},
};
use usbclient_protocol::TransferType;

#[test]
fn the_documented_maxima() {
    let kib = |n: u32| n * 1024;
    let table = [
        (TransferType::Control, Speed::Low, [kib(4), kib(4)]),
        (TransferType::Control, Speed::Full, [kib(4), kib(4)]),
        (TransferType::Control, Speed::High, [kib(64), kib(64)]),
        (TransferType::Control, Speed::Super, [kib(64), kib(64)]),
        (TransferType::Interrupt, Speed::Low, [kib(4096), kib(4096)]),
        (TransferType::Interrupt, Speed::Super, [kib(4096), kib(4096)]),
        (TransferType::Bulk, Speed::Full, [kib(256), kib(4096)]),
        (TransferType::Bulk, Speed::High, [kib(4096), kib(4096)]),
        (TransferType::Bulk, Speed::Super, [kib(32768), kib(32768)]),
        (TransferType::Isochronous, Speed::High, [0, 0]),
    ];
    for (kind, speed, [older, usb3]) in table {
        assert_eq!(maximum(kind, speed, false), older, "{kind:?} {speed:?}");
        assert_eq!(maximum(kind, speed, true), usb3, "{kind:?} {speed:?}");
    }
}

#[test]
fn speed_from_hints() {
    assert_eq!(Speed::from_hints(true, true, 9), Speed::Super);
    assert_eq!(Speed::from_hints(false, true, 64), Speed::High);
    assert_eq!(Speed::from_hints(false, false, 64), Speed::Full);
    assert_eq!(Speed::from_hints(false, false, 8), Speed::Low);
}

#[test]
fn a_limit_is_a_whole_number_of_packets() {
    assert_eq!(chunk_limit(4096, 512), 4096);
    assert_eq!(chunk_limit(4096, 3), 4095);
    assert_eq!(chunk_limit(0, 512), 512);
    assert_eq!(chunk_limit(100, 512), 512);
    assert_eq!(chunk_limit(4096, 0), 4096);
}

#[test]
fn chunks_go_in_order() {
    let mut chunks = Chunks::new(1200, 512);
    assert!(!chunks.is_single());
    assert_eq!(chunks.current(), Chunk { offset: 0, length: 512, bounce: 0 });
    assert_eq!(
        chunks.completed(STATUS_SUCCESS, 512),
        Next::Send(Chunk { offset: 512, length: 512, bounce: 0 })
    );
    assert_eq!(
        chunks.completed(STATUS_SUCCESS, 512),
        Next::Send(Chunk { offset: 1024, length: 176, bounce: 0 })
    );
    assert_eq!(
        chunks.completed(STATUS_SUCCESS, 176),
        Next::Done { status: STATUS_SUCCESS, information: 1200 }
    );
}

#[test]
fn a_short_chunk_or_an_error_ends_it() {
    let mut short = Chunks::new(2048, 512);
    let _ = short.completed(STATUS_SUCCESS, 512);
    assert_eq!(short.completed(STATUS_SUCCESS, 0), Next::Done { status: STATUS_SUCCESS, information: 512 });

    let mut failed = Chunks::new(2048, 512);
    let _ = failed.completed(STATUS_SUCCESS, 512);
    let cancelled = STATUS_CANCELLED.nt();
    assert_eq!(failed.completed(cancelled, 3), Next::Done { status: cancelled, information: 515 });
    assert_eq!(failed.done(), 515);
}

/// A stack that refuses an URB leaves in it the length that was asked for.
#[test]
fn a_refused_chunk_moved_nothing() {
    let mut refused = Chunks::new(2048, 512);
    let _ = refused.completed(STATUS_SUCCESS, 512);
    let gone = STATUS_NO_SUCH_DEVICE.nt();
    assert_eq!(refused.completed(gone, 512), Next::Done { status: gone, information: 512 });
}

#[test]
fn no_data_is_one_chunk() {
    let mut empty = Chunks::new(0, 512);
    assert!(empty.is_single());
    assert_eq!(empty.current(), Chunk { offset: 0, length: 0, bounce: 0 });
    assert_eq!(empty.completed(STATUS_SUCCESS, 0), Next::Done { status: STATUS_SUCCESS, information: 0 });
}

const PACKETS: Rules = Rules { packet: 512, ..Rules::NONE };

#[test]
fn a_packet_of_no_bytes_ends_whole_packets() {
    let rules = Rules { zero_length_end: true, ..PACKETS };
    let mut whole = Chunks::with_rules(1024, 512, rules);
    assert!(!whole.is_single() && !whole.is_last());
    let _ = whole.completed(STATUS_SUCCESS, 512);
    assert!(!whole.is_last());
    let end = Chunk { offset: 1024, length: 0, bounce: 0 };
    assert_eq!(whole.completed(STATUS_SUCCESS, 512), Next::Send(end));
    assert!(whole.is_last());
    assert_eq!(whole.completed(STATUS_SUCCESS, 0), Next::Done { status: STATUS_SUCCESS, information: 1024 });
    for length in [0, 1, 511, 513] {
        assert!(Chunks::with_rules(length, 4096, rules).is_single(), "{length}");
    }
    // The end fails: the data were moved all the same.
    let mut failed = Chunks::with_rules(512, 4096, rules);
    let _ = failed.completed(STATUS_SUCCESS, 512);
    let cancelled = STATUS_CANCELLED.nt();
    assert_eq!(failed.completed(cancelled, 0), Next::Done { status: cancelled, information: 512 });
}

#[test]
fn a_tail_follows_in_a_chain_or_by_itself() {
    let rules = Rules { has_tail: true, may_chain: true, ..PACKETS };
    let chained = Chunks::with_rules(600, 4096, rules);
    assert!(chained.needs_bounce() && chained.keeps_pipe() && !chained.is_single());
    assert_eq!(chained.current(), Chunk { offset: 0, length: 512, bounce: 512 });
    assert_eq!(chained.current().asked(), 1024);
    let tail = Bounced { offset: 512, length: 88, left_over: 424, is_short: false };
    assert_eq!(chained.bounced(1024), Some(tail));
    assert_eq!(chained.bounced(560), Some(Bounced { offset: 512, length: 48, left_over: 0, is_short: true }));
    assert_eq!(chained.bounced(512), None);
    let mut all = chained;
    assert_eq!(all.completed(STATUS_SUCCESS, 1024), Next::Done { status: STATUS_SUCCESS, information: 600 });

    let mut alone = Chunks::with_rules(600, 4096, Rules { may_chain: false, ..rules });
    assert_eq!(alone.current(), Chunk { offset: 0, length: 512, bounce: 0 });
    let tail = Chunk { offset: 512, length: 0, bounce: 512 };
    assert_eq!(alone.completed(STATUS_SUCCESS, 512), Next::Send(tail));
    assert_eq!(alone.completed(STATUS_SUCCESS, 512), Next::Done { status: STATUS_SUCCESS, information: 600 });

    // No room for the packet within the limit: it goes by itself.
    let full = Chunks::with_rules(600, 512, rules);
    assert_eq!(full.current(), Chunk { offset: 0, length: 512, bounce: 0 });
    // After what was left over, the rest may end inside a packet, or not.
    assert_eq!(full.after(88).current(), Chunk { offset: 88, length: 512, bounce: 0 });
    assert!(!full.after(88).needs_bounce() && !full.after(88).is_single());
    assert_eq!(full.after(700).done(), 600);
    assert!(Chunks::with_rules(1024, 4096, rules).is_single());
}

#[test]
fn short_packets_are_ignored_while_a_packet_fits() {
    let rules = Rules { ignores_short: true, ..PACKETS };
    let mut read = Chunks::with_rules(1024, 4096, rules);
    assert!(read.keeps_pipe());
    let next = Chunk { offset: 100, length: 512, bounce: 0 };
    assert_eq!(read.completed(STATUS_SUCCESS, 100), Next::Send(next));
    assert_eq!(read.completed(STATUS_SUCCESS, 512), Next::Done { status: STATUS_SUCCESS, information: 612 });

    let mut read = Chunks::with_rules(1024, 4096, Rules { has_tail: true, ..rules });
    let _ = read.completed(STATUS_SUCCESS, 612);
    assert_eq!(read.current(), Chunk { offset: 612, length: 0, bounce: 512 });
    assert_eq!(
        read.completed(STATUS_SUCCESS, 400),
        Next::Send(Chunk { offset: 1012, length: 0, bounce: 512 })
    );
    assert_eq!(read.completed(STATUS_SUCCESS, 512), Next::Done { status: STATUS_SUCCESS, information: 1024 });
}

proptest! {
    /// The chunks cover the request without gap or overlap, whatever its size.
    #[test]
    fn chunks_cover_the_request(total in 0..100_000_u32, limit in 0..20_000_u32) {
        let mut chunks = Chunks::new(total, limit);
        let mut chunk = chunks.current();
        let mut covered = 0;
        // Bounded by the smallest chunk, one byte.
        for _ in 0..=total {
            prop_assert_eq!(chunk.offset, covered);
            prop_assert!(chunk.length <= limit.max(1));
            covered += chunk.length;
            match chunks.completed(STATUS_SUCCESS, chunk.length) {
                Next::Send(next) => chunk = next,
                Next::Done { status, information } => {
                    prop_assert_eq!(status, STATUS_SUCCESS);
                    prop_assert_eq!(information, total);
                    prop_assert_eq!(covered, total);
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it did not end");
    }

    /// Whatever the policies, every byte comes to its place once, chunks are whole packets where they must be, and an
    /// honest device ends the request.
    #[test]
    fn every_byte_has_its_place(
        total in 1..5_000_u32,
        packets in 1..8_u32,
        flags in 0..16_u8,
        left_over in 0..600_u32,
        answers in prop::collection::vec(0..9_000_u32, 0..60),
    ) {
        let rules = Rules {
            packet: 512,
            zero_length_end: flags & 1 != 0,
            ignores_short: flags & 2 != 0,
            has_tail: flags & 4 != 0,
            may_chain: flags & 8 != 0,
        };
        let mut chunks = Chunks::with_rules(total, packets * 512, rules);
        if rules.has_tail {
            chunks = chunks.after(left_over);
        }
        for answer in answers {
            let (before, chunk) = (chunks.done(), chunks.current());
            prop_assert!(chunk.asked() <= packets * 512);
            prop_assert_eq!(chunk.offset, before);
            prop_assert!(chunk.offset + chunk.length <= total);
            let moved = answer.min(chunk.asked());
            let direct = moved.min(chunk.length);
            let tail = chunks.bounced(moved).map_or(0, |bounced| {
                assert_eq!(bounced.offset, chunk.offset + chunk.length);
                assert!(bounced.left_over == 0 || bounced.offset + u32::from(bounced.length) == total);
                u32::from(bounced.length)
            });
            let next = chunks.completed(STATUS_SUCCESS, moved);
            prop_assert_eq!(chunks.done(), before + direct + tail);
            if let Next::Done { information, .. } = next {
                prop_assert_eq!(information, chunks.done());
                return Ok(());
            }
        }
    }

    /// No answer of a lower driver makes the count leave the request.
    #[test]
    fn lies_from_below_are_bounded(
        total in any::<u32>(),
        limit in any::<u32>(),
        answers in prop::collection::vec((any::<i32>(), any::<u32>()), 0..20),
    ) {
        let mut chunks = Chunks::new(total, limit);
        for (status, moved) in answers {
            let next = chunks.completed(NtStatus::from_raw(status), moved);
            prop_assert!(chunks.done() <= total);
            if let Next::Send(Chunk { offset, length, .. }) = next {
                prop_assert!(u64::from(offset) + u64::from(length) <= u64::from(total));
            }
        }
    }
}
