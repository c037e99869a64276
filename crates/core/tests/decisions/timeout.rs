//! Times, and who gives a slot back.

use proptest::prelude::*;
use usbclient_core::{
    alarm::{Alarm, Fired, SlotGoes},
    request::named_timeout,
    timeout::{Deadline, Timeout},
};
use usbclient_protocol::{ControlTransfer, PipeTransfer, SetupPacket, control_code::*};

const fn ms(ms: u32) -> Timeout {
    Timeout::of(ms, 0).unwrap()
}

#[test]
fn a_request_says_more_than_its_policy() {
    assert_eq!(Timeout::of(0, 0), None);
    assert_eq!(Timeout::of(0, 7).map(Timeout::ms), Some(7));
    assert_eq!(Timeout::of(3, 7).map(Timeout::ms), Some(3));
}

#[test]
fn the_longest_time_does_not_overflow() {
    assert_eq!(ms(u32::MAX).relative(), -42_949_672_950_000);
    assert_eq!(ms(1).relative(), -10_000);
    assert!(Deadline::after(u64::MAX - 1, ms(u32::MAX)).is_never());
}

#[test]
fn what_is_left_of_the_time() {
    let deadline = Deadline::after(1_000, ms(2));
    assert!(!deadline.is_past(20_999));
    assert!(deadline.is_past(21_000));
    assert_eq!(deadline.left(1_000), Some(ms(2)));
    assert_eq!(deadline.left(1_001), Some(ms(2)));
    assert_eq!(deadline.left(11_001), Some(ms(1)));
    // Over: a last millisecond, so that its timer gives it up.
    assert_eq!(deadline.left(50_000), Some(ms(1)));
    assert_eq!(deadline.relative(20_000), -1_000);
    assert_eq!(deadline.relative(50_000), -1);
    assert_eq!(Deadline::NEVER.left(0), None);
    assert!(!Deadline::NEVER.is_past(u64::MAX));
}

#[test]
fn which_requests_have_a_time() {
    let read = PipeTransfer { timeout_ms: 9, ..PipeTransfer::new(0x81) }.encode();
    assert_eq!(named_timeout(PIPE_READ, &read), Some((0x81, 9)));
    assert_eq!(named_timeout(PIPE_WRITE, &read), Some((0x81, 9)));
    assert_eq!(named_timeout(PIPE_READ, &read[..15]), None);
    assert_eq!(named_timeout(RESET_PIPE, &read), None);
    let handle = PipeTransfer { timeout_ms: 9, ..PipeTransfer::new(0x1_0081) }.encode();
    assert_eq!(named_timeout(PIPE_READ, &handle), Some((0x1_0081, 9)));
    let control = ControlTransfer { timeout_ms: 4, ..ControlTransfer::new(SetupPacket::default()) }.encode();
    assert_eq!(named_timeout(CONTROL_IN, &control), Some((0, 4)));
}

/// The timer of one slot over two requests: what may come, in every order.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not one state")]
struct World {
    alarm: Alarm,
    /// The timer is in the system's queue.
    is_queued: bool,
    /// Its DPC is on its way.
    dpc_comes: bool,
    /// The slot is in the pool.
    is_free: bool,
    /// Requests that have begun.
    begun: u32,
    in_flight: bool,
}

impl World {
    fn explore(self, ends: &mut u32) {
        let mut moved = false;
        if self.is_free && self.begun < 2 {
            moved = true;
            assert!(!self.is_queued && !self.dpc_comes, "a slot with a timer is used again: {self:?}");
            let mut next =
                Self { is_free: false, is_queued: true, in_flight: true, begun: self.begun + 1, ..self };
            next.alarm.set();
            next.explore(ends);
        }
        if self.is_queued {
            moved = true;
            Self { is_queued: false, dpc_comes: true, ..self }.explore(ends);
        }
        if self.dpc_comes {
            moved = true;
            let mut next = Self { dpc_comes: false, ..self };
            match next.alarm.fired() {
                Fired::CancelRequest => {
                    assert!(self.in_flight, "a request that is over is cancelled: {self:?}");
                }
                Fired::GiveSlotBack => {
                    assert!(!self.in_flight && !self.is_free, "given back twice: {self:?}");
                    next.is_free = true;
                }
            }
            next.explore(ends);
        }
        if self.in_flight {
            moved = true;
            let took_out = self.alarm.is_set() && self.is_queued;
            let mut next = Self { in_flight: false, is_queued: self.is_queued && !took_out, ..self };
            if next.alarm.ended(took_out) == SlotGoes::Back {
                next.is_free = true;
            }
            next.explore(ends);
        }
        if !moved {
            *ends += 1;
            assert!(self.is_free && self.begun == 2 && self.alarm == Alarm::Off, "{self:?}");
        }
    }
}

#[test]
fn a_slot_is_given_back_once_and_never_with_its_timer() {
    let mut ends = 0;
    let alarm = Alarm::Off;
    let world =
        World { alarm, is_queued: false, dpc_comes: false, is_free: true, begun: 0, in_flight: false };
    world.explore(&mut ends);
    // Each of the two requests ends in one of three ways: with its timer taken out, after its DPC, or before it.
    assert_eq!(ends, 9);
}

proptest! {
    #[test]
    fn due_times_are_relative(now in any::<u64>(), start in any::<u64>(), time in 1..=u32::MAX) {
        let deadline = Deadline::after(start, ms(time));
        prop_assert!(deadline.relative(now) < 0);
        prop_assert!(ms(time).relative() < 0);
        if start <= now && !deadline.is_never() {
            prop_assert!(deadline.left(now).unwrap() <= ms(time) || deadline.is_past(now));
        }
    }
}
