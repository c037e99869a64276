//! What a reply's status means: a negated `errno` of Linux.
//!
//! Page: <https://docs.kernel.org/driver-api/usb/error-codes.html>

use usb_models::{Speed, Status};

const EPIPE: i32 = 32;
const EXDEV: i32 = 18;
const ENODEV: i32 = 19;
const EPROTO: i32 = 71;
const EOVERFLOW: i32 = 75;
const EILSEQ: i32 = 84;
const ESHUTDOWN: i32 = 108;
const EREMOTEIO: i32 = 121;

/// How a transfer ended.
pub(super) const fn of_transfer(status: i32) -> Status {
    match status.wrapping_neg() {
        // Some packets of an isochronous transfer failed; each has a status of its own.
        0 | EREMOTEIO | EXDEV => Status::Ok,
        EPIPE => Status::Stall,
        EOVERFLOW => Status::Overrun,
        ENODEV | ESHUTDOWN => Status::Gone,
        // Timeouts and whatever a server made up.
        _ => Status::NoResponse,
    }
}

/// How an isochronous packet ended.
pub(super) const fn of_packet(status: i32) -> Status {
    match status.wrapping_neg() {
        0 | EREMOTEIO => Status::Ok,
        EOVERFLOW => Status::Overrun,
        EPROTO | EILSEQ => Status::Damaged,
        _ => Status::NoResponse,
    }
}

/// A value of Linux's `enum usb_device_speed`. Unknown ones are taken for high speed, as the least surprising.
pub(super) const fn speed(value: u32) -> Speed {
    match value {
        1 => Speed::Low,
        2 => Speed::Full,
        5 | 6 => Speed::Super,
        _ => Speed::High,
    }
}

#[cfg(test)]
mod tests {
    use usb_models::{Speed, Status};

    use super::{of_packet, of_transfer, speed};

    #[test]
    fn statuses() {
        let cases = [
            (0, Status::Ok, Status::Ok),
            (-32, Status::Stall, Status::NoResponse),
            (-75, Status::Overrun, Status::Overrun),
            (-71, Status::NoResponse, Status::Damaged),
            (-19, Status::Gone, Status::NoResponse),
            (-110, Status::NoResponse, Status::NoResponse),
            (1, Status::NoResponse, Status::NoResponse),
            (i32::MIN, Status::NoResponse, Status::NoResponse),
            (-121, Status::Ok, Status::Ok),
        ];
        for (value, transfer, packet) in cases {
            assert_eq!((of_transfer(value), of_packet(value)), (transfer, packet), "{value}");
        }
    }

    #[test]
    fn speeds() {
        let speeds =
            [Speed::High, Speed::Low, Speed::Full, Speed::High, Speed::High, Speed::Super, Speed::Super];
        for (value, expected) in (0..).zip(speeds) {
            assert_eq!(speed(value), expected);
        }
    }
}
