//! `USBD_CreateHandle` and `USBD_CloseHandle`.

use usbclient_registration::{
    Registration,
    usbd::{ClosePermit, CreateRequest, PoolTag, Usbd, UsbdCalls},
};

use crate::{
    ledger::{self, Raw},
    suite::Model,
};

pub struct Calls;

pub struct Device;
pub struct Target;
pub struct Passive;
pub struct Drained;
pub struct Unwinding;
#[derive(Debug)]
pub struct Failed;

impl UsbdCalls for Calls {
    type Raw = Raw;
    type Device = Device;
    type Target = Target;
    type Error = Failed;
    type Passive = Passive;
    type Drained = Drained;
    type Unwinding = Unwinding;

    fn create_handle(request: &CreateRequest<'_, Self>) -> Result<Raw, Failed> {
        assert_ne!(request.tag.get(), 0, "STATUS_INVALID_PARAMETER");
        ledger::open().ok_or(Failed)
    }

    fn close_handle(raw: Raw, _: &Passive) {
        assert!(ledger::close(raw), "returns nothing, so it cannot fail");
    }

    fn dropped_open(raw: Raw) {
        ledger::dropped_open(raw);
    }
}

pub struct UsbdModel;

impl Model for UsbdModel {
    type Kind = Usbd<Calls>;
    const CLOSE_CAN_FAIL: bool = false;

    fn open() -> Option<Registration<Usbd<Calls>>> {
        let tag = PoolTag::new(*b"test").unwrap();
        Registration::open(CreateRequest { device: &Device, target: &Target, tag, passive: &Passive }).ok()
    }

    fn close(registration: Registration<Usbd<Calls>>) -> bool {
        let Ok(()) = registration.close(ClosePermit::Removing { drained: Drained, passive: &Passive });
        true
    }

    fn setup(registration: Registration<Usbd<Calls>>, keep: bool) -> Option<Registration<Usbd<Calls>>> {
        let passive = Passive;
        let guard =
            registration.close_on_drop(ClosePermit::Unwinding { proof: Unwinding, passive: &passive });
        assert!(guard.registration().is_some());
        if keep { guard.keep().map(|(registration, _)| registration) } else { None }
    }
}

#[test]
fn a_tag_of_zero_is_none() {
    assert_eq!(PoolTag::new([0; 4]), None);
    assert_eq!(PoolTag::new(*b"usbc").map(PoolTag::get), Some(0x6362_7375));
}
