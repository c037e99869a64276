//! Device control requests of a script, and what it expects of them.

use std::borrow::Cow;

use nt_trace::NtStatus;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use usbclient_protocol::{ControlTransfer, PipeSelect, PipeTransfer, SetupPacket, control_code};

use super::Bytes;
use crate::abi::status::STATUS_SUCCESS;

/// A control code, by its name where the driver's interface has one for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u32);

impl Code {
    /// Its name in the driver's interface.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        control_code::TABLE.iter().find(|code| code.value == self.0).map(|code| code.name)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_str(&format!("{:#010x}", self.0)),
        }
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let named = control_code::TABLE.iter().find(|code| code.name == text).map(|code| code.value);
        let number = || u32::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        named.or_else(number).map(Self).ok_or_else(|| serde::de::Error::custom("not a control code"))
    }
}

/// A device control request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ioctl {
    /// The open file, by the name that the script gave it.
    pub file: String,
    /// The control code.
    pub code: Code,
    /// The first buffer.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub input: Bytes,
    /// The second buffer as it is before the request; for data that go to the device, the data.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub output: Bytes,
}

impl Ioctl {
    /// A request with any code.
    #[must_use]
    pub fn new(file: &str, code: u32, input: Bytes, output: Bytes) -> Self {
        Self { file: file.into(), code: Code(code), input, output }
    }

    /// `PIPE_READ` of `length` bytes.
    #[must_use]
    pub fn read(file: &str, endpoint: u8, length: u32) -> Self {
        let input = Bytes::of(PipeTransfer::new(endpoint.into()).encode());
        Self::new(file, control_code::PIPE_READ, input, Bytes::room(length))
    }

    /// `PIPE_WRITE`
    #[must_use]
    pub fn write(file: &str, endpoint: u8, data: Bytes) -> Self {
        let input = Bytes::of(PipeTransfer::new(endpoint.into()).encode());
        Self::new(file, control_code::PIPE_WRITE, input, data)
    }

    /// `CONTROL_IN` of `wLength` bytes.
    #[must_use]
    pub fn control_in(file: &str, setup: SetupPacket) -> Self {
        let room = Bytes::room(u32::from(setup.length));
        Self::new(file, control_code::CONTROL_IN, Bytes::of(ControlTransfer::new(setup).encode()), room)
    }

    /// `CONTROL_OUT`; `wLength` is the length of the data.
    #[must_use]
    pub fn control_out(file: &str, setup: SetupPacket, data: Bytes) -> Self {
        Self::new(file, control_code::CONTROL_OUT, Bytes::of(ControlTransfer::new(setup).encode()), data)
    }

    /// `ABORT_PIPE`
    #[must_use]
    pub fn abort(file: &str, endpoint: u8) -> Self {
        let input = Bytes::of(PipeSelect::new(endpoint.into()).encode());
        Self::new(file, control_code::ABORT_PIPE, input, Bytes::none())
    }

    /// `RESET_PIPE`
    #[must_use]
    pub fn reset(file: &str, endpoint: u8) -> Self {
        let input = Bytes::of(PipeSelect::new(endpoint.into()).encode());
        Self::new(file, control_code::RESET_PIPE, input, Bytes::none())
    }
}

/// How something must end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// One of these statuses; empty allows all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<NtStatus>,
    /// `Information`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub information: Option<u64>,
    /// What the second buffer starts with afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Bytes>,
}

impl Expected {
    /// `STATUS_SUCCESS`
    #[must_use]
    pub fn success() -> Self {
        Self::status(STATUS_SUCCESS)
    }

    /// This status.
    #[must_use]
    pub fn status(status: NtStatus) -> Self {
        Self::any_of(&[status])
    }

    /// One of these statuses.
    #[must_use]
    pub fn any_of(status: &[NtStatus]) -> Self {
        Self { status: status.to_vec(), information: None, output: None }
    }

    /// However it ends.
    #[must_use]
    pub fn anything() -> Self {
        Self::default()
    }

    /// With this `Information`.
    #[must_use]
    pub const fn moved(mut self, information: u64) -> Self {
        self.information = Some(information);
        self
    }

    /// With this in the second buffer.
    #[must_use]
    pub fn bytes(mut self, output: Bytes) -> Self {
        self.output = Some(output);
        self
    }

    /// Compares with what happened.
    ///
    /// # Errors
    /// What is different, in words.
    pub fn check(&self, status: NtStatus, information: u64, output: &[u8]) -> Result<(), String> {
        if !self.status.is_empty() && !self.status.contains(&status) {
            return Err(format!("ended with {status} and not with {:?}", self.status));
        }
        if let Some(expected) = self.information.filter(|expected| *expected != information) {
            return Err(format!("Information is {information} and not {expected}"));
        }
        let Some(expected) = self.output.as_ref().map(Bytes::make) else { return Ok(()) };
        let found = output.get(..expected.len()).unwrap_or(output);
        match found.iter().zip(&expected).position(|(left, right)| left != right) {
            Some(at) => Err(format!("byte {at} of the output is different")),
            None if found.len() == expected.len() => Ok(()),
            None => Err(format!("the output has {} bytes and not {}", found.len(), expected.len())),
        }
    }
}
