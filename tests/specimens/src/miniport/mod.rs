//! A small, correct NDIS miniport driver, in which any one step can be replaced.
//!
//! It registers with NDIS in `DriverEntry`, says what an adapter is like when that is initialised, and reads a file, as a
//! driver does that loads firmware into its device. It asks nothing of the device and sends nothing.
//!
//! Pages: [Initializing a Miniport Driver](https://learn.microsoft.com/windows-hardware/drivers/network/initializing-a-miniport-driver),
//! [MiniportInitializeEx](https://learn.microsoft.com/windows-hardware/drivers/ddi/ndis/nc-ndis-miniport_initialize)

mod abi;
mod attributes;
mod entry;
pub mod file;
pub mod kind;

use core::ffi::c_void;

pub use entry::enter;
pub use kind::Initialising;

/// `NDIS_HANDLE`
pub type NdisHandle = *mut c_void;
/// `NDIS_STATUS`
pub type NdisStatus = u32;

/// `NDIS_STATUS_SUCCESS`
pub const SUCCESS: NdisStatus = 0;
/// `NDIS_STATUS_FAILURE`
pub const FAILURE: NdisStatus = 0xC000_0001;

/// One miniport driver. Every step that is not replaced is done correctly.
pub trait Miniport: Sized {
    /// Tells NDIS about the adapter, first of all in `MiniportInitializeEx`.
    #[must_use]
    fn attributes(adapter: NdisHandle) -> NdisStatus {
        attributes::set(adapter)
    }

    /// The rest of `MiniportInitializeEx`, at `PASSIVE_LEVEL`.
    #[must_use]
    fn initialise(running: &Initialising) -> NdisStatus {
        kind::read_firmware(running)
    }

    /// `MiniportHaltEx`
    fn halt() {}

    /// `MiniportDriverUnload`. `driver` is what NDIS returned for the registration.
    fn unload(driver: NdisHandle) {
        entry::deregister(driver);
    }
}

/// Makes a miniport driver the driver of this file.
#[macro_export]
macro_rules! miniport {
    ($miniport:ty) => {
        /// The entry point that the loader calls.
        #[unsafe(export_name = "DriverEntry")]
        pub extern "C" fn driver_entry(
            driver: *mut $crate::wdk_sys::DRIVER_OBJECT,
            registry_path: $crate::wdk_sys::PCUNICODE_STRING,
        ) -> $crate::wdk_sys::NTSTATUS {
            $crate::miniport::enter::<$miniport>(driver, registry_path)
        }
    };
}
