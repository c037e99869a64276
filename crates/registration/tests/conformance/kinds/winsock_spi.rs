//! `WPUCreateSocketHandle` and `WPUCloseSocketHandle`.

use std::cell::RefCell;

use usbclient_registration::{
    Registration,
    winsock_spi::{CreateRequest, INVALID_SOCKET, SOCKET_ERROR, Upcalls, WinsockError, WinsockSpi},
};

use crate::{
    ledger::{self, NotClosed, ledger, offence},
    suite::{CloseErrorOf, Model, PermitOf},
};

const WSAENOTSOCK: i32 = 10038;
const WSAENOBUFS: i32 = 10055;
/// A code that the page of the close call does not have.
const WSAEFAULT: i32 = 10014;

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Created { table: u8, context: usize },
    Removed { table: u8 },
    Released(u32),
}

/// `Ws2_32.dll`: its socket table.
#[derive(Default)]
struct Ws2 {
    /// Sockets, by which table they were made, with their context.
    sockets: Vec<(usize, u8, usize)>,
    events: Vec<Event>,
    resources: u32,
    /// The next close fails with this code, and the socket stays.
    fail_and_keep: Option<i32>,
}

thread_local! {
    static WS2: RefCell<Ws2> = RefCell::default();
}

fn ws2<T>(body: impl FnOnce(&mut Ws2) -> T) -> T {
    WS2.with_borrow_mut(body)
}

/// What `WSPStartup` handed over: which time.
#[derive(Clone, Copy)]
pub struct Table(u8);

/// `WPUCloseSocketHandle`
fn close_socket_handle(table: Table, socket: usize, errno: &mut i32) -> i32 {
    if let Some(code) = ws2(|w| w.fail_and_keep.take()) {
        *errno = code;
        return SOCKET_ERROR;
    }
    // One table's sockets are not sockets to another.
    let at = ws2(|w| w.sockets.iter().position(|(s, by, _)| (*s, *by) == (socket, table.0)));
    let removed = at.map_or(Err(NotClosed::NotOpen), |at| {
        ws2(|w| w.sockets.remove(at));
        ledger::close(socket)
    });
    match removed {
        Ok(()) => {
            ws2(|w| w.events.push(Event::Removed { table: table.0 }));
            0
        }
        Err(NotClosed::Asked(code)) => {
            *errno = i32::try_from(code).unwrap();
            SOCKET_ERROR
        }
        Err(NotClosed::NotOpen) => {
            offence("closed twice, or never opened");
            *errno = WSAENOTSOCK;
            SOCKET_ERROR
        }
    }
}

/// What hangs on a socket. It knows if it is freed although nobody released it.
#[derive(Debug)]
pub struct Resource {
    number: u32,
    buffer: Box<[u8; 16]>,
    is_released: bool,
}

impl Drop for Resource {
    fn drop(&mut self) {
        let context = Table::context(self);
        if ws2(|w| w.sockets.iter().any(|(_, _, c)| *c == context)) {
            offence("freed while the table has it");
        }
        if self.is_released {
            ws2(|w| w.events.push(Event::Released(self.number)));
        }
    }
}

fn resource() -> Resource {
    let number = ws2(|w| {
        w.resources += 1;
        w.resources
    });
    Resource { number, buffer: Box::new([0; 16]), is_released: false }
}

impl Upcalls for Table {
    type Resource = Resource;

    fn context(resource: &Resource) -> usize {
        resource.buffer.as_ptr() as usize
    }

    fn create_socket_handle(&self, catalog_entry_id: u32, context: usize, errno: &mut i32) -> usize {
        assert_eq!(catalog_entry_id, 1007);
        // What the books do not have is left from before.
        ws2(|w| w.sockets.retain(|(socket, _, _)| ledger::serial(*socket).is_some()));
        match ledger::open(WSAENOBUFS.into()) {
            Ok(socket) => {
                ws2(|w| {
                    w.sockets.push((socket, self.0, context));
                    w.events.push(Event::Created { table: self.0, context });
                });
                socket
            }
            Err(code) => {
                *errno = i32::try_from(code).unwrap();
                INVALID_SOCKET
            }
        }
    }

    fn close_socket_handle(&self, socket: usize, errno: &mut i32) -> i32 {
        close_socket_handle(*self, socket, errno)
    }

    fn release(mut resource: Resource) {
        resource.is_released = true;
    }

    fn dropped_open(socket: usize) {
        ledger::dropped_open(socket);
    }
}

type Kind = WinsockSpi<Table>;

fn open(table: Table) -> Result<Registration<Kind>, (i32, Resource)> {
    let request = CreateRequest { table, catalog_entry_id: 1007, resource: resource() };
    Registration::<Kind>::open(request).map_err(|error| (error.code.0, error.resource))
}

pub struct SpiModel;

impl Model for SpiModel {
    type Kind<'i> = Kind;
    type Scope<'i> = Table;

    const OPEN_FAILURES: &'static [i64] = &[WSAENOBUFS as i64];
    const NO_ROOM: i64 = WSAENOBUFS as i64;
    const CLOSE_FAILURE: Option<i64> = Some(WSAENOTSOCK as i64);
    const HAS_PHASE: bool = false;

    fn in_phase<T>(body: impl for<'i> FnOnce(&Table) -> T) -> T {
        body(&Table(1))
    }

    fn open<'i>(table: &Self::Scope<'i>) -> Result<Registration<Self::Kind<'i>>, i64> {
        open(*table).map_err(|(code, _resource)| code.into())
    }

    fn permit<'a, 'i>(_: &'a Self::Scope<'i>) -> PermitOf<'a, 'i, Self> {}

    fn code(error: CloseErrorOf<'_, Self>) -> i64 {
        error.0.into()
    }

    fn careless_close(value: usize) {
        close_socket_handle(Table(1), value, &mut 0);
    }
}

#[test]
fn released_once_and_after_the_removal() {
    let first = open(Table(1)).unwrap();
    let context = Table::context(first.raw().unwrap().resource());
    assert_eq!(ws2(|w| w.sockets.clone()), [(first.raw().unwrap().descriptor(), 1, context)]);
    assert_eq!(first.close(()), Ok(()));
    let expected = [Event::Created { table: 1, context }, Event::Removed { table: 1 }, Event::Released(1)];
    assert_eq!(ws2(|w| w.events.clone()), expected);
    assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
}

/// A socket that somebody else removed is not in the table: the call says so, and what hung on it is released all the
/// same, once.
#[test]
fn released_though_somebody_else_removed_it() {
    let registration = open(Table(1)).unwrap();
    SpiModel::careless_close(registration.raw().unwrap().descriptor());
    assert_eq!(registration.close(()), Err(WinsockError::NOT_SOCKET));
    let released = ws2(|w| w.events.iter().filter(|event| matches!(event, Event::Released(_))).count());
    assert_eq!(released, 1);
}

#[test]
fn nothing_is_released_while_the_table_may_have_it() {
    let registration = open(Table(1)).unwrap();
    ws2(|w| w.fail_and_keep = Some(WSAEFAULT));
    assert_eq!(registration.close(()), Err(WinsockError(WSAEFAULT)));
    assert_eq!(ledger(|l| l.leaked.clone()), [1], "reported");
    // The same of one that is dropped open.
    drop(open(Table(1)).unwrap());
    assert_eq!(ledger(|l| l.leaked.clone()), [1, 2]);
    assert!(ws2(|w| !w.events.iter().any(|event| matches!(event, Event::Released(_)))));
    assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
}

#[test]
fn a_failed_create_gives_the_resource_back() {
    ledger(|l| l.fail_open = Some(WSAENOBUFS.into()));
    let (code, resource) = open(Table(1)).err().unwrap();
    assert_eq!(code, WinsockError::NO_BUFFERS.0);
    assert_eq!(resource.number, 1);
    drop(resource);
    assert!(ws2(|w| w.events.is_empty()));
}

#[test]
fn a_descriptor_of_somebody_else_is_no_socket() {
    let registration = open(Table(1)).unwrap();
    let mut errno = 0;
    for foreign in [0, 3, 8, 0x1234, INVALID_SOCKET] {
        assert_eq!(close_socket_handle(Table(1), foreign, &mut errno), SOCKET_ERROR);
        assert_eq!(errno, WinsockError::NOT_SOCKET.0);
    }
    assert_eq!(registration.close(()), Ok(()), "which is open all the while");
}

#[test]
fn each_socket_is_closed_through_its_own_table() {
    let (first, second) = (open(Table(1)).unwrap(), open(Table(2)).unwrap());
    let mut errno = 0;
    let descriptor = first.raw().unwrap().descriptor();
    assert_eq!(close_socket_handle(Table(2), descriptor, &mut errno), SOCKET_ERROR, "a foreign table");
    assert_eq!(second.close(()), Ok(()));
    assert_eq!(first.close(()), Ok(()));
    let removed: Vec<_> = ws2(|w| w.events.clone())
        .into_iter()
        .filter(|event| matches!(event, Event::Removed { .. }))
        .collect();
    assert_eq!(removed, [Event::Removed { table: 2 }, Event::Removed { table: 1 }]);
}
