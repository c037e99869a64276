//! `HandleTable` as it is used: the content of one lock, which several threads take.
//!
//! The table has no atomics, so that there is nothing in it for loom to permute. What is permuted is who gets the lock
//! when, around the protocol that the table needs: a file that is being closed takes all its handles back, and from
//! then on nobody gives it another one.

use loom::{
    sync::{Arc, Mutex},
    thread,
};
use usbclient_registration::{HandleTable, Refusal, Slot};

/// What the device's lock guards.
struct Guarded {
    table: HandleTable<u8, u32, [Slot<u8, u32>; 2]>,
    is_closed: [bool; 2],
    /// How often each object was released.
    released: [u8; 4],
}

impl Guarded {
    const fn released(&mut self, object: u32) {
        self.released[object as usize] += 1;
    }

    fn open(&mut self, owner: u8, object: u32) -> Option<u32> {
        if self.is_closed[usize::from(owner)] {
            self.released(object);
            return None;
        }
        match self.table.insert(owner, object) {
            Ok(handle) => Some(handle.value()),
            Err(object) => {
                self.released(object);
                None
            }
        }
    }

    fn close(&mut self, owner: u8, value: u32) -> bool {
        match self.table.remove(owner, value) {
            Ok(object) => {
                self.released(object);
                true
            }
            Err(_refusal) => false,
        }
    }

    fn clean_up(&mut self, owner: u8) {
        self.is_closed[usize::from(owner)] = true;
        let Self { table, released, .. } = self;
        table.remove_all_of(owner, |object| released[object as usize] += 1);
    }
}

fn shared() -> Arc<Mutex<Guarded>> {
    let table = HandleTable::new([Slot::FREE; 2]);
    Arc::new(Mutex::new(Guarded { table, is_closed: [false; 2], released: [0; 4] }))
}

/// A program opens handles in one thread and closes one in another, while its file is closed by a third.
#[test]
fn closing_a_file_takes_everything_back_once() {
    loom::model(|| {
        let guarded = shared();
        let first = guarded.lock().unwrap().open(0, 0).unwrap();
        let threads = [
            thread::spawn({
                let guarded = guarded.clone();
                move || {
                    let second = guarded.lock().unwrap().open(0, 1);
                    if let Some(second) = second {
                        // Meanwhile the file may be closed: then it is stale, and nothing happens twice.
                        guarded.lock().unwrap().close(0, second);
                    }
                }
            }),
            thread::spawn({
                let guarded = guarded.clone();
                move || {
                    guarded.lock().unwrap().close(0, first);
                }
            }),
        ];
        guarded.lock().unwrap().clean_up(0);
        for thread in threads {
            thread.join().unwrap();
        }
        let guarded = guarded.lock().unwrap();
        assert_eq!(guarded.table.count(), 0);
        assert_eq!(guarded.table.get(0, first), Err(Refusal::NotValid));
        assert_eq!(guarded.released, [1, 1, 0, 0], "each was released, and once");
        drop(guarded);
    });
}

/// Two files compete for the places. One closes: what the other has stays.
#[test]
fn closing_a_file_leaves_the_other_alone() {
    loom::model(|| {
        let guarded = shared();
        let other = thread::spawn({
            let guarded = guarded.clone();
            move || guarded.lock().unwrap().open(1, 2)
        });
        let mine = guarded.lock().unwrap().open(0, 0).unwrap();
        assert_eq!(guarded.lock().unwrap().table.get(0, mine), Ok(&0));
        guarded.lock().unwrap().clean_up(0);
        let theirs = other.join().unwrap().unwrap();
        let guarded = guarded.lock().unwrap();
        assert_ne!(mine, theirs);
        assert_eq!(guarded.table.get(1, theirs), Ok(&2));
        assert_eq!(guarded.table.get(0, theirs), Err(Refusal::Foreign));
        assert_eq!(guarded.released, [1, 0, 0, 0]);
        drop(guarded);
    });
}
