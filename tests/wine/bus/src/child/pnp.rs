//! PnP requests to a child's physical device object.

// UNSAFETY: fills structures that came with a request.
#![expect(unsafe_code, reason = "works on the kernel's structures")]

use alloc::{format, sync::Arc};
use core::{ffi::c_void, ptr};

use wdk_sys::{
    _DEVICE_POWER_STATE::{PowerDeviceD0, PowerDeviceD2, PowerDeviceD3, PowerDeviceUnspecified},
    _DEVICE_RELATION_TYPE::TargetDeviceRelation,
    _DEVICE_TEXT_TYPE::{DeviceTextDescription, DeviceTextLocationInformation},
    _INTERFACE_TYPE::PNPBus,
    _SYSTEM_POWER_STATE::PowerSystemSleeping3,
    DEVICE_CAPABILITIES, GUID, INTERFACE, IRP_MN_CANCEL_REMOVE_DEVICE, IRP_MN_CANCEL_STOP_DEVICE,
    IRP_MN_DEVICE_ENUMERATED, IRP_MN_DEVICE_USAGE_NOTIFICATION, IRP_MN_QUERY_BUS_INFORMATION,
    IRP_MN_QUERY_CAPABILITIES, IRP_MN_QUERY_DEVICE_RELATIONS, IRP_MN_QUERY_DEVICE_TEXT, IRP_MN_QUERY_ID,
    IRP_MN_QUERY_INTERFACE, IRP_MN_QUERY_PNP_DEVICE_STATE, IRP_MN_QUERY_REMOVE_DEVICE,
    IRP_MN_QUERY_STOP_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE,
    IRP_MN_SURPRISE_REMOVAL, PNP_BUS_INFORMATION,
};

use super::{Child, Start, Told, identity::single};
use crate::{
    filter,
    nt::{
        device::Device,
        irp::Irp,
        memory,
        status::{
            NTSTATUS, STATUS_CANCELLED, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER,
            STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS,
        },
    },
    shared::{
        interface::{BUS_INTERFACE, BUS_INTERFACE_VERSION, BusInterface},
        line::trace,
    },
    usb::{engine, idle, wake},
};

/// `GUID_BUS_TYPE_USB`
const BUS_TYPE_USB: GUID = GUID {
    Data1: 0x9D7D_EBBC,
    Data2: 0xC85D,
    Data3: 0x11D1,
    Data4: [0x9E, 0xB4, 0x00, 0x60, 0x08, 0xC3, 0xA1, 0x9A],
};

/// What is answered: a status and information, or nothing, so that the status stays.
type Answer = Option<(NTSTATUS, usize)>;

/// A PnP request.
pub fn dispatch(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let minor = irp.minor();
    child.gate.lock().life.reached |= 1_u32.wrapping_shl(minor.into());
    let answer = match u32::from(minor) {
        IRP_MN_START_DEVICE => Some((start(child), 0)),
        IRP_MN_REMOVE_DEVICE => return remove(child, irp),
        IRP_MN_SURPRISE_REMOVAL => {
            idle::end(child, STATUS_CANCELLED);
            Some((STATUS_SUCCESS, 0))
        }
        IRP_MN_QUERY_STOP_DEVICE
        | IRP_MN_CANCEL_STOP_DEVICE
        | IRP_MN_STOP_DEVICE
        | IRP_MN_QUERY_REMOVE_DEVICE
        | IRP_MN_CANCEL_REMOVE_DEVICE
        | IRP_MN_DEVICE_USAGE_NOTIFICATION
        | IRP_MN_DEVICE_ENUMERATED => Some((STATUS_SUCCESS, 0)),
        // Bits that a driver above has set already stay.
        IRP_MN_QUERY_PNP_DEVICE_STATE => Some((STATUS_SUCCESS, irp.information())),
        IRP_MN_QUERY_ID => {
            attach_filter(child);
            child.identity.answer(child.number, irp.asked_kind()).map(|text| given(memory::answer(&text)))
        }
        IRP_MN_QUERY_DEVICE_TEXT => text(child, irp),
        IRP_MN_QUERY_BUS_INFORMATION => Some(given(memory::answer_with(PNP_BUS_INFORMATION {
            BusTypeGuid: BUS_TYPE_USB,
            LegacyBusType: PNPBus,
            BusNumber: 0,
        }))),
        IRP_MN_QUERY_CAPABILITIES => Some((capabilities(child, irp), 0)),
        IRP_MN_QUERY_DEVICE_RELATIONS if irp.asked_kind() == TargetDeviceRelation => {
            Some(given(Device::relations(&[child.physical()])))
        }
        IRP_MN_QUERY_INTERFACE => interface(child, irp).map(|status| (status, 0)),
        _ => None,
    };
    let (status, information) = answer.unwrap_or_else(|| (irp.status(), irp.information()));
    told(child, minor, status);
    irp.complete_with(status, information)
}

fn told(child: &Child, minor: u8, status: NTSTATUS) {
    trace!("~bus pnp {} {minor:02x} {status:08x}", child.number);
}

const fn given(memory: usize) -> (NTSTATUS, usize) {
    if memory == 0 { (STATUS_INSUFFICIENT_RESOURCES, 0) } else { (STATUS_SUCCESS, memory) }
}

/// The filter goes on top of the drivers that are attached by now. True: it was not there before.
fn attach_filter(child: &Arc<Child>) -> bool {
    filter::attach(child).unwrap_or_else(|status| {
        trace!("~flt broken {} not attached {status:08x}", child.number);
        false
    })
}

/// START. The filter knows its end if it was passed through it. Otherwise the PnP thread asks for the children anew
/// when it is through with it, because that is asked for here.
fn start(child: &Arc<Child>) -> NTSTATUS {
    let gone = {
        let mut gate = child.gate.lock();
        if gate.life.start == Start::None {
            gate.life.start = Start::Running;
        }
        gate.usb.set_powered(true);
        gate.usb.is_gone()
    };
    if attach_filter(child) {
        child.bus.physical.children_changed();
    }
    match (gone, child.fails_start) {
        (true, _) => STATUS_NO_SUCH_DEVICE,
        (false, true) => STATUS_INSUFFICIENT_RESOURCES,
        (false, false) => STATUS_SUCCESS,
    }
}

/// REMOVE: whatever the stack still holds comes back. The device object goes if the PnP manager was told that the device is
/// no more; until then it stays.
fn remove(child: &Arc<Child>, irp: Irp) -> NTSTATUS {
    let (handles, gone) = {
        let mut gate = child.gate.lock();
        gate.usb.stop();
        if gate.life.start != Start::Failed {
            gate.life.start = Start::None;
        }
        (gate.usb.handles(), gate.usb.is_gone())
    };
    engine::pump(child);
    idle::end(child, STATUS_CANCELLED);
    wake::end(child, if gone { STATUS_NO_SUCH_DEVICE } else { STATUS_CANCELLED });
    if handles > 0 {
        trace!("~bus broken {} REMOVE comes with {handles} USBD handles open", child.number);
    }
    child.started.clear();
    told(child, irp.minor(), STATUS_SUCCESS);
    let status = irp.complete(STATUS_SUCCESS);
    child.bus.removed(child);
    if child.gate.lock().life.told == Told::Gone {
        child.bus.left(child, child.delete());
    }
    status
}

fn text(child: &Child, irp: Irp) -> Answer {
    let text = match irp.asked_kind() {
        DeviceTextDescription => format!("USB device {}", child.number),
        DeviceTextLocationInformation => format!("Port_#{:04}.Hub_#0001", child.number),
        _ => return None,
    };
    Some(given(memory::answer(&single(&text))))
}

/// What a USB device can do. `SurpriseRemovalOK` is the function driver's to set.
fn capabilities(child: &Child, irp: Irp) -> NTSTATUS {
    let at: *mut DEVICE_CAPABILITIES = ptr::with_exposed_provenance_mut(irp.argument1());
    // SAFETY: whoever asks gives the structure.
    let Some(capabilities) = (unsafe { at.as_mut() }) else { return STATUS_INVALID_PARAMETER };
    if capabilities.Version != 1 || usize::from(capabilities.Size) < size_of::<DEVICE_CAPABILITIES>() {
        return STATUS_INVALID_PARAMETER;
    }
    capabilities.set_DeviceD2(1);
    capabilities.set_Removable(1);
    capabilities.set_UniqueID(1);
    capabilities.set_WakeFromD0(1);
    capabilities.set_WakeFromD2(1);
    capabilities.Address = child.number;
    capabilities.UINumber = child.number;
    capabilities.DeviceState = [
        PowerDeviceUnspecified,
        PowerDeviceD0,
        PowerDeviceD2,
        PowerDeviceD2,
        PowerDeviceD2,
        PowerDeviceD3,
        PowerDeviceD3,
    ];
    capabilities.SystemWake = PowerSystemSleeping3;
    capabilities.DeviceWake = PowerDeviceD2;
    STATUS_SUCCESS
}

/// What `usbdex.sys` asks for. Any other interface is not there, and the status stays.
fn interface(child: &Arc<Child>, irp: Irp) -> Option<NTSTATUS> {
    let asked = irp.query_interface();
    let ours = asked.kind.is_some_and(|kind| {
        (kind.Data1, kind.Data2, kind.Data3, kind.Data4)
            == (BUS_INTERFACE.Data1, BUS_INTERFACE.Data2, BUS_INTERFACE.Data3, BUS_INTERFACE.Data4)
    });
    if !ours || asked.version != BUS_INTERFACE_VERSION {
        return None;
    }
    if usize::from(asked.size) < size_of::<BusInterface>() || asked.out == 0 {
        return Some(STATUS_INVALID_PARAMETER);
    }
    let header = INTERFACE {
        Size: size_of::<BusInterface>() as u16,
        Version: BUS_INTERFACE_VERSION,
        Context: Arc::as_ptr(child).cast_mut().cast(),
        InterfaceReference: Some(reference),
        InterfaceDereference: Some(dereference),
    };
    let (speed, static_streams) = {
        let gate = child.gate.lock();
        (gate.usb.speed(), gate.usb.static_streams())
    };
    let interface = BusInterface {
        header,
        speed,
        chained_mdls: 1,
        static_streams,
        registered: Some(registered),
        closed: Some(closed),
    };
    // SAFETY: the context is the child, which lives.
    unsafe { reference(header.Context) };
    let out: *mut BusInterface = ptr::with_exposed_provenance_mut(asked.out);
    // SAFETY: whoever asks has room for the interface, and said so.
    unsafe { out.write(interface) };
    Some(STATUS_SUCCESS)
}

unsafe extern "C" fn reference(context: *mut c_void) {
    // SAFETY: the context is a child that somebody holds.
    unsafe { Arc::increment_strong_count(context.cast::<Child>()) };
}

unsafe extern "C" fn dereference(context: *mut c_void) {
    // SAFETY: gives back what `reference` took.
    unsafe { Arc::decrement_strong_count(context.cast::<Child>()) };
}

unsafe extern "C" fn registered(context: *mut c_void, handle: *mut c_void) {
    // SAFETY: the caller has a reference.
    let child = unsafe { &*context.cast::<Child>() };
    child.gate.lock().usb.handle_opened(handle.addr());
}

unsafe extern "C" fn closed(context: *mut c_void, handle: *mut c_void) {
    // SAFETY: the caller has a reference.
    let child = unsafe { &*context.cast::<Child>() };
    let known = child.gate.lock().usb.handle_closed(handle.addr());
    if !known {
        trace!("~bus broken {} a USBD handle is closed that is not open", child.number);
    }
}
