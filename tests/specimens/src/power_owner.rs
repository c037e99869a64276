//! The steps of [`Specimen`] as a power policy owner does them.

/// Implements [`Specimen`](crate::Specimen) for a power policy owner; the specimen itself implements
/// [`Policy`](crate::power_policy::Policy) with the one step that it replaces.
#[macro_export]
macro_rules! power_owner {
    ($specimen:ty) => {
        impl $crate::Specimen for $specimen {
            fn power_routine() -> $crate::wdk_sys::PDRIVER_DISPATCH {
                Some($crate::power_policy::dispatch::<Self>)
            }

            fn added(extension: *mut $crate::Extension) {
                $crate::power_wake::prepare(extension);
                $crate::driver::clear_initialising(extension);
            }

            fn started(extension: *mut $crate::Extension) {
                $crate::power_wake::arm::<Self>(extension);
            }

            fn before_pnp(extension: *mut $crate::Extension, request: $crate::Request) {
                $crate::power_owner::before_pnp::<Self>(extension, request);
            }

            fn after_pnp(extension: *mut $crate::Extension, request: $crate::Request) {
                $crate::power_owner::after_pnp::<Self>(extension, request);
            }

            fn file_request(
                extension: *mut $crate::Extension,
                irp: $crate::Irp,
            ) -> $crate::wdk_sys::NTSTATUS {
                $crate::power_idle::file_request::<Self>(extension, irp)
            }

            fn wait_for_others(extension: *mut $crate::Extension, request: $crate::Request) {
                $crate::kernel::release_and_wait(extension, request.tag);
                $crate::power_wake::forget(extension);
            }

            fn request(extension: *mut $crate::Extension, irp: $crate::Irp) -> $crate::wdk_sys::NTSTATUS {
                $crate::power_gate::request::<Self>(extension, irp)
            }

            fn completed(
                extension: *mut $crate::Extension,
                irp: $crate::Irp,
                urb: $crate::wdk_sys::PURB,
            ) -> $crate::wdk_sys::NTSTATUS {
                $crate::power_gate::completed::<Self>(extension, irp, urb)
            }
        }

        $crate::driver!($specimen);
    };
}

use crate::{Extension, Request, pnp, power_idle, power_policy::Policy, power_wake};

/// A PnP request has come: a device that is to be stopped or removed is brought into D0 and disarmed.
pub fn before_pnp<S: Policy>(extension: *mut Extension, request: Request) {
    match request.minor {
        pnp::QUERY_STOP => power_idle::leave::<S>(extension),
        pnp::QUERY_REMOVE => {
            power_idle::leave::<S>(extension);
            S::disarm(extension);
        }
        pnp::STOP => S::disarm(extension),
        pnp::SURPRISE_REMOVAL | pnp::REMOVE => {
            power_idle::cancel::<S>(extension);
            S::disarm(extension);
            if request.minor == pnp::REMOVE {
                S::removed(extension);
            }
        }
        _ => {}
    }
}

/// A query was taken back: the device is armed again.
pub fn after_pnp<S: Policy>(extension: *mut Extension, request: Request) {
    if request.minor == pnp::CANCEL_REMOVE {
        power_wake::arm::<S>(extension);
    }
}
