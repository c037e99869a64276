//! Memory descriptor lists, and the bytes that they describe.

use nt_trace::{
    ObjectId, ObjectKind,
    event::{MdlAllocated, MdlFreed},
};

use crate::{
    abi::MDL,
    kernel::{Kernel, bug_check::bug_check},
    mem::{Addr, BadAccess, Fill, PAGE_SIZE, Request, SYSTEM_RANGE_START},
    stop::Stop,
};

/// An MDL that is allocated.
#[derive(Clone, Copy, Debug)]
pub struct MdlRecord {
    /// Its name.
    pub id: ObjectId,
    /// Whether the driver allocated it; otherwise the I/O manager did.
    pub of_driver: bool,
    /// Where the allocating call returns to.
    pub site: Addr,
    /// The system address made for it, NULL for none.
    pub mapped: Addr,
}

impl Kernel {
    /// Allocates an MDL for `length` bytes at `address`. Nothing is locked or mapped yet.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn allocate_mdl(&mut self, address: Addr, length: u32, of_driver: bool) -> Result<Addr, Stop> {
        let start = Addr(address.0 & !(PAGE_SIZE - 1));
        let pages = (address.0 - start.0 + u64::from(length)).div_ceil(PAGE_SIZE);
        let bytes = size_of::<MDL>() as u64 + pages * 8;
        let site = self.site();
        let request = Request { kind: ObjectKind::Mdl, length: bytes, tag: 0, fill: Fill::Zero, site };
        let mdl = self.mem.allocate(request)?;
        let memory: &mut MDL = self.mem.at_mut(mdl)?;
        memory.Size = i16::try_from(bytes).unwrap_or(i16::MAX);
        memory.StartVa = start;
        // CAST: smaller than a page.
        memory.ByteOffset = (address.0 - start.0) as u32;
        memory.ByteCount = length;
        let id = self.object(mdl);
        self.io.mdls.insert(mdl, MdlRecord { id, of_driver, site, mapped: Addr::NULL });
        if of_driver {
            self.emit(MdlAllocated { mdl: id, length: u64::from(length) });
        }
        Ok(mdl)
    }

    /// Frees an MDL, and its mapping if it has one.
    ///
    /// # Errors
    /// When it is no MDL, or its pages are still locked (0xC4).
    pub fn free_mdl(&mut self, mdl: Addr) -> Result<(), Stop> {
        let flags = self.mem.at::<MDL>(mdl)?.MdlFlags;
        let Some(record) = self.io.mdls.remove(&mdl) else {
            let text = format!("{mdl} ({}) is freed as an MDL", self.object(mdl));
            return Err(bug_check(0xC4, 0xB8, text));
        };
        if record.of_driver {
            self.emit(MdlFreed { mdl: record.id });
        }
        if !record.mapped.is_null() {
            self.mem.unmap_from_system(record.mapped)?;
        }
        if record.of_driver && flags & MDL::PAGES_LOCKED != 0 && flags & MDL::PARTIAL == 0 {
            return Err(bug_check(0xC4, 0xB9, format!("{} is freed while its pages are locked", record.id)));
        }
        self.mem.free(mdl, self.site())?;
        Ok(())
    }

    /// Makes a system address for an MDL, or gives the one it has.
    ///
    /// # Errors
    /// When the host refuses it, or the MDL describes nothing that is locked.
    pub fn map_mdl(&mut self, mdl: Addr) -> Result<Addr, Stop> {
        let memory = *self.mem.at::<MDL>(mdl)?;
        if memory.MdlFlags & (MDL::MAPPED_TO_SYSTEM_VA | MDL::SOURCE_IS_NONPAGED_POOL) != 0 {
            return Ok(memory.MappedSystemVa);
        }
        let address = memory.virtual_address();
        let system = if address >= SYSTEM_RANGE_START {
            address
        } else {
            let id = self.object(mdl);
            let system = self.mem.map_into_system(address, u64::from(memory.ByteCount), id)?;
            if let Some(record) = self.io.mdls.get_mut(&mdl) {
                record.mapped = system;
            }
            system
        };
        let memory: &mut MDL = self.mem.at_mut(mdl)?;
        memory.MappedSystemVa = system;
        memory.MdlFlags |= MDL::MAPPED_TO_SYSTEM_VA;
        if memory.MdlFlags & MDL::PARTIAL != 0 {
            memory.MdlFlags |= MDL::PARTIAL_HAS_BEEN_MAPPED;
        }
        Ok(system)
    }

    /// Takes the system address of an MDL back.
    ///
    /// # Errors
    /// When the host refuses it.
    pub fn unmap_mdl(&mut self, mdl: Addr) -> Result<(), Stop> {
        if let Some(record) = self.io.mdls.get_mut(&mdl) {
            let mapped = std::mem::replace(&mut record.mapped, Addr::NULL);
            if !mapped.is_null() {
                self.mem.unmap_from_system(mapped)?;
            }
        }
        let memory: &mut MDL = self.mem.at_mut(mdl)?;
        memory.MdlFlags &= !(MDL::MAPPED_TO_SYSTEM_VA | MDL::PARTIAL_HAS_BEEN_MAPPED);
        Ok(())
    }

    /// The pieces of memory that a chain of MDLs describes: address and length of each.
    fn mdl_pieces(&self, mdl: Addr) -> Result<Vec<(Addr, u64)>, BadAccess> {
        let mut pieces = Vec::with_capacity(1);
        let mut at = mdl;
        while !at.is_null() {
            let memory = self.mem.at::<MDL>(at)?;
            pieces.push((memory.virtual_address(), u64::from(memory.ByteCount)));
            at = memory.Next;
        }
        Ok(pieces)
    }

    /// How many bytes a chain of MDLs describes.
    ///
    /// # Errors
    /// When it is no MDL.
    pub fn mdl_length(&self, mdl: Addr) -> Result<u64, BadAccess> {
        Ok(self.mdl_pieces(mdl)?.iter().map(|(_, length)| length).sum())
    }

    /// Reads up to `length` of the bytes that a chain of MDLs describes, from `offset`. Fewer come when the
    /// chain ends before.
    ///
    /// # Errors
    /// When the MDL or its memory is gone.
    pub fn read_mdl(&self, mdl: Addr, offset: u64, length: u64) -> Result<Vec<u8>, BadAccess> {
        // CAST: lengths are of memory that exists.
        let mut bytes = Vec::with_capacity(length as usize);
        let (mut skip, mut left) = (offset, length);
        for (address, size) in self.mdl_pieces(mdl)? {
            let passed = skip.min(size);
            let take = (size - passed).min(left);
            if take > 0 {
                bytes.extend_from_slice(self.mem.bytes(address.add(passed), take)?);
            }
            skip -= passed;
            left -= take;
        }
        Ok(bytes)
    }

    /// Writes bytes to the memory that a chain of MDLs describes, from `offset`. Gives how many had room.
    ///
    /// # Errors
    /// When the MDL or its memory is gone.
    pub fn write_mdl(&mut self, mdl: Addr, offset: u64, bytes: &[u8]) -> Result<u64, BadAccess> {
        let (mut skip, mut rest) = (offset, bytes);
        for (address, size) in self.mdl_pieces(mdl)? {
            let passed = skip.min(size);
            // CAST: lengths are of memory that exists.
            let take = ((size - passed) as usize).min(rest.len());
            let (now, later) = rest.split_at(take);
            if take > 0 {
                self.mem.bytes_mut(address.add(passed), take as u64)?.copy_from_slice(now);
            }
            skip -= passed;
            rest = later;
        }
        Ok((bytes.len() - rest.len()) as u64)
    }
}
