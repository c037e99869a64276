//! A miniport driver: `NdisMRegisterMiniportDriver`, `NdisMDeregisterMiniportDriver`, and what NDIS puts into its driver
//! object.

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{Callback, MiniportDeregistered, MiniportRegistered},
};

use super::{
    NDIS,
    abi::{
        DRIVER_CHARACTERISTICS_SIZES, NDIS_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_OBJECT_HEADER,
        OBJECT_TYPE_DRIVER_CHARACTERISTICS,
    },
    callbacks,
    status::{
        NDIS_STATUS_BAD_CHARACTERISTICS, NDIS_STATUS_BAD_VERSION, NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES,
        NDIS_STATUS_SUCCESS,
    },
};
use crate::{
    abi::{DRIVER_EXTENSION, DRIVER_OBJECT},
    kernel::{
        Kernel, callback,
        export::{Args, Export, Handler, Returns, RoutineFuture},
        io::HOST_ROUTINE,
    },
    mem::{Addr, BadAccess},
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

pub(super) const EXPORTS: &[Export] = &[
    Export {
        module: NDIS,
        name: "NdisMRegisterMiniportDriver",
        page: "ndis/nf-ndis-ndismregisterminiportdriver",
        max_irql: PASSIVE_LEVEL,
        returns: Returns::Status,
        failures: &[
            NDIS_STATUS_BAD_CHARACTERISTICS.0,
            NDIS_STATUS_BAD_VERSION.0,
            NDIS_STATUS_RESOURCES.0,
            NDIS_STATUS_FAILURE.0,
        ],
        handler: Handler::Async(register),
    },
    Export {
        module: NDIS,
        name: "NdisMDeregisterMiniportDriver",
        page: "ndis/nf-ndis-ndismderegisterminiportdriver",
        max_irql: PASSIVE_LEVEL,
        returns: Returns::Void,
        failures: &[],
        handler: Handler::Sync(deregister),
    },
];

/// The version of NDIS that every miniport driver of these pages is for.
const MAJOR_NDIS_VERSION: u8 = 6;
/// Size of what a handle points to. No driver may look at it.
pub(super) const OPAQUE: u64 = 64;

/// A registration. NDIS has copied the characteristics.
#[derive(Clone, Copy, Debug)]
pub(super) struct Miniport {
    /// Its name in the trace.
    pub id: ObjectId,
    /// The driver object.
    pub driver: Addr,
    /// `MiniportDriverContext`
    pub context: Addr,
    /// The entry points.
    pub characteristics: NDIS_MINIPORT_DRIVER_CHARACTERISTICS,
    /// Where the registering call returns to.
    pub site: Addr,
}

fn register(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let registered = registered(&mut cpu.k(), args)?;
        let status = match registered {
            Ok(handle) => set_options(&cpu, handle).await?,
            Err(status) => status,
        };
        Ok(u64::from(status.0))
    })
}

/// Makes the registration; the handle is written before `MiniportSetOptions` is called, which may use it.
fn registered(kernel: &mut Kernel, args: Args) -> Result<Result<Addr, NtStatus>, Stop> {
    let (driver, context) = (args.pointer(kernel, 0)?, args.pointer(kernel, 2)?);
    let (characteristics, out) = (args.pointer(kernel, 3)?, args.pointer(kernel, 4)?);
    kernel.mem.read::<DRIVER_OBJECT>(driver)?;
    let characteristics = read(kernel, characteristics)?;
    let refused = kernel.fault("NdisMRegisterMiniportDriver").map_or(characteristics, Err);
    let characteristics = match refused {
        Ok(characteristics) => characteristics,
        Err(status) => {
            kernel.emit(MiniportRegistered { miniport: ObjectId::NONE, status });
            return Ok(Err(status));
        }
    };
    let handle = kernel.opaque(ObjectKind::Miniport, OPAQUE)?;
    let (id, site) = (kernel.object(handle), kernel.site());
    kernel.mem.write(out, &handle)?;
    kernel.ndis.miniports.insert(handle, Miniport { id, driver, context, characteristics, site });
    take_over(kernel, driver)?;
    kernel.emit(MiniportRegistered { miniport: id, status: NDIS_STATUS_SUCCESS });
    Ok(Ok(handle))
}

type Characteristics = Result<NDIS_MINIPORT_DRIVER_CHARACTERISTICS, NtStatus>;

/// The characteristics, or why they are refused.
fn read(kernel: &Kernel, at: Addr) -> Result<Characteristics, Stop> {
    let header: NDIS_OBJECT_HEADER = kernel.mem.read(at)?;
    let expected = header.size_of_revision(&DRIVER_CHARACTERISTICS_SIZES);
    if header.Type != OBJECT_TYPE_DRIVER_CHARACTERISTICS || expected.is_none_or(|size| header.Size < size) {
        return Ok(Err(NDIS_STATUS_BAD_CHARACTERISTICS));
    }
    // What the header says is there is read: a driver that says more than it has is told so here.
    kernel.mem.bytes(at, u64::from(header.Size))?;
    let read: NDIS_MINIPORT_DRIVER_CHARACTERISTICS = kernel.mem.read(at)?;
    if read.MajorNdisVersion != MAJOR_NDIS_VERSION {
        return Ok(Err(NDIS_STATUS_BAD_VERSION));
    }
    let required = [
        read.InitializeHandlerEx,
        read.HaltHandlerEx,
        read.UnloadHandler,
        read.PauseHandler,
        read.RestartHandler,
        read.SendNetBufferListsHandler,
        read.ReturnNetBufferListsHandler,
        read.CancelSendHandler,
        read.DevicePnPEventNotifyHandler,
        read.ShutdownHandlerEx,
        read.CancelOidRequestHandler,
    ];
    if required.iter().any(|handler| handler.is_null()) {
        return Ok(Err(NDIS_STATUS_FAILURE));
    }
    Ok(Ok(read))
}

/// NDIS fills in the driver object's `AddDevice`, dispatch routines and `Unload`.
///
/// Page: `network/adding-a-nic`.
fn take_over(kernel: &mut Kernel, driver: Addr) -> Result<(), Stop> {
    let object: &mut DRIVER_OBJECT = kernel.mem.at_mut(driver)?;
    object.MajorFunction = [HOST_ROUTINE; 28];
    object.DriverUnload = HOST_ROUTINE;
    let extension = object.DriverExtension;
    kernel.mem.at_mut::<DRIVER_EXTENSION>(extension)?.AddDevice = HOST_ROUTINE;
    Ok(())
}

/// Calls `MiniportSetOptions`, if there is one. Where it fails there is no registration.
///
/// Page: `ndis/nc-ndis-set_options`.
async fn set_options(cpu: &Cpu, handle: Addr) -> Result<NtStatus, Stop> {
    let miniport = cpu.look().ndis.miniports.get(&handle).copied();
    let Some(miniport) = miniport else { return Ok(NDIS_STATUS_FAILURE) };
    let routine = miniport.characteristics.SetOptionsHandler;
    if routine.is_null() {
        return Ok(NDIS_STATUS_SUCCESS);
    }
    let what = Callback::MiniportSetOptions { miniport: miniport.id };
    let status = callbacks::status(cpu, what, routine, &[handle, miniport.context]).await?;
    if status != NDIS_STATUS_SUCCESS {
        forget(&mut cpu.k(), handle)?;
    }
    Ok(status)
}

fn deregister(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.pointer(kernel, 0)?;
    forget(kernel, handle)?;
    Ok(0)
}

/// Ends a registration. A handle that is none stops the machine.
fn forget(kernel: &mut Kernel, handle: Addr) -> Result<(), Stop> {
    let site = kernel.site();
    if let Some(miniport) = kernel.ndis.miniports.remove(&handle) {
        kernel.emit(MiniportDeregistered { miniport: miniport.id });
    } else if kernel.mem.object_at(handle).is_none_or(|object| object.id.kind != ObjectKind::Miniport) {
        return Err(BadAccess::Wild { address: handle, length: OPAQUE }.into());
    }
    // One that ended before: freeing it again says where that was, and stops the machine.
    kernel.mem.free(handle, site)?;
    Ok(())
}

/// NDIS's `Unload`: calls `MiniportDriverUnload`.
///
/// Page: `ndis/nc-ndis-miniport_unload`.
///
/// # Errors
/// When the machine stops.
pub async fn unload(cpu: &Cpu, driver: Addr) -> Result<(), Stop> {
    let found = cpu.look().ndis.miniports.values().find(|miniport| miniport.driver == driver).copied();
    let Some(miniport) = found else { return Ok(()) };
    let routine = miniport.characteristics.UnloadHandler;
    callback::call(cpu, Callback::Unload, routine, &[driver]).await.map(drop)
}
