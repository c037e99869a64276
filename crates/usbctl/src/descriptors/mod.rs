//! Descriptors, decoded from the USB specifications. Whatever a device sends, decoding ends and says what is wrong.

mod bos;
mod class;
mod configuration;
mod device;
mod endpoint;
mod places;
pub mod reader;
pub mod section;
pub mod strings;
mod walk;

#[cfg(test)]
mod tests;

pub use bos::bos;
pub use configuration::configuration;
pub use device::{device, qualifier};
pub use endpoint::address_text;
pub use places::{Place, places};
use reader::Texts;

/// What a decoder asks the device for.
pub trait Asked: Texts {
    /// The HID report descriptor of an interface, of so many bytes.
    fn report(&mut self, interface: u8, length: u16) -> Option<Vec<u8>>;
}
