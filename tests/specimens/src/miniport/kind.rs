//! The `ndis` kind of the handle registration layer over the real `ndis.sys`.

// UNSAFETY: makes a slice of what NDIS mapped, and prints.
#![expect(unsafe_code, reason = "makes a slice of what NDIS mapped, and prints")]

use usbclient_registration::ndis::{InitScope, NdisCalls, NdisStatus as Failure, during_initialisation};
use wdk_sys::{UNICODE_STRING, ntddk::DbgPrint};

use super::{FAILURE, NdisHandle, NdisStatus, SUCCESS, file};

/// That `MiniportInitializeEx` runs, at `PASSIVE_LEVEL`.
pub struct Initialising(());

impl Initialising {
    /// The proof.
    ///
    /// # Safety
    ///
    /// `MiniportInitializeEx` runs, and does not return before the proof is gone.
    #[must_use]
    pub(super) const unsafe fn new() -> Self {
        Self(())
    }
}

/// `ndis.sys`
pub struct NdisSys;

/// The handle of an open file.
pub struct Handle(NdisHandle);

/// The address that `NdisMapFile` wrote.
pub struct Contents(*const u8);

impl NdisCalls for NdisSys {
    type Raw = Handle;
    type Name = UNICODE_STRING;
    type Mapped = Contents;
    type Initialising = Initialising;

    fn open_file(name: &UNICODE_STRING, highest: Option<u64>) -> Result<(Handle, u32), Failure> {
        let highest = highest.map_or(-1, u64::cast_signed);
        let (handle, length) = file::open_named(name, highest).map_err(Failure)?;
        Ok((Handle(handle), length))
    }

    fn map_file(file: &Handle) -> Result<Contents, Failure> {
        file::map(file.0).map(Contents).map_err(Failure)
    }

    fn contents(mapped: &Contents, length: u32) -> &[u8] {
        // SAFETY: NDIS mapped that many bytes there, and nobody else has them until they are unmapped.
        unsafe { core::slice::from_raw_parts(mapped.0, length as usize) }
    }

    fn unmap_file(file: &Handle, _mapped: Contents) {
        file::unmap(file.0);
    }

    fn close_file(file: Handle) {
        file::close(file.0);
    }

    fn dropped_open(_file: Handle) {
        // SAFETY: a string with an end, and no arguments.
        unsafe { DbgPrint(c"a file was dropped open\n".as_ptr()) };
    }

    fn left_open(count: u32) {
        // SAFETY: a string with an end, and the argument that it asks for.
        unsafe { DbgPrint(c"%u files left open\n".as_ptr(), count) };
    }
}

/// What every file of these drivers begins with.
const MAGIC: &[u8] = b"NDIS";

/// Runs what a driver does with files during its initialisation.
pub fn during<T>(running: &Initialising, body: impl for<'init> FnOnce(&InitScope<'init, NdisSys>) -> T) -> T {
    during_initialisation(running, body)
}

/// Opens the file, looks at its head, lets go of it, and adds its bytes up in a second mapping. It is closed on every path.
#[must_use]
pub fn read_firmware(running: &Initialising) -> NdisStatus {
    match during(running, read) {
        Ok(0) => SUCCESS,
        Ok(_) => FAILURE,
        Err(Failure(status)) => status,
    }
}

/// The sum of all bytes: that of a whole file is zero.
fn read(scope: &InitScope<'_, NdisSys>) -> Result<u8, Failure> {
    let mut file = file::with_name(|name| scope.open(name, None))?;
    if !file.map()?.bytes().starts_with(MAGIC) {
        return Err(Failure(FAILURE));
    }
    let mapping = file.map()?;
    Ok(mapping.bytes().iter().fold(0, |sum, byte| sum.wrapping_add(*byte)))
}
