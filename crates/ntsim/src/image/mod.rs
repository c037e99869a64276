//! The loader: maps a native x64 PE file into the arena and binds its imports.

mod atomics;
pub mod blocks;
mod directories;
pub mod flow;
mod parse;
mod unwind;

use std::{io, ops::Range};

use thiserror::Error;

use crate::{
    cpu::{THUNKS, thunk_address},
    kernel::{
        Kernel,
        export::{Export, Handler},
    },
    mem::{Addr, PAGE_SIZE, PageableSection, Protection},
};
pub use atomics::Atomics;
pub use parse::{Import, Parsed, Section};
pub use unwind::Unwind;

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
        kernel.function_table = parsed.functions;
        for (index, import) in parsed.imports.iter().enumerate() {
            let address = address_of(kernel, index)?;
            write_slot(&mut bytes, import.slot, address)?;
        }
        let size = parsed.size.next_multiple_of(PAGE_SIZE);
        let image = Self {
            name: name.to_owned(),
            base,
            size,
            entry: base.add(parsed.entry),
            sections: parsed.sections.clone(),
            pristine: bytes,
        };
        image.write(kernel, 0..image.pristine.len())?;
        image.protect(kernel)?;
        kernel.discardable = image.discardable().collect();
        kernel.mem.set_pageable_sections(image.pageable_sections());
        Ok(image)
    }

    /// Puts every byte that the driver can write back to what it was after loading: for the next life.
    ///
    /// # Errors
    /// When the image is not where it was mapped, which is a fault of the simulator.
    pub fn restore(&mut self, kernel: &mut Kernel) -> Result<(), LoadError> {
        let end = self.pristine.len();
        let place = |rva: u64| usize::try_from(rva).map_or(end, |rva| rva.min(end));
        for section in self.sections.iter().filter(|it| it.protection == Protection::ReadWrite) {
            self.write(kernel, place(section.rva)..place(section.rva + section.size))?;
        }
        for section in self.sections.iter().filter(|it| it.discardable) {
            kernel.mem.protect_image(self.base.add(section.rva), section.size, section.protection)?;
        }
        Ok(())
    }

    /// The image as it was loaded: relocated, its imports bound, nothing of it written since.
    #[must_use]
    pub fn loaded_bytes(&self) -> &[u8] {
        &self.pristine
    }

    fn write(&self, kernel: &mut Kernel, range: Range<usize>) -> Result<(), LoadError> {
        let from = self.pristine.get(range.clone()).unwrap_or_default();
        let to = kernel.mem.bytes_mut(self.base.add(range.start as u64), from.len() as u64);
        to.map_err(|error| LoadError::Malformed(error.to_string()))?.copy_from_slice(from);
        Ok(())
    }

    /// The sections that may be paged out: nobody may touch them at `DISPATCH_LEVEL`.
    pub fn pageable(&self) -> impl Iterator<Item = Range<Addr>> {
        self.ranges(|section| section.pageable)
    }

    /// The same, as the memory keeps them.
    fn pageable_sections(&self) -> Vec<PageableSection> {
        let pageable = self.sections.iter().filter(|section| section.pageable);
        let kept = pageable.map(|section| PageableSection {
            name: section.name.clone(),
            start: self.base.add(section.rva),
            length: section.size.next_multiple_of(PAGE_SIZE),
            protection: section.protection,
        });
        kept.collect()
    }

    /// The sections that are gone when `DriverEntry` has returned.
    pub fn discardable(&self) -> impl Iterator<Item = Range<Addr>> {
        self.ranges(|section| section.discardable)
    }

    fn ranges(&self, wanted: impl Fn(&Section) -> bool) -> impl Iterator<Item = Range<Addr>> {
        self.sections.iter().filter(move |section| wanted(section)).map(|section| {
            let start = self.base.add(section.rva);
            start..start.add(section.size)
        })
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
