//! The turn of a pipe that a larger request takes.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use usbclient_core::turn::Turns;

/// Every address that an endpoint can have.
fn addresses() -> impl Iterator<Item = u8> {
    (0x00..=0x0F).chain(0x80..=0x8F)
}

#[test]
fn a_pipe_is_free_until_it_is_taken() {
    let turns = Turns::new();
    assert!(addresses().all(|endpoint| !turns.must_wait(endpoint) && !turns.pass_on(endpoint)));
}

#[test]
fn each_endpoint_has_a_turn_of_its_own() {
    for endpoint in addresses() {
        let turns = Turns::new();
        turns.take(endpoint);
        assert!(addresses().all(|other| turns.must_wait(other) == (other == endpoint)), "{endpoint:#x}");
    }
}

#[test]
fn nobody_waits_so_nobody_is_told() {
    let turns = Turns::new();
    turns.take(0x81);
    assert!(!turns.pass_on(0x81));
    assert!(!turns.must_wait(0x81), "it was passed on");
}

#[test]
fn who_waits_is_told_of_once() {
    let turns = Turns::new();
    turns.take(0x81);
    assert!(turns.must_wait(0x81));
    assert!(turns.must_wait(0x81), "and so must the next");
    assert!(turns.pass_on(0x81));
    assert!(!turns.pass_on(0x81));
    assert!(!turns.must_wait(0x81));
}

#[test]
fn a_request_that_ends_early_frees_the_pipe() {
    let turns = Turns::new();
    turns.take(0x02);
    assert!(turns.must_wait(0x02));
    turns.end(0x02);
    assert!(!turns.must_wait(0x02));
    assert!(!turns.pass_on(0x02), "whoever ended it looks after those that wait");
}

/// Many times, a request decides under the lock whether it must wait while the last chunk is sent without the lock: it
/// goes at once, or it is in the queue when the sender comes for it.
#[test]
fn nobody_waits_for_ever() {
    const ROUNDS: u32 = 20_000;
    let (turns, queue) = (Turns::new(), Mutex::new(0_u32));
    let (round, done) = (AtomicU32::new(0), AtomicU32::new(0));
    turns.take(0x81);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=ROUNDS {
                while round.load(Ordering::Acquire) != number {
                    std::hint::spin_loop();
                }
                let mut waiting = queue.lock().unwrap();
                if turns.must_wait(0x81) {
                    *waiting += 1;
                }
                drop(waiting);
                done.store(number, Ordering::Release);
            }
        });
        for number in 1..=ROUNDS {
            round.store(number, Ordering::Release);
            if turns.pass_on(0x81) {
                let mut waiting = queue.lock().unwrap();
                assert_eq!(*waiting, 1, "in round {number}");
                *waiting = 0;
            }
            while done.load(Ordering::Acquire) != number {
                std::hint::spin_loop();
            }
            assert_eq!(*queue.lock().unwrap(), 0, "in round {number}");
            turns.take(0x81);
        }
    });
}
