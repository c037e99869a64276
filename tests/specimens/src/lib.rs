//! A small, correct WDM function driver for a USB device, in which any one step can be replaced.
//!
//! Each file in `examples/` is a driver of its own: it names the rule that it breaks, implements [`Specimen`] with the
//! one step that breaks it, and leaves the rest as it is here. A rule of the simulator is trusted only when its
//! specimen is caught by it, and by nothing else; `expectations.json` is the table that a test plays.
//!
//! The steps are safe functions over raw pointers. That is a lie, told in this package only: a specimen is here to do
//! what safe code cannot, and nothing outside of the simulator ever loads one.
#![no_std]
#![expect(clippy::not_unsafe_ptr_arg_deref, reason = "the steps are safe in name only, as said above")]
#![expect(clippy::cast_possible_truncation, reason = "sizes of structures and flag bits are small numbers")]

pub mod built_irp;
pub mod driver;
pub mod extension;
pub mod idle_wait;
pub mod io;
pub mod irp;
pub mod kernel;
pub mod later;
pub mod miniport;
pub mod own_irp;
pub mod pipes;
pub mod pnp;
pub mod power_gate;
pub mod power_idle;
pub mod power_irp;
pub mod power_owner;
pub mod power_policy;
pub mod power_state;
pub mod power_wake;
pub mod queue;
pub mod reading;
pub mod sending;
pub mod specimen;
pub mod usb;

pub use extension::Extension;
pub use irp::{Irp, Request};
pub use specimen::Specimen;
use usbclient_usbdex as _;
use wdk_panic as _;
pub use wdk_sys;

/// Makes a specimen the driver of this file.
#[macro_export]
macro_rules! driver {
    ($specimen:ty) => {
        /// The entry point that the loader calls.
        #[unsafe(export_name = "DriverEntry")]
        pub extern "C" fn driver_entry(
            driver: &mut $crate::wdk_sys::DRIVER_OBJECT,
            _registry_path: $crate::wdk_sys::PCUNICODE_STRING,
        ) -> $crate::wdk_sys::NTSTATUS {
            $crate::driver::enter::<$specimen>(driver)
        }
    };
}
