//! The kind `winsock_spi`: `WPUCreateSocketHandle` and `WPUCloseSocketHandle`, through the upcall table that a service
//! provider gets in `WSPStartup`.
//!
//! Pages:
//! <https://learn.microsoft.com/windows/win32/api/ws2spi/nf-ws2spi-wpucreatesockethandle>,
//! <https://learn.microsoft.com/windows/win32/api/ws2spi/nf-ws2spi-wpuclosesockethandle>
//!
//! | clause | how it is kept | test |
//! |---|---|---|
//! | a handle that `WPUCreateSocketHandle` created | [`Socket`] is made by the create call only, and keeps the table that it was made through | `compile_fail/spi_socket_forged.rs`, `winsock_spi::each_socket_is_closed_through_its_own_table` |
//! | zero if no error occurs, otherwise `SOCKET_ERROR` with the code in `lpErrno` | the code is [`WinsockError`] | `conformance::an_error_of_close_is_reported_and_the_handle_is_gone` |
//! | `WSAENOTSOCK` for any other descriptor | [`WinsockError::NOT_SOCKET`] | `winsock_spi::a_descriptor_of_somebody_else_is_no_socket` |
//! | removes the socket from the table | the socket is consumed with the call | `conformance::closed_exactly_once` |
//! | the owning service provider releases what hangs on it | [`Upcalls::release`], once, after the removal; never while the table may still name it | `winsock_spi::released_once_and_after_the_removal`, `winsock_spi::nothing_is_released_while_the_table_may_have_it` |
//! | `INVALID_SOCKET` and `WSAENOBUFS` from the create call | [`CreateError`] gives the resource back | `winsock_spi::a_failed_create_gives_the_resource_back` |

use core::{fmt, marker::PhantomData, mem};

use crate::HandleKind;

/// `INVALID_SOCKET`
pub const INVALID_SOCKET: usize = usize::MAX;
/// `SOCKET_ERROR`
pub const SOCKET_ERROR: i32 = -1;

/// A code that an upcall wrote to `*lpErrno`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WinsockError(pub i32);

impl WinsockError {
    /// `WSAENOTSOCK`: the descriptor is not a socket that `WPUCreateSocketHandle` created.
    pub const NOT_SOCKET: Self = Self(10038);
    /// `WSAENOBUFS`: there are not enough buffers for a socket handle.
    pub const NO_BUFFERS: Self = Self(10055);
}

/// The two upcalls, and what the service provider hangs on a socket.
///
/// A value of this type stands for one `WSPUPCALLTABLE`; each socket keeps one, so it is small: the table or a
/// reference.
pub trait Upcalls {
    /// What hangs on a socket: its buffers, the handle of the layer below.
    type Resource;

    /// `dwContext`: how the resource is found again from the socket. It must stay the same when the resource is moved.
    fn context(resource: &Self::Resource) -> usize;

    /// `WPUCreateSocketHandle`: the new descriptor, or [`INVALID_SOCKET`] and the code.
    fn create_socket_handle(&self, catalog_entry_id: u32, context: usize, errno: &mut i32) -> usize;

    /// `WPUCloseSocketHandle`: zero, or [`SOCKET_ERROR`] and the code.
    fn close_socket_handle(&self, socket: usize, errno: &mut i32) -> i32;

    /// Releases what hung on a socket that is in the table no more.
    fn release(resource: Self::Resource);

    /// Reports a socket that stays in the table: it was dropped open, or its close failed in a way that the page does
    /// not have. What hangs on it is not released then.
    fn dropped_open(socket: usize);
}

/// A socket in the table of `Ws2_32.dll`, and what hangs on it.
pub struct Socket<U: Upcalls> {
    descriptor: usize,
    table: U,
    resource: U::Resource,
}

impl<U: Upcalls> Socket<U> {
    /// The number that the application gets.
    pub const fn descriptor(&self) -> usize {
        self.descriptor
    }

    /// What hangs on the socket.
    pub const fn resource(&self) -> &U::Resource {
        &self.resource
    }

    /// The socket stays in the table, which has the address of the resource.
    fn leak(self) {
        mem::forget(self.resource);
        U::dropped_open(self.descriptor);
    }
}

/// The parameters of `WPUCreateSocketHandle`, and what will hang on the socket.
pub struct CreateRequest<U: Upcalls> {
    /// The upcall table.
    pub table: U,
    /// `dwCatalogEntryId`: the calling service provider.
    pub catalog_entry_id: u32,
    /// What hangs on the socket from now on.
    pub resource: U::Resource,
}

/// How `WPUCreateSocketHandle` failed.
pub struct CreateError<R> {
    /// The code.
    pub code: WinsockError,
    /// What would have hung on the socket.
    pub resource: R,
}

impl<R> fmt::Debug for CreateError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateError").field("code", &self.code).finish_non_exhaustive()
    }
}

/// The kind `winsock_spi` over the upcalls `U`. Its close is legal at any time.
pub struct WinsockSpi<U>(PhantomData<U>);

impl<U: Upcalls> HandleKind for WinsockSpi<U> {
    type Raw = Socket<U>;
    type OpenRequest<'a> = CreateRequest<U>;
    type OpenError = CreateError<U::Resource>;
    type ClosePermit<'a> = ();
    type CloseError = WinsockError;

    fn open(request: CreateRequest<U>) -> Result<Socket<U>, CreateError<U::Resource>> {
        let CreateRequest { table, catalog_entry_id, resource } = request;
        let mut errno = 0;
        match table.create_socket_handle(catalog_entry_id, U::context(&resource), &mut errno) {
            INVALID_SOCKET => Err(CreateError { code: WinsockError(errno), resource }),
            descriptor => Ok(Socket { descriptor, table, resource }),
        }
    }

    fn close(raw: Socket<U>, (): ()) -> Result<(), WinsockError> {
        let mut errno = 0;
        if raw.table.close_socket_handle(raw.descriptor, &mut errno) == 0 {
            U::release(raw.resource);
            return Ok(());
        }
        let code = WinsockError(errno);
        if code == WinsockError::NOT_SOCKET {
            // Somebody else removed it: the table names the resource no more, and its owner is still here.
            U::release(raw.resource);
        } else {
            raw.leak();
        }
        Err(code)
    }

    fn dropped_open(raw: Socket<U>) {
        raw.leak();
    }
}
