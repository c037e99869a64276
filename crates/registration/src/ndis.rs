//! The kind `ndis`: `NdisOpenFile`, `NdisMapFile`, `NdisUnmapFile` and `NdisCloseFile`.
//!
//! Pages:
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nf-ndis-ndisopenfile>,
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nf-ndis-ndismapfile>,
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nf-ndis-ndisunmapfile>,
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nf-ndis-ndisclosefile>
//!
//! | clause | how it is kept | test |
//! |---|---|---|
//! | a handle that `NdisOpenFile` returned | [`Registration`] is made by the open only | `conformance::a_failed_open_leaves_nothing`, `compile_fail/forge.rs` |
//! | open, map and close during initialisation only | each needs an [`InitScope`], which exists while [`during_initialisation`] runs | `ndis::nothing_is_called_outside_of_initialisation`, `compile_fail/ndis_scope_forged.rs` |
//! | closed before `MiniportInitializeEx` returns | a [`File`] closes when it is dropped and cannot leave the scope; one that is forgotten is counted and reported | `ndis::closed_before_initialisation_returns_on_every_path`, `ndis::a_file_that_is_forgotten_is_reported_when_initialisation_ends`, `compile_fail/ndis_outlives_initialisation.rs` |
//! | `PASSIVE_LEVEL` (map: up to `DISPATCH_LEVEL`) | the scope is entered with [`NdisCalls::Initialising`], which stands for `MiniportInitializeEx`, called at `PASSIVE_LEVEL` | `ndis::nothing_is_called_outside_of_initialisation` |
//! | one mapping at a time, exclusive | a [`Mapping`] borrows its file mutably | `compile_fail/ndis_mapped_twice.rs`, `ndis::a_second_mapping_is_already_mapped` |
//! | maps and unmaps in turn | a [`Mapping`] unmaps when it is dropped | `ndis::mapped_and_unmapped_in_turn` |
//! | the close frees the memory of the contents | a file that is mapped cannot be closed | `ndis::the_close_frees_the_memory`, `compile_fail/ndis_close_while_mapped.rs`, `compile_fail/ndis_bytes_after_close.rs` |
//! | in a driver | the same over the imports of a miniport driver, in the simulated kernel | `miniport::a_file_is_read_and_closed_in_each_initialisation`, `miniport::every_failing_call_closes_what_was_opened` |
//! | returns nothing | [`core::convert::Infallible`] | `conformance::an_error_of_close_is_reported_and_the_handle_is_gone` |

use core::{cell::Cell, convert::Infallible, fmt, marker::PhantomData};

use crate::{CloseOnDrop, HandleKind, Registration};

/// An `NDIS_STATUS` that is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NdisStatus(pub u32);

impl NdisStatus {
    /// `NDIS_STATUS_FAILURE`
    pub const FAILURE: Self = Self(0xC000_0001);
    /// `NDIS_STATUS_RESOURCES`: no memory for the contents.
    pub const RESOURCES: Self = Self(0xC000_009A);
    /// `NDIS_STATUS_FILE_NOT_FOUND`
    pub const FILE_NOT_FOUND: Self = Self(0xC001_001B);
    /// `NDIS_STATUS_ERROR_READING_FILE`
    pub const ERROR_READING_FILE: Self = Self(0xC001_001C);
    /// `NDIS_STATUS_ALREADY_MAPPED`: the contents are not accessible now.
    pub const ALREADY_MAPPED: Self = Self(0xC001_001D);
}

/// The four documented calls, and the types that only the miniport's edge can make.
pub trait NdisCalls {
    /// An `NDIS_HANDLE` of an open file; not `Clone`.
    type Raw: 'static;
    /// An `NDIS_STRING`.
    type Name: ?Sized + 'static;
    /// The address that `NdisMapFile` wrote.
    type Mapped: 'static;
    /// The proof that `MiniportInitializeEx` is running, at `PASSIVE_LEVEL`.
    type Initialising: 'static;

    /// `NdisOpenFile`: the handle, and the length of the file in bytes. `highest` is `HighestAcceptableAddress`; `None`
    /// is -1, no restriction.
    ///
    /// # Errors
    ///
    /// What it wrote to `*Status`.
    fn open_file(name: &Self::Name, highest: Option<u64>) -> Result<(Self::Raw, u32), NdisStatus>;

    /// `NdisMapFile`.
    ///
    /// # Errors
    ///
    /// What it wrote to `*Status`: [`NdisStatus::ALREADY_MAPPED`].
    fn map_file(file: &Self::Raw) -> Result<Self::Mapped, NdisStatus>;

    /// The contents at a mapped address.
    fn contents(mapped: &Self::Mapped, length: u32) -> &[u8];

    /// `NdisUnmapFile`. The address is not used any more.
    fn unmap_file(file: &Self::Raw, mapped: Self::Mapped);

    /// `NdisCloseFile`.
    fn close_file(file: Self::Raw);

    /// Reports a file that was dropped open. [`NdisCalls::left_open`] follows when initialisation ends.
    fn dropped_open(file: Self::Raw);

    /// Reports how many files are open when initialisation ends. Nothing can close them then.
    fn left_open(count: u32);
}

/// One `'init` is one call of `MiniportInitializeEx`: no other lifetime is the same as this one.
type Brand<'init> = PhantomData<fn(&'init ()) -> &'init ()>;

/// The time from here to the return of `MiniportInitializeEx`.
pub struct InitScope<'init, C: NdisCalls> {
    open: Cell<u32>,
    brand: Brand<'init>,
    calls: PhantomData<fn() -> C>,
}

/// Runs what a miniport does with files during its initialisation. Files are opened in the scope that `body` gets, and
/// cannot leave it.
pub fn during_initialisation<C: NdisCalls, T>(
    _initialising: &C::Initialising,
    body: impl for<'init> FnOnce(&InitScope<'init, C>) -> T,
) -> T {
    body(&InitScope { open: Cell::new(0), brand: PhantomData, calls: PhantomData })
}

impl<'init, C: NdisCalls> InitScope<'init, C> {
    /// Opens a file, which is closed when it is dropped.
    ///
    /// # Errors
    ///
    /// As [`NdisCalls::open_file`].
    pub fn open(&self, name: &C::Name, highest: Option<u64>) -> Result<File<'_, 'init, C>, NdisStatus> {
        let registration = Registration::open(OpenRequest { name, highest, during: self.during() })?;
        Ok(File { open: registration.close_on_drop(self.during()) })
    }

    /// That initialisation is running: what the calls need.
    #[must_use]
    pub const fn during(&self) -> During<'_, 'init, C> {
        During { open: &self.open, brand: PhantomData, calls: PhantomData }
    }
}

impl<C: NdisCalls> Drop for InitScope<'_, C> {
    fn drop(&mut self) {
        if self.open.get() != 0 {
            C::left_open(self.open.get());
        }
    }
}

/// That this call of `MiniportInitializeEx` has not returned.
pub struct During<'a, 'init, C> {
    /// How many files are open.
    open: &'a Cell<u32>,
    brand: Brand<'init>,
    calls: PhantomData<fn() -> C>,
}

/// The parameters of `NdisOpenFile`.
pub struct OpenRequest<'a, 'init, C: NdisCalls> {
    /// `FileName`.
    pub name: &'a C::Name,
    /// `HighestAcceptableAddress`; `None`: no restriction.
    pub highest: Option<u64>,
    /// That initialisation is running.
    pub during: During<'a, 'init, C>,
}

/// An open file: its handle, and its length in bytes.
pub struct OpenFile<R> {
    raw: R,
    length: u32,
}

impl<R> OpenFile<R> {
    /// The handle.
    pub const fn raw(&self) -> &R {
        &self.raw
    }

    /// `FileLength`: bytes.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }
}

/// The kind `ndis` over the calls `C`, for one call of `MiniportInitializeEx`.
pub struct Ndis<'init, C>(Brand<'init>, PhantomData<C>);

impl<'init, C: NdisCalls> HandleKind for Ndis<'init, C> {
    type Raw = OpenFile<C::Raw>;
    type OpenRequest<'a> = OpenRequest<'a, 'init, C>;
    type OpenError = NdisStatus;
    type ClosePermit<'a> = During<'a, 'init, C>;
    type CloseError = Infallible;

    fn open(request: OpenRequest<'_, 'init, C>) -> Result<OpenFile<C::Raw>, NdisStatus> {
        let (raw, length) = C::open_file(request.name, request.highest)?;
        let open = request.during.open;
        open.set(open.get().saturating_add(1));
        Ok(OpenFile { raw, length })
    }

    fn close(file: OpenFile<C::Raw>, during: During<'_, 'init, C>) -> Result<(), Infallible> {
        C::close_file(file.raw);
        during.open.set(during.open.get().saturating_sub(1));
        Ok(())
    }

    fn dropped_open(file: OpenFile<C::Raw>) {
        C::dropped_open(file.raw);
    }
}

/// A file that is open during initialisation. Dropping it closes it and frees the memory of its contents.
#[must_use = "dropping it closes the file at once"]
pub struct File<'s, 'init, C: NdisCalls> {
    open: CloseOnDrop<'s, Ndis<'init, C>>,
}

impl<C: NdisCalls> File<'_, '_, C> {
    /// The handle and the length. `None` never happens while `self` is borrowed.
    #[must_use]
    pub fn get(&self) -> Option<&OpenFile<C::Raw>> {
        self.open.registration().and_then(Registration::raw)
    }

    /// `NdisMapFile`: the contents are accessible, to nobody else, until the mapping is dropped.
    ///
    /// # Errors
    ///
    /// [`NdisStatus::ALREADY_MAPPED`]: a mapping was forgotten.
    pub fn map(&mut self) -> Result<Mapping<'_, C>, NdisStatus> {
        let file = self.get().ok_or(NdisStatus::FAILURE)?;
        let mapped = C::map_file(file.raw())?;
        Ok(Mapping { file, mapped: Some(mapped) })
    }

    /// `NdisCloseFile`.
    pub fn close(self) {
        drop(self);
    }
}

impl<C: NdisCalls> fmt::Debug for File<'_, '_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("File(open)")
    }
}

/// The contents of a file, mapped. Dropping it unmaps them.
pub struct Mapping<'f, C: NdisCalls> {
    file: &'f OpenFile<C::Raw>,
    // INVARIANT: `Some` until it is dropped.
    mapped: Option<C::Mapped>,
}

impl<C: NdisCalls> Mapping<'_, C> {
    /// The contents.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.mapped.as_ref().map_or(&[], |mapped| C::contents(mapped, self.file.length()))
    }
}

impl<C: NdisCalls> fmt::Debug for Mapping<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mapping")
    }
}

impl<C: NdisCalls> Drop for Mapping<'_, C> {
    fn drop(&mut self) {
        if let Some(mapped) = self.mapped.take() {
            C::unmap_file(self.file.raw(), mapped);
        }
    }
}
