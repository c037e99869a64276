//! Device control requests of a script, and what it expects of them.

use std::borrow::Cow;

use nt_trace::NtStatus;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use usbclient_protocol::{
    ControlTransfer, IsochPacket, IsochPacketResult, IsochResult, IsochTransfer, PipeSelect, PipeTransfer,
    PolicyGet, PolicySet, ReaderStart, SetupPacket, control_code, isoch_flag,
};

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

    /// `PIPE_READ` that is given up after `timeout_ms`.
    #[must_use]
    pub fn read_within(file: &str, endpoint: u8, length: u32, timeout_ms: u32) -> Self {
        let header = PipeTransfer { timeout_ms, ..PipeTransfer::new(endpoint.into()) };
        Self::new(file, control_code::PIPE_READ, Bytes::of(header.encode()), Bytes::room(length))
    }

    /// `SET_POLICY`
    #[must_use]
    pub fn set_policy(file: &str, endpoint: u8, policy: u32, value: u32) -> Self {
        let input = PolicySet { target: endpoint.into(), policy, value };
        Self::new(file, control_code::SET_POLICY, Bytes::of(input.encode()), Bytes::none())
    }

    /// `GET_POLICY`
    #[must_use]
    pub fn get_policy(file: &str, endpoint: u8, policy: u32) -> Self {
        let input = PolicyGet { target: endpoint.into(), policy };
        Self::new(file, control_code::GET_POLICY, Bytes::of(input.encode()), Bytes::room(4))
    }

    /// `FLUSH_PIPE`
    #[must_use]
    pub fn flush(file: &str, endpoint: u8) -> Self {
        let input = Bytes::of(PipeSelect::new(endpoint.into()).encode());
        Self::new(file, control_code::FLUSH_PIPE, input, Bytes::none())
    }

    /// `START_READER`
    #[must_use]
    pub fn start_reader(file: &str, start: ReaderStart) -> Self {
        Self::new(file, control_code::START_READER, Bytes::of(start.encode()), Bytes::none())
    }

    /// `STOP_READER`
    #[must_use]
    pub fn stop_reader(file: &str, endpoint: u8) -> Self {
        let input = Bytes::of(PipeSelect::new(endpoint.into()).encode());
        Self::new(file, control_code::STOP_READER, input, Bytes::none())
    }

    /// `GET_READER_STATE`
    #[must_use]
    pub fn reader_state(file: &str, endpoint: u8) -> Self {
        let input = Bytes::of(PipeSelect::new(endpoint.into()).encode());
        Self::new(file, control_code::GET_READER_STATE, input, Bytes::room(40))
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

    /// `ISOCH_READ`
    #[must_use]
    pub fn isoch_read(file: &str, endpoint: u8, packets: Isoch) -> Self {
        let room = u32::try_from(packets.second_length()).unwrap_or(u32::MAX);
        Self::new(file, control_code::ISOCH_READ, packets.input(endpoint), Bytes::room(room))
    }

    /// `ISOCH_WRITE` of data for all packets.
    #[must_use]
    pub fn isoch_write(file: &str, endpoint: u8, packets: Isoch, data: &Bytes) -> Self {
        let mut second = data.make();
        second.resize(usize::try_from(packets.second_length()).unwrap_or(0), 0);
        Self::new(file, control_code::ISOCH_WRITE, packets.input(endpoint), Bytes::of(second))
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

/// The packets of an isochronous transfer: all of one size, end to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isoch {
    /// How many.
    pub packets: u32,
    /// Bytes of each.
    pub size: u32,
    /// The frame of the first; `None`: as soon as possible.
    pub start_frame: Option<u32>,
}

impl Isoch {
    const fn data_length(self) -> u32 {
        self.packets * self.size
    }

    /// Where the results begin in the second buffer.
    const fn results_at(self) -> u32 {
        self.data_length().next_multiple_of(8)
    }

    /// Bytes of the second buffer: data and results.
    #[must_use]
    pub const fn second_length(self) -> u64 {
        self.results_at() as u64
            + (IsochResult::SIZE + self.packets as usize * IsochPacketResult::SIZE) as u64
    }

    fn input(self, endpoint: u8) -> Bytes {
        let header = IsochTransfer {
            target: endpoint.into(),
            flags: if self.start_frame.is_none() { isoch_flag::AS_SOON_AS_POSSIBLE } else { 0 },
            start_frame: self.start_frame.unwrap_or(0),
            packet_count: self.packets,
            data_length: self.data_length(),
            reserved: 0,
        };
        let packets = (0..self.packets)
            .flat_map(|index| IsochPacket { offset: index * self.size, length: self.size }.encode());
        Bytes::of(header.encode().into_iter().chain(packets).collect::<Vec<u8>>())
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
    /// Any status that is a failure.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fails: bool,
    /// Length and `USBD_STATUS` of each packet of an isochronous transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets: Option<Vec<[u32; 2]>>,
    /// The frame in which an isochronous transfer began. Looked at together with its packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<u32>,
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
        Self { status: status.to_vec(), ..Self::default() }
    }

    /// However it ends.
    #[must_use]
    pub fn anything() -> Self {
        Self::default()
    }

    /// With any status that is a failure.
    #[must_use]
    pub fn failure() -> Self {
        Self { fails: true, ..Self::default() }
    }

    /// With these lengths and `USBD_STATUS` of an isochronous transfer's packets.
    #[must_use]
    pub fn packets(mut self, packets: Vec<[u32; 2]>) -> Self {
        self.packets = Some(packets);
        self
    }

    /// An isochronous transfer that began in this frame.
    #[must_use]
    pub const fn frame(mut self, frame: u32) -> Self {
        self.frame = Some(frame);
        self
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

    /// Compares the results of an isochronous transfer, which are the last `information` bytes.
    fn check_packets(&self, packets: &[[u32; 2]], information: u64, output: &[u8]) -> Result<(), String> {
        let size = IsochResult::SIZE + packets.len() * IsochPacketResult::SIZE;
        let end = usize::try_from(information).unwrap_or(usize::MAX);
        let results = end.checked_sub(size).and_then(|start| output.get(start..end));
        let header = results.and_then(IsochResult::decode);
        let (Some(results), Some(header)) = (results, header) else {
            return Err(format!("{information} bytes hold no results of {} packets", packets.len()));
        };
        if header.packet_count as usize != packets.len() || header.reserved != 0 {
            return Err(format!("there are results of {} packets", header.packet_count));
        }
        let errors = packets.iter().filter(|[_, status]| status & 0x8000_0000 != 0).count();
        if header.error_count as usize != errors {
            return Err(format!("{} packets failed and not {errors}", header.error_count));
        }
        if let Some(frame) = self.frame.filter(|frame| *frame != header.start_frame) {
            return Err(format!("it began in frame {} and not {frame}", header.start_frame));
        }
        let found = results.get(IsochResult::SIZE..).unwrap_or_default();
        let found = found.chunks_exact(IsochPacketResult::SIZE).filter_map(IsochPacketResult::decode);
        for (index, (found, [length, status])) in found.zip(packets).enumerate() {
            if found != (IsochPacketResult { length: *length, status: *status }) {
                return Err(format!(
                    "packet {index} ended with {found:?} and not {length} bytes, {status:#x}"
                ));
            }
        }
        Ok(())
    }

    /// Compares with what happened.
    ///
    /// # Errors
    /// What is different, in words.
    pub fn check(&self, status: NtStatus, information: u64, output: &[u8]) -> Result<(), String> {
        if !self.status.is_empty() && !self.status.contains(&status) {
            return Err(format!("ended with {status} and not with {:?}", self.status));
        }
        if self.fails && status.is_success() {
            return Err(format!("ended with {status}, which is no failure"));
        }
        if let Some(packets) = &self.packets {
            self.check_packets(packets, information, output)?;
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
