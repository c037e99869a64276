//! `USBD_CreateHandle` and `USBD_CloseHandle`.

use std::cell::RefCell;

use usbclient_registration::{
    Registration,
    usbd::{CONTRACT_VERSION_602, ClosePermit, CreateRequest, PoolTag, Usbd, UsbdCalls},
};

use crate::{
    ledger::{self, NotClosed, ledger, offence},
    suite::{CloseErrorOf, Model, PermitOf},
};

const STATUS_SUCCESS: u32 = 0;
const STATUS_INVALID_PARAMETER: u32 = 0xC000_000D;
const STATUS_INSUFFICIENT_RESOURCES: u32 = 0xC000_009A;
const STATUS_INVALID_LEVEL: u32 = 0xC000_0148;

const DEVICE: usize = 0x1000;
const TARGET: usize = 0x2000;

/// The USB driver stack, and the IRQL that the driver is at.
#[derive(Default)]
struct Stack {
    irql: u8,
    /// URBs that were allocated from the handle and not freed.
    urbs: u32,
    /// The version and the tag of the last create call.
    asked: (u32, u32),
}

thread_local! {
    static STACK: RefCell<Stack> = RefCell::default();
}

fn stack<T>(body: impl FnOnce(&mut Stack) -> T) -> T {
    STACK.with_borrow_mut(body)
}

/// `USBD_CreateHandle`
fn usbd_create_handle(device: usize, target: usize, version: u32, tag: u32, handle: &mut usize) -> u32 {
    stack(|s| s.asked = (version, tag));
    if stack(|s| s.irql) != 0 {
        return STATUS_INVALID_LEVEL;
    }
    if device == 0 || target == 0 || version != 0x602 || tag == 0 {
        return STATUS_INVALID_PARAMETER;
    }
    match ledger::open(STATUS_INSUFFICIENT_RESOURCES.into()) {
        Ok(value) => {
            *handle = value;
            STATUS_SUCCESS
        }
        Err(code) => u32::try_from(code).unwrap(),
    }
}

/// `USBD_CloseHandle`
fn usbd_close_handle(handle: usize) {
    ledger::needs_phase();
    if stack(|s| s.irql) != 0 {
        offence("above PASSIVE_LEVEL");
    }
    if stack(|s| s.urbs) != 0 {
        offence("URBs are left");
    }
    if ledger::close(handle) == Err(NotClosed::NotOpen) {
        offence("closed twice, or never opened");
    }
}

pub struct Calls;
pub struct Handle(usize);
pub struct Device(usize);
pub struct Target(usize);
pub struct Passive(());
pub struct Drained(());
pub struct Unwinding(());

/// Frees what is left of the pools, as the drain does.
fn drain() -> Drained {
    stack(|s| s.urbs = 0);
    Drained(())
}

impl UsbdCalls for Calls {
    type Raw = Handle;
    type Device = Device;
    type Target = Target;
    type Error = u32;
    type Passive = Passive;
    type Drained = Drained;
    type Unwinding = Unwinding;

    fn create_handle(request: &CreateRequest<'_, Self>) -> Result<Handle, u32> {
        let (device, target) = (request.device.0, request.target.0);
        let mut handle = 0;
        match usbd_create_handle(device, target, CONTRACT_VERSION_602, request.tag.get(), &mut handle) {
            STATUS_SUCCESS => Ok(Handle(handle)),
            status => Err(status),
        }
    }

    fn close_handle(raw: Handle, _: &Passive) {
        usbd_close_handle(raw.0);
    }

    fn dropped_open(raw: Handle) {
        ledger::dropped_open(raw.0);
    }
}

/// From `AddDevice` until REMOVE is forwarded.
pub struct Life {
    passive: Passive,
}

pub struct UsbdModel;

impl Model for UsbdModel {
    type Kind<'i> = Usbd<Calls>;
    type Scope<'i> = Life;

    const OPEN_FAILURES: &'static [i64] =
        &[STATUS_INVALID_PARAMETER as i64, STATUS_INVALID_LEVEL as i64, STATUS_INSUFFICIENT_RESOURCES as i64];
    const NO_ROOM: i64 = STATUS_INSUFFICIENT_RESOURCES as i64;
    const CLOSE_FAILURE: Option<i64> = None;
    const HAS_PHASE: bool = true;

    fn in_phase<T>(body: impl for<'i> FnOnce(&Life) -> T) -> T {
        ledger::in_phase(|| body(&Life { passive: Passive(()) }))
    }

    fn open<'i>(life: &Self::Scope<'i>) -> Result<Registration<Self::Kind<'i>>, i64> {
        let tag = PoolTag::new(*b"test").unwrap();
        let request =
            CreateRequest { device: &Device(DEVICE), target: &Target(TARGET), tag, passive: &life.passive };
        let registration = Registration::open(request).map_err(i64::from)?;
        stack(|s| s.urbs += 1);
        Ok(registration)
    }

    fn permit<'a, 'i>(life: &'a Self::Scope<'i>) -> PermitOf<'a, 'i, Self> {
        ClosePermit::Removing { drained: drain(), passive: &life.passive }
    }

    fn code(error: CloseErrorOf<'_, Self>) -> i64 {
        match error {}
    }

    fn careless_close(value: usize) {
        stack(|s| s.urbs = 0);
        usbd_close_handle(value);
    }
}

#[test]
fn a_tag_of_zero_is_none() {
    assert_eq!(PoolTag::new([0; 4]), None);
    assert_eq!(PoolTag::new(*b"usbc").map(PoolTag::get), Some(0x6362_7375));
}

#[test]
fn registers_for_the_602_contract_with_a_tag() {
    UsbdModel::in_phase(|life| {
        let registration = UsbdModel::open(life).unwrap();
        assert_eq!(stack(|s| s.asked), (0x602, u32::from_le_bytes(*b"test")));
        let Ok(()) = registration.close(UsbdModel::permit(life));
    });
}

#[test]
fn closed_in_the_unwinding_of_add_device() {
    UsbdModel::in_phase(|life| {
        let registration = UsbdModel::open(life).unwrap();
        // No URB exists before START.
        stack(|s| s.urbs = 0);
        let permit = ClosePermit::Unwinding { proof: Unwinding(()), passive: &life.passive };
        drop(registration.close_on_drop(permit));
    });
    assert_eq!(ledger(|l| l.closed.clone()), [1]);
    assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
}

/// What the permit rules out is an offence to the model.
#[test]
fn the_model_sees_urbs_that_are_left_and_a_raised_irql() {
    UsbdModel::in_phase(|life| {
        for _ in 0..2 {
            std::mem::forget(UsbdModel::open(life).unwrap());
        }
        usbd_close_handle(4);
        assert_eq!(ledger(|l| std::mem::take(&mut l.offences)), ["URBs are left"]);
        stack(|s| (s.irql, s.urbs) = (2, 0));
        usbd_close_handle(8);
        assert_eq!(ledger(|l| std::mem::take(&mut l.offences)), ["above PASSIVE_LEVEL"]);
        assert_eq!(UsbdModel::open(life).err(), Some(STATUS_INVALID_LEVEL.into()));
    });
}
