//! Tells what the driver does to the memory of user processes, in a life in which it is watched.

use nt_trace::{ObjectId, event::UserRead};

use super::Kernel;
use crate::{
    abi::IRP,
    cpu::{UserAccess, has_accesses, take_accesses},
    mem::Addr,
    stop::Stop,
};

impl Kernel {
    /// Tells what driver code did since it was resumed.
    ///
    /// # Errors
    /// When it did more than could be noted.
    pub fn tell_user_accesses(&mut self) -> Result<(), Stop> {
        if !has_accesses() {
            return Ok(());
        }
        for access in take_accesses() {
            let Some(access) = access else {
                return Err(Stop::Host("the driver touches user memory too often to be watched".into()));
            };
            self.tell_user_access(access);
        }
        Ok(())
    }

    /// A routine of the kernel touches memory on the driver's behalf.
    pub(super) fn touch(&mut self, address: Addr, length: u64, write: bool) {
        if self.mem.watches_user() && length > 0 {
            let instruction = self.site();
            self.tell_user_access(UserAccess { address, length, write, instruction });
        }
    }

    fn tell_user_access(&mut self, access: UserAccess) {
        let Some((buffer, start, offset)) = self.mem.user_buffer_at(access.address) else { return };
        let irp = self.request_with(start);
        let length = u32::try_from(access.length).unwrap_or(u32::MAX);
        let site = self.site_of(access.instruction);
        self.emit_at(site, UserRead { irp, buffer, offset, length, write: access.write });
    }

    /// The request that brought the user buffer that starts at `start`: one that this thread has, or any.
    fn request_with(&self, start: Addr) -> ObjectId {
        let frames = self.callbacks.get(&self.sched.current()).into_iter().flatten().rev();
        let own = frames.map(|frame| frame.irp).find(|irp| self.brings(*irp, start));
        let irp = own.or_else(|| self.io.irps.keys().copied().find(|irp| self.brings(*irp, start)));
        irp.map_or(ObjectId::NONE, |irp| self.object(irp))
    }

    fn brings(&self, irp: Addr, start: Addr) -> bool {
        if !self.io.irps.contains_key(&irp) {
            return false;
        }
        let Ok(header) = self.mem.at::<IRP>(irp) else { return false };
        let in_mdl = || self.mdl_starts_at(header.MdlAddress, start);
        let input = || {
            let current = self.current_location(irp);
            current.is_ok_and(|at| at.Parameters.DeviceIoControl().Type3InputBuffer == start)
        };
        header.UserBuffer == start || in_mdl() || input()
    }

    fn mdl_starts_at(&self, mdl: Addr, start: Addr) -> bool {
        !mdl.is_null() && self.mem.at::<crate::abi::MDL>(mdl).is_ok_and(|mdl| mdl.virtual_address() == start)
    }
}
