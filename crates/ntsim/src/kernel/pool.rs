//! Pool memory: each block a guarded allocation of its own, tagged, and with an owner.

use std::collections::BTreeMap;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind, PoolTag,
    event::{PoolAllocated, PoolFreed, PoolKind},
};

use super::{
    Kernel,
    bug_check::{BAD_POOL_CALLER, OVERWRITTEN, bug_check, verifier},
    export::{Args, Export, Handler, Returns},
};
use crate::{
    abi::status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER},
    mem::{Addr, Fill, Request},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

const NO_POOL: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];

/// `ExAllocatePool2`, its predecessors, and `ExFreePool`.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "ExAllocatePool2",
        "wdm/nf-wdm-exallocatepool2",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_POOL,
        Handler::Sync(allocate_pool2),
    ),
    Export::new(
        "ExAllocatePoolWithTag",
        "wdm/nf-wdm-exallocatepoolwithtag",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_POOL,
        Handler::Sync(allocate_pool_with_tag),
    ),
    Export::new(
        "ExAllocatePool",
        "wdm/nf-wdm-exallocatepool",
        DISPATCH_LEVEL,
        Returns::Pointer,
        NO_POOL,
        Handler::Sync(allocate_pool),
    ),
    Export::new(
        "ExFreePool",
        "wdm/nf-wdm-exfreepool",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free_pool),
    ),
    Export::new(
        "ExFreePoolWithTag",
        "wdm/nf-wdm-exfreepoolwithtag",
        DISPATCH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(free_pool_with_tag),
    ),
];

/// `POOL_FLAG_UNINITIALIZED`
const FLAG_UNINITIALIZED: u64 = 0x2;
/// `POOL_FLAG_NON_PAGED`
const FLAG_NON_PAGED: u64 = 0x40;
/// `POOL_FLAG_NON_PAGED_EXECUTE`
const FLAG_NON_PAGED_EXECUTE: u64 = 0x80;
/// `POOL_FLAG_PAGED`
const FLAG_PAGED: u64 = 0x100;

/// One block that lives.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Its name.
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: u64,
    /// Its tag.
    pub tag: u32,
    /// Which pool it is in.
    pub pool: PoolKind,
    /// Whether the driver allocated it; otherwise the simulator did, for itself.
    pub of_driver: bool,
    /// Where the allocating call returns to.
    pub site: Addr,
}

/// Pool blocks that live, by address.
#[derive(Debug, Default)]
pub struct Pool {
    /// The blocks.
    pub blocks: BTreeMap<Addr, Block>,
}

impl Kernel {
    /// Allocates a block for the driver, as `ExAllocatePool2` and its siblings do.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn pool_allocate(&mut self, pool: PoolKind, size: u64, tag: u32, fill: Fill) -> Result<Addr, Stop> {
        self.allocate_block(ObjectKind::Pool, pool, size, tag, fill, true)
    }

    /// Allocates a buffer of the I/O manager's own that the driver sees, such as a system buffer.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn system_allocate(&mut self, size: u64, fill: Fill) -> Result<Addr, Stop> {
        self.allocate_block(ObjectKind::Pool, PoolKind::NonPaged, size, 0, fill, false)
    }

    pub(super) fn allocate_block(
        &mut self,
        kind: ObjectKind,
        pool: PoolKind,
        size: u64,
        tag: u32,
        fill: Fill,
        of_driver: bool,
    ) -> Result<Addr, Stop> {
        let from = self.site();
        let address = self.mem.allocate(Request { kind, length: size, tag, fill, site: from })?;
        if pool == PoolKind::Paged {
            self.mem.set_pageable(address);
        }
        let id = self.object(address);
        self.pool.blocks.insert(address, Block { id, size, tag, pool, of_driver, site: from });
        if of_driver {
            self.emit(PoolAllocated { block: id, tag: PoolTag(tag), size, pool });
        }
        Ok(address)
    }

    /// Frees a block. `tag` is what the caller passed, zero for none.
    ///
    /// # Errors
    /// A bug check when it is no block, was freed before, has another tag, or was written beyond.
    pub fn pool_free(&mut self, address: Addr, tag: u32) -> Result<(), Stop> {
        let Some(block) = self.pool.blocks.get(&address).copied() else {
            return Err(self.bad_free(address));
        };
        if tag != 0 && block.tag != 0 && tag != block.tag {
            let text = format!("{} has tag {}, freed with {}", block.id, PoolTag(block.tag), PoolTag(tag));
            return Err(bug_check(BAD_POOL_CALLER, 0x0A, text));
        }
        self.pool.blocks.remove(&address);
        if block.of_driver {
            let (size, pool) = (block.size, block.pool);
            self.emit(PoolFreed { block: block.id, tag: PoolTag(tag), size, pool });
        }
        self.check_no_timer_in(address, block.size)?;
        let freed = self.mem.free(address, self.site())?;
        if freed.intact {
            return Ok(());
        }
        let text = format!("the bytes around {} were overwritten", block.id);
        Err(verifier(OVERWRITTEN, text))
    }

    fn bad_free(&self, address: Addr) -> Stop {
        let text = match self.mem.object_at(address) {
            Some(object) if !object.freed_at.is_null() => format!("{} is freed twice", object.id),
            Some(object) => format!("{} is freed, but it is no pool block", object.id),
            None => format!("{address} is freed, but was never allocated"),
        };
        bug_check(BAD_POOL_CALLER, 0x07, text)
    }
}

fn allocate_pool2(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (flags, size) = (args.get(kernel, 0)?, args.get(kernel, 1)?);
    let tag = args.ulong(kernel, 2)?;
    let pool = match flags & (FLAG_NON_PAGED | FLAG_NON_PAGED_EXECUTE | FLAG_PAGED) {
        FLAG_NON_PAGED => PoolKind::NonPaged,
        FLAG_NON_PAGED_EXECUTE => PoolKind::NonPagedExecute,
        FLAG_PAGED => PoolKind::Paged,
        // Its page: NULL for flags that are not understood.
        _ => return Ok(refused(kernel, tag, size, PoolKind::NonPaged, STATUS_INVALID_PARAMETER)),
    };
    if tag == 0 || size == 0 {
        return Ok(refused(kernel, tag, size, pool, STATUS_INVALID_PARAMETER));
    }
    if let Some(status) = kernel.fault("ExAllocatePool2") {
        return Ok(refused(kernel, tag, size, pool, status));
    }
    let fill = if flags & FLAG_UNINITIALIZED == 0 { Fill::Zero } else { Fill::Poison };
    Ok(kernel.pool_allocate(pool, size, tag, fill)?.0)
}

fn refused(kernel: &mut Kernel, tag: u32, size: u64, pool: PoolKind, _: NtStatus) -> u64 {
    kernel.emit(PoolAllocated { block: ObjectId::NONE, tag: PoolTag(tag), size, pool });
    0
}

fn allocate_pool_with_tag(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let tag = args.ulong(kernel, 2)?;
    allocate_by_type(kernel, args, "ExAllocatePoolWithTag", tag)
}

fn allocate_pool(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    const NONE: u32 = u32::from_le_bytes(*b"None");
    allocate_by_type(kernel, args, "ExAllocatePool", NONE)
}

fn allocate_by_type(kernel: &mut Kernel, args: Args, name: &'static str, tag: u32) -> Result<u64, Stop> {
    let (pool_type, size) = (args.ulong(kernel, 0)?, args.get(kernel, 1)?);
    let pool = match pool_type & 0x201 {
        0 => PoolKind::NonPagedExecute,
        0x200 => PoolKind::NonPaged,
        _ => PoolKind::Paged,
    };
    if let Some(status) = kernel.fault(name) {
        return Ok(refused(kernel, tag, size, pool, status));
    }
    Ok(kernel.pool_allocate(pool, size, tag, Fill::Poison)?.0)
}

fn free_pool(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let address = args.pointer(kernel, 0)?;
    kernel.pool_free(address, 0)?;
    Ok(0)
}

fn free_pool_with_tag(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (address, tag) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    kernel.pool_free(address, tag)?;
    Ok(0)
}
