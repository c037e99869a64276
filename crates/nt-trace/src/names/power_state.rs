//! Power states (wdm.h).

/// `PowerSystemWorking`
pub const SYSTEM_WORKING: u32 = 1;
/// `PowerDeviceD0`
pub const DEVICE_D0: u32 = 1;
/// `PowerDeviceD3`
pub const DEVICE_D3: u32 = 4;

/// How a reader calls a `SYSTEM_POWER_STATE`.
#[must_use]
pub const fn system_state(state: u32) -> &'static str {
    match state {
        1 => "S0",
        2 => "S1",
        3 => "S2",
        4 => "S3",
        5 => "S4",
        6 => "S5",
        _ => "an unknown system state",
    }
}

/// How a reader calls a `DEVICE_POWER_STATE`.
#[must_use]
pub const fn device_state(state: u32) -> &'static str {
    match state {
        1 => "D0",
        2 => "D1",
        3 => "D2",
        4 => "D3",
        _ => "an unknown device state",
    }
}

/// How a reader calls either.
#[must_use]
pub const fn power_state(system: bool, state: u32) -> &'static str {
    if system { system_state(state) } else { device_state(state) }
}
