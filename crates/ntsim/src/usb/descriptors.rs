//! The descriptor helpers of usbd.sys.

use super::{
    USBD,
    parse::{self, CONFIGURATION_SIZE},
    validate,
};
use crate::{
    abi::usbd_status::{
        USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR, USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_SUCCESS,
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, BadAccess},
    sched::{APC_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// The descriptor helpers.
pub(super) const EXPORTS: &[Export] = &[
    export(
        "USBD_ParseConfigurationDescriptorEx",
        "usbdlib/nf-usbdlib-usbd_parseconfigurationdescriptorex",
        APC_LEVEL,
        Returns::Pointer,
        Handler::Sync(parse_configuration),
    ),
    export(
        "USBD_ParseDescriptors",
        "usbdlib/nf-usbdlib-usbd_parsedescriptors",
        APC_LEVEL,
        Returns::Pointer,
        Handler::Sync(parse_descriptors),
    ),
    export(
        "USBD_GetInterfaceLength",
        "usbdlib/nf-usbdlib-usbd_getinterfacelength",
        PASSIVE_LEVEL,
        Returns::Number,
        Handler::Sync(interface_length),
    ),
    export(
        "USBD_ValidateConfigurationDescriptor",
        "usbdlib/nf-usbdlib-usbd_validateconfigurationdescriptor",
        PASSIVE_LEVEL,
        Returns::Number,
        Handler::Sync(validate_configuration),
    ),
    export(
        "USBD_GetUSBDIVersion",
        "usbdlib/nf-usbdlib-usbd_getusbdiversion",
        PASSIVE_LEVEL,
        Returns::Void,
        Handler::Sync(usbdi_version),
    ),
];

const fn export(
    name: &'static str,
    page: &'static str,
    max_irql: u8,
    returns: Returns,
    handler: Handler,
) -> Export {
    Export { module: USBD, name, page, max_irql, returns, failures: &[], handler }
}

/// A field to search for: a LONG, of which -1 means any.
const fn fits(wanted: u32, is: u8) -> bool {
    wanted == u32::MAX || wanted == is as u32
}

/// The offset of `inside` in the `length` bytes at `start`.
fn offset(start: Addr, length: u64, inside: Addr) -> Option<usize> {
    let offset = inside.0.checked_sub(start.0).filter(|offset| *offset < length)?;
    usize::try_from(offset).ok()
}

/// The whole configuration, as long as it says it is: a caller that did not check that is in trouble here,
/// as on Windows.
fn configuration(kernel: &Kernel, at: Addr) -> Result<&[u8], BadAccess> {
    let header = kernel.mem.bytes(at, CONFIGURATION_SIZE as u64)?;
    let total = parse::total_length(header).unwrap_or(0);
    kernel.mem.bytes(at, u64::from(total))
}

fn parse_configuration(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (at, start) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let mut wanted = [0; 5];
    for (index, value) in (2..).zip(&mut wanted) {
        *value = args.ulong(kernel, index)?;
    }
    let [number, alternate, class, subclass, protocol] = wanted;
    let bytes = configuration(kernel, at)?;
    let Some(from) = offset(at, bytes.len() as u64, start) else { return Ok(0) };
    let found = parse::interfaces(bytes, from).find(|(_, interface)| {
        fits(number, interface.number)
            && fits(alternate, interface.alternate)
            && fits(class, interface.class)
            && fits(subclass, interface.subclass)
            && fits(protocol, interface.protocol)
    });
    Ok(found.map_or(0, |(found, _)| at.field(found).0))
}

fn parse_descriptors(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (at, length) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    let (start, kind) = (args.pointer(kernel, 2)?, args.ulong(kernel, 3)?);
    let bytes = kernel.mem.bytes(at, u64::from(length))?;
    let Some(from) = offset(at, u64::from(length), start) else { return Ok(0) };
    let found = parse::descriptors(bytes, from)
        .find(|(_, descriptor)| descriptor.get(1).copied().is_some_and(|is| u32::from(is) == kind));
    Ok(found.map_or(0, |(found, _)| at.field(found).0))
}

fn interface_length(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (at, end) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let bytes = kernel.mem.bytes(at, end.0.saturating_sub(at.0))?;
    let mut all = parse::descriptors(bytes, 0);
    let first = all.next().map_or(0, |(_, descriptor)| descriptor.len());
    let rest = all.take_while(|(_, descriptor)| descriptor.get(1) != Some(&parse::INTERFACE));
    Ok(rest.fold(first as u64, |sum, (_, descriptor)| sum + descriptor.len() as u64))
}

fn validate_configuration(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (at, length) = (args.pointer(kernel, 0)?, args.ulong(kernel, 1)?);
    // A USHORT is the lowest two bytes of its slot.
    let level = u16::try_from(args.ulong(kernel, 2)? & 0xFFFF).unwrap_or(0);
    let out = args.pointer(kernel, 3)?;
    if at.is_null() || out.is_null() || !(1..=3).contains(&level) {
        return Ok(u64::from(USBD_STATUS_INVALID_PARAMETER));
    }
    let bytes = if length == 0 { &[] } else { kernel.mem.bytes(at, u64::from(length))? };
    let Some(fault) = validate::fault(bytes, level) else { return Ok(u64::from(USBD_STATUS_SUCCESS)) };
    kernel.mem.write(out, &at.field(fault))?;
    Ok(u64::from(USBD_STATUS_INVALID_CONFIGURATION_DESCRIPTOR))
}

fn usbdi_version(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    /// `USBD_VERSION_INFORMATION`: `USBDI_Version` and `Supported_USB_Version`.
    const ANSWER: [u32; 2] = [0x600, 0x300];
    let out = args.pointer(kernel, 0)?;
    kernel.mem.write(out, &ANSWER)?;
    Ok(0)
}
