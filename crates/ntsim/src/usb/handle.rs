//! USBD handles: `USBD_CreateHandle`, `USBD_CloseHandle`, `USBD_IsInterfaceVersionSupported`.

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{HandleClosed, HandleCreateFailed, HandleCreated},
};

use super::{Face, USBDEX, status::BUGCODE_USB3_DRIVER};
use crate::{
    abi::status::{
        STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_LEVEL,
        STATUS_INVALID_PARAMETER, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, BadAccess},
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `USBD_CreateHandle` and its siblings.
pub(super) const EXPORTS: &[Export] = &[
    Export {
        module: USBDEX,
        name: "USBD_CreateHandle",
        page: "usbdlib/nf-usbdlib-usbd_createhandle",
        max_irql: PASSIVE_LEVEL,
        returns: Returns::Status,
        failures: &[STATUS_INSUFFICIENT_RESOURCES.0],
        handler: Handler::Sync(create_handle),
    },
    Export {
        module: USBDEX,
        name: "USBD_CloseHandle",
        page: "usbdlib/nf-usbdlib-usbd_closehandle",
        max_irql: PASSIVE_LEVEL,
        returns: Returns::Void,
        failures: &[],
        handler: Handler::Sync(close_handle),
    },
    Export {
        module: USBDEX,
        name: "USBD_IsInterfaceVersionSupported",
        page: "usbdlib/nf-usbdlib-usbd_isinterfaceversionsupported",
        max_irql: PASSIVE_LEVEL,
        returns: Returns::Boolean,
        failures: &[],
        handler: Handler::Sync(is_interface_version_supported),
    },
];

/// `USBD_CLIENT_CONTRACT_VERSION_602`
const CONTRACT_VERSION_602: u32 = 0x602;
/// Size of what a handle points to. No driver may look at it.
const OPAQUE: u64 = 64;

/// A handle, closed ones included: their addresses are never used again.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    /// Its name in the trace.
    pub id: ObjectId,
    /// The client's device object.
    pub device: Addr,
    /// The physical device object of the stack, NULL if it is none of the USB stack's.
    pub pdo: Addr,
    /// The tag that its URBs are allocated with.
    pub tag: u32,
    pub closed: bool,
    /// The client has asked for chained MDLs, and may use them.
    pub knows_chained_mdls: bool,
    /// The client has asked for static streams, and may open that many on each endpoint.
    pub streams: Option<u16>,
    /// Where the creating call returns to.
    pub site: Addr,
}

fn create_handle(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (device, target) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (version, tag, out) = (args.ulong(kernel, 2)?, args.ulong(kernel, 3)?, args.pointer(kernel, 4)?);
    let status = kernel.usb_may_create(device, target, version, tag, out);
    if !out.is_null() {
        kernel.mem.write(out, &Addr::NULL)?;
    }
    if status != STATUS_SUCCESS {
        let device = kernel.object(device);
        kernel.emit(HandleCreateFailed { device, status });
        return Ok(u64::from(status.0));
    }
    let address = kernel.opaque(ObjectKind::Handle, OPAQUE)?;
    let id = kernel.object(address);
    let pdo = kernel.bottom_of_stack(target);
    let handle = Handle {
        id,
        device,
        pdo: if kernel.usb.is_pdo(pdo) { pdo } else { Addr::NULL },
        tag,
        closed: false,
        knows_chained_mdls: false,
        streams: None,
        site: kernel.site(),
    };
    kernel.usb.handles.insert(address, handle);
    kernel.mem.write(out, &address)?;
    let (device, target) = (kernel.object(device), kernel.object(target));
    kernel.emit(HandleCreated { handle: id, device, target });
    Ok(u64::from(STATUS_SUCCESS.0))
}

impl Kernel {
    fn usb_may_create(&mut self, device: Addr, target: Addr, version: u32, tag: u32, out: Addr) -> NtStatus {
        if self.sched.irql() != PASSIVE_LEVEL {
            return STATUS_INVALID_LEVEL;
        }
        let missing = device.is_null() || target.is_null() || out.is_null();
        if missing || version != CONTRACT_VERSION_602 || tag == 0 {
            return STATUS_INVALID_PARAMETER;
        }
        if let Some(status) = self.fault("USBD_CreateHandle") {
            return status;
        }
        let knobs = &mut self.usb.knobs;
        if knobs.hits(knobs.UsbVerifierFailRegistration) {
            return STATUS_UNSUCCESSFUL;
        }
        STATUS_SUCCESS
    }

    /// A handle that a routine was given: NULL is refused, a closed one is another status, and a value that
    /// never was a handle is memory that the routine may not follow.
    pub(super) fn usb_handle(&self, address: Addr) -> Result<Result<&Handle, NtStatus>, Stop> {
        if address.is_null() {
            return Ok(Err(STATUS_INVALID_PARAMETER));
        }
        match self.usb.handles.get(&address) {
            Some(handle) if handle.closed => Ok(Err(STATUS_INVALID_DEVICE_STATE)),
            Some(handle) => Ok(Ok(handle)),
            None => Err(BadAccess::Wild { address, length: OPAQUE }.into()),
        }
    }

    /// The name of a handle, closed ones included.
    pub(super) fn usb_handle_name(&self, address: Addr) -> ObjectId {
        self.usb.handles.get(&address).map_or(ObjectId::NONE, |handle| handle.id)
    }

    /// Which stack a handle belongs to.
    pub(super) fn usb_face(&self, handle: &Handle) -> Face {
        self.usb.devices.get(&handle.pdo).map_or(Face::Usb2, |device| device.options.face)
    }

    /// What is left when the device goes: 0x144/0x804, if the USB verifier is on.
    pub(super) fn usb_check_left(&self, pdo: Addr) -> Result<(), Stop> {
        if !self.usb.knobs.UsbVerifierEnabled {
            return Ok(());
        }
        let urbs = &self.usb.urbs;
        let left = self.usb.handles.iter().find(|(address, handle)| {
            handle.pdo == pdo && (!handle.closed || urbs.values().any(|urb| urb.handle == **address))
        });
        let Some((address, handle)) = left else { return Ok(()) };
        let what = if handle.closed { "an URB of it was not freed" } else { "it was not closed" };
        let text = format!("{} is left when the device is removed: {what}", handle.id);
        let parameters = [0x804, address.0, handle.device.0, 0];
        Err(Stop::BugCheck { code: BUGCODE_USB3_DRIVER, parameters, text })
    }
}

fn close_handle(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    let handle = kernel.usb_handle_name(address);
    kernel.emit(HandleClosed { handle });
    let site = kernel.site();
    let Some(record) = kernel.usb.handles.get_mut(&address) else {
        return Err(BadAccess::Wild { address, length: OPAQUE }.into());
    };
    // Closed before: freeing it again says where that was, and stops the machine.
    record.closed = true;
    kernel.mem.free(address, site)?;
    Ok(0)
}

fn is_interface_version_supported(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (address, version) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let handle = kernel.usb_handle(address)?;
    let supported = handle.is_ok_and(|handle| kernel.usb_face(handle).supports_interface(version));
    Ok(u64::from(supported))
}
