//! Control transfers.

use std::time::Duration;

use usbclient_protocol::{ControlTransfer, SetupPacket, control_code};

use super::Device;
use crate::{
    error::{Error, ErrorKind},
    operation::Operation,
};

/// Who has defined a control request: bits 5 and 6 of `bmRequestType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlType {
    /// The USB specification.
    Standard = 0,
    /// The specification of a device class.
    Class = 1,
    /// The device's vendor.
    Vendor = 2,
}

/// Whom a control request is for: bits 0 to 4 of `bmRequestType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// The device.
    Device = 0,
    /// The interface in the low byte of `wIndex`.
    Interface = 1,
    /// The endpoint in the low byte of `wIndex`.
    Endpoint = 2,
    /// Something else.
    Other = 3,
}

/// What a control transfer begins with. The direction comes from the call that takes it, the length from the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Setup {
    control_type: ControlType,
    recipient: Recipient,
    request: u8,
    value: u16,
    index: u16,
    timeout: Option<Duration>,
}

impl Setup {
    /// A request, for the device.
    pub const fn new(control_type: ControlType, request: u8) -> Self {
        Self { control_type, recipient: Recipient::Device, request, value: 0, index: 0, timeout: None }
    }

    /// A request of the device's vendor, for the device.
    pub const fn vendor(request: u8) -> Self {
        Self::new(ControlType::Vendor, request)
    }

    /// A request of a device class, for the device.
    pub const fn class(request: u8) -> Self {
        Self::new(ControlType::Class, request)
    }

    /// A standard request, for the device.
    pub const fn standard(request: u8) -> Self {
        Self::new(ControlType::Standard, request)
    }

    /// Whom it is for.
    pub const fn to(self, recipient: Recipient) -> Self {
        Self { recipient, ..self }
    }

    /// `wValue`
    pub const fn value(self, value: u16) -> Self {
        Self { value, ..self }
    }

    /// `wIndex`
    pub const fn index(self, index: u16) -> Self {
        Self { index, ..self }
    }

    /// The driver gives the transfer up after this time, in whole milliseconds; otherwise after the time of the default
    /// pipe's policy, which is 5 seconds unless it was changed.
    pub const fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    fn packet(self, is_in: bool, length: u16) -> ControlTransfer {
        let request_type = u8::from(is_in) << 7 | (self.control_type as u8) << 5 | self.recipient as u8;
        let Self { request, value, index, .. } = self;
        let mut transfer = ControlTransfer::new(SetupPacket { request_type, request, value, index, length });
        transfer.timeout_ms = milliseconds(self.timeout);
        transfer
    }
}

/// A timeout as requests have it: whole milliseconds, at least one; zero for none.
pub fn milliseconds(timeout: Option<Duration>) -> u32 {
    timeout.map_or(0, |time| u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1))
}

impl Device {
    /// A control transfer whose data comes from the device, `length` bytes at most.
    ///
    /// Errors of the operation: [`Stall`](ErrorKind::Stall): the device refuses; [`TimedOut`](ErrorKind::TimedOut);
    /// [`Busy`](ErrorKind::Busy): another file has claimed the interface that it is for;
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): the request belongs to the USB driver stack, such as `SET_ADDRESS`.
    pub fn control_in(&self, setup: Setup, length: u16) -> Operation<Vec<u8>> {
        let input = setup.packet(true, length).encode();
        let data = vec![0; length.into()];
        self.operation(async move |line| {
            line.send("a control transfer in", control_code::CONTROL_IN, &input, data).await
        })
    }

    /// A control transfer whose data goes to the device, or that has none.
    ///
    /// Errors of the operation: as [`control_in`](Self::control_in); and [`InvalidArgument`](ErrorKind::InvalidArgument) for
    /// more data than `wLength` can say.
    pub fn control_out(&self, setup: Setup, data: &[u8]) -> Operation<()> {
        const DOING: &str = "a control transfer out";
        let length = u16::try_from(data.len());
        let data = data.to_vec();
        self.operation(async move |line| {
            let length = length.map_err(|_| Error::new(ErrorKind::InvalidArgument, DOING))?;
            let input = setup.packet(false, length).encode();
            line.send(DOING, control_code::CONTROL_OUT, &input, data).await.map(drop)
        })
    }
}
