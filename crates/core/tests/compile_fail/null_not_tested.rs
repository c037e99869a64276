//! What may be NULL is used without a look at it.
use usbclient_core::add_device::AddDeviceCalls;

fn attach<C: AddDeviceCalls>(mut fdo: C::Fdo, pdo: C::Pdo, passive: &mut C::Passive) {
    let lower = C::attach(&mut fdo, pdo, passive);
    C::copy_flags(&mut fdo, &lower);
}

fn main() {}
