//! `NdisMSetMiniportAttributes`.

use nt_trace::{ObjectKind, event::MiniportAttributesSet};

use super::{
    NDIS,
    abi::{
        GENERAL_ATTRIBUTES_SIZES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, NDIS_OBJECT_HEADER,
        OBJECT_TYPE_GENERAL_ATTRIBUTES, OBJECT_TYPE_REGISTRATION_ATTRIBUTES, REGISTRATION_ATTRIBUTES_SIZES,
    },
    driver::OPAQUE,
    status::{NDIS_STATUS_BAD_VERSION, NDIS_STATUS_SUCCESS},
};
use crate::{
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, BadAccess},
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

pub(super) const EXPORTS: &[Export] = &[Export {
    module: NDIS,
    name: "NdisMSetMiniportAttributes",
    page: "ndis/nf-ndis-ndismsetminiportattributes",
    max_irql: PASSIVE_LEVEL,
    returns: Returns::Status,
    failures: &[NDIS_STATUS_BAD_VERSION.0],
    handler: Handler::Sync(set),
}];

fn set(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, at) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let adapter = kernel.object(handle);
    if !kernel.ndis.adapters.contains_key(&handle) || adapter.kind != ObjectKind::Adapter {
        return Err(BadAccess::Wild { address: handle, length: OPAQUE }.into());
    }
    let header: NDIS_OBJECT_HEADER = kernel.mem.read(at)?;
    let (attributes, sizes) = match header.Type {
        OBJECT_TYPE_REGISTRATION_ATTRIBUTES => ("registration", Some(&REGISTRATION_ATTRIBUTES_SIZES)),
        OBJECT_TYPE_GENERAL_ATTRIBUTES => ("general", Some(&GENERAL_ATTRIBUTES_SIZES)),
        // Offload, 802.11, hardware assist and later ones: nothing here depends on what they say.
        _ => ("other", None),
    };
    let known =
        sizes.is_none_or(|sizes| header.size_of_revision(sizes).is_some_and(|size| header.Size >= size));
    let refused = kernel.fault("NdisMSetMiniportAttributes");
    let refused = refused.or_else(|| (!known).then_some(NDIS_STATUS_BAD_VERSION));
    let status = refused.unwrap_or(NDIS_STATUS_SUCCESS);
    if status == NDIS_STATUS_SUCCESS {
        kernel.mem.bytes(at, u64::from(header.Size))?;
        if header.Type == OBJECT_TYPE_REGISTRATION_ATTRIBUTES {
            keep_context(kernel, handle, at)?;
        }
    }
    kernel.emit(MiniportAttributesSet { adapter, attributes: attributes.into(), status });
    Ok(u64::from(status.0))
}

/// The context that the driver's other handlers get.
fn keep_context(kernel: &mut Kernel, handle: Addr, at: Addr) -> Result<(), Stop> {
    let read: NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES = kernel.mem.read(at)?;
    if let Some(adapter) = kernel.ndis.adapters.get_mut(&handle) {
        adapter.context = read.MiniportAdapterContext;
    }
    Ok(())
}
