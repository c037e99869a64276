//! A small driver image, made for tests: good by default, and broken as a test asks.

use object::pe;

use crate::pe_checksum;

const TEXT: u32 = 0x1000;
const READ_ONLY: u32 = 0x2000;
const OTHER: u32 = 0x3000;

/// The size of each section in the file.
const SECTION_SIZE: usize = 0xc00;

/// Where in the read-only section its parts begin. The import address table comes first.
const IMPORT_NAMES: usize = 0x100;
const DESCRIPTORS: usize = 0x200;
const IMPORT_STRINGS: usize = 0x300;
const EXPORTS: usize = 0x500;
const UNWIND: usize = 0x600;
const TEXT_PARTS: usize = 0x640;

/// What the image is made of.
pub struct Fixture {
    /// `Subsystem`.
    pub subsystem: pe::Subsystem,
    /// `DllCharacteristics`.
    pub dll_characteristics: pe::DllFlags,
    /// The code.
    pub text: Vec<u8>,
    /// Data that nothing refers to.
    pub read_only: Vec<u8>,
    /// Modules and routines.
    pub imports: Vec<(String, String)>,
    /// Names, all of the code's first address.
    pub exports: Vec<String>,
    /// First address of a function, and the last plus one.
    pub unwind: Vec<(u32, u32)>,
    /// A third section.
    pub section: Option<(String, pe::SectionFlags)>,
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            subsystem: pe::IMAGE_SUBSYSTEM_NATIVE,
            dll_characteristics: pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT
                | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
            text: vec![0xc3],
            read_only: Vec::new(),
            imports: Vec::new(),
            exports: vec!["DriverEntry".into()],
            unwind: Vec::new(),
            section: None,
        }
    }
}

impl Fixture {
    /// An image with this code at 0x1000.
    pub fn code(text: &[u8]) -> Self {
        Self { text: text.to_vec(), ..Self::default() }
    }

    /// Adds an import; its entry in the address table is at 0x2000 for the first one.
    pub fn import(mut self, module: &str, name: &str) -> Self {
        self.imports.push((module.into(), name.into()));
        self
    }

    /// Adds an export.
    pub fn export(mut self, name: &str) -> Self {
        self.exports.push(name.into());
        self
    }

    /// Leaves `DriverEntry` out of the exports.
    pub fn without_entry_export(mut self) -> Self {
        self.exports.retain(|name| name != "DriverEntry");
        self
    }

    /// Adds unwind data for a function.
    pub fn unwind(mut self, start: u32, end: u32) -> Self {
        self.unwind.push((start, end));
        self
    }

    /// Adds an empty section with these `IMAGE_SCN_*` bits.
    pub fn section(mut self, name: &str, characteristics: pe::SectionFlags) -> Self {
        self.section = Some((name.into(), characteristics));
        self
    }

    /// The image's file, its checksum set.
    pub fn build(&self) -> Vec<u8> {
        let mut file = vec![0; 0x400];
        file[..2].copy_from_slice(b"MZ");
        put(&mut file, 0x3c, &0x80_u32.to_le_bytes());
        put(&mut file, 0x80, b"PE\0\0");
        let sections = 2 + u16::from(self.section.is_some());
        put(&mut file, 0x84, &pe::IMAGE_FILE_MACHINE_AMD64.0.to_le_bytes());
        put(&mut file, 0x86, &sections.to_le_bytes());
        put(&mut file, 0x94, &0xf0_u16.to_le_bytes());
        put(&mut file, 0x96, &(pe::IMAGE_FILE_EXECUTABLE_IMAGE | pe::IMAGE_FILE_DLL).0.to_le_bytes());
        self.optional_header(&mut file);
        let readable = pe::IMAGE_SCN_MEM_READ;
        section_header(
            &mut file,
            0,
            ".text",
            TEXT,
            readable | pe::IMAGE_SCN_CNT_CODE | pe::IMAGE_SCN_MEM_EXECUTE,
        );
        section_header(&mut file, 1, ".rdata", READ_ONLY, readable | pe::IMAGE_SCN_CNT_INITIALIZED_DATA);
        if let Some((name, characteristics)) = &self.section {
            section_header(&mut file, 2, name, OTHER, *characteristics);
        }
        file.extend(padded(&self.text, 0xcc));
        file.extend(padded(&self.read_only_section(), 0));
        if self.section.is_some() {
            file.extend(padded(&[], 0));
        }
        assert!(pe_checksum::set(&mut file));
        file
    }

    fn optional_header(&self, file: &mut [u8]) {
        let at = 0x98;
        put(file, at, &pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC.to_le_bytes());
        put(file, at + 16, &TEXT.to_le_bytes());
        put(file, at + 24, &0x1_4000_0000_u64.to_le_bytes());
        put(file, at + 32, &0x1000_u32.to_le_bytes());
        put(file, at + 36, &0x200_u32.to_le_bytes());
        put(file, at + 56, &0x4000_u32.to_le_bytes());
        put(file, at + 60, &0x400_u32.to_le_bytes());
        put(file, at + 68, &self.subsystem.0.to_le_bytes());
        put(file, at + 70, &self.dll_characteristics.0.to_le_bytes());
        put(file, at + 108, &16_u32.to_le_bytes());
        let mut directory = |index: usize, offset: usize, size: usize| {
            put(file, at + 112 + index * 8, &address(offset).to_le_bytes());
            put(file, at + 116 + index * 8, &u32::try_from(size).expect("small").to_le_bytes());
        };
        if !self.exports.is_empty() {
            directory(pe::IMAGE_DIRECTORY_ENTRY_EXPORT, EXPORTS, UNWIND - EXPORTS);
        }
        if !self.imports.is_empty() {
            directory(pe::IMAGE_DIRECTORY_ENTRY_IMPORT, DESCRIPTORS, IMPORT_STRINGS - DESCRIPTORS);
        }
        if !self.unwind.is_empty() {
            directory(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION, UNWIND, self.unwind.len() * 12);
        }
    }

    fn read_only_section(&self) -> Vec<u8> {
        let mut data = vec![0; SECTION_SIZE];
        let mut strings = IMPORT_STRINGS;
        for (index, (module, name)) in self.imports.iter().enumerate() {
            // A descriptor for each import; two entries each in both tables, the second one 0.
            let slot = index * 16;
            let descriptor = DESCRIPTORS + index * 20;
            put(&mut data, descriptor, &address(IMPORT_NAMES + slot).to_le_bytes());
            put(&mut data, descriptor + 12, &address(strings).to_le_bytes());
            put(&mut data, descriptor + 16, &address(slot).to_le_bytes());
            put(&mut data, strings, module.as_bytes());
            strings += (module.len() + 2) & !1;
            put(&mut data, IMPORT_NAMES + slot, &address(strings).to_le_bytes());
            put(&mut data, slot, &address(strings).to_le_bytes());
            put(&mut data, strings + 2, name.as_bytes());
            strings += (name.len() + 4) & !1;
        }
        self.export_directory(&mut data);
        for (index, (start, end)) in self.unwind.iter().enumerate() {
            put(&mut data, UNWIND + index * 12, &start.to_le_bytes());
            put(&mut data, UNWIND + index * 12 + 4, &end.to_le_bytes());
        }
        put(&mut data, TEXT_PARTS, &self.read_only);
        data
    }

    fn export_directory(&self, data: &mut [u8]) {
        let count = u32::try_from(self.exports.len()).expect("few");
        let addresses = EXPORTS + 40;
        let names = addresses + self.exports.len() * 4;
        let ordinals = names + self.exports.len() * 4;
        let mut strings = ordinals + self.exports.len() * 2;
        put(data, EXPORTS + 16, &1_u32.to_le_bytes());
        put(data, EXPORTS + 20, &count.to_le_bytes());
        put(data, EXPORTS + 24, &count.to_le_bytes());
        put(data, EXPORTS + 28, &address(addresses).to_le_bytes());
        put(data, EXPORTS + 32, &address(names).to_le_bytes());
        put(data, EXPORTS + 36, &address(ordinals).to_le_bytes());
        for (index, name) in self.exports.iter().enumerate() {
            put(data, addresses + index * 4, &TEXT.to_le_bytes());
            put(data, names + index * 4, &address(strings).to_le_bytes());
            put(data, ordinals + index * 2, &u16::try_from(index).expect("few").to_le_bytes());
            put(data, strings, name.as_bytes());
            strings += name.len() + 1;
        }
    }
}

fn section_header(
    file: &mut [u8],
    index: usize,
    name: &str,
    address: u32,
    characteristics: pe::SectionFlags,
) {
    let at = 0x188 + index * 40;
    let size = u32::try_from(SECTION_SIZE).expect("small");
    put(file, at, name.as_bytes());
    put(file, at + 8, &size.to_le_bytes());
    put(file, at + 12, &address.to_le_bytes());
    put(file, at + 16, &size.to_le_bytes());
    put(file, at + 20, &(0x400 + u32::try_from(index).expect("few") * size).to_le_bytes());
    put(file, at + 36, &characteristics.0.to_le_bytes());
}

fn padded(contents: &[u8], padding: u8) -> Vec<u8> {
    let mut section = contents.to_vec();
    section.resize(SECTION_SIZE, padding);
    section
}

/// The address of an offset in the read-only section.
fn address(offset: usize) -> u32 {
    READ_ONLY + u32::try_from(offset).expect("small")
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}
