//! The documented limits on the size of a transfer, of the USB 3 stack.
//!
//! Page: [USB Bandwidth Allocation](https://learn.microsoft.com/windows-hardware/drivers/usbcon/usb-bandwidth-allocation)

use usb_models::Speed;

use super::pipe::PipeKind;

const KB: u32 = 1 << 10;
const MB: u32 = 1 << 20;

/// The most bytes that one URB may move on a bulk or interrupt pipe.
pub const fn transfer(speed: Speed, kind: PipeKind) -> u32 {
    match (kind, speed) {
        (PipeKind::Bulk, Speed::Super) => 32 * MB,
        _ => 4 * MB,
    }
}

/// The most bytes that one URB may move on an isochronous pipe, whose packets have `packet` bytes.
pub const fn isochronous(speed: Speed, packet: u32) -> u32 {
    match speed {
        Speed::Low | Speed::Full => 256 * packet,
        _ => 1024 * packet,
    }
}

/// The most packets of one isochronous URB.
pub const fn packets(speed: Speed) -> u32 {
    match speed {
        Speed::Low | Speed::Full => 255,
        Speed::High | Speed::Super => 1024,
    }
}

/// The most bytes that one URB may move on the default pipe.
pub const fn control(speed: Speed) -> u32 {
    match speed {
        Speed::Low | Speed::Full => 4 * KB,
        Speed::High | Speed::Super => 64 * KB,
    }
}
