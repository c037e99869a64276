//! NDIS calls that do nothing.
#![allow(dead_code)]

use usbclient_registration::ndis::{InitScope, NdisCalls, NdisStatus, during_initialisation};

pub struct Calls;
pub struct Handle(());
pub struct Initialising(());

impl NdisCalls for Calls {
    type Raw = Handle;
    type Name = str;
    type Mapped = ();
    type Initialising = Initialising;

    fn open_file(_: &str, _: Option<u64>) -> Result<(Handle, u32), NdisStatus> {
        Ok((Handle(()), 0))
    }
    fn map_file(_: &Handle) -> Result<(), NdisStatus> {
        Ok(())
    }
    fn contents(_: &(), _: u32) -> &[u8] {
        &[]
    }
    fn unmap_file(_: &Handle, (): ()) {}
    fn close_file(_: Handle) {}
    fn dropped_open(_: Handle) {}
    fn left_open(_: u32) {}
}

/// `MiniportInitializeEx`
pub fn initialise<T>(body: impl for<'i> FnOnce(&InitScope<'i, Calls>) -> T) -> T {
    during_initialisation(&Initialising(()), body)
}
