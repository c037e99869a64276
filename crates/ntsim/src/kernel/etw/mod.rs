//! Event tracing: providers, one session that may listen to them, and what they write.
//!
//! What a driver writes is decoded with the metadata that it brings along and becomes an event of the trace, whether or
//! not the session wants it: a driver that asks first writes nothing that nobody wants.
//!
//! Pages: [EtwRegister](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwregister),
//! [ETWENABLECALLBACK](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-etwenablecallback),
//! [EtwWriteTransfer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwritetransfer),
//! [EtwSetInformation](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwsetinformation)

mod decode;
mod session;
mod write;

use std::collections::BTreeMap;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{EtwRegistered, EtwTraits, EtwUnregistered},
};

use super::{
    Kernel, answer,
    bug_check::verifier,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns, RoutineFuture},
};
use crate::{
    abi::{
        GUID,
        status::{
            STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_HANDLE,
            STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
        },
    },
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};

pub use session::Session;
pub use session::listen;

/// `EtwRegister` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "EtwRegister",
        "wdm/nf-wdm-etwregister",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Async(register),
    ),
    Export::new(
        "EtwUnregister",
        "wdm/nf-wdm-etwunregister",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(unregister),
    ),
    Export::new(
        "EtwWrite",
        "wdm/nf-wdm-etwwrite",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(write::plain),
    ),
    Export::new(
        "EtwWriteTransfer",
        "wdm/nf-wdm-etwwritetransfer",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(write::transfer),
    ),
    Export::new(
        "EtwSetInformation",
        "wdm/nf-wdm-etwsetinformation",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INVALID_DEVICE_REQUEST.0],
        Handler::Sync(set_information),
    ),
    Export::new(
        "EtwWriteEx",
        "wdm/nf-wdm-etwwriteex",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(write::extended),
    ),
    Export::new(
        "EtwProviderEnabled",
        "wdm/nf-wdm-etwproviderenabled",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(session::provider_enabled),
    ),
    Export::new(
        "EtwEventEnabled",
        "wdm/nf-wdm-etweventenabled",
        HIGH_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(session::event_enabled),
    ),
];

/// Providers that are registered, by handle.
#[derive(Debug, Default)]
pub(super) struct Etw {
    pub(super) providers: BTreeMap<u64, Provider>,
    session: Option<Session>,
    next: u64,
}

/// One registration.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) id: ObjectId,
    /// The provider's identifier, which leak reports show.
    pub(super) guid: GUID,
    pub(super) site: Addr,
    /// The enable callback, NULL for none, and its context.
    callback: Addr,
    context: Addr,
}

/// A session that listens already is told before the routine returns.
fn register(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (status, handle) = registered(&mut cpu.k(), args)?;
        if let Some(handle) = handle {
            session::tell_one(&cpu, handle).await?;
        }
        Ok(answer(status))
    })
}

fn registered(kernel: &mut Kernel, args: Args) -> Result<(NtStatus, Option<u64>), Stop> {
    let (guid, out) = (args.pointer(kernel, 0)?, args.pointer(kernel, 3)?);
    let (callback, context) = (args.pointer(kernel, 1)?, args.pointer(kernel, 2)?);
    let guid: GUID = kernel.mem.read(guid)?;
    if let Some(status) = kernel.fault("EtwRegister") {
        kernel.emit(EtwRegistered { provider: ObjectId::NONE, status });
        return Ok((status, None));
    }
    kernel.etw.next += 1;
    let handle = kernel.etw.next;
    kernel.mem.write(out, &handle)?;
    let (id, site) = (kernel.mem.name(ObjectKind::Etw), kernel.site());
    kernel.etw.providers.insert(handle, Provider { id, guid, site, callback, context });
    kernel.emit(EtwRegistered { provider: id, status: NtStatus::SUCCESS });
    Ok((STATUS_SUCCESS, Some(handle)))
}

fn unregister(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.get(kernel, 0)?;
    let Some(provider) = kernel.etw.providers.remove(&handle) else {
        return Err(verifier(0xDF, "EtwUnregister of a provider that is not registered"));
    };
    kernel.emit(EtwUnregistered { provider: provider.id });
    Ok(answer(STATUS_SUCCESS))
}

/// `EventProviderSetTraits`
const SET_TRAITS: u32 = 2;

fn set_information(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, class) = (args.get(kernel, 0)?, args.ulong(kernel, 1)?);
    let (at, length) = (args.pointer(kernel, 2)?, args.ulong(kernel, 3)?);
    let Some(provider) = kernel.etw.providers.get(&handle).map(|provider| provider.id) else {
        return Ok(answer(STATUS_INVALID_HANDLE));
    };
    if let Some(status) = kernel.fault("EtwSetInformation") {
        return Ok(answer(status));
    }
    if class != SET_TRAITS {
        return Ok(answer(STATUS_SUCCESS));
    }
    if at.is_null() || length == 0 {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    }
    let (name, flaw) = match decode::traits(kernel.mem.bytes(at, length.into())?) {
        Ok(name) => (name, String::new()),
        Err(flaw) => (String::new(), flaw),
    };
    kernel.emit(EtwTraits { provider, name: name.into(), flaw: flaw.into() });
    Ok(answer(STATUS_SUCCESS))
}
