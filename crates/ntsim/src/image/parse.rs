//! Reads a PE file into what the loader needs. Believes nothing that the file says of itself.

use object::{
    LittleEndian as LE,
    pe::{
        IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_RELOCS_STRIPPED, IMAGE_REL_BASED_ABSOLUTE,
        IMAGE_REL_BASED_DIR64, IMAGE_SCN_MEM_DISCARDABLE, IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE,
        IMAGE_SUBSYSTEM_NATIVE, ImageNtHeaders64,
    },
    read::pe::{ImageOptionalHeader, ImageThunkData, PeFile64},
};

use super::{LoadError, directories};
use crate::{
    kernel::interruption::FunctionTable,
    mem::{Addr, PAGE_SIZE, Protection},
};

/// The largest image that is loaded, in bytes.
const SIZE_LIMIT: u64 = 32 << 20;

/// The section of code that runs during `DriverEntry` only.
const INIT: &str = "INIT";
/// What the names of pageable sections begin with.
const PAGE: &str = "PAGE";

/// One section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Offset from the base.
    pub rva: u64,
    /// Size in memory, in bytes.
    pub size: u64,
    /// What may be done with its pages.
    pub protection: Protection,
    /// It is gone when `DriverEntry` has returned.
    pub discardable: bool,
    /// It may be paged out, so that nobody may touch it at `DISPATCH_LEVEL`.
    pub pageable: bool,
}

/// One import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module, in lower case.
    pub module: String,
    /// The routine.
    pub name: String,
    /// Offset of the slot that receives its address.
    pub slot: u64,
}

/// A PE file laid out as it will lie in memory, not yet relocated.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The image's bytes, from its base.
    pub bytes: Vec<u8>,
    /// Its size in bytes.
    pub size: u64,
    /// Offset of the entry point.
    pub entry: u64,
    /// Its sections, in order of address.
    pub sections: Vec<Section>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// Its functions, by which exceptions find their handlers.
    pub functions: FunctionTable,
    preferred_base: u64,
    relocations: Vec<u32>,
}

pub(super) fn malformed(error: impl std::fmt::Display) -> LoadError {
    LoadError::Malformed(error.to_string())
}

impl Parsed {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// What is wrong with the file; see [`LoadError`].
    pub fn new(data: &[u8]) -> Result<Self, LoadError> {
        let kind = object::FileKind::parse(data).map_err(malformed)?;
        if kind == object::FileKind::Pe32 {
            let pe = object::read::pe::PeFile32::parse(data).map_err(malformed)?;
            return Err(LoadError::Machine(pe.nt_headers().file_header.machine.get(LE).0));
        }
        if kind != object::FileKind::Pe64 {
            return Err(LoadError::Malformed(format!("the file is {kind:?}")));
        }
        let pe = PeFile64::parse(data).map_err(malformed)?;
        let headers: &ImageNtHeaders64 = pe.nt_headers();
        let machine = headers.file_header.machine.get(LE);
        if machine != IMAGE_FILE_MACHINE_AMD64 {
            return Err(LoadError::Machine(machine.0));
        }
        let optional = &headers.optional_header;
        if optional.subsystem() != IMAGE_SUBSYSTEM_NATIVE {
            return Err(LoadError::Subsystem(optional.subsystem().0));
        }
        let size = u64::from(optional.size_of_image());
        if size == 0 || size > SIZE_LIMIT {
            return Err(LoadError::Malformed(format!("its size of {size} bytes is out of range")));
        }
        let mut parsed = Self {
            bytes: vec![0; usize::try_from(size).map_err(malformed)?],
            size,
            entry: u64::from(optional.address_of_entry_point()),
            sections: Vec::new(),
            imports: Vec::new(),
            functions: FunctionTable::default(),
            preferred_base: optional.image_base(),
            relocations: relocations(&pe, data)?,
        };
        parsed.copy_headers(data, u64::from(optional.size_of_headers()))?;
        parsed.lay_out(&pe, data)?;
        parsed.imports = imports(&pe)?;
        parsed.functions = directories::functions(&pe, &parsed.bytes)?;
        directories::initialise_cookie(&pe, &mut parsed.bytes, parsed.preferred_base)?;
        parsed.check_entry()?;
        Ok(parsed)
    }

    fn copy_headers(&mut self, data: &[u8], length: u64) -> Result<(), LoadError> {
        let length = usize::try_from(length).map_err(malformed)?;
        let from = data.get(..length).ok_or_else(|| malformed("its headers are cut off"))?;
        let to = self.bytes.get_mut(..length).ok_or_else(|| malformed("its headers leave the image"))?;
        to.copy_from_slice(from);
        Ok(())
    }

    fn lay_out(&mut self, pe: &PeFile64<'_>, data: &[u8]) -> Result<(), LoadError> {
        let mut end = 0;
        for header in pe.section_table().iter() {
            let name = String::from_utf8_lossy(header.raw_name()).into_owned();
            let rva = u64::from(header.virtual_address.get(LE));
            let size = u64::from(header.virtual_size.get(LE).max(header.size_of_raw_data.get(LE)));
            if rva < end || rva % PAGE_SIZE != 0 || rva + size > self.size.next_multiple_of(PAGE_SIZE) {
                return Err(LoadError::Malformed(format!("section {name} lies where it cannot")));
            }
            end = rva + size;
            let start = usize::try_from(rva).map_err(malformed)?;
            let raw = header.pe_data(data).map_err(malformed)?;
            // The whole of it, padding included: a file that ends in the middle of a section was cut off.
            let file_end =
                u64::from(header.pointer_to_raw_data.get(LE)) + u64::from(header.size_of_raw_data.get(LE));
            if file_end > data.len() as u64 {
                return Err(LoadError::Malformed(format!("section {name} is cut off")));
            }
            let to = self.bytes.get_mut(start..start + raw.len());
            to.ok_or_else(|| malformed("a section leaves the image"))?.copy_from_slice(raw);
            let flags = header.characteristics.get(LE);
            let discardable = flags.contains(IMAGE_SCN_MEM_DISCARDABLE) || name == INIT;
            let protection =
                match (flags.contains(IMAGE_SCN_MEM_WRITE), flags.contains(IMAGE_SCN_MEM_EXECUTE)) {
                    // Old linkers let INIT be written because import tables were merged into it. Nobody writes it here.
                    (true, true) if discardable => Protection::ReadExecute,
                    (true, true) => return Err(LoadError::WritableCode(name)),
                    (true, false) => Protection::ReadWrite,
                    (false, true) => Protection::ReadExecute,
                    (false, false) => Protection::Read,
                };
            let pageable = name.starts_with(PAGE) && !discardable;
            self.sections.push(Section { name, rva, size, protection, discardable, pageable });
        }
        Ok(())
    }

    fn check_entry(&self) -> Result<(), LoadError> {
        let inside = self.sections.iter().any(|section| {
            section.protection == Protection::ReadExecute
                && (section.rva..section.rva + section.size).contains(&self.entry)
        });
        if inside { Ok(()) } else { Err(malformed("its entry point is not in code")) }
    }

    /// The base that the file's addresses are for.
    #[must_use]
    pub const fn preferred_base(&self) -> Addr {
        Addr(self.preferred_base)
    }

    /// Moves `bytes`, a copy of the image's, to `base`.
    ///
    /// # Errors
    /// When there are no relocations or one lies outside the image.
    pub fn relocate(&self, bytes: &mut [u8], base: Addr) -> Result<(), LoadError> {
        let delta = base.0.wrapping_sub(self.preferred_base);
        for rva in &self.relocations {
            let start = *rva as usize;
            let slot = start.checked_add(8).and_then(|end| bytes.get_mut(start..end));
            let slot = slot.ok_or_else(|| malformed("a relocation lies outside the image"))?;
            let value = slot.try_into().map(u64::from_le_bytes).map_err(malformed)?;
            slot.copy_from_slice(&value.wrapping_add(delta).to_le_bytes());
        }
        Ok(())
    }
}

fn relocations(pe: &PeFile64<'_>, data: &[u8]) -> Result<Vec<u32>, LoadError> {
    let characteristics = pe.nt_headers().file_header.characteristics.get(LE);
    if characteristics.contains(IMAGE_FILE_RELOCS_STRIPPED) {
        return Err(LoadError::NotRelocatable);
    }
    let blocks = pe.data_directories().relocation_blocks(data, &pe.section_table()).map_err(malformed)?;
    let mut found = Vec::new();
    // An image without absolute addresses has no table, and can lie anywhere.
    let Some(mut blocks) = blocks else { return Ok(found) };
    while let Some(block) = blocks.next().map_err(malformed)? {
        for relocation in block {
            match relocation.typ {
                IMAGE_REL_BASED_ABSOLUTE => {}
                IMAGE_REL_BASED_DIR64 => found.push(relocation.virtual_address),
                other => return Err(LoadError::Malformed(format!("relocation type {other} is unknown"))),
            }
        }
    }
    Ok(found)
}

fn imports(pe: &PeFile64<'_>) -> Result<Vec<Import>, LoadError> {
    let mut found = Vec::new();
    let Some(table) = pe.import_table().map_err(malformed)? else { return Ok(found) };
    let mut descriptors = table.descriptors().map_err(malformed)?;
    while let Some(descriptor) = descriptors.next().map_err(malformed)? {
        let module = table.name(descriptor.name.get(LE)).map_err(malformed)?;
        let module = String::from_utf8_lossy(module).to_ascii_lowercase();
        let first = descriptor.first_thunk.get(LE);
        let names = match descriptor.original_first_thunk.get(LE) {
            0 => first,
            names => names,
        };
        let mut thunks = table.thunks(names).map_err(malformed)?;
        let mut slot = u64::from(first);
        while let Some(thunk) = thunks.next::<ImageNtHeaders64>().map_err(malformed)? {
            let name = if thunk.is_ordinal() {
                format!("#{}", thunk.ordinal())
            } else {
                let (_, name) = table.hint_name(thunk.address()).map_err(malformed)?;
                String::from_utf8_lossy(name).into_owned()
            };
            found.push(Import { module: module.clone(), name, slot });
            slot += 8;
        }
    }
    Ok(found)
}
