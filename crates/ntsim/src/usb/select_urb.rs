//! `USBD_SelectConfigUrbAllocateAndBuild`, `USBD_SelectInterfaceUrbAllocateAndBuild`, and
//! `USBD_CreateConfigurationRequestEx`, which was there before them.

use std::mem::offset_of;

use nt_trace::event::{PoolKind, UrbKind};

use super::{
    USBD, USBDEX, interface_info,
    parse::{self, INTERFACE_SIZE, Interface},
    select::{INTERFACE, INTERFACES},
    urb::{NO_MEMORY, Wanted},
};
use crate::{
    abi::urb::{
        URB_FUNCTION_SELECT_CONFIGURATION, URB_FUNCTION_SELECT_INTERFACE, URB_HEADER,
        URB_SELECT_CONFIGURATION, USBD_INTERFACE_LIST_ENTRY,
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, BadAccess, Fill},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// The routines that allocate and format at once.
pub(super) const EXPORTS: &[Export] = &[
    Export {
        module: USBDEX,
        name: "USBD_SelectConfigUrbAllocateAndBuild",
        page: "usbdlib/nf-usbdlib-usbd_selectconfigurballocateandbuild",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Status,
        failures: NO_MEMORY,
        handler: Handler::Sync(select_configuration),
    },
    Export {
        module: USBDEX,
        name: "USBD_SelectInterfaceUrbAllocateAndBuild",
        page: "usbdlib/nf-usbdlib-usbd_selectinterfaceurballocateandbuild",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Status,
        failures: NO_MEMORY,
        handler: Handler::Sync(select_interface),
    },
    Export {
        module: USBD,
        name: "USBD_CreateConfigurationRequestEx",
        page: "usbdlib/nf-usbdlib-usbd_createconfigurationrequestex",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Pointer,
        failures: NO_MEMORY,
        handler: Handler::Sync(create_configuration_request),
    },
];

/// Where an interface of the list is described, and where its list entry is.
struct Listed {
    entry: Addr,
    interface: Interface,
}

const ENTRY: u64 = size_of::<USBD_INTERFACE_LIST_ENTRY>() as u64;
/// What both select requests select, at the same place.
const SELECTS: usize = offset_of!(URB_SELECT_CONFIGURATION, ConfigurationDescriptor);
/// The tag of what usbd.sys allocates for its callers: "USBD".
const POOL_TAG: u32 = u32::from_le_bytes(*b"USBD");

impl Kernel {
    fn usb_listed(&self, entry: Addr) -> Result<Option<Listed>, BadAccess> {
        let descriptor: Addr = self.mem.read(entry)?;
        if descriptor.is_null() {
            return Ok(None);
        }
        let bytes = self.mem.bytes(descriptor, INTERFACE_SIZE as u64)?;
        let interface = Interface::of(bytes);
        Ok(interface.map(|interface| Listed { entry, interface }))
    }

    /// The list of interfaces, which ends with an empty entry. One that points to no interface descriptor
    /// ends it too.
    fn usb_list(&self, list: Addr) -> Result<Vec<Listed>, BadAccess> {
        let mut listed = Vec::new();
        let mut entry = list;
        while let Some(one) = self.usb_listed(entry)? {
            listed.push(one);
            entry = entry.add(ENTRY);
        }
        Ok(listed)
    }

    /// Formats a select request into zeroed memory, and makes the list point into it.
    fn usb_build(
        &mut self,
        urb: Addr,
        function: u16,
        selects: Addr,
        first: u64,
        listed: &[Listed],
    ) -> Result<(), BadAccess> {
        let length =
            first + listed.iter().map(|one| interface_info::size(one.interface.endpoints)).sum::<u64>();
        let header: &mut URB_HEADER = self.mem.at_mut(urb)?;
        header.Length = u16::try_from(length).unwrap_or(0);
        header.Function = function;
        self.mem.write(urb.field(SELECTS), &selects)?;
        let mut at = urb.add(first);
        for one in listed {
            self.usb_format_interface(at, one.interface)?;
            let pointer = one.entry.field(offset_of!(USBD_INTERFACE_LIST_ENTRY, Interface));
            self.mem.write(pointer, &at)?;
            at = at.add(interface_info::size(one.interface.endpoints));
        }
        Ok(())
    }
}

fn size_of_all(first: u64, listed: &[Listed]) -> u64 {
    first + listed.iter().map(|one| interface_info::size(one.interface.endpoints)).sum::<u64>()
}

fn select_configuration(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, descriptor) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (list, out) = (args.pointer(kernel, 2)?, args.pointer(kernel, 3)?);
    let given = !descriptor.is_null() && !list.is_null();
    let listed = if given { kernel.usb_list(list)? } else { Vec::new() };
    let length = size_of_all(INTERFACES, &listed);
    let wanted = Wanted {
        routine: "USBD_SelectConfigUrbAllocateAndBuild",
        kind: UrbKind::SelectConfiguration,
        handle,
        out,
        // Hdr.Length has 16 bits.
        others_given: given && u16::try_from(length).is_ok(),
        length,
    };
    let (status, urb) = kernel.usb_allocate(&wanted)?;
    if let Some(urb) = urb {
        kernel.usb_build(urb, URB_FUNCTION_SELECT_CONFIGURATION, descriptor, INTERFACES, &listed)?;
        let value = parse::configuration_value(kernel.mem.bytes(descriptor, 6)?).unwrap_or(0);
        if let Some(record) = kernel.usb.urbs.get_mut(&urb) {
            record.selects = (value, 0);
        }
    }
    Ok(u64::from(status.0))
}

fn select_interface(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, configuration) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (entry, out) = (args.pointer(kernel, 2)?, args.pointer(kernel, 3)?);
    let listed = if entry.is_null() { None } else { kernel.usb_listed(entry)? };
    let listed: Vec<Listed> = listed.into_iter().collect();
    let wanted = Wanted {
        routine: "USBD_SelectInterfaceUrbAllocateAndBuild",
        kind: UrbKind::SelectInterface,
        handle,
        out,
        others_given: !configuration.is_null() && !listed.is_empty(),
        length: size_of_all(INTERFACE, &listed),
    };
    let (status, urb) = kernel.usb_allocate(&wanted)?;
    if let Some(urb) = urb {
        kernel.usb_build(urb, URB_FUNCTION_SELECT_INTERFACE, configuration, INTERFACE, &listed)?;
        if let (Some(record), Some(one)) = (kernel.usb.urbs.get_mut(&urb), listed.first()) {
            record.selects = (one.interface.number, one.interface.alternate);
        }
    }
    Ok(u64::from(status.0))
}

fn create_configuration_request(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (descriptor, list) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let listed = kernel.usb_list(list)?;
    let length = size_of_all(INTERFACES, &listed);
    if u16::try_from(length).is_err() || kernel.fault("USBD_CreateConfigurationRequestEx").is_some() {
        return Ok(0);
    }
    let urb = kernel.pool_allocate(PoolKind::NonPaged, length, POOL_TAG, Fill::Zero)?;
    kernel.usb_build(urb, URB_FUNCTION_SELECT_CONFIGURATION, descriptor, INTERFACES, &listed)?;
    Ok(urb.0)
}
