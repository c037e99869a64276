//! A miniport adapter: NDIS's functional device object, and what the PnP manager's requests do to it.
//!
//! Pages: [Adding a NIC](https://learn.microsoft.com/windows-hardware/drivers/network/adding-a-nic),
//! [Removing a NIC](https://learn.microsoft.com/windows-hardware/drivers/network/removing-a-nic),
//! [MiniportInitializeEx](https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nc-ndis-miniport_initialize),
//! [MiniportHaltEx](https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nc-ndis-miniport_halt)

use std::rc::Rc;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{Actor, Callback},
};

use super::{
    abi::{
        INIT_PARAMETERS_SIZE, NDIS_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_INIT_PARAMETERS,
        NDIS_OBJECT_HEADER, OBJECT_TYPE_INIT_PARAMETERS,
    },
    callbacks::{self, HaltAction, PnpEvent},
    driver::OPAQUE,
    status::NDIS_STATUS_SUCCESS,
};
use crate::{
    abi::{
        device_flags::{DO_BUFFERED_IO, DO_DIRECT_IO, DO_POWER_PAGABLE, FILE_DEVICE_SECURE_OPEN},
        irp_major::{IRP_MJ_PNP, IRP_MJ_POWER, IRP_MJ_SYSTEM_CONTROL},
        irp_minor::{IRP_MN_REMOVE_DEVICE, IRP_MN_START_DEVICE, IRP_MN_STOP_DEVICE, IRP_MN_SURPRISE_REMOVAL},
        status::{
            STATUS_DELETE_PENDING, STATUS_INVALID_DEVICE_REQUEST, STATUS_NO_SUCH_DEVICE, STATUS_SUCCESS,
            STATUS_UNSUCCESSFUL,
        },
    },
    kernel::{
        Kernel,
        io::{DeviceSpec, LocalFuture, SimDriver, complete_request, forward, forward_and_wait},
    },
    mem::Addr,
    sched::Cpu,
    stop::Stop,
};

/// `FILE_DEVICE_PHYSICAL_NETCARD`
const FILE_DEVICE_PHYSICAL_NETCARD: u32 = 0x17;
/// `IF_TYPE_ETHERNET_CSMACD`, in the last two bytes of a `NET_LUID`.
const ETHERNET: u64 = 6 << 48;

/// An adapter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adapter {
    /// Its name in the trace.
    id: ObjectId,
    /// The driver's entry points.
    handlers: NDIS_MINIPORT_DRIVER_CHARACTERISTICS,
    /// `MiniportDriverContext`
    driver_context: Addr,
    /// `MiniportAdapterContext`
    pub context: Addr,
    /// `MiniportInitializeEx` has succeeded, and `MiniportHaltEx` was not called since.
    is_initialised: bool,
}

/// The code behind the functional device object.
struct Fdo {
    adapter: Addr,
}

impl SimDriver for Fdo {
    fn dispatch(&self, cpu: Cpu, device: Addr, irp: Addr) -> LocalFuture<Result<NtStatus, Stop>> {
        let adapter = self.adapter;
        Box::pin(async move { dispatch(&cpu, adapter, device, irp).await })
    }
}

/// NDIS's `AddDevice`, for a driver that registered as a miniport driver.
///
/// # Errors
/// When the machine stops.
pub fn add_device(kernel: &mut Kernel, driver: Addr, pdo: Addr) -> Result<NtStatus, Stop> {
    let miniport = kernel.ndis.miniports.values().find(|miniport| miniport.driver == driver).copied();
    let Some(miniport) = miniport else { return Ok(STATUS_NO_SUCH_DEVICE) };
    let handle = kernel.opaque(ObjectKind::Adapter, OPAQUE)?;
    let adapter = Adapter {
        id: kernel.object(handle),
        handlers: miniport.characteristics,
        driver_context: miniport.context,
        context: Addr::NULL,
        is_initialised: false,
    };
    kernel.ndis.adapters.insert(handle, adapter);
    let spec = DeviceSpec {
        driver,
        by: Actor::System,
        sim: Some(Rc::new(Fdo { adapter: handle })),
        extension: 0,
        device_type: FILE_DEVICE_PHYSICAL_NETCARD,
        characteristics: FILE_DEVICE_SECURE_OPEN,
        exclusive: false,
    };
    let device = kernel.create_device(&spec)?;
    let Some(lower) = kernel.attach_device(device, pdo)? else {
        kernel.delete_device(device)?;
        return Ok(STATUS_NO_SUCH_DEVICE);
    };
    let copied = kernel.device_flags(lower)? & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    kernel.set_device_flags(device, copied, 0)?;
    Ok(STATUS_SUCCESS)
}

async fn dispatch(cpu: &Cpu, adapter: Addr, device: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let (major, minor, lower) = {
        let kernel = cpu.look();
        let request = kernel.current_location(irp)?;
        (request.MajorFunction, request.MinorFunction, kernel.attached_to(device))
    };
    let Some(lower) = lower else { return end(cpu, device, irp, STATUS_DELETE_PENDING).await };
    match (major, minor) {
        (IRP_MJ_PNP, IRP_MN_START_DEVICE) => start(cpu, adapter, device, lower, irp).await,
        (IRP_MJ_PNP, IRP_MN_STOP_DEVICE) => {
            halt(cpu, adapter, HaltAction::Stopped).await?;
            succeed_and_forward(cpu, device, lower, irp).await
        }
        (IRP_MJ_PNP, IRP_MN_SURPRISE_REMOVAL) => {
            notify(cpu, adapter, PnpEvent::SurpriseRemoved).await?;
            halt(cpu, adapter, HaltAction::SurpriseRemoved).await?;
            succeed_and_forward(cpu, device, lower, irp).await
        }
        (IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE) => remove(cpu, adapter, device, lower, irp).await,
        (IRP_MJ_PNP, _) if is_query_that_ndis_agrees_to(minor) => {
            succeed_and_forward(cpu, device, lower, irp).await
        }
        (IRP_MJ_PNP | IRP_MJ_POWER | IRP_MJ_SYSTEM_CONTROL, _) => forward(cpu, device, lower, irp).await,
        // Programs reach an adapter through protocol drivers, of which there are none here.
        _ => end(cpu, device, irp, STATUS_INVALID_DEVICE_REQUEST).await,
    }
}

/// The queries that stop or remove a device, and what takes them back: `IRP_MN_QUERY_REMOVE_DEVICE` (1),
/// `IRP_MN_CANCEL_REMOVE_DEVICE` (3), `IRP_MN_QUERY_STOP_DEVICE` (5), `IRP_MN_CANCEL_STOP_DEVICE` (6). No protocol is
/// there that could be asked.
const fn is_query_that_ndis_agrees_to(minor: u8) -> bool {
    matches!(minor, 1 | 3 | 5 | 6)
}

/// `IRP_MN_START_DEVICE`: the lower drivers first, then the miniport driver.
async fn start(cpu: &Cpu, adapter: Addr, device: Addr, lower: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    let status = forward_and_wait(cpu, device, lower, irp).await?;
    if !status.is_success() {
        complete_request(cpu, device, irp).await?;
        return Ok(status);
    }
    let status = initialise(cpu, adapter).await?;
    if status == NDIS_STATUS_SUCCESS {
        notify(cpu, adapter, PnpEvent::PowerProfileChanged).await?;
    }
    // Some failures of NDIS are no failures as an NTSTATUS.
    let started =
        if status == NDIS_STATUS_SUCCESS || !status.is_success() { status } else { STATUS_UNSUCCESSFUL };
    end(cpu, device, irp, started).await
}

async fn initialise(cpu: &Cpu, handle: Addr) -> Result<NtStatus, Stop> {
    let Some(adapter) = adapter(cpu, handle) else { return Ok(STATUS_NO_SUCH_DEVICE) };
    let parameters = NDIS_MINIPORT_INIT_PARAMETERS {
        Header: NDIS_OBJECT_HEADER {
            Type: OBJECT_TYPE_INIT_PARAMETERS,
            Revision: 1,
            Size: INIT_PARAMETERS_SIZE,
        },
        Flags: 0,
        AllocatedResources: Addr::NULL,
        IMDeviceInstanceContext: Addr::NULL,
        MiniportAddDeviceContext: Addr::NULL,
        IfIndex: adapter.id.number,
        Pad: 0,
        NetLuid: ETHERNET | u64::from(adapter.id.number) << 24,
        DefaultPortAuthStates: Addr::NULL,
        PciDeviceCustomProperties: Addr::NULL,
    };
    let what = Callback::MiniportInitialize { adapter: adapter.id };
    let routine = adapter.handlers.InitializeHandlerEx;
    let status = callbacks::with_structure(cpu, &parameters, async |at| {
        callbacks::status(cpu, what, routine, &[handle, adapter.driver_context, at]).await
    })
    .await?;
    if let Some(adapter) = cpu.k().ndis.adapters.get_mut(&handle) {
        adapter.is_initialised = status == NDIS_STATUS_SUCCESS;
    }
    Ok(status)
}

/// `MiniportHaltEx`, if the adapter was initialised.
async fn halt(cpu: &Cpu, handle: Addr, action: HaltAction) -> Result<(), Stop> {
    let Some(adapter) = adapter(cpu, handle).filter(|adapter| adapter.is_initialised) else { return Ok(()) };
    if let Some(adapter) = cpu.k().ndis.adapters.get_mut(&handle) {
        adapter.is_initialised = false;
    }
    let what = Callback::MiniportHalt { adapter: adapter.id };
    let arguments = [adapter.context, Addr(action as u64)];
    callbacks::status(cpu, what, adapter.handlers.HaltHandlerEx, &arguments).await.map(drop)
}

/// `MiniportDevicePnPEventNotify`, if the adapter was initialised.
async fn notify(cpu: &Cpu, handle: Addr, event: PnpEvent) -> Result<(), Stop> {
    let Some(adapter) = adapter(cpu, handle).filter(|adapter| adapter.is_initialised) else { return Ok(()) };
    let routine = adapter.handlers.DevicePnPEventNotifyHandler;
    callbacks::notify(cpu, adapter.id, routine, adapter.context, event).await
}

/// `IRP_MN_REMOVE_DEVICE`: the driver is halted, the lower drivers are asked, the device object goes.
async fn remove(cpu: &Cpu, adapter: Addr, device: Addr, lower: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    halt(cpu, adapter, HaltAction::Disabled).await?;
    cpu.k().set_io_status(irp, STATUS_SUCCESS, 0)?;
    let status = forward_and_wait(cpu, device, lower, irp).await?;
    complete_request(cpu, device, irp).await?;
    let mut kernel = cpu.k();
    kernel.ndis.adapters.remove(&adapter);
    kernel.mem.free(adapter, Addr::NULL)?;
    kernel.detach_device(lower)?;
    kernel.delete_device(device)?;
    Ok(status)
}

fn adapter(cpu: &Cpu, handle: Addr) -> Option<Adapter> {
    cpu.look().ndis.adapters.get(&handle).copied()
}

async fn succeed_and_forward(cpu: &Cpu, device: Addr, lower: Addr, irp: Addr) -> Result<NtStatus, Stop> {
    cpu.k().set_io_status(irp, STATUS_SUCCESS, 0)?;
    forward(cpu, device, lower, irp).await
}

async fn end(cpu: &Cpu, device: Addr, irp: Addr, status: NtStatus) -> Result<NtStatus, Stop> {
    cpu.k().set_io_status(irp, status, 0)?;
    complete_request(cpu, device, irp).await?;
    Ok(status)
}
