//! Bug checks that the kernel itself raises.

use super::interruption::Raised;
use crate::stop::Stop;

/// `NO_MORE_IRP_STACK_LOCATIONS`
pub const NO_MORE_IRP_STACK_LOCATIONS: u32 = 0x35;
/// `MAXIMUM_WAIT_OBJECTS_EXCEEDED`
pub const MAXIMUM_WAIT_OBJECTS_EXCEEDED: u32 = 0x0C;
/// `KMODE_EXCEPTION_NOT_HANDLED`
pub const KMODE_EXCEPTION_NOT_HANDLED: u32 = 0x1E;
/// `RESOURCE_NOT_OWNED`
pub const RESOURCE_NOT_OWNED: u32 = 0xE3;
/// `MULTIPLE_IRP_COMPLETE_REQUESTS`
pub const MULTIPLE_IRP_COMPLETE_REQUESTS: u32 = 0x44;
/// `SPIN_LOCK_ALREADY_OWNED`
pub const SPIN_LOCK_ALREADY_OWNED: u32 = 0x0F;
/// `SPIN_LOCK_NOT_OWNED`
pub const SPIN_LOCK_NOT_OWNED: u32 = 0x10;
/// `IRQL_NOT_LESS_OR_EQUAL`
pub const IRQL_NOT_LESS_OR_EQUAL: u32 = 0x0A;
/// `REFERENCE_BY_POINTER`
pub const REFERENCE_BY_POINTER: u32 = 0x18;
/// `BAD_POOL_CALLER`
pub const BAD_POOL_CALLER: u32 = 0xC2;
/// `TIMER_OR_DPC_INVALID`
pub const TIMER_OR_DPC_INVALID: u32 = 0xC7;
/// `DRIVER_VERIFIER_DETECTED_VIOLATION`
pub const DRIVER_VERIFIER_DETECTED_VIOLATION: u32 = 0xC4;
/// `DRIVER_VERIFIER_IOMANAGER_VIOLATION`
pub const DRIVER_VERIFIER_IOMANAGER_VIOLATION: u32 = 0xC9;
/// `KERNEL_MODE_EXCEPTION_NOT_HANDLED`
pub const KERNEL_MODE_EXCEPTION_NOT_HANDLED: u32 = 0x8E;

/// A bug check whose first parameter is a number that its documentation explains.
#[must_use]
pub fn bug_check(code: u32, parameter: u64, text: impl Into<String>) -> Stop {
    Stop::BugCheck { code, parameters: [parameter, 0, 0, 0], text: text.into() }
}

/// `DRIVER_VERIFIER_IOMANAGER_VIOLATION` with one of its documented first parameters.
#[must_use]
pub fn verifier_io(parameter: u64, text: impl Into<String>) -> Stop {
    bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, parameter, text)
}

/// `DRIVER_VERIFIER_DETECTED_VIOLATION` with one of its documented first parameters.
#[must_use]
pub fn verifier(parameter: u64, text: impl Into<String>) -> Stop {
    bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, parameter, text)
}

/// The first parameter of `DRIVER_VERIFIER_DETECTED_VIOLATION` for memory that was written beyond its end.
pub const OVERWRITTEN: u64 = 0x52;

/// An exception that a routine raises. A bug check follows if the driver does not handle it.
#[must_use]
pub fn exception(status: u32, text: impl Into<String>) -> Stop {
    Stop::Exception(Raised::by_routine(status, text))
}
