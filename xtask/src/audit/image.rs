//! What the audit reads from a PE file.

use anyhow::{Context, Result, bail};
use object::{
    LittleEndian as LE, Object,
    pe::{self, ImageNtHeaders64},
    read::pe::{ImageNtHeaders, ImageThunkData, PeFile},
};

/// A driver image.
pub struct Image<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// The preferred load address.
    pub base: u64,
    /// `Subsystem` of the optional header.
    pub subsystem: u16,
    /// `DllCharacteristics` of the optional header.
    pub dll_characteristics: u16,
    /// The sections, in the file's order.
    pub sections: Vec<Section<'a>>,
    /// Every imported routine.
    pub imports: Vec<Import>,
    /// The names of the exports.
    pub exports: Vec<String>,
    /// Functions with unwind data: first and last address plus one, relative to the image.
    pub unwind_ranges: Vec<(u32, u32)>,
}

/// A section.
pub struct Section<'a> {
    /// Its name.
    pub name: String,
    /// Its address, relative to the image.
    pub address: u32,
    /// Its size in memory.
    pub size: u32,
    /// `IMAGE_SCN_*`.
    pub characteristics: u32,
    /// Its contents in the file.
    pub data: &'a [u8],
}

/// An imported routine.
pub struct Import {
    /// The module that has it.
    pub module: String,
    /// Its name.
    pub name: String,
    /// The address of its entry in the import address table, relative to the image.
    pub slot: u32,
}

impl Section<'_> {
    /// Whether all of these `IMAGE_SCN_*` bits are set.
    pub const fn has(&self, bits: pe::SectionFlags) -> bool {
        self.characteristics & bits.0 == bits.0
    }

    /// Whether an address, relative to the image, lies in it.
    pub const fn contains(&self, address: u32) -> bool {
        address >= self.address && address - self.address < self.size
    }
}

impl<'a> Image<'a> {
    /// Reads an image.
    ///
    /// # Errors
    ///
    /// It is no 64-bit PE file, or one of its tables points outside it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let file = PeFile::<ImageNtHeaders64>::parse(bytes).context("not a 64-bit PE file")?;
        let optional = file.nt_headers().optional_header();
        Ok(Self {
            bytes,
            base: optional.image_base.get(LE),
            subsystem: optional.subsystem.get(LE).0,
            dll_characteristics: optional.dll_characteristics.get(LE).0,
            sections: sections(&file)?,
            imports: imports(&file)?,
            exports: exports(&file)?,
            unwind_ranges: unwind_ranges(&file)?,
        })
    }

    /// The sections with code.
    pub fn code(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections.iter().filter(|section| section.has(pe::IMAGE_SCN_MEM_EXECUTE))
    }
}

type File<'a> = PeFile<'a, ImageNtHeaders64>;

fn sections<'a>(file: &File<'a>) -> Result<Vec<Section<'a>>> {
    file.section_table()
        .iter()
        .map(|header| {
            let name = header.raw_name();
            Ok(Section {
                name: String::from_utf8_lossy(name).into_owned(),
                address: header.virtual_address.get(LE),
                size: header.virtual_size.get(LE),
                characteristics: header.characteristics.get(LE).0,
                data: header.pe_data(file.data()).with_context(|| {
                    format!("section {} lies outside the file", String::from_utf8_lossy(name))
                })?,
            })
        })
        .collect()
}

fn imports(file: &File<'_>) -> Result<Vec<Import>> {
    let mut found = Vec::new();
    let Some(table) = file.import_table().context("the import directory")? else { return Ok(found) };
    let mut descriptors = table.descriptors().context("the import directory")?;
    while let Some(descriptor) = descriptors.next().context("the import directory")? {
        let module = text(table.name(descriptor.name.get(LE)).context("the name of an imported module")?);
        let mut slot = descriptor.first_thunk.get(LE);
        let names = match descriptor.original_first_thunk.get(LE) {
            0 => slot,
            names => names,
        };
        let mut thunks = table.thunks(names).with_context(|| format!("the imports from {module}"))?;
        while let Some(thunk) = thunks.next::<ImageNtHeaders64>().context("the imports")? {
            if thunk.is_ordinal() {
                bail!("{module} is imported by ordinal");
            }
            let (_, name) = table.hint_name(thunk.address()).context("the name of an import")?;
            found.push(Import { module: module.clone(), name: text(name), slot });
            slot += 8;
        }
    }
    Ok(found)
}

fn exports(file: &File<'_>) -> Result<Vec<String>> {
    let exports = file.exports().context("the export directory")?;
    exports
        .map(|export| match export.context("an export")?.name() {
            object::NameOrOrdinal::Name(name) => Ok(text(name)),
            object::NameOrOrdinal::Ordinal(ordinal) => Ok(format!("#{ordinal}")),
        })
        .collect()
}

/// The exception directory: pairs of addresses, each with the address of its unwind data.
fn unwind_ranges(file: &File<'_>) -> Result<Vec<(u32, u32)>> {
    let Some(directory) = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return Ok(Vec::new());
    };
    if directory.virtual_address.get(LE) == 0 {
        return Ok(Vec::new());
    }
    let data = directory.data(file.data(), &file.section_table()).context("the exception directory")?;
    Ok(data
        .chunks_exact(12)
        .filter_map(|entry| Some((word(entry, 0)?, word(entry, 4)?)))
        .filter(|(start, _)| *start != 0)
        .collect())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
