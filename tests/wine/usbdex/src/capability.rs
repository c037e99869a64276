//! `USBD_QueryUsbCapability`: what the stack of `tests/wine/bus` supports.
//!
//! Page: [USBD_QueryUsbCapability](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_queryusbcapability)

use wdk_sys::{
    GUID, NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED, STATUS_SUCCESS,
};

use crate::{
    shared::interface::{BusInterface, speed},
    table, tell,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Capability {
    ChainedMdls,
    StaticStreams,
    HighSpeed,
    SuperSpeed,
    /// Known, and not there.
    Other,
}

/// Nothing else fills a buffer.
const STATIC_STREAMS: u128 = 0x0905_1E1F_0DC9_4E6B_8B12_960C_BD81_AA8F;

const KNOWN: [(u128, Capability); 9] = [
    (0xF5CE_EB23_AD90_458C_979A_D59B_3AD6_884F, Capability::ChainedMdls),
    (STATIC_STREAMS, Capability::StaticStreams),
    // Selective suspend, function suspend.
    (0x755C_630D_C8A0_4765_946F_90CC_7038_56A4, Capability::Other),
    (0xF456_3183_D66E_42BD_BD53_1AC7_B04C_D59D, Capability::Other),
    (0x81A8_85A6_F239_42A2_8397_A5D9_5BEA_6953, Capability::HighSpeed),
    (0x8A2F_776C_9BD0_4F29_9771_C7A3_8846_D4C7, Capability::SuperSpeed),
    // High-bandwidth isochronous, time synchronisation, isochronous pipe flags.
    (0x9C8A_8A27_15F9_42E3_A356_CDA6_AE97_A8C8, Capability::Other),
    (0xBB6E_6472_4BE5_44A3_9641_345E_56AC_3485, Capability::Other),
    (0x5981_9125_33A3_421A_A5DD_3763_9F30_B93E, Capability::Other),
];

fn number(guid: &GUID) -> u128 {
    let [a, b] = [u128::from(guid.Data1) << 96, u128::from(guid.Data2) << 80];
    a | b | u128::from(guid.Data3) << 64 | u128::from(u64::from_be_bytes(guid.Data4))
}

// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "system" fn USBD_QueryUsbCapability(
    handle: usize,
    guid: *const GUID,
    length: u32,
    buffer: *mut u8,
    result_length: *mut u32,
) -> NTSTATUS {
    const NAME: &str = "USBD_QueryUsbCapability";
    tell::call(NAME, [handle, guid.addr(), length as usize, buffer.addr()]);
    // SAFETY: NULL, or where the driver has room for a length.
    if let Some(result) = unsafe { result_length.as_mut() } {
        *result = 0;
    }
    // SAFETY: NULL, or a GUID.
    let wanted = unsafe { guid.as_ref() }.map(number);
    let bus = table::lock().bus(handle);
    let status = match (&bus, wanted) {
        (Err(status), _) => *status,
        (_, None) => STATUS_INVALID_PARAMETER,
        _ if (length == 0) != buffer.is_null() => STATUS_INVALID_PARAMETER,
        (Ok(bus), Some(wanted)) => support(bus, wanted, length),
    };
    let granted = bus.ok().filter(|_| status == STATUS_SUCCESS && wanted == Some(STATIC_STREAMS));
    if let Some(bus) = granted {
        // SAFETY: the buffer has room for a USHORT, as was checked.
        unsafe { buffer.cast::<u16>().write_unaligned(bus.static_streams) };
        // SAFETY: NULL, or where the driver has room for a length.
        if let Some(result) = unsafe { result_length.as_mut() } {
            *result = 2;
        }
    }
    tell::status(NAME, status)
}

fn support(bus: &BusInterface, wanted: u128, length: u32) -> NTSTATUS {
    let Some((_, capability)) = KNOWN.iter().find(|(guid, _)| *guid == wanted) else {
        return STATUS_NOT_IMPLEMENTED;
    };
    let supported = match capability {
        Capability::ChainedMdls => bus.chained_mdls != 0,
        Capability::HighSpeed => matches!(bus.speed, speed::HIGH | speed::SUPER),
        Capability::SuperSpeed => bus.speed == speed::SUPER,
        // The number of streams is a USHORT.
        Capability::StaticStreams if length < 2 => return STATUS_INVALID_PARAMETER,
        Capability::StaticStreams => bus.static_streams > 0,
        Capability::Other => false,
    };
    if supported { STATUS_SUCCESS } else { STATUS_NOT_SUPPORTED }
}
