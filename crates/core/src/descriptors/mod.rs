//! Which descriptors can be used. They come from the device, so nothing in them is believed.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-descriptors>

mod configuration;
mod device;
mod refusal;
mod walk;

pub use configuration::{Configuration, ConfigurationHeader, Endpoint, Interface};
pub use device::DeviceDescriptor;
pub use refusal::Refusal;
