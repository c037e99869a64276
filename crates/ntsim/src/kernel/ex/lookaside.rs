//! Lookaside lists.
//!
//! Taking an entry and giving one back is inline code in drivers. It takes from the list what is there, and calls
//! what the initialising routine put into the structure when nothing is. As under Driver Verifier nothing ever is:
//! the depth stays zero, so each entry is an allocation of its own, guarded like any other.

use std::collections::BTreeMap;

use nt_trace::event::PoolKind;

use crate::{
    abi::status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS},
    kernel::{
        Kernel, answer,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, Fill},
    sched::{APC_LEVEL, DISPATCH_LEVEL},
    stop::Stop,
};

const NO_MEMORY: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];
const NPAGED: &str = "wdm/nf-wdm-exinitializenpagedlookasidelist";
const PAGED: &str = "wdm/nf-wdm-exinitializepagedlookasidelist";
const EX: &str = "wdm/nf-wdm-exinitializelookasidelistex";

/// `ExInitializeNPagedLookasideList` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "ExInitializeNPagedLookasideList",
        NPAGED,
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|k, a| initialize(k, a, Kind { paged: false, ex: false })),
    ),
    Export::new(
        "ExInitializePagedLookasideList",
        PAGED,
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|k, a| initialize(k, a, Kind { paged: true, ex: false })),
    ),
    Export::new(
        "ExInitializeLookasideListEx",
        EX,
        DISPATCH_LEVEL,
        Returns::Status,
        NO_MEMORY,
        Handler::Sync(initialize_ex),
    ),
    Export::new(
        "ExDeleteNPagedLookasideList",
        "wdm/nf-wdm-exdeletenpagedlookasidelist",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(delete),
    ),
    Export::new(
        "ExDeletePagedLookasideList",
        "wdm/nf-wdm-exdeletepagedlookasidelist",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(delete),
    ),
    Export::new(
        "ExDeleteLookasideListEx",
        "wdm/nf-wdm-exdeletelookasidelistex",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(delete),
    ),
    // Nothing is on a list that could be taken off.
    Export::new(
        "ExFlushLookasideListEx",
        "wdm/nf-wdm-exflushlookasidelistex",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|_, _| Ok(0)),
    ),
    // What the lists call when the driver brings no routine of its own. Not names that a driver imports.
    Export::new(
        ALLOCATE,
        "wdm/nc-wdm-allocate_function_ex",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_MEMORY,
        Handler::Sync(allocate),
    ),
    Export::new(FREE, "wdm/nc-wdm-free_function_ex", DISPATCH_LEVEL, Returns::Void, &[], Handler::Sync(free)),
];

const ALLOCATE: &str = "LookasideListAllocateEx";
const FREE: &str = "LookasideListFreeEx";

/// `GENERAL_LOOKASIDE` (wdm.h): where its fields lie.
mod field {
    /// `Depth`, `MaximumDepth`, `TotalAllocates` and all up to `Type`.
    pub const DEPTH: u64 = 16;
    pub const MAXIMUM_DEPTH: u64 = 18;
    pub const TYPE: u64 = 36;
    pub const TAG: u64 = 40;
    pub const SIZE: u64 = 44;
    pub const ALLOCATE: u64 = 48;
    pub const FREE: u64 = 56;
    pub const LIST_ENTRY: u64 = 64;
    /// The size of all that a list of any kind has.
    pub const END: u64 = 96;
}

/// `POOL_TYPE`: nonpaged and not executable, or paged.
const NON_PAGED_POOL_NX: u32 = 512;
const PAGED_POOL: u32 = 1;
/// `EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL` and `..._FAIL_NO_RAISE`.
const FLAGS: u32 = 0x3;

/// Lists that were initialised and not deleted, by address, and where that was.
pub(super) type Lists = BTreeMap<Addr, Addr>;

#[derive(Clone, Copy)]
struct Kind {
    paged: bool,
    ex: bool,
}

impl Kernel {
    /// Lookaside lists that were initialised and not deleted.
    pub(in crate::kernel) fn lookaside_lists(&self) -> Vec<Addr> {
        self.ex.lookaside.keys().copied().collect()
    }
}

/// Arguments: the list, the allocating and the freeing routine, flags, size, tag, depth.
fn initialize(kernel: &mut Kernel, args: Args, kind: Kind) -> Result<u64, Stop> {
    let pool_type = if kind.paged { PAGED_POOL } else { NON_PAGED_POOL_NX };
    // The Ex form has the pool's type in between.
    let after = u64::from(kind.ex);
    let pool_type = if kind.ex { args.ulong(kernel, 3)? } else { pool_type };
    let list = args.pointer(kernel, 0)?;
    let (size, tag) = (args.ulong(kernel, 4 + after)?, args.ulong(kernel, 5 + after)?);
    let routines = [
        (field::ALLOCATE, args.pointer(kernel, 1)?, ALLOCATE),
        (field::FREE, args.pointer(kernel, 2)?, FREE),
    ];
    kernel.mem.bytes_mut(list, field::END)?.fill(0);
    kernel.mem.write(list.add(field::DEPTH), &0_u16)?;
    kernel.mem.write(list.add(field::MAXIMUM_DEPTH), &256_u16)?;
    kernel.mem.write(list.add(field::TYPE), &pool_type)?;
    kernel.mem.write(list.add(field::TAG), &tag)?;
    kernel.mem.write(list.add(field::SIZE), &size)?;
    for (at, routine, otherwise) in routines {
        let routine = if routine.is_null() { kernel.thunk_of(otherwise)? } else { routine };
        kernel.mem.write(list.add(at), &routine)?;
    }
    let entry = list.add(field::LIST_ENTRY);
    kernel.mem.write(entry, &[entry.0, entry.0])?;
    let made_at = kernel.site();
    kernel.ex.lookaside.insert(list, made_at);
    Ok(0)
}

fn initialize_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    use crate::abi::status::STATUS_INVALID_PARAMETER;
    if args.ulong(kernel, 4)? & !FLAGS != 0 {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    }
    if let Some(status) = kernel.fault("ExInitializeLookasideListEx") {
        return Ok(answer(status));
    }
    initialize(kernel, args, Kind { paged: false, ex: true })?;
    Ok(answer(STATUS_SUCCESS))
}

fn delete(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let list = args.pointer(kernel, 0)?;
    kernel.mem.bytes(list, field::END)?;
    kernel.ex.lookaside.remove(&list);
    Ok(0)
}

/// Arguments: the pool's type, size, tag, and for some lists the list.
fn allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (pool_type, size) = (args.ulong(kernel, 0)?, args.get(kernel, 1)?);
    let tag = args.ulong(kernel, 2)?;
    if kernel.fault(ALLOCATE).is_some() {
        return Ok(0);
    }
    let pool = match pool_type & 0x201 {
        0 => PoolKind::NonPagedExecute,
        0x200 => PoolKind::NonPaged,
        _ => PoolKind::Paged,
    };
    Ok(kernel.pool_allocate(pool, size, tag, Fill::Poison)?.0)
}

fn free(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let entry = args.pointer(kernel, 0)?;
    kernel.pool_free(entry, 0)?;
    Ok(0)
}
