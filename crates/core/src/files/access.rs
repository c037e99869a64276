//! Whether a file may do what a request asks for: the one place where that is decided.

use core::fmt;

use usbclient_protocol::{
    FIRST_HANDLE, SetupPacket,
    control_code::Name,
    status::{
        STATUS_ACCESS_DENIED, STATUS_CANCELLED, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER, STATUS_SHARING_VIOLATION, Status,
    },
};
use usbclient_registration::{HandleTable, Refusal};

use super::{
    ClaimedInterface, File, FileKey, HandleSlot, Object, OpenPipe, OpenStream, claims::Claims,
    operation::need,
};
use crate::descriptors::Endpoint;

/// A table of handles that is only looked at.
pub(super) trait Handles {
    fn get(&self, owner: FileKey, value: u32) -> Result<&Object, Refusal>;
}

impl<S: AsRef<[HandleSlot]> + AsMut<[HandleSlot]>> Handles for HandleTable<FileKey, Object, S> {
    fn get(&self, owner: FileKey, value: u32) -> Result<&Object, Refusal> {
        Self::get(self, owner, value)
    }
}

/// What the request of one file may do, as it is while the device's lock is held.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    handles: &'a dyn Handles,
    claims: &'a Claims,
    file: Option<&'a File>,
}

/// What a transfer goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The stream's id: 1 to 255; `None` is the endpoint's own pipe.
    pub stream: Option<u8>,
}

/// Bits 0 to 4 of `bmRequestType`: whom a request on the default pipe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The device, or whatever the device takes it for.
    Device,
    /// The interface whose number is in the low byte of `wIndex`.
    Interface(u8),
    /// The endpoint whose address is in the low byte of `wIndex`.
    Endpoint(u8),
}

impl Recipient {
    /// From `bmRequestType` and `wIndex`.
    #[must_use]
    pub const fn new(request_type: u8, index: u16) -> Self {
        let [low, _high] = index.to_le_bytes();
        match request_type & 0x1F {
            1 => Self::Interface(low),
            // The other bits are reserved: a device may ignore them.
            2 => Self::Endpoint(low & 0x8F),
            _ => Self::Device,
        }
    }
}

impl<'a> Access<'a> {
    pub(super) const fn new(handles: &'a dyn Handles, claims: &'a Claims, file: Option<&'a File>) -> Self {
        Self { handles, claims, file }
    }

    const fn key(&self) -> Option<FileKey> {
        match self.file {
            Some(file) => Some(file.key),
            None => None,
        }
    }

    /// Whether the request may be looked at.
    ///
    /// # Errors
    /// - `STATUS_INVALID_DEVICE_REQUEST`: unknown code.
    /// - `STATUS_CANCELLED`: the file's last handle was closed while the request was on its way.
    /// - `STATUS_ACCESS_DENIED`: the file has given up what the request needs.
    pub fn request(&self, code: u32, input: &[u8]) -> Result<(), Status> {
        let code = Name::of(code).ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
        let Some(file) = self.file else { return Ok(()) };
        if file.is_closed {
            return Err(STATUS_CANCELLED);
        }
        if file.rights.allow(need(code, input)) { Ok(()) } else { Err(STATUS_ACCESS_DENIED) }
    }

    /// Whether the interface may be used.
    ///
    /// # Errors
    /// - `STATUS_ACCESS_DENIED`: the file has given it up.
    /// - `STATUS_SHARING_VIOLATION`: another file has claimed it.
    pub fn interface(&self, number: u8) -> Result<(), Status> {
        if self.file.is_some_and(|file| !file.rights.allows_interface(number)) {
            return Err(STATUS_ACCESS_DENIED);
        }
        let owner = self.claims.owner(number);
        if owner.is_some() && owner != self.key() { Err(STATUS_SHARING_VIOLATION) } else { Ok(()) }
    }

    /// The endpoint that a `target` means: what the handle of a pipe or a stream stands for, or what has the address.
    /// `endpoints` are those of the selected settings.
    ///
    /// # Errors
    /// - `STATUS_INVALID_PARAMETER`: an address that no endpoint has.
    /// - `STATUS_INVALID_HANDLE`: not a handle of a pipe or stream, not this file's, or stale.
    /// - as [`Access::interface`].
    pub fn target(&self, endpoints: &[Endpoint], target: u32) -> Result<Target, Status> {
        let found = if target < FIRST_HANDLE {
            let endpoint = endpoints.iter().find(|endpoint| u32::from(endpoint.address) == target);
            Target { endpoint: *endpoint.ok_or(STATUS_INVALID_PARAMETER)?, stream: None }
        } else {
            let (pipe, stream) = match *self.object(target)? {
                Object::Interface(_) => return Err(STATUS_INVALID_HANDLE),
                Object::Pipe(pipe) => (pipe, None),
                Object::Stream(OpenStream { interface, endpoint, id }) => {
                    (OpenPipe { interface, endpoint }, Some(id))
                }
            };
            let endpoint = endpoints.iter().find(|endpoint| pipe.is(endpoint));
            Target { endpoint: *endpoint.ok_or(STATUS_INVALID_HANDLE)?, stream }
        };
        self.interface(found.endpoint.interface)?;
        Ok(found)
    }

    /// As [`Access::target`], for what works on pipes and not on streams.
    ///
    /// # Errors
    /// As [`Access::target`]; the handle of a stream is `STATUS_INVALID_HANDLE`.
    pub fn pipe(&self, endpoints: &[Endpoint], target: u32) -> Result<Endpoint, Status> {
        match self.target(endpoints, target)? {
            Target { endpoint, stream: None } => Ok(endpoint),
            Target { stream: Some(_), .. } => Err(STATUS_INVALID_HANDLE),
        }
    }

    /// The interface that a handle of `CLAIM_INTERFACE` stands for.
    ///
    /// # Errors
    /// - `STATUS_INVALID_HANDLE`: not a handle of an interface, not this file's, or stale.
    /// - `STATUS_ACCESS_DENIED`: the file has given the interface up.
    pub fn claimed_interface(&self, handle: u32) -> Result<ClaimedInterface, Status> {
        let Object::Interface(claimed) = *self.object(handle)? else { return Err(STATUS_INVALID_HANDLE) };
        self.interface(claimed.number)?;
        Ok(claimed)
    }

    /// The interface that a request for an alternate setting names: by the handle of `CLAIM_INTERFACE`, or by its number,
    /// as an endpoint is named by its address.
    ///
    /// # Errors
    /// As [`Access::claimed_interface`], and as [`Access::interface`].
    pub fn named_interface(&self, named: u32) -> Result<u8, Status> {
        match u8::try_from(named) {
            Ok(number) => self.interface(number).map(|()| number),
            Err(_no_number) => self.claimed_interface(named).map(|claimed| claimed.number),
        }
    }

    /// Whether a request may go to the default pipe: what is for an interface or one of its endpoints is for the file
    /// that has claimed it.
    ///
    /// # Errors
    /// As [`Access::interface`].
    pub fn recipient(&self, endpoints: &[Endpoint], recipient: Recipient) -> Result<(), Status> {
        match recipient {
            Recipient::Device => Ok(()),
            Recipient::Interface(number) => self.interface(number),
            Recipient::Endpoint(address) => {
                let found = endpoints.iter().find(|e| e.address == address);
                // None: the default pipe, or no pipe. Nobody can have claimed it, and the device says what it thinks of it.
                found.map_or(Ok(()), |endpoint| self.interface(endpoint.interface))
            }
        }
    }

    /// [`Access::recipient`] of a control transfer.
    ///
    /// # Errors
    /// As [`Access::interface`].
    pub fn control(&self, endpoints: &[Endpoint], setup: SetupPacket) -> Result<(), Status> {
        self.recipient(endpoints, Recipient::new(setup.request_type, setup.index))
    }

    /// Whether what hits the whole device may be done: resetting or cycling the port, another configuration.
    ///
    /// # Errors
    /// `STATUS_SHARING_VIOLATION`: another file has claimed an interface.
    pub fn whole_device(&self) -> Result<(), Status> {
        if self.claims.any_but_of(self.key()) { Err(STATUS_SHARING_VIOLATION) } else { Ok(()) }
    }

    /// The address of the endpoint that a `target` means, whether or not there is such an endpoint now. `None`: it is
    /// neither an address nor a handle of this file's for a pipe or stream.
    #[must_use]
    pub fn pipe_address(&self, target: u32) -> Option<u8> {
        if target < FIRST_HANDLE {
            return u8::try_from(target).ok();
        }
        match *self.object(target).ok()? {
            Object::Interface(_) => None,
            Object::Pipe(pipe) => Some(pipe.endpoint),
            Object::Stream(stream) => Some(stream.endpoint),
        }
    }

    fn object(&self, handle: u32) -> Result<&'a Object, Status> {
        let key = self.key().ok_or(STATUS_INVALID_HANDLE)?;
        self.handles.get(key, handle).map_err(|_refusal| STATUS_INVALID_HANDLE)
    }
}

impl fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("file", &self.file).finish_non_exhaustive()
    }
}
