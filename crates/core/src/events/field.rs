//! The types that fields have.

use usbclient_protocol::status::NtStatus;

/// How a field is encoded and shown: `TlgIn*` and `TlgOut*` of `TraceLoggingProvider.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldType {
    /// How it is encoded.
    pub in_type: u8,
    /// How it is shown, 0 for as it is encoded.
    pub out_type: u8,
}

/// `TlgInANSISTRING`, shown as UTF-8: what ends with a NUL.
pub(super) const TEXT: FieldType = FieldType { in_type: 2, out_type: 35 };

/// A type that a field may have: its bytes are the event's bytes.
pub trait Field: Copy {
    /// How it is encoded and shown.
    const TYPE: FieldType;
}

macro_rules! fields {
    ($($type:ty: $in_type:literal, $out_type:literal;)*) => {
        $(impl Field for $type {
            const TYPE: FieldType = FieldType { in_type: $in_type, out_type: $out_type };
        })*
    };
}

/// A byte that is read best in hexadecimal: the address of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Hex8(pub u8);

/// A number that is read best in hexadecimal: `idVendor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Hex16(pub u16);

/// A number that is read best in hexadecimal: a `USBD_STATUS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Hex32(pub u32);

// TlgInUINT8 to TlgInUINT64, TlgInHEXINT32; TlgOutHEX is 4, TlgOutNTSTATUS is 14.
fields! {
    u8: 4, 0;
    Hex8: 4, 4;
    u16: 6, 0;
    Hex16: 6, 4;
    u32: 8, 0;
    u64: 10, 0;
    Hex32: 20, 0;
    NtStatus: 20, 14;
}
