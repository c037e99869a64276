//! The image, the kernel stacks, and user pages mapped for the kernel.

use std::io;

use nt_trace::ObjectId;

use super::{
    Addr, IMAGE_SIZE, KERNEL_BASE, Mem, Object, PAGE_SIZE, POOL_BASE, Protection, STACK_SIZE, STACKS_BASE,
    State, stack_stride,
};

impl Mem {
    /// Takes `size` bytes for the image, at the lowest kernel address, writable until protected.
    ///
    /// # Errors
    /// What the host says, or that the image is too large.
    pub fn place_image(&mut self, size: u64) -> io::Result<Addr> {
        let size = size.next_multiple_of(PAGE_SIZE);
        if size > IMAGE_SIZE {
            return Err(io::Error::other("the image is larger than the space for it"));
        }
        self.kernel.protect(KERNEL_BASE, IMAGE_SIZE, Protection::None)?;
        self.image = Some((KERNEL_BASE, size));
        Ok(KERNEL_BASE)
    }

    /// Where the image lies, and its size in bytes.
    #[must_use]
    pub const fn image(&self) -> Option<(Addr, u64)> {
        self.image
    }

    /// Gives pages of the image their protection.
    ///
    /// # Errors
    /// What the host says.
    pub fn protect_image(&mut self, address: Addr, length: u64, how: Protection) -> io::Result<()> {
        self.kernel.protect(address, length.next_multiple_of(PAGE_SIZE), how)
    }

    /// Makes one more kernel stack: its lowest usable byte and its end. The page below faults.
    ///
    /// # Errors
    /// What the host says, or that there are too many.
    pub fn add_stack(&mut self) -> io::Result<(Addr, Addr)> {
        let bottom = STACKS_BASE.add(self.stacks * stack_stride() + PAGE_SIZE);
        if bottom.add(STACK_SIZE) > POOL_BASE {
            return Err(io::Error::other("more threads than there is room for stacks"));
        }
        self.kernel.protect(bottom, STACK_SIZE, Protection::ReadWrite)?;
        self.stacks += 1;
        Ok((bottom, bottom.add(STACK_SIZE)))
    }

    /// Bytes from an address in a kernel stack to the stack's end; 0 for any other address.
    #[must_use]
    pub const fn rest_of_stack(&self, address: Addr) -> u64 {
        let Some(offset) = address.0.checked_sub(STACKS_BASE.0) else { return 0 };
        if offset >= self.stacks * stack_stride() { 0 } else { stack_stride() - offset % stack_stride() }
    }

    /// Maps the pages of a user buffer for the kernel, as a locked MDL's system address.
    ///
    /// # Errors
    /// What the host says, or that the buffer is not the user's.
    pub fn map_into_system(&mut self, address: Addr, length: u64, id: ObjectId) -> io::Result<Addr> {
        let first = Addr(address.0 & !(PAGE_SIZE - 1));
        let bytes = (address.0 + length - first.0).next_multiple_of(PAGE_SIZE);
        if !self.user.contains(first, bytes) {
            return Err(io::Error::other("not a user buffer"));
        }
        let to = self.mapped.next;
        self.kernel.alias(first, bytes, to, &self.user)?;
        if self.watches_user {
            self.kernel.protect(to, bytes, Protection::None)?;
            self.kernel.watch(to, bytes);
        }
        self.mapped.next = to.add(bytes + PAGE_SIZE);
        let start = to.add(address.0 - first.0);
        self.mapped.objects.push(Object {
            id,
            start,
            length,
            tag: 0,
            state: State::Live,
            allocated_at: Addr::NULL,
            freed_at: Addr::NULL,
            pages: (to, bytes),
            pageable: false,
            open: true,
            alias_of: address,
        });
        Ok(start)
    }

    /// Takes back what [`Self::map_into_system`] mapped.
    ///
    /// # Errors
    /// What the host says.
    pub fn unmap_from_system(&mut self, address: Addr) -> io::Result<()> {
        let Some(index) = self.mapped.index_of(address) else { return Ok(()) };
        let Some(object) = self.mapped.objects.get_mut(index) else { return Ok(()) };
        object.state = State::Freed;
        let (first, bytes) = object.pages;
        self.kernel.unalias(first, bytes)
    }
}
