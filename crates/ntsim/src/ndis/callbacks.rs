//! Calls of a miniport driver's handlers, all at `PASSIVE_LEVEL`.

use nt_trace::{NtStatus, ObjectId, ObjectKind, event::Callback};
use zerocopy::{Immutable, IntoBytes};

use super::abi::{NDIS_OBJECT_HEADER, NET_DEVICE_PNP_EVENT, OBJECT_TYPE_DEFAULT, PNP_EVENT_SIZE};
use crate::{
    kernel::{Kernel, callback},
    mem::{Addr, Fill, Request},
    sched::Cpu,
    stop::Stop,
};

/// `NDIS_HALT_ACTION`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HaltAction {
    /// `NdisHaltDeviceDisabled`
    Disabled = 0,
    /// `NdisHaltDeviceSurpriseRemoved`
    SurpriseRemoved = 3,
    /// `NdisHaltDeviceStopped`
    Stopped = 6,
}

/// `NDIS_DEVICE_PNP_EVENT`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PnpEvent {
    /// `NdisDevicePnPEventSurpriseRemoved`
    SurpriseRemoved = 2,
    /// `NdisDevicePnPEventPowerProfileChanged`
    PowerProfileChanged = 5,
}

/// `NdisPowerProfileAcOnLine`
const AC_ON_LINE: u32 = 1;

/// Calls a handler that returns an `NDIS_STATUS`.
pub(super) async fn status(
    cpu: &Cpu,
    what: Callback,
    routine: Addr,
    arguments: &[Addr],
) -> Result<NtStatus, Stop> {
    callback::call(cpu, what, routine, arguments).await.map(callback::low_half)
}

/// Calls a handler with a structure of NDIS's, which is there for the call only.
pub(super) async fn with_structure<T: IntoBytes + Immutable>(
    cpu: &Cpu,
    structure: &T,
    call: impl AsyncFnOnce(Addr) -> Result<NtStatus, Stop>,
) -> Result<NtStatus, Stop> {
    let at = lend(&mut cpu.k(), structure)?;
    let status = call(at).await?;
    cpu.k().mem.free(at, Addr::NULL)?;
    Ok(status)
}

fn lend<T: IntoBytes + Immutable>(kernel: &mut Kernel, structure: &T) -> Result<Addr, Stop> {
    let length = size_of::<T>() as u64;
    let request = Request { kind: ObjectKind::Pool, length, tag: 0, fill: Fill::Zero, site: Addr::NULL };
    let at = kernel.mem.allocate(request)?;
    kernel.mem.write(at, structure)?;
    Ok(at)
}

/// `MiniportDevicePnPEventNotify`. The information of a power profile is that the system runs on AC power.
///
/// Page: `ndis/nc-ndis-miniport_device_pnp_event_notify`.
pub(super) async fn notify(
    cpu: &Cpu,
    adapter: ObjectId,
    routine: Addr,
    context: Addr,
    event: PnpEvent,
) -> Result<(), Stop> {
    let profile = lend(&mut cpu.k(), &AC_ON_LINE)?;
    let (information, length) = match event {
        PnpEvent::SurpriseRemoved => (Addr::NULL, 0),
        PnpEvent::PowerProfileChanged => (profile, 4),
    };
    let structure = NET_DEVICE_PNP_EVENT {
        Header: NDIS_OBJECT_HEADER { Type: OBJECT_TYPE_DEFAULT, Revision: 1, Size: PNP_EVENT_SIZE },
        PortNumber: 0,
        DevicePnPEvent: event as u32,
        Pad: 0,
        InformationBuffer: information,
        InformationBufferLength: length,
        NdisReserved: [0; 16],
        End: 0,
    };
    let what = Callback::MiniportPnpEvent { adapter };
    with_structure(cpu, &structure, async |at| status(cpu, what, routine, &[context, at]).await).await?;
    cpu.k().mem.free(profile, Addr::NULL)?;
    Ok(())
}
