//! Which descriptors can be used. They come from the device, so nothing in them is believed.
//!
//! | what | how |
//! |---|---|
//! | what START selects | [`Configuration::parse`], kept |
//! | any alternate setting, companions | [`alternate`], [`settings_of`], [`settings`], on the descriptor's bytes each time |
//! | the binary device object store | [`Bos::parse`] |
//! | strings | [`StringDescriptor::parse`] |
//!
//! Nothing here allocates, and nothing takes longer than in proportion to the bytes.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-descriptors>

mod bos;
mod configuration;
mod device;
mod endpoint;
mod interface;
mod refusal;
mod string;
mod walk;

pub use bos::{Bos, BosHeader, Capabilities, Capability};
pub use configuration::{Configuration, ConfigurationHeader};
pub use device::DeviceDescriptor;
pub use endpoint::{Companion, Endpoint, EndpointDescriptors};
pub use interface::{Alternate, Endpoints, Interface, Settings, alternate, settings, settings_of};
pub use refusal::Refusal;
pub use string::{Characters, StringDescriptor};
