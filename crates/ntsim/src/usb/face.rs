//! Which of the two USB driver stacks is below.

use usb_models::Speed;

/// A USB driver stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// The stack of Windows 8 and later for xHCI controllers: it knows client contract 602.
    #[default]
    Usb3,
    /// The older stack: EHCI for high speed, OHCI for full and low speed.
    Usb2,
}

impl Face {
    /// Whether an IN transfer that ends with a short packet is an error unless the URB allows it. Only UHCI
    /// and OHCI controllers do that.
    #[must_use]
    pub const fn halts_on_short_packet(self, speed: Speed) -> bool {
        matches!(self, Self::Usb2) && matches!(speed, Speed::Low | Speed::Full)
    }

    /// Whether `USBD_IsInterfaceVersionSupported` answers yes.
    #[must_use]
    pub const fn supports_interface(self, version: u32) -> bool {
        match self {
            Self::Usb3 => matches!(version, 0x600 | 0x602),
            Self::Usb2 => version == 0x600,
        }
    }
}
