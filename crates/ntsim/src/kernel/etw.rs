//! Event tracing. Providers are never enabled: what a driver writes is noted in the trace and goes nowhere.

use std::collections::BTreeMap;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{EtwRegistered, EtwUnregistered},
};

use super::{
    Kernel, answer,
    bug_check::verifier,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{
    abi::{
        GUID,
        status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE, STATUS_SUCCESS},
    },
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `EtwRegister` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "EtwRegister",
        "wdm/nf-wdm-etwregister",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(register),
    ),
    Export::new(
        "EtwUnregister",
        "wdm/nf-wdm-etwunregister",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(unregister),
    ),
    Export::new("EtwWrite", "wdm/nf-wdm-etwwrite", HIGH_LEVEL, Returns::Status, &[], Handler::Sync(write)),
    Export::new(
        "EtwWriteTransfer",
        "wdm/nf-wdm-etwwritetransfer",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(write),
    ),
    Export::new(
        "EtwSetInformation",
        "ntddk/nf-ntddk-etwsetinformation",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(write),
    ),
    Export::new(
        "EtwProviderEnabled",
        "wdm/nf-wdm-etwproviderenabled",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(enabled),
    ),
    Export::new(
        "EtwEventEnabled",
        "wdm/nf-wdm-etweventenabled",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(enabled),
    ),
];

/// Providers that are registered, by handle.
#[derive(Debug, Default)]
pub(super) struct Etw {
    pub(super) providers: BTreeMap<u64, Provider>,
    next: u64,
}

/// One registration.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) id: ObjectId,
    /// The provider's identifier, which leak reports show.
    pub(super) guid: GUID,
    pub(super) site: Addr,
}

fn register(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (guid, out) = (args.pointer(kernel, 0)?, args.pointer(kernel, 3)?);
    let guid: GUID = kernel.mem.read(guid)?;
    if let Some(status) = kernel.fault("EtwRegister") {
        kernel.emit(EtwRegistered { provider: ObjectId::NONE, status });
        return Ok(answer(status));
    }
    kernel.etw.next += 1;
    let handle = kernel.etw.next;
    kernel.mem.write(out, &handle)?;
    let (id, site) = (kernel.mem.name(ObjectKind::Etw), kernel.site());
    kernel.etw.providers.insert(handle, Provider { id, guid, site });
    kernel.emit(EtwRegistered { provider: id, status: NtStatus::SUCCESS });
    Ok(answer(STATUS_SUCCESS))
}

fn unregister(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.get(kernel, 0)?;
    let Some(provider) = kernel.etw.providers.remove(&handle) else {
        return Err(verifier(0xDF, "EtwUnregister of a provider that is not registered"));
    };
    kernel.emit(EtwUnregistered { provider: provider.id });
    Ok(answer(STATUS_SUCCESS))
}

fn write(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.get(kernel, 0)?;
    let known = kernel.etw.providers.contains_key(&handle);
    Ok(answer(if known { STATUS_SUCCESS } else { STATUS_INVALID_HANDLE }))
}

const fn enabled(_: &mut Kernel, _: Args) -> Result<u64, Stop> {
    Ok(0)
}
