//! The interface of the bus below: `IRP_MN_QUERY_INTERFACE`.

use core::{ffi::c_void, mem};

use wdk_sys::{
    DEVICE_OBJECT, IO_STACK_LOCATION, IRP, IRP_MJ_PNP, IRP_MN_QUERY_INTERFACE, NTSTATUS, SL_INVOKE_ON_CANCEL,
    SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, STATUS_MORE_PROCESSING_REQUIRED,
    STATUS_NOT_SUPPORTED, STATUS_SUCCESS,
    ntddk::{IoAllocateIrp, IoFreeIrp, IofCallDriver},
};

use crate::{
    nt::event::Event,
    shared::interface::{BUS_INTERFACE, BUS_INTERFACE_VERSION, BusInterface},
};

/// Asks a stack for the interface. It comes with a reference.
///
/// # Errors
///
/// That there is none.
pub fn query(device: *mut DEVICE_OBJECT) -> Result<BusInterface, NTSTATUS> {
    // SAFETY: the driver gave a device object.
    let locations = unsafe { (*device).StackSize };
    // SAFETY: the number of stack locations is the device's.
    let irp = unsafe { IoAllocateIrp(locations, 0) };
    if irp.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    let mut interface = mem::MaybeUninit::<BusInterface>::zeroed();
    let done = Event::notification(false);
    prepare(irp, interface.as_mut_ptr(), &done);
    // SAFETY: the IRP and the device object are valid.
    let _ = unsafe { IofCallDriver(device, irp) };
    done.wait();
    // SAFETY: the IRP is valid.
    let block = unsafe { &(*irp).IoStatus };
    // SAFETY: whatever the union holds, a number is read.
    let status = unsafe { block.__bindgen_anon_1.Status };
    // SAFETY: the completion routine has stopped its completion, so it is this function's again.
    unsafe { IoFreeIrp(irp) };
    if status != STATUS_SUCCESS {
        return Err(status);
    }
    // SAFETY: zeros are a value, and the bus has written another.
    Ok(unsafe { interface.assume_init() })
}

fn prepare(irp: *mut IRP, out: *mut BusInterface, done: &Event) {
    // SAFETY: the IRP is valid; only an address is computed.
    let tail = unsafe { &raw mut (*irp).Tail };
    // SAFETY: as above.
    let slot = unsafe { &raw mut (*tail).Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation };
    // SAFETY: the slot lies in the IRP.
    let next = unsafe { slot.read() }.wrapping_sub(1);
    // SAFETY: the IRP has a next stack location.
    let next = unsafe { &mut *next };
    *next = IO_STACK_LOCATION::default();
    next.MajorFunction = IRP_MJ_PNP as u8;
    next.MinorFunction = IRP_MN_QUERY_INTERFACE as u8;
    next.Parameters.QueryInterface = wdk_sys::_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_26 {
        InterfaceType: &raw const BUS_INTERFACE,
        Size: size_of::<BusInterface>() as u16,
        Version: BUS_INTERFACE_VERSION,
        Interface: out.cast(),
        ..Default::default()
    };
    next.CompletionRoutine = Some(completed);
    next.Context = core::ptr::from_ref(done).cast_mut().cast();
    next.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as u8;
    // SAFETY: the IRP is valid.
    let block = unsafe { &mut (*irp).IoStatus };
    block.__bindgen_anon_1.Status = STATUS_NOT_SUPPORTED;
}

unsafe extern "C" fn completed(_: *mut DEVICE_OBJECT, _: *mut IRP, context: *mut c_void) -> NTSTATUS {
    // SAFETY: `query` waits.
    let done = unsafe { &*context.cast::<Event>() };
    done.set();
    STATUS_MORE_PROCESSING_REQUIRED
}

impl BusInterface {
    /// Tells the bus of a new handle.
    pub fn registered(&self, handle: usize) {
        if let Some(registered) = self.registered {
            // SAFETY: the context is the bus's, and referenced.
            unsafe { registered(self.header.Context, core::ptr::with_exposed_provenance_mut(handle)) };
        }
    }

    /// Tells the bus that a handle was closed, and gives the reference back.
    pub fn closed(&self, handle: usize) {
        if let Some(closed) = self.closed {
            // SAFETY: the context is the bus's, and referenced.
            unsafe { closed(self.header.Context, core::ptr::with_exposed_provenance_mut(handle)) };
        }
        if let Some(dereference) = self.header.InterfaceDereference {
            // SAFETY: the query took the reference.
            unsafe { dereference(self.header.Context) };
        }
    }
}
