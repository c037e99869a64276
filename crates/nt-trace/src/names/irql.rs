//! `IRQL` values of x64 and arm64 (wdm.h).

/// `PASSIVE_LEVEL`
pub const PASSIVE_LEVEL: u8 = 0;
/// `APC_LEVEL`
pub const APC_LEVEL: u8 = 1;
/// `DISPATCH_LEVEL`
pub const DISPATCH_LEVEL: u8 = 2;

/// How a reader calls a level.
#[must_use]
pub const fn irql(level: u8) -> &'static str {
    match level {
        PASSIVE_LEVEL => "PASSIVE_LEVEL",
        APC_LEVEL => "APC_LEVEL",
        DISPATCH_LEVEL => "DISPATCH_LEVEL",
        15 => "HIGH_LEVEL",
        _ => "a device IRQL",
    }
}
