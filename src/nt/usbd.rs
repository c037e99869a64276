//! The calls of the USB driver stack's client contract: the handle, and what is allocated from it.
//!
//! Pages: [USBD_CreateHandle](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_createhandle),
//! [USBD_CloseHandle](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_closehandle),
//! [USBD_IsInterfaceVersionSupported](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_isinterfaceversionsupported),
//! [USBD_QueryUsbCapability](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_queryusbcapability)

// UNSAFETY: calls the USB driver stack with a handle that is a raw pointer.
#![expect(unsafe_code, reason = "calls the USB driver stack")]

use core::ptr::{self, NonNull};

use usbclient_core::{add_device::Unwinding, capabilities::Capability};
use usbclient_protocol::status::{NtStatus, STATUS_UNSUCCESSFUL, Status};
use usbclient_registration::{
    Registration,
    usbd::{CONTRACT_VERSION_602, CreateRequest, PoolTag, Usbd, UsbdCalls},
};
use wdk_sys::{
    GUID, USBD_HANDLE,
    usb::{USBD_CloseHandle, USBD_CreateHandle, USBD_IsInterfaceVersionSupported, USBD_QueryUsbCapability},
};

use super::{
    device::{Fdo, Lower},
    irql::Passive,
    narrow,
    slot::Drained,
};
use crate::events;

/// The tag that the USB driver stack allocates under, in this driver's name.
pub const POOL_TAG: PoolTag = match PoolTag::new(*b"Ucli") {
    Some(tag) => tag,
    None => panic!("a tag of four letters is not zero"),
};

/// The device's registration with the USB driver stack.
pub type UsbdRegistration = Registration<Usbd<Calls>>;

/// An open `USBD_HANDLE`.
pub struct UsbdHandle {
    raw: NonNull<wdk_sys::USBD_HANDLE__>,
}

// SAFETY: the USB driver stack accepts the handle on any thread.
unsafe impl Send for UsbdHandle {}
// SAFETY: the routines that take the handle may run at the same time.
unsafe impl Sync for UsbdHandle {}

impl UsbdHandle {
    /// The value for the calls of `usbdlib.h`.
    pub(super) const fn as_raw(&self) -> USBD_HANDLE {
        self.raw.as_ptr()
    }

    /// Lends the handle to a user that the device counts: it is closed when none is left.
    pub const fn lend(&self) -> HandleUse {
        HandleUse { raw: self.raw }
    }
}

/// One use of the open handle. Whoever holds it is counted under the device's lock, and gives it back
/// there.
#[must_use = "a use of the handle must be given back, or removal waits for ever"]
pub struct HandleUse {
    raw: NonNull<wdk_sys::USBD_HANDLE__>,
}

// SAFETY: the USB driver stack accepts the handle on any thread.
unsafe impl Send for HandleUse {}

impl HandleUse {
    /// The value for the calls of `usbdlib.h`.
    pub(super) const fn as_raw(&self) -> USBD_HANDLE {
        self.raw.as_ptr()
    }

    /// `USBD_IsInterfaceVersionSupported(0x602)`: whether the USB 3 driver stack is below. On a stack
    /// that does not know the contract the documented sizes are smaller.
    pub fn is_usb3_stack(&self, _irql: &Passive) -> bool {
        // SAFETY: the handle is open while it has a user, and the token proves PASSIVE_LEVEL.
        unsafe { USBD_IsInterfaceVersionSupported(self.as_raw(), CONTRACT_VERSION_602) != 0 }
    }

    /// `USBD_QueryUsbCapability`: the number that the answer is, or zero where it is only yes.
    ///
    /// # Errors
    ///
    /// `STATUS_NOT_IMPLEMENTED` or `STATUS_NOT_SUPPORTED` and others, as documented.
    pub fn query_capability(&self, capability: Capability, _irql: &Passive) -> Result<u16, Status> {
        let guid = guid(capability);
        let mut answer = 0_u16;
        // Buffer and length are both given or both absent; one capability has an answer, a USHORT.
        let (length, buffer) = match capability {
            Capability::StaticStreams => (const { narrow::u32(size_of::<u16>()) }, (&raw mut answer).cast()),
            _ => (0, ptr::null_mut()),
        };
        // SAFETY: the handle is open while it has a user, the buffer is a local of that length, and
        // the token proves PASSIVE_LEVEL.
        let status = unsafe {
            USBD_QueryUsbCapability(self.as_raw(), &raw const guid, length, buffer, ptr::null_mut())
        };
        NtStatus::from_raw(status).check()?;
        Ok(answer)
    }
}

/// `GUID_USB_CAPABILITY_*` of `usbdlib.h`.
const fn guid(capability: Capability) -> GUID {
    match capability {
        Capability::ChainedMdls => of(0xF5CE_EB23, 0xAD90, 0x458C, 0x979A_D59B_3AD6_884F),
        Capability::StaticStreams => of(0x0905_1E1F, 0x0DC9, 0x4E6B, 0x8B12_960C_BD81_AA8F),
        Capability::SelectiveSuspend => of(0x755C_630D, 0xC8A0, 0x4765, 0x946F_90CC_7038_56A4),
        Capability::FunctionSuspend => of(0xF456_3183, 0xD66E, 0x42BD, 0xBD53_1AC7_B04C_D59D),
        Capability::HighSpeedConnection => of(0x81A8_85A6, 0xF239, 0x42A2, 0x8397_A5D9_5BEA_6953),
        Capability::SuperSpeedConnection => of(0x8A2F_776C, 0x9BD0, 0x4F29, 0x9771_C7A3_8846_D4C7),
    }
}

const fn of(data1: u32, data2: u16, data3: u16, data4: u64) -> GUID {
    GUID { Data1: data1, Data2: data2, Data3: data3, Data4: data4.to_be_bytes() }
}

/// The documented calls behind [`UsbdRegistration`].
pub struct Calls;

impl UsbdCalls for Calls {
    type Device = Fdo;
    type Drained = Drained;
    type Error = Status;
    type Passive = Passive;
    type Raw = UsbdHandle;
    type Target = Lower;
    type Unwinding = Unwinding;

    fn create_handle(request: &CreateRequest<'_, Self>) -> Result<UsbdHandle, Status> {
        let mut raw: USBD_HANDLE = ptr::null_mut();
        // SAFETY: both device objects live, the version and the tag are as documented, the token in
        // the request proves PASSIVE_LEVEL, and the handle goes to a local.
        let status = unsafe {
            USBD_CreateHandle(
                request.device.as_ptr(),
                request.target.as_ptr(),
                CONTRACT_VERSION_602,
                request.tag.get(),
                &raw mut raw,
            )
        };
        NtStatus::from_raw(status).check()?;
        // A success without a handle is not documented: nothing could be done with it.
        NonNull::new(raw).map(|raw| UsbdHandle { raw }).ok_or(STATUS_UNSUCCESSFUL)
    }

    fn close_handle(raw: UsbdHandle, _passive: &Passive) {
        // SAFETY: the handle is open and consumed here, and the token proves PASSIVE_LEVEL. That no
        // URB is left is the permit's promise, which the registration took.
        unsafe { USBD_CloseHandle(raw.as_raw()) };
    }

    fn dropped_open(_raw: UsbdHandle) {
        // Closing here could be a close under use, at any IRQL. Driver Verifier reports the leak as
        // 0x144 with parameter 0x804; this says so without it.
        events::handle_dropped_open();
    }
}
