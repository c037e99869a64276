//! Every interleaving of two cancellers and one completion routine. Each operation is one atomic instruction, so
//! the sequences of operations are all there is.

use super::{Cancel, CancellerDone, Complete, RequestWord};

/// Where a canceller is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Canceller {
    Before,
    Inside,
    After,
}

#[derive(Clone, Copy, Debug)]
struct World {
    word: u8,
    cancellers: [Canceller; 2],
    completed: bool,
    finishes: u8,
}

fn load(word: u8) -> RequestWord {
    RequestWord(core::sync::atomic::AtomicU8::new(word))
}

fn explore(world: World, runs: &mut u32) {
    let mut moved = false;
    for at in 0..world.cancellers.len() {
        let mut next = world;
        let request = load(world.word);
        match world.cancellers[at] {
            Canceller::Before => {
                next.cancellers[at] = match request.cancel() {
                    Cancel::ShouldCancel => {
                        assert_eq!(world.finishes, 0, "IoCancelIrp on an IRP that is gone: {world:?}");
                        Canceller::Inside
                    }
                    Cancel::AnotherCancels | Cancel::AlreadyDone => Canceller::After,
                };
            }
            Canceller::Inside => {
                assert_eq!(world.finishes, 0, "the IRP went while it was being cancelled: {world:?}");
                next.finishes += u8::from(request.canceller_done() == CancellerDone::Finish);
                next.cancellers[at] = Canceller::After;
            }
            Canceller::After => continue,
        }
        next.word = request.0.into_inner();
        moved = true;
        explore(next, runs);
    }
    if !world.completed {
        let mut next = world;
        let request = load(world.word);
        next.finishes += u8::from(request.complete() == Complete::Finish);
        next.completed = true;
        next.word = request.0.into_inner();
        moved = true;
        explore(next, runs);
    }
    if !moved {
        *runs += 1;
        assert_eq!(world.finishes, 1, "finished exactly once: {world:?}");
    }
}

#[test]
fn finished_exactly_once_in_every_interleaving() {
    let mut runs = 0;
    let cancellers = [Canceller::Before; 2];
    explore(World { word: 0, cancellers, completed: false, finishes: 0 }, &mut runs);
    assert!(runs > 10);
}

#[test]
fn a_word_can_be_used_again() {
    let mut word = RequestWord::new();
    assert_eq!(word.complete(), Complete::Finish);
    assert_eq!(word.cancel(), Cancel::AlreadyDone);
    word.reset();
    assert_eq!(word.cancel(), Cancel::ShouldCancel);
    assert_eq!(word.cancel(), Cancel::AnotherCancels);
    assert_eq!(word.complete(), Complete::CancellerFinishes);
    assert_eq!(word.canceller_done(), CancellerDone::Finish);
}
