//! An edge that does nothing. As in the driver, only this module can make handles and tokens.
#![allow(dead_code)]

use usbclient_registration::{
    Registration,
    usbd::{CreateRequest, PoolTag, Usbd, UsbdCalls},
};

pub struct Edge;
pub struct Raw(());
pub struct Device(());
pub struct Target(());
pub struct Passive(());
pub struct Drained(());
pub struct Unwinding(());

/// `AddDevice` has run.
pub fn opened() -> Registration<Usbd<Edge>> {
    let Some(tag) = PoolTag::new(*b"test") else { loop {} };
    let request = CreateRequest { device: &Device(()), target: &Target(()), tag, passive: &Passive(()) };
    match Registration::open(request) {
        Ok(registration) => registration,
        Err(()) => loop {},
    }
}

/// The URB pools of the device are drained.
pub fn drained() -> Drained {
    Drained(())
}

/// A dispatch routine at `PASSIVE_LEVEL`.
pub fn passive() -> Passive {
    Passive(())
}

impl UsbdCalls for Edge {
    type Raw = Raw;
    type Device = Device;
    type Target = Target;
    type Error = ();
    type Passive = Passive;
    type Drained = Drained;
    type Unwinding = Unwinding;

    fn create_handle(_: &CreateRequest<'_, Self>) -> Result<Raw, ()> {
        Ok(Raw(()))
    }
    fn close_handle(_: Raw, _: &Passive) {}
    fn dropped_open(_: Raw) {}
}
