//! `USBD_SelectConfigUrbAllocateAndBuild` and `USBD_SelectInterfaceUrbAllocateAndBuild`.
//!
//! Pages: [USBD_SelectConfigUrbAllocateAndBuild](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectconfigurballocateandbuild),
//! [USBD_SelectInterfaceUrbAllocateAndBuild](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectinterfaceurballocateandbuild)

use alloc::vec::Vec;
use core::mem::offset_of;

use wdk_sys::{
    _URB_SELECT_CONFIGURATION, _URB_SELECT_INTERFACE, _USBD_INTERFACE_INFORMATION, _USBD_PIPE_INFORMATION,
    NTSTATUS, URB_FUNCTION_SELECT_CONFIGURATION, URB_FUNCTION_SELECT_INTERFACE, USBD_INTERFACE_LIST_ENTRY,
};

use crate::{
    nt::{memory::Run, urb::Urb},
    tell,
    urb::{allocate, set_header},
};

/// Where the interfaces of a select-configuration URB begin.
const INTERFACES: usize = offset_of!(_URB_SELECT_CONFIGURATION, Interface);
/// Where the interface of a select-interface URB begins.
const INTERFACE: usize = offset_of!(_URB_SELECT_INTERFACE, Interface);
/// Where both kinds of URB have what they select: a descriptor, or a configuration's handle.
const SELECTS: usize = offset_of!(_URB_SELECT_CONFIGURATION, ConfigurationDescriptor);
/// Size of an interface's information without its pipes, in bytes.
const INFORMATION: usize = offset_of!(_USBD_INTERFACE_INFORMATION, Pipes);
/// Size of each pipe in it, in bytes.
const PIPE: usize = size_of::<_USBD_PIPE_INFORMATION>();
/// Size of an interface descriptor, and its type.
const DESCRIPTOR: (usize, u8) = (9, 4);
/// `USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE`
const DEFAULT_MAXIMUM_TRANSFER_SIZE: u32 = 0xFFFF_FFFF;

/// An interface of the list: where its entry is, and what its descriptor says.
struct Listed {
    entry: *mut USBD_INTERFACE_LIST_ENTRY,
    /// Number, alternate setting, class, subclass, protocol: as they follow each other in the URB.
    fields: [u8; 5],
    pipes: usize,
}

impl Listed {
    /// None for an empty entry, or one that points to no interface descriptor.
    fn of(entry: *mut USBD_INTERFACE_LIST_ENTRY) -> Option<Self> {
        // SAFETY: the driver gave an entry.
        let descriptor = unsafe { entry.as_ref() }?.InterfaceDescriptor;
        if descriptor.is_null() {
            return None;
        }
        match *Run::at(descriptor.expose_provenance(), DESCRIPTOR.0).copied() {
            [_, kind, number, alternate, pipes, class, subclass, protocol, _] if kind == DESCRIPTOR.1 => {
                let fields = [number, alternate, class, subclass, protocol];
                Some(Self { entry, fields, pipes: usize::from(pipes) })
            }
            _ => None,
        }
    }

    const fn size(&self) -> usize {
        INFORMATION + self.pipes * PIPE
    }
}

/// The list of interfaces, which ends with an empty entry.
fn list(first: *mut USBD_INTERFACE_LIST_ENTRY) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut entry = first;
    while let Some(one) = Listed::of(entry) {
        listed.push(one);
        entry = entry.wrapping_add(1);
    }
    listed
}

/// Formats a select request into zeros, and makes the list point into it.
fn build(urb: Urb, function: u32, selects: usize, first: usize, listed: &[Listed]) {
    let length = first + listed.iter().map(Listed::size).sum::<usize>();
    set_header(urb, length, function);
    urb.set(SELECTS, selects);
    let mut at = first;
    for one in listed {
        // 255 pipes at most, so 6 KB.
        urb.set(at, u16::try_from(one.size()).unwrap_or(u16::MAX));
        let fields = offset_of!(_USBD_INTERFACE_INFORMATION, InterfaceNumber);
        for (index, field) in one.fields.into_iter().enumerate() {
            urb.set(at + fields + index, field);
        }
        let count = u32::try_from(one.pipes).unwrap_or(0);
        urb.set(at + offset_of!(_USBD_INTERFACE_INFORMATION, NumberOfPipes), count);
        for index in 0..one.pipes {
            let pipe = at + INFORMATION + index * PIPE;
            let maximum = offset_of!(_USBD_PIPE_INFORMATION, MaximumTransferSize);
            urb.set(pipe + maximum, DEFAULT_MAXIMUM_TRANSFER_SIZE);
        }
        // SAFETY: the driver gave the entry.
        if let Some(entry) = unsafe { one.entry.as_mut() } {
            entry.Interface = core::ptr::with_exposed_provenance_mut(urb.address() + at);
        }
        at += one.size();
    }
}

fn size_of_all(first: usize, listed: &[Listed]) -> usize {
    first + listed.iter().map(Listed::size).sum::<usize>()
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_SelectConfigUrbAllocateAndBuild(
    handle: usize,
    descriptor: usize,
    entries: *mut USBD_INTERFACE_LIST_ENTRY,
    out: *mut usize,
) -> NTSTATUS {
    const NAME: &str = "USBD_SelectConfigUrbAllocateAndBuild";
    tell::call(NAME, [handle, descriptor, entries.addr(), out.addr()]);
    let given = descriptor != 0 && !entries.is_null();
    let listed = if given { list(entries) } else { Vec::new() };
    let length = size_of_all(INTERFACES, &listed);
    // Hdr.Length has 16 bits.
    let fits = given && u16::try_from(length).is_ok();
    let format = |urb: Urb| {
        build(urb, URB_FUNCTION_SELECT_CONFIGURATION, descriptor, INTERFACES, &listed);
    };
    tell::status(NAME, allocate(handle, out, fits.then_some(length), format))
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_SelectInterfaceUrbAllocateAndBuild(
    handle: usize,
    configuration: usize,
    entry: *mut USBD_INTERFACE_LIST_ENTRY,
    out: *mut usize,
) -> NTSTATUS {
    const NAME: &str = "USBD_SelectInterfaceUrbAllocateAndBuild";
    tell::call(NAME, [handle, configuration, entry.addr(), out.addr()]);
    let listed: Vec<Listed> = Listed::of(entry).into_iter().collect();
    let length = size_of_all(INTERFACE, &listed);
    let fits = configuration != 0 && !listed.is_empty();
    let format = |urb: Urb| {
        build(urb, URB_FUNCTION_SELECT_INTERFACE, configuration, INTERFACE, &listed);
    };
    tell::status(NAME, allocate(handle, out, fits.then_some(length), format))
}
