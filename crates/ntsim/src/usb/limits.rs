//! The documented limits on the size of a transfer (page "USB Bandwidth Allocation").

use usb_models::Speed;

use super::{Face, pipe::PipeKind};

const KB: u32 = 1 << 10;
const MB: u32 = 1 << 20;

/// The most bytes that one URB may move on a bulk or interrupt pipe.
pub(super) const fn transfer(face: Face, speed: Speed, kind: PipeKind) -> u32 {
    match (kind, speed, face) {
        (PipeKind::Bulk, Speed::Super, _) => 32 * MB,
        // OHCI, the controller of the older stack's full-speed devices.
        (PipeKind::Bulk, Speed::Full, Face::Usb2) => 256 * KB,
        _ => 4 * MB,
    }
}

/// The most bytes that one URB may move on an isochronous pipe, whose packets have `packet` bytes (`wBytesPerInterval` for
/// `SuperSpeed`).
pub(super) const fn isochronous(face: Face, speed: Speed, packet: u32) -> u32 {
    match (speed, face) {
        // UHCI and OHCI.
        (Speed::Low | Speed::Full, Face::Usb2) => 64 * KB,
        (Speed::Low | Speed::Full, Face::Usb3) => 256 * packet,
        _ => 1024 * packet,
    }
}

/// The most packets of one isochronous URB (page "How to transfer data to USB isochronous endpoints").
pub(super) const fn packets(speed: Speed) -> u32 {
    match speed {
        Speed::Low | Speed::Full => 255,
        Speed::High | Speed::Super => 1024,
    }
}

/// The most bytes that one URB may move on the default pipe.
pub(super) const fn control(speed: Speed) -> u32 {
    match speed {
        Speed::Low | Speed::Full => 4 * KB,
        Speed::High | Speed::Super => 64 * KB,
    }
}
