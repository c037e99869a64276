//! Open files: what each has claimed, which handles it was given, and what it may still do.
//!
//! Everything here is the content of the device's lock. A [`File`] is made when a file is opened, and belongs to it;
//! [`Files`] is what the files of a device share: the table of handles and the claims. [`Access`] is both, seen for one
//! request: it answers whether this file may do this, now, in a time that does not depend on how many files are open.
//!
//! | when | what |
//! |---|---|
//! | CREATE | [`Files::open`] |
//! | a request | [`Files::access`] |
//! | `CLAIM_INTERFACE`, `OPEN_PIPE`, `CLOSE_HANDLE`, `DROP_PRIVILEGES` | [`Files::claim`], [`Files::open_pipe`], [`Files::close_handle`], [`File::drop_privileges`] |
//! | CLEANUP | [`Files::close`]: from here on its handles are stale and its claims are gone, whatever is still in flight |
//! | STOP | [`Files::pipes_dropped`]: claims and pipe handles stay, as START selects the same again; streams are closed |
//! | START, and another configuration | [`Files::pipes_made`]: what is not there any more is forgotten |
//! | another alternate setting | [`Files::setting_changed`]: handles of the interface's pipes are stale |

mod access;
mod claims;
mod object;
mod operation;
mod rights;

use core::{fmt, num::NonZeroU64};

use usbclient_protocol::{
    claim,
    status::{
        STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER,
        STATUS_SHARING_VIOLATION, Status,
    },
};
use usbclient_registration::{HandleTable, Slot};

use self::{access::Handles, claims::Claims};
pub use self::{
    access::{Access, Recipient, Target},
    object::{ClaimedInterface, Object, OpenPipe, OpenStream},
    operation::{Need, Operation},
    rights::Rights,
};
use crate::descriptors::Endpoint;

/// Which open file: never the same again, however often files are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileKey(NonZeroU64);

/// Memory for one handle.
pub type HandleSlot = Slot<FileKey, Object>;

/// How many handles the files of one device can have together.
pub const HANDLES: usize = 1024;

/// How many of them one file can have, so that no program takes them all.
pub const HANDLES_OF_A_FILE: usize = 768;

/// One open file. Neither `Copy` nor `Clone`: it belongs to the kernel's file object.
#[derive(Debug)]
pub struct File {
    key: FileKey,
    rights: Rights,
    is_closed: bool,
}

impl File {
    /// Which it is.
    #[must_use]
    pub const fn key(&self) -> FileKey {
        self.key
    }

    /// Whether its last handle was closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// What it may still do.
    #[must_use]
    pub const fn rights(&self) -> Rights {
        self.rights
    }

    /// `DROP_PRIVILEGES`: from here on the file may do what it could do before *and* is named here.
    pub const fn drop_privileges(&mut self, keep: Rights) {
        self.rights = self.rights.and(keep);
    }
}

/// What the open files of a device share. `S` is memory for [`HANDLES`] handles.
pub struct Files<S> {
    table: HandleTable<FileKey, Object, S>,
    claims: Claims,
    last_key: u64,
}

impl<S> Files<S> {
    /// No file was opened yet, and there is no memory for handles. `slots` must be empty.
    pub const fn new(slots: S) -> Self {
        Self { table: HandleTable::without_room(slots), claims: Claims::NONE, last_key: 0 }
    }

    /// A new file. `None` never happens: numbers for files do not run out in a machine's life.
    pub const fn open(&mut self) -> Option<File> {
        // At a million files a second this takes half a million years.
        self.last_key = self.last_key.saturating_add(1);
        match NonZeroU64::new(self.last_key) {
            Some(key) => {
                let key = FileKey(key);
                Some(File { key, rights: Rights::ALL, is_closed: false })
            }
            None => None,
        }
    }

    /// How many handles are valid.
    #[must_use]
    pub const fn handle_count(&self) -> usize {
        self.table.count()
    }

    /// The column of `GET_INTERFACES`: one of [`usbclient_protocol::claim`].
    #[must_use]
    pub fn claim_state(&self, file: Option<&File>, interface: u8) -> u8 {
        match self.claims.owner(interface) {
            None => claim::FREE,
            Some(owner) if file.is_some_and(|file| file.key == owner) => claim::MINE,
            Some(_other) => claim::OTHER,
        }
    }
}

impl<S: AsRef<[HandleSlot]> + AsMut<[HandleSlot]>> Files<S> {
    /// Whether there is memory for handles.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.table.capacity() != 0
    }

    /// Gives memory for handles.
    ///
    /// # Errors
    /// Gives it back: there is some already.
    pub fn furnish(&mut self, slots: S) -> Result<(), S> {
        self.table.furnish(slots)
    }

    /// What a request of `file` may do. `None` is a sender in the kernel that opened no file.
    pub const fn access<'a>(&'a self, file: Option<&'a File>) -> Access<'a> {
        Access::new(&self.table as &dyn Handles, &self.claims, file)
    }

    /// `CLAIM_INTERFACE`. Claiming what the file has claimed already gives the same handle. `is_in_use` says whether
    /// another file has requests on the interface's pipes.
    ///
    /// # Errors
    /// - `STATUS_INVALID_HANDLE`: there is no file to claim for.
    /// - `STATUS_ACCESS_DENIED`: the file gave the interface up.
    /// - `STATUS_SHARING_VIOLATION`: another file has claimed it, has streams open on it, or uses it.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: the file has too many handles, or all files together.
    pub fn claim(
        &mut self,
        file: Option<&File>,
        interface: u8,
        is_in_use: impl FnOnce() -> bool,
    ) -> Result<u32, Status> {
        let file = file.ok_or(STATUS_INVALID_HANDLE)?;
        if !file.rights.allows_interface(interface) {
            return Err(STATUS_ACCESS_DENIED);
        }
        match self.claims.get(interface) {
            Some(claim) if claim.owner == file.key => return Ok(claim.handle),
            Some(_others) => return Err(STATUS_SHARING_VIOLATION),
            None => {}
        }
        if is_in_use() || self.is_used_by_others(file.key, interface) {
            return Err(STATUS_SHARING_VIOLATION);
        }
        if !self.claims.has_room() {
            return Err(STATUS_INSUFFICIENT_RESOURCES);
        }
        let handle = self.give(file, Object::Interface(ClaimedInterface { number: interface }))?;
        self.claims.add(interface, file.key, handle);
        Ok(handle)
    }

    /// `OPEN_PIPE`, for an endpoint of the selected settings. What [`Access::claimed_interface`] answered says whose.
    ///
    /// # Errors
    /// - `STATUS_INVALID_HANDLE`: there is no file, or `interface` is no handle of an interface that it has claimed.
    /// - `STATUS_INVALID_PARAMETER`: the endpoint is another interface's.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: as for [`Files::claim`].
    pub fn open_pipe(
        &mut self,
        file: Option<&File>,
        interface: u32,
        endpoint: Endpoint,
    ) -> Result<u32, Status> {
        let file = file.ok_or(STATUS_INVALID_HANDLE)?;
        let claimed = self.access(Some(file)).claimed_interface(interface)?;
        if claimed.number != endpoint.interface {
            return Err(STATUS_INVALID_PARAMETER);
        }
        self.give(file, Object::Pipe(OpenPipe { interface: endpoint.interface, endpoint: endpoint.address }))
    }

    /// A handle for one stream of a pipe whose streams this file has opened.
    ///
    /// # Errors
    /// - `STATUS_INVALID_HANDLE`: there is no file that it could be for.
    /// - `STATUS_INSUFFICIENT_RESOURCES`: as for [`Files::claim`].
    pub fn open_stream(&mut self, file: Option<&File>, endpoint: Endpoint, id: u8) -> Result<u32, Status> {
        let file = file.ok_or(STATUS_INVALID_HANDLE)?;
        let stream = OpenStream { interface: endpoint.interface, endpoint: endpoint.address, id };
        self.give(file, Object::Stream(stream))
    }

    /// `CLOSE_HANDLE`. With an interface's handle its pipes' and streams' go too, and the claim ends. `released` gets
    /// everything whose handle is stale from here on: what hangs on it is the caller's to free.
    ///
    /// # Errors
    /// `STATUS_INVALID_HANDLE`: not a handle of this file.
    pub fn close_handle(
        &mut self,
        file: Option<&File>,
        handle: u32,
        mut released: impl FnMut(Object),
    ) -> Result<(), Status> {
        let file = file.ok_or(STATUS_INVALID_HANDLE)?;
        let object = self.table.remove(file.key, handle).map_err(|_refusal| STATUS_INVALID_HANDLE)?;
        if let Object::Interface(ClaimedInterface { number }) = object {
            self.claims.remove(number);
            self.table.remove_where(
                |owner, object| *owner == file.key && object.interface() == number,
                |_owner, object| released(object),
            );
        }
        released(object);
        Ok(())
    }

    /// CLEANUP: the file's handles are stale and its claims end at once, and it is given no new ones: a request that
    /// was under way may still arrive. `released` is as for [`Files::close_handle`].
    pub fn close(&mut self, file: &mut File, released: impl FnMut(Object)) {
        file.is_closed = true;
        if self.table.count() != 0 {
            self.claims.remove_all_of(file.key);
            self.table.remove_all_of(file.key, released);
        }
    }

    /// The pipes were dropped, as STOP does: streams are closed with them. Claims and the handles of pipes stay, because
    /// whoever holds them cannot see that the device was stopped.
    pub fn pipes_dropped(&mut self) {
        self.forget(|object| matches!(object, Object::Stream(_)));
    }

    /// Pipes were made, by START or by selecting a configuration: what is not there any more is forgotten, and so are
    /// streams. A handle of a pipe stays if its interface still has that endpoint.
    pub fn pipes_made(&mut self, interfaces: impl Fn(u8) -> bool, endpoints: &[Endpoint]) {
        self.forget(|object| match *object {
            Object::Interface(ClaimedInterface { number }) => !interfaces(number),
            Object::Pipe(pipe) => !endpoints.iter().any(|endpoint| pipe.is(endpoint)),
            Object::Stream(_) => true,
        });
        self.claims.keep(interfaces);
    }

    /// Another configuration is selected, so that every pipe is another one: their handles are stale. Claims of
    /// interfaces that `interfaces` accepts stay.
    pub fn configuration_changed(&mut self, interfaces: impl Fn(u8) -> bool) {
        self.pipes_made(interfaces, &[]);
    }

    /// Another alternate setting of an interface is selected, or the same again: its pipes are others, and the handles
    /// of the old ones are stale. The claim stays.
    pub fn setting_changed(&mut self, interface: u8) {
        self.forget(|object| object.interface() == interface && !matches!(object, Object::Interface(_)));
    }

    /// The streams of an endpoint are closed, whoever has their handles.
    pub fn streams_closed(&mut self, endpoint: u8) {
        self.forget(|object| matches!(object, Object::Stream(stream) if stream.endpoint == endpoint));
    }

    fn forget(&mut self, unwanted: impl Fn(&Object) -> bool) {
        self.table.remove_where(|_owner, object| unwanted(object), |_owner, _object| {});
    }

    fn is_used_by_others(&self, key: FileKey, interface: u8) -> bool {
        self.table.entries().any(|(owner, object)| *owner != key && object.interface() == interface)
    }

    fn give(&mut self, file: &File, object: Object) -> Result<u32, Status> {
        if file.is_closed || self.has_its_share(file.key) {
            return Err(STATUS_INSUFFICIENT_RESOURCES);
        }
        let handle = self.table.insert(file.key, object).map_err(|_object| STATUS_INSUFFICIENT_RESOURCES)?;
        Ok(handle.value())
    }

    /// Counts only when there could be so many.
    fn has_its_share(&self, key: FileKey) -> bool {
        self.table.count() >= HANDLES_OF_A_FILE
            && self.table.entries().filter(|(owner, _object)| **owner == key).count() >= HANDLES_OF_A_FILE
    }
}

impl<S> fmt::Debug for Files<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("handles", &self.table.count()).finish_non_exhaustive()
    }
}
