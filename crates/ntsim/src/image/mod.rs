//! The loader: maps a native x64 PE file into the arena and binds its imports.

mod parse;

use std::io;

use thiserror::Error;

use crate::{
    cpu::{THUNKS, thunk_address},
    kernel::{
        Kernel,
        export::{Export, Handler},
    },
    mem::{Addr, PAGE_SIZE, Protection},
};
pub use parse::{Import, Parsed, Section};

/// Why a file cannot be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What the host says.
        error: io::Error,
    },
    /// It is no PE file, or a damaged one.
    #[error("not a PE image that can be loaded: {0}")]
    Malformed(String),
    /// It is for another processor.
    #[error("the image is for machine type {0:#06x}; only x64 (0x8664) can be run")]
    Machine(u16),
    /// It is a program or a library for user mode.
    #[error("the image's subsystem is {0}; a driver's is native (1)")]
    Subsystem(u16),
    /// A section could be both written and executed.
    #[error("section {0} is both writable and executable")]
    WritableCode(String),
    /// Its relocations were stripped, so it cannot be moved to the arena.
    #[error("the image's relocations were stripped")]
    NotRelocatable,
    /// Routines that this kernel does not have.
    #[error("the image imports what this kernel does not have: {}", .0.join(", "))]
    MissingExports(Vec<String>),
    /// More imports than thunks.
    #[error("the image has {0} imports; at most {THUNKS} can be bound")]
    TooManyImports(usize),
    /// The host refused memory.
    #[error("cannot map the image: {0}")]
    Host(#[from] io::Error),
    /// A variable that the kernel exports could not be made.
    #[error("cannot make an exported variable: {0}")]
    Variable(String),
}

/// A loaded image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The file's name, without its folder.
    pub name: String,
    /// Where it was mapped.
    pub base: Addr,
    /// Its size in bytes, whole pages.
    pub size: u64,
    /// The entry point.
    pub entry: Addr,
    /// Its sections.
    pub sections: Vec<Section>,
    pristine: Vec<u8>,
}

impl Image {
    /// Maps a parsed image, binds its imports and protects its sections.
    ///
    /// # Errors
    /// Every reason of [`LoadError`]; nothing of the driver has run then.
    pub fn load(
        kernel: &mut Kernel,
        name: &str,
        parsed: &Parsed,
        resolve: impl Fn(&str, &str) -> Option<&'static Export>,
    ) -> Result<Self, LoadError> {
        let bound = bind(&parsed.imports, resolve)?;
        let base = kernel.mem.place_image(parsed.size)?;
        kernel.mem.protect_image(base, parsed.size, Protection::ReadWrite)?;
        let mut bytes = parsed.bytes.clone();
        parsed.relocate(&mut bytes, base)?;
        kernel.imports = bound;
        for (index, import) in parsed.imports.iter().enumerate() {
            let address = address_of(kernel, index)?;
            write_slot(&mut bytes, import.slot, address)?;
        }
        let size = parsed.size.next_multiple_of(PAGE_SIZE);
        let mut image = Self {
            name: name.to_owned(),
            base,
            size,
            entry: base.add(parsed.entry),
            sections: parsed.sections.clone(),
            pristine: bytes,
        };
        image.restore(kernel)?;
        image.protect(kernel)?;
        Ok(image)
    }

    /// Puts every byte back to what it was after loading: for the next life.
    ///
    /// # Errors
    /// When the image is not where it was mapped, which is a fault of the simulator.
    pub fn restore(&mut self, kernel: &mut Kernel) -> Result<(), LoadError> {
        let bytes = kernel
            .mem
            .bytes_mut(self.base, self.pristine.len() as u64)
            .map_err(|error| LoadError::Malformed(error.to_string()))?;
        bytes.copy_from_slice(&self.pristine);
        Ok(())
    }

    fn protect(&self, kernel: &mut Kernel) -> Result<(), LoadError> {
        kernel.mem.protect_image(self.base, self.size, Protection::None)?;
        let headers = self.sections.first().map_or(PAGE_SIZE, |section| section.rva);
        kernel.mem.protect_image(self.base, headers, Protection::Read)?;
        for section in &self.sections {
            kernel.mem.protect_image(self.base.add(section.rva), section.size, section.protection)?;
        }
        Ok(())
    }

    /// The offset of an address from the base, if it lies in the image.
    #[must_use]
    pub fn offset_of(&self, address: Addr) -> Option<u32> {
        let offset = address.0.checked_sub(self.base.0)?;
        if offset < self.size { u32::try_from(offset).ok() } else { None }
    }
}

fn bind(
    imports: &[Import],
    resolve: impl Fn(&str, &str) -> Option<&'static Export>,
) -> Result<Vec<&'static Export>, LoadError> {
    if imports.len() > THUNKS {
        return Err(LoadError::TooManyImports(imports.len()));
    }
    let mut missing = Vec::new();
    let mut bound = Vec::with_capacity(imports.len());
    for import in imports {
        match resolve(&import.module, &import.name) {
            Some(export) => bound.push(export),
            None => missing.push(format!("{}!{}", import.module, import.name)),
        }
    }
    if missing.is_empty() { Ok(bound) } else { Err(LoadError::MissingExports(missing)) }
}

fn address_of(kernel: &mut Kernel, index: usize) -> Result<Addr, LoadError> {
    match kernel.imports.get(index).map(|export| export.handler) {
        Some(Handler::Data(make)) => make(kernel).map_err(|stop| LoadError::Variable(stop.to_string())),
        _ => Ok(thunk_address(index)),
    }
}

fn write_slot(bytes: &mut [u8], slot: u64, address: Addr) -> Result<(), LoadError> {
    let start = usize::try_from(slot).unwrap_or(usize::MAX);
    let slot = start.checked_add(8).and_then(|end| bytes.get_mut(start..end));
    let slot = slot.ok_or_else(|| LoadError::Malformed("an import slot lies outside the image".into()))?;
    slot.copy_from_slice(&address.0.to_le_bytes());
    Ok(())
}
