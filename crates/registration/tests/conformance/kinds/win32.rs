//! `CloseHandle`, and functions whose pages name it.

use std::cell::RefCell;

use usbclient_registration::{
    HandleKind, Registration,
    win32::{
        Answer, KeyHandle, NotAnObject, ObjectHandle, OpenError, SearchHandle, SocketHandle, SystemCode,
        Win32, Win32Calls,
    },
};

use crate::{
    ledger::{self, NotClosed, ledger, offence},
    suite::{CloseErrorOf, Model, PermitOf},
};

const ERROR_FILE_NOT_FOUND: u32 = 2;
const ERROR_TOO_MANY_OPEN_FILES: u32 = 4;
const ERROR_ACCESS_DENIED: u32 = 5;
const ERROR_INVALID_HANDLE: u32 = 6;

/// An object: the handles to it, and what keeps it besides.
#[derive(Default)]
struct Object {
    handles: Vec<usize>,
    /// Views of a file mapping, or the running thread.
    kept_by: u32,
}

/// The system, with a debugger attached: what it would stop at is an offence.
#[derive(Default)]
struct System {
    last_error: u32,
    objects: Vec<Object>,
    /// What `FindFirstFile` returned.
    searches: Vec<isize>,
    /// Open registry keys.
    keys: Vec<isize>,
    /// The server is gone that a file is on.
    is_network_gone: bool,
}

thread_local! {
    static SYSTEM: RefCell<System> = RefCell::default();
}

fn system<T>(body: impl FnOnce(&mut System) -> T) -> T {
    SYSTEM.with_borrow_mut(body)
}

/// `CloseHandle`
fn close_handle(value: isize) -> i32 {
    if value == -1 || value == -2 {
        offence("a debugger stops: a pseudo-handle");
        return 1;
    }
    if system(|s| s.keys.contains(&value)) {
        // "does not close the handle to the registry key, but does not return an error"
        return 1;
    }
    if system(|s| s.searches.contains(&value)) {
        offence("a debugger stops: FindClose closes it");
        system(|s| s.last_error = ERROR_INVALID_HANDLE);
        return 0;
    }
    let handle = value.unsigned_abs();
    let code = match ledger::close(handle) {
        Ok(()) => 0,
        Err(NotClosed::Asked(code)) => u32::try_from(code).unwrap(),
        Err(NotClosed::NotOpen) => {
            // A debugger stops here too.
            offence("closed twice, or never opened");
            ERROR_INVALID_HANDLE
        }
    };
    system(|s| {
        for object in &mut s.objects {
            object.handles.retain(|other| *other != handle);
        }
        s.objects.retain(|object| !object.handles.is_empty() || object.kept_by != 0);
        if code != 0 {
            s.last_error = code;
        }
    });
    i32::from(code == 0)
}

/// What a program opens.
#[derive(Clone, Copy)]
pub enum Open<'a> {
    /// Fails with -1.
    CreateFile,
    /// Fails with NULL.
    CreateEvent,
    /// Another handle to the same object.
    DuplicateHandle(&'a ObjectHandle),
    GetCurrentProcess,
    GetCurrentThread,
}

pub struct Calls;

impl Win32Calls for Calls {
    type OpenRequest<'a> = Open<'a>;

    fn open(request: Open<'_>) -> Answer<isize> {
        let failure = match request {
            Open::CreateFile => -1,
            Open::CreateEvent | Open::DuplicateHandle(_) => 0,
            Open::GetCurrentProcess => return Answer { value: -1, last_error: 0 },
            Open::GetCurrentThread => return Answer { value: -2, last_error: 0 },
        };
        let value = match ledger::open(ERROR_TOO_MANY_OPEN_FILES.into()) {
            Ok(handle) => {
                system(|s| match request {
                    Open::DuplicateHandle(of) => {
                        let of = of.value().unsigned_abs();
                        let object = s.objects.iter_mut().find(|object| object.handles.contains(&of));
                        object.unwrap().handles.push(handle);
                    }
                    _ => s.objects.push(Object { handles: vec![handle], kept_by: 0 }),
                });
                isize::try_from(handle).unwrap()
            }
            Err(code) => {
                system(|s| s.last_error = u32::try_from(code).unwrap());
                failure
            }
        };
        Answer { value, last_error: system(|s| s.last_error) }
    }

    fn close_handle(object: ObjectHandle) -> Answer<i32> {
        let value = close_handle(object.value());
        Answer { value, last_error: system(|s| s.last_error) }
    }

    fn dropped_open(object: ObjectHandle) {
        ledger::dropped_open(object.value().unsigned_abs());
    }
}

type Kind = Win32<Calls>;

pub struct Win32Model;

impl Model for Win32Model {
    type Kind<'i> = Kind;
    type Scope<'i> = ();

    /// The page leaves the codes to the pages of the open functions.
    const OPEN_FAILURES: &'static [i64] =
        &[ERROR_FILE_NOT_FOUND as i64, ERROR_TOO_MANY_OPEN_FILES as i64, ERROR_ACCESS_DENIED as i64];
    const NO_ROOM: i64 = ERROR_TOO_MANY_OPEN_FILES as i64;
    const CLOSE_FAILURE: Option<i64> = Some(ERROR_INVALID_HANDLE as i64);
    const HAS_PHASE: bool = false;

    fn in_phase<T>(body: impl for<'i> FnOnce(&()) -> T) -> T {
        body(&())
    }

    fn open<'i>((): &Self::Scope<'i>) -> Result<Registration<Self::Kind<'i>>, i64> {
        // What the books do not have is left from before.
        system(|s| s.objects.retain(|object| object.handles.iter().any(|h| ledger::serial(*h).is_some())));
        Registration::<Kind>::open(Open::CreateFile).map_err(|error| {
            assert_eq!(error.returned, NotAnObject::CurrentProcess);
            error.code.0.into()
        })
    }

    fn permit<'a, 'i>((): &'a Self::Scope<'i>) -> PermitOf<'a, 'i, Self> {}

    fn code(error: CloseErrorOf<'_, Self>) -> i64 {
        error.0.into()
    }

    fn careless_close(value: usize) {
        close_handle(isize::try_from(value).unwrap());
    }
}

fn no_offence() {
    assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
}

#[test]
fn null_and_pseudo_handles_are_no_objects() {
    let cases = [
        (Open::CreateEvent, Some(ERROR_ACCESS_DENIED), NotAnObject::Null),
        (Open::CreateFile, Some(ERROR_FILE_NOT_FOUND), NotAnObject::CurrentProcess),
        (Open::GetCurrentProcess, None, NotAnObject::CurrentProcess),
        (Open::GetCurrentThread, None, NotAnObject::CurrentThread),
    ];
    for (request, failure, returned) in cases {
        ledger(|l| l.fail_open = failure.map(i64::from));
        let error = Registration::<Kind>::open(request).err();
        assert_eq!(error, Some(OpenError { returned, code: SystemCode(failure.unwrap_or(0)) }));
    }
    assert_eq!(ledger::open_count(), 0);
    assert!(ledger(|l| l.closed.is_empty()));
    no_offence();
}

/// Under a debugger the page's two mistakes are exceptions: a value that is not valid, and a pseudo-handle.
#[test]
fn nothing_that_a_debugger_stops_at() {
    for request in [Open::CreateFile, Open::CreateEvent, Open::GetCurrentProcess, Open::GetCurrentThread] {
        for failure in [None, Some(i64::from(ERROR_ACCESS_DENIED))] {
            ledger(|l| l.fail_open = failure);
            if let Ok(registration) = Registration::<Kind>::open(request) {
                assert_eq!(registration.close(()), Ok(()));
            }
            ledger(|l| l.fail_open = None);
        }
    }
    no_offence();
    // The model would stop.
    assert_eq!(close_handle(-1), 1, "a success that hides that nothing was opened");
    assert_eq!(close_handle(-2), 1);
    assert_eq!(close_handle(0x44), 0);
    assert_eq!(ledger(|l| l.offences.len()), 3);
}

/// `ERROR_INVALID_HANDLE` from a use may be about the object, and the handle is open: the program still has it, and
/// closes it.
#[test]
fn a_file_whose_network_is_gone_is_closed_all_the_same() {
    let read = |file: &ObjectHandle| {
        assert!(file.value() > 0);
        if system(|s| s.is_network_gone) { Err(SystemCode::INVALID_HANDLE) } else { Ok(()) }
    };
    let file = Registration::<Kind>::open(Open::CreateFile).unwrap();
    assert_eq!(read(file.raw().unwrap()), Ok(()));
    system(|s| s.is_network_gone = true);
    assert_eq!(read(file.raw().unwrap()), Err(SystemCode::INVALID_HANDLE));
    assert_eq!(file.close(()), Ok(()));
    assert_eq!(ledger::open_count(), 0);
    no_offence();
}

#[test]
fn an_object_goes_with_its_last_handle() {
    let first = Registration::<Kind>::open(Open::CreateEvent).unwrap();
    let second = Registration::<Kind>::open(Open::DuplicateHandle(first.raw().unwrap())).unwrap();
    assert_eq!(system(|s| s.objects.len()), 1);
    assert_eq!(first.close(()), Ok(()));
    assert_eq!(system(|s| s.objects.len()), 1);
    assert_eq!(second.close(()), Ok(()));
    assert_eq!(system(|s| s.objects.len()), 0);
    // A view of a file mapping, or a thread that runs, keeps its object, and the close succeeds all the same.
    let mapping = Registration::<Kind>::open(Open::CreateEvent).unwrap();
    system(|s| s.objects[0].kept_by = 1);
    assert_eq!(mapping.close(()), Ok(()));
    assert_eq!(system(|s| s.objects.len()), 1);
    no_offence();
}

/// The kind of somebody who searches: a type of its own and a close of its own.
struct Searching;

impl HandleKind for Searching {
    type Raw = SearchHandle;
    type OpenRequest<'a> = ();
    type OpenError = ();
    type ClosePermit<'a> = ();
    type CloseError = ();

    fn open((): ()) -> Result<SearchHandle, ()> {
        system(|s| s.searches.push(0x800));
        SearchHandle::of(0x800).ok_or(())
    }
    fn close(raw: SearchHandle, (): ()) -> Result<(), ()> {
        system(|s| s.searches.retain(|open| *open != raw.value()));
        Ok(())
    }
    fn dropped_open(_: SearchHandle) {}
}

#[test]
fn a_search_has_a_close_of_its_own() {
    let search = Registration::<Searching>::open(()).unwrap();
    assert_eq!(search.close(()), Ok(()));
    assert!(system(|s| s.searches.is_empty()));
    no_offence();
    // What the types keep from happening.
    system(|s| s.searches.push(0x800));
    assert_eq!(close_handle(0x800), 0);
    assert_eq!(ledger(|l| l.offences.len()), 1);
    system(|s| s.keys.push(0x900));
    assert_eq!(close_handle(0x900), 1);
    assert_eq!(system(|s| s.keys.len()), 1, "open, and nobody was told");
}

#[test]
fn failures_of_the_others_are_no_handles() {
    assert_eq!(SearchHandle::of(-1), None);
    assert_eq!(SearchHandle::of(0x800).unwrap().value(), 0x800);
    assert_eq!(SocketHandle::of(usize::MAX), None);
    assert_eq!(SocketHandle::of(0x90).unwrap().value(), 0x90);
    assert_eq!(KeyHandle::of(ERROR_FILE_NOT_FOUND, 0), Err(SystemCode(2)));
    assert_eq!(KeyHandle::of(ERROR_ACCESS_DENIED, 0x70), Err(SystemCode(5)), "what it wrote is not used");
    assert_eq!(KeyHandle::of(0, 0), Err(SystemCode::INVALID_HANDLE));
    assert_eq!(KeyHandle::of(0, 0x70).unwrap().value(), 0x70);
}

/// A registration may be used and closed by any thread, as a handle may.
#[test]
fn a_handle_is_of_the_process_not_of_a_thread() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    let file = Registration::<Kind>::open(Open::CreateFile).unwrap();
    is_send_and_sync(&file);
    assert_eq!(file.close(()), Ok(()));
}
