//! Control transfers.

use super::field::layout;

layout! {
    /// The eight bytes that start a control transfer.
    ///
    /// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-control-transfer>
    SetupPacket: 8 {
        /// `bmRequestType`: direction (bit 7, set: from the device), type (bits 5 and 6), recipient (bits 0 to 4).
        request_type: u8,
        /// `bRequest`
        request: u8,
        /// `wValue`
        value: u16,
        /// `wIndex`
        index: u16,
        /// `wLength`: bytes of the data stage.
        length: u16,
    }
}

impl SetupPacket {
    /// Whether bit 7 says that data comes from the device.
    #[must_use]
    pub const fn is_in(self) -> bool {
        self.request_type & 0x80 != 0
    }
}

layout! {
    /// Input of `CONTROL_IN` and `CONTROL_OUT`.
    ControlTransfer: 16 {
        /// What goes over the wire first.
        setup: SetupPacket,
        /// Milliseconds until the transfer is given up; zero: as the policy of the default pipe says, which is 5000
        /// unless it was changed.
        timeout_ms: u32,
        /// Must be zero.
        reserved: u32,
    }
}

impl ControlTransfer {
    /// A control transfer with the default pipe's timeout.
    #[must_use]
    pub const fn new(setup: SetupPacket) -> Self {
        Self { setup, timeout_ms: 0, reserved: 0 }
    }
}
