//! Constants of the headers as the types that their structures have.
//!
//! bindgen gives every constant as `u32` and every size as `usize`. These functions are called in
//! constants, so that a value which does not fit stops the build.

/// As `u8`.
pub const fn u8(value: u32) -> u8 {
    assert!(value <= u8::MAX as u32);
    value.to_le_bytes()[0]
}

/// As `i8`.
pub const fn i8(value: u32) -> i8 {
    assert!(value <= i8::MAX as u32);
    value.to_le_bytes()[0].cast_signed()
}

/// As `u16`.
pub const fn u16(value: usize) -> u16 {
    assert!(value <= u16::MAX as usize);
    let bytes = value.to_le_bytes();
    u16::from_le_bytes([bytes[0], bytes[1]])
}

/// As `u32`.
pub const fn u32(value: usize) -> u32 {
    assert!(value <= u32::MAX as usize);
    let bytes = value.to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
