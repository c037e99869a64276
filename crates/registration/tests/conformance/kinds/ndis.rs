//! `NdisOpenFile`, `NdisMapFile`, `NdisUnmapFile` and `NdisCloseFile`.

use std::{
    cell::RefCell,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::{Rc, Weak},
};

use usbclient_registration::{
    Registration,
    ndis::{InitScope, Ndis, NdisCalls, NdisStatus, OpenRequest, during_initialisation},
};

use crate::{
    ledger::{self, NotClosed, ledger, needs_phase, offence},
    suite::{CloseErrorOf, Model, PermitOf},
};

const NDIS_STATUS_RESOURCES: u32 = 0xC000_009A;
const NDIS_STATUS_FILE_NOT_FOUND: u32 = 0xC001_001B;
const NDIS_STATUS_ERROR_READING_FILE: u32 = 0xC001_001C;
const NDIS_STATUS_ALREADY_MAPPED: u32 = 0xC001_001D;

const FIRMWARE: &str = "firmware.bin";
const CONTENTS: &[u8] = b"what a network card is programmed with";

/// A file that is open.
struct Opened {
    contents: Rc<[u8]>,
    is_mapped: bool,
}

/// NDIS.
#[derive(Default)]
struct Files {
    open: HashMap<usize, Opened>,
    /// `HighestAcceptableAddress` of the last open.
    highest: Option<u64>,
    unmapped: u32,
    left_open: Vec<u32>,
}

thread_local! {
    static FILES: RefCell<Files> = RefCell::default();
}

fn files<T>(body: impl FnOnce(&mut Files) -> T) -> T {
    FILES.with_borrow_mut(body)
}

/// `NdisCloseFile`
fn ndis_close_file(handle: usize) {
    needs_phase();
    files(|f| f.open.remove(&handle));
    if ledger::close(handle) == Err(NotClosed::NotOpen) {
        offence("closed twice, or never opened");
    }
}

pub struct Calls;
pub struct Handle(usize);
/// A call of `MiniportInitializeEx`.
pub struct Initialising(());

impl NdisCalls for Calls {
    type Raw = Handle;
    type Name = str;
    type Mapped = Weak<[u8]>;
    type Initialising = Initialising;

    fn open_file(name: &str, highest: Option<u64>) -> Result<(Handle, u32), NdisStatus> {
        needs_phase();
        if name != FIRMWARE {
            return Err(NdisStatus(NDIS_STATUS_FILE_NOT_FOUND));
        }
        let handle = ledger::open(NDIS_STATUS_RESOURCES.into())
            .map_err(|code| NdisStatus(u32::try_from(code).unwrap()))?;
        files(|f| {
            f.highest = highest;
            f.open.insert(handle, Opened { contents: CONTENTS.into(), is_mapped: false })
        });
        Ok((Handle(handle), u32::try_from(CONTENTS.len()).unwrap()))
    }

    fn map_file(file: &Handle) -> Result<Weak<[u8]>, NdisStatus> {
        needs_phase();
        files(|f| {
            let opened = f.open.get_mut(&file.0).expect("it is open");
            if std::mem::replace(&mut opened.is_mapped, true) {
                return Err(NdisStatus(NDIS_STATUS_ALREADY_MAPPED));
            }
            Ok(Rc::downgrade(&opened.contents))
        })
    }

    fn contents(mapped: &Weak<[u8]>, length: u32) -> &[u8] {
        assert!(mapped.upgrade().is_some(), "the memory is freed");
        assert_eq!(usize::try_from(length).unwrap(), CONTENTS.len());
        CONTENTS
    }

    fn unmap_file(file: &Handle, _mapped: Weak<[u8]>) {
        needs_phase();
        files(|f| {
            let opened = f.open.get_mut(&file.0).expect("it is open");
            assert!(std::mem::take(&mut opened.is_mapped), "it was mapped");
            f.unmapped += 1;
        });
    }

    fn close_file(file: Handle) {
        ndis_close_file(file.0);
    }

    fn dropped_open(file: Handle) {
        ledger::dropped_open(file.0);
    }

    fn left_open(count: u32) {
        files(|f| f.left_open.push(count));
    }
}

/// Calls `MiniportInitializeEx`.
fn initialise<T>(body: impl for<'i> FnOnce(&InitScope<'i, Calls>) -> T) -> T {
    ledger::in_phase(|| during_initialisation(&Initialising(()), body))
}

pub struct NdisModel;

impl Model for NdisModel {
    type Kind<'i> = Ndis<'i, Calls>;
    type Scope<'i> = InitScope<'i, Calls>;

    const OPEN_FAILURES: &'static [i64] = &[
        NDIS_STATUS_FILE_NOT_FOUND as i64,
        NDIS_STATUS_RESOURCES as i64,
        NDIS_STATUS_ERROR_READING_FILE as i64,
    ];
    const NO_ROOM: i64 = NDIS_STATUS_RESOURCES as i64;
    const CLOSE_FAILURE: Option<i64> = None;
    const HAS_PHASE: bool = true;

    fn in_phase<T>(body: impl for<'i> FnOnce(&InitScope<'i, Calls>) -> T) -> T {
        initialise(body)
    }

    fn open<'i>(scope: &Self::Scope<'i>) -> Result<Registration<Self::Kind<'i>>, i64> {
        let request = OpenRequest { name: FIRMWARE, highest: None, during: scope.during() };
        Registration::<Self::Kind<'i>>::open(request).map_err(|status| status.0.into())
    }

    fn permit<'a, 'i>(scope: &'a Self::Scope<'i>) -> PermitOf<'a, 'i, Self> {
        scope.during()
    }

    fn code(error: CloseErrorOf<'_, Self>) -> i64 {
        match error {}
    }

    fn careless_close(value: usize) {
        ndis_close_file(value);
    }
}

fn no_offence() {
    assert_eq!(ledger(|l| l.offences.clone()), [""; 0]);
}

#[test]
fn nothing_is_called_outside_of_initialisation() {
    initialise(|scope| {
        let mut file = scope.open(FIRMWARE, None).unwrap();
        drop(file.map().unwrap());
        file.close();
    });
    no_offence();
    // The model would see it.
    assert!(Calls::open_file(FIRMWARE, None).is_ok());
    assert_eq!(ledger(|l| l.offences.clone()), ["outside its phase"]);
}

/// What a miniport does in its initialisation.
type Path = fn(&InitScope<'_, Calls>) -> Result<(), NdisStatus>;

#[test]
fn closed_before_initialisation_returns_on_every_path() {
    let paths: [Path; 4] = [
        |scope| scope.open(FIRMWARE, None).map(drop),
        |scope| {
            let mut file = scope.open(FIRMWARE, None)?;
            let _mapping = file.map()?;
            Err(NdisStatus::FAILURE)
        },
        |scope| {
            let _file = scope.open(FIRMWARE, None)?;
            scope.open("missing.bin", None).map(drop)
        },
        |scope| {
            let _file = scope.open(FIRMWARE, None)?;
            panic!("on purpose")
        },
    ];
    for path in paths {
        let _result = catch_unwind(AssertUnwindSafe(|| initialise(path)));
        assert_eq!(ledger::open_count(), 0);
    }
    assert_eq!(ledger(|l| l.closed.clone()), [1, 2, 3, 4]);
    assert!(files(|f| f.left_open.is_empty()));
    no_offence();
}

#[test]
fn a_file_that_is_forgotten_is_reported_when_initialisation_ends() {
    initialise(|scope| {
        std::mem::forget(scope.open(FIRMWARE, None).unwrap());
        drop(NdisModel::open(scope).unwrap());
        scope.open(FIRMWARE, None).unwrap().close();
        assert!(files(|f| f.left_open.is_empty()), "not before");
    });
    assert_eq!(files(|f| f.left_open.clone()), [2]);
    assert_eq!(ledger(|l| l.leaked.clone()), [2]);
    // The next initialisation starts anew.
    initialise(|scope| scope.open(FIRMWARE, None).unwrap().close());
    assert_eq!(files(|f| f.left_open.clone()), [2]);
    no_offence();
}

#[test]
fn mapped_and_unmapped_in_turn() {
    initialise(|scope| {
        let mut file = scope.open(FIRMWARE, Some(0xFFFF_FFFF)).unwrap();
        assert_eq!(files(|f| f.highest), Some(0xFFFF_FFFF));
        assert_eq!(file.get().unwrap().length(), 38);
        for times in 1..4 {
            let mapping = file.map().unwrap();
            assert_eq!(mapping.bytes(), CONTENTS);
            drop(mapping);
            assert_eq!(files(|f| f.unmapped), times);
        }
        file.close();
    });
    no_offence();
}

#[test]
fn a_second_mapping_is_already_mapped() {
    initialise(|scope| {
        let mut file = scope.open(FIRMWARE, None).unwrap();
        std::mem::forget(file.map().unwrap());
        assert_eq!(file.map().err(), Some(NdisStatus::ALREADY_MAPPED));
        // The close ends the mapping.
        file.close();
        drop(scope.open(FIRMWARE, None).unwrap().map().unwrap());
    });
    no_offence();
}

#[test]
fn the_close_frees_the_memory() {
    initialise(|scope| {
        let file = scope.open(FIRMWARE, None).unwrap();
        let handle = file.get().unwrap().raw().0;
        let memory = files(|f| Rc::downgrade(&f.open[&handle].contents));
        assert!(memory.upgrade().is_some());
        file.close();
        assert!(memory.upgrade().is_none());
    });
    no_offence();
}

#[test]
fn handles_are_not_printed() {
    initialise(|scope| {
        let mut file = scope.open(FIRMWARE, None).unwrap();
        assert_eq!(format!("{file:?}"), "File(open)");
        assert_eq!(format!("{:?}", file.map().unwrap()), "Mapping");
    });
}
