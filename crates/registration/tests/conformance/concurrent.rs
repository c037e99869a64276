//! One registration, and two threads that both want it closed: a removal and a cleanup, a cancel and a completion.
//!
//! The registration has one owner, so that it stands in somebody's lock; who takes it out closes it. loom permutes who
//! comes when. `table_under_a_lock.rs` is the same for the table. A file of the `ndis` kind stays in one thread:
//! `compile_fail/ndis_in_another_thread.rs`.

use loom::{
    sync::{Arc, Mutex},
    thread,
};
use usbclient_registration::{HandleKind, Registration};

use crate::{
    kinds::{handle_table::TableModel, usbd::UsbdModel, win32::Win32Model, winsock_spi::SpiModel},
    ledger::{fresh, ledger, open_count},
    suite::Model,
};

/// Takes the registration out and closes it, if it is still there: whether it was.
fn close<M, K>(place: &Mutex<Option<Registration<K>>>) -> bool
where
    K: HandleKind,
    M: for<'i> Model<Kind<'i> = K>,
{
    // The lock is not held during the call.
    let taken = place.lock().unwrap().take();
    let Some(registration) = taken else { return false };
    M::in_phase(|scope| assert!(registration.close(M::permit(scope)).is_ok()));
    true
}

fn one_of_two_closes<M, K>()
where
    K: HandleKind + 'static,
    K::Raw: Send,
    Registration<K>: Send,
    M: for<'i> Model<Kind<'i> = K> + 'static,
{
    // All threads of a loom model run in one thread of the system, so that they share the books.
    loom::model(|| {
        fresh();
        let place = Arc::new(Mutex::new(M::in_phase(|scope| M::open(scope).ok())));
        let other = thread::spawn({
            let place = place.clone();
            move || close::<M, K>(&place)
        });
        let mine = close::<M, K>(&place);
        assert_ne!(mine, other.join().unwrap(), "one of the two");
        assert_eq!(ledger(|l| l.closed.clone()), [1]);
        assert_eq!(open_count(), 0);
        assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
    });
}

#[test]
fn one_of_two_threads_closes_a_usbd_handle() {
    one_of_two_closes::<UsbdModel, _>();
}

#[test]
fn one_of_two_threads_closes_an_object() {
    one_of_two_closes::<Win32Model, _>();
}

#[test]
fn one_of_two_threads_closes_a_socket() {
    one_of_two_closes::<SpiModel, _>();
}

#[test]
fn one_of_two_threads_gives_back_a_handle_of_a_table() {
    one_of_two_closes::<TableModel, _>();
}
