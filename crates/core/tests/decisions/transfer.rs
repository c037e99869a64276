//! Limits and chunks.

use proptest::prelude::*;
use usbclient_core::{
    status::{NtStatus, STATUS_CANCELLED, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS},
    transfer::{Chunk, Chunks, Next, Speed, chunk_limit, maximum},
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
    assert_eq!(chunks.current(), Chunk { offset: 0, length: 512 });
    assert_eq!(chunks.completed(STATUS_SUCCESS, 512), Next::Send(Chunk { offset: 512, length: 512 }));
    assert_eq!(chunks.completed(STATUS_SUCCESS, 512), Next::Send(Chunk { offset: 1024, length: 176 }));
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
    assert_eq!(empty.current(), Chunk { offset: 0, length: 0 });
    assert_eq!(empty.completed(STATUS_SUCCESS, 0), Next::Done { status: STATUS_SUCCESS, information: 0 });
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
            if let Next::Send(Chunk { offset, length }) = next {
                prop_assert!(u64::from(offset) + u64::from(length) <= u64::from(total));
            }
        }
    }
}
