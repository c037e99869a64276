//! Checked access to what lies at a driver's address.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{
    Addr, BadAccess, MAPPED_BASE, Mem, Object, PAGE_SIZE, STACKS_BASE, SYSTEM_RANGE_START, Space, State,
    stack_stride,
};

impl Mem {
    /// The allocation that holds `address`, freed ones included.
    #[must_use]
    pub fn object_at(&self, address: Addr) -> Option<&Object> {
        let space = self.space_at(address);
        let object = space.objects.get(space.index_of(address)?)?;
        object.contains(address, 1).then_some(object)
    }

    /// Every object of the kernel's that is allocated, in order of address.
    pub fn live_objects(&self) -> impl Iterator<Item = &Object> {
        self.pool.objects.iter().filter(|object| object.state != State::Freed)
    }

    /// The user buffer that `address` is in, directly or by way of a mapping into system space: its number in this life,
    /// from 1, its start, and the offset of `address` in it.
    #[must_use]
    pub fn user_buffer_at(&self, address: Addr) -> Option<(u32, Addr, u64)> {
        let address = match self.object_at(address) {
            Some(object) if !object.alias_of.is_null() => object.alias_of.add(address.0 - object.start.0),
            _ => address,
        };
        if address >= SYSTEM_RANGE_START {
            return None;
        }
        let index = self.user_space.index_of(address)?;
        let object = self.user_space.objects.get(index).filter(|object| object.contains(address, 1))?;
        Some((u32::try_from(index + 1).ok()?, object.start, address.0 - object.start.0))
    }

    /// The space that an address would be handed out from.
    fn space_at(&self, address: Addr) -> &Space {
        if address < SYSTEM_RANGE_START {
            &self.user_space
        } else if address < MAPPED_BASE {
            &self.pool
        } else {
            &self.mapped
        }
    }

    /// The object whose pages (slack and guard page included) hold `address`, for a fault's report.
    #[must_use]
    pub fn object_near(&self, address: Addr) -> Option<&Object> {
        let space = self.space_at(address);
        let after = space.objects.partition_point(|object| object.pages.0 <= address);
        let object = space.objects.get(after.checked_sub(1)?)?;
        (address.0 < object.pages.0.0 + object.pages.1 + PAGE_SIZE).then_some(object)
    }

    /// Where the bytes of a range really are: elsewhere than at `address` when it is mapped user memory.
    fn check(&self, address: Addr, length: u64) -> Result<Addr, BadAccess> {
        if self.in_stacks(address, length) {
            return Ok(address);
        }
        if self.is_paged_out(address) {
            return Err(self.paged_out(address));
        }
        if self.in_image(address, length) {
            return Ok(address);
        }
        let wild = || BadAccess::Wild { address, length };
        let space = self.space_at(address);
        let object = space.index_of(address).and_then(|index| space.objects.get(index)).ok_or_else(wild)?;
        if object.state == State::Freed && object.contains(address, 1) {
            return Err(BadAccess::Freed { address, object: object.id, freed_at: object.freed_at });
        }
        if object.contains(address, length) {
            let own = object.alias_of.is_null();
            Ok(if own { address } else { object.alias_of.add(address.0 - object.start.0) })
        } else if object.contains(address, 1) {
            Err(BadAccess::OutOfBounds { address, length, object: object.id })
        } else {
            Err(wild())
        }
    }

    #[cold]
    fn paged_out(&self, address: Addr) -> BadAccess {
        let section = self.pageable_section(address).map(|section| section.name.clone());
        let object = || self.object_at(address).map_or_else(String::new, |object| object.id.to_string());
        BadAccess::PagedOut { address, place: section.unwrap_or_else(object) }
    }

    const fn in_image(&self, address: Addr, length: u64) -> bool {
        match self.image {
            Some((base, size)) => within(base, size, address, length),
            None => false,
        }
    }

    const fn in_stacks(&self, address: Addr, length: u64) -> bool {
        within(STACKS_BASE, self.stacks * stack_stride(), address, length)
    }

    /// The bytes of a range that lies in one live object, the image or a stack.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn bytes(&self, address: Addr, length: u64) -> Result<&[u8], BadAccess> {
        let address = self.check(address, length)?;
        let arena = if address < SYSTEM_RANGE_START { &self.user } else { &self.kernel };
        Ok(arena.bytes(address, length))
    }

    /// The bytes of a range, for writing.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn bytes_mut(&mut self, address: Addr, length: u64) -> Result<&mut [u8], BadAccess> {
        let address = self.check(address, length)?;
        let arena = if address < SYSTEM_RANGE_START { &mut self.user } else { &mut self.kernel };
        Ok(arena.bytes_mut(address, length))
    }

    /// The structure at `address`.
    ///
    /// # Errors
    /// Why the driver had no right to the range, or that it is not aligned.
    pub fn at<T>(&self, address: Addr) -> Result<&T, BadAccess>
    where
        T: FromBytes + Immutable + KnownLayout,
    {
        let bytes = self.bytes(address, size_of::<T>() as u64)?;
        T::ref_from_bytes(bytes).map_err(|_| BadAccess::Misaligned { address })
    }

    /// The structure at `address`, for writing.
    ///
    /// # Errors
    /// Why the driver had no right to the range, or that it is not aligned.
    pub fn at_mut<T>(&mut self, address: Addr) -> Result<&mut T, BadAccess>
    where
        T: FromBytes + IntoBytes + KnownLayout,
    {
        let bytes = self.bytes_mut(address, size_of::<T>() as u64)?;
        T::mut_from_bytes(bytes).map_err(|_| BadAccess::Misaligned { address })
    }

    /// A copy of the value at `address`, which need not be aligned.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn read<T: FromBytes>(&self, address: Addr) -> Result<T, BadAccess> {
        let bytes = self.bytes(address, size_of::<T>() as u64)?;
        T::read_from_bytes(bytes).map_err(|_| BadAccess::Misaligned { address })
    }

    /// Writes a value to `address`, which need not be aligned.
    ///
    /// # Errors
    /// Why the driver had no right to the range.
    pub fn write<T: IntoBytes + Immutable>(&mut self, address: Addr, value: &T) -> Result<(), BadAccess> {
        self.bytes_mut(address, size_of::<T>() as u64)?.copy_from_slice(value.as_bytes());
        Ok(())
    }

    /// The bytes of an object even if it was freed, for reports.
    #[must_use]
    pub fn autopsy(&self, object: &Object) -> &[u8] {
        let arena = if object.start < SYSTEM_RANGE_START { &self.user } else { &self.kernel };
        arena.bytes(object.start, object.length)
    }
}

const fn within(base: Addr, size: u64, address: Addr, length: u64) -> bool {
    match address.0.checked_sub(base.0) {
        Some(offset) => offset <= size && length <= size - offset,
        None => false,
    }
}
