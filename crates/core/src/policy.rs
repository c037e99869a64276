//! Policies of pipes, by WinUSB's numbers.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/winusb-functions-for-pipe-policy-modification>

use usbclient_protocol::{
    PolicyGet, PolicySet, TransferType, policy,
    status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER, Status},
};

use crate::{
    descriptors::Endpoint,
    endpoint_set::{ADDRESSES, number},
    request::{Direction, Limits, find, input_is},
    transfer::Rules,
};

/// Milliseconds that a control transfer may take at first, as the specification gives a device to answer.
const CONTROL_TIMEOUT_MS: u32 = 5_000;

/// What is set for one pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipePolicies {
    timeout_ms: u32,
    /// One bit for each policy that is on, at the place of its number.
    on: u16,
}

impl PipePolicies {
    const fn is_on(self, policy: u32) -> bool {
        self.on & bit(policy) != 0
    }

    /// `PIPE_TRANSFER_TIMEOUT`, in milliseconds; zero: none.
    #[must_use]
    pub const fn timeout_ms(self) -> u32 {
        self.timeout_ms
    }

    /// `AUTO_CLEAR_STALL`
    #[must_use]
    pub const fn auto_clear_stall(self) -> bool {
        self.is_on(policy::AUTO_CLEAR_STALL)
    }

    /// `AUTO_FLUSH`
    #[must_use]
    pub const fn auto_flush(self) -> bool {
        self.is_on(policy::AUTO_FLUSH)
    }

    /// `RAW_IO`
    #[must_use]
    pub const fn raw_io(self) -> bool {
        self.is_on(policy::RAW_IO)
    }

    /// `RESET_PIPE_ON_RESUME`
    #[must_use]
    pub const fn reset_pipe_on_resume(self) -> bool {
        self.is_on(policy::RESET_PIPE_ON_RESUME)
    }

    /// `ALLOW_PARTIAL_READS`, as far as `RAW_IO` leaves it.
    #[must_use]
    pub const fn allows_partial_reads(self) -> bool {
        self.is_on(policy::ALLOW_PARTIAL_READS) && !self.raw_io()
    }

    /// How a transfer on the endpoint is cut.
    #[must_use]
    pub const fn rules(self, endpoint: Endpoint, may_chain: bool) -> Rules {
        let packet = endpoint.packet_size();
        if self.raw_io() {
            return Rules { packet, ..Rules::NONE };
        }
        Rules {
            packet,
            zero_length_end: self.is_on(policy::SHORT_PACKET_TERMINATE),
            ignores_short: self.is_on(policy::IGNORE_SHORT_PACKETS),
            has_tail: self.allows_partial_reads(),
            may_chain,
        }
    }

    /// Sets a policy of the endpoint's pipe.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: the pipe has no such policy, or it cannot have this value.
    pub const fn set(&mut self, endpoint: Endpoint, policy: u32, value: u32) -> Result<(), Status> {
        if !has(endpoint, policy) || policy == policy::MAXIMUM_TRANSFER_SIZE {
            return Err(STATUS_INVALID_PARAMETER);
        }
        match (policy, value) {
            (policy::PIPE_TRANSFER_TIMEOUT, ms) => self.timeout_ms = ms,
            (_, 0) => self.on &= !bit(policy),
            (_, 1) => self.on |= bit(policy),
            _ => return Err(STATUS_INVALID_PARAMETER),
        }
        Ok(())
    }

    /// A policy of the endpoint's pipe. `maximum`: bytes that go to the bus as one transfer.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: the pipe has no such policy.
    pub const fn get(self, endpoint: Endpoint, policy: u32, maximum: u32) -> Result<u32, Status> {
        if !has(endpoint, policy) {
            return Err(STATUS_INVALID_PARAMETER);
        }
        Ok(match policy {
            policy::PIPE_TRANSFER_TIMEOUT => self.timeout_ms,
            policy::MAXIMUM_TRANSFER_SIZE => maximum,
            _ => self.is_on(policy) as u32,
        })
    }
}

const fn bit(policy: u32) -> u16 {
    match 1_u16.checked_shl(policy) {
        Some(bit) => bit,
        None => 0,
    }
}

/// Whether the pipe of an endpoint has a policy.
const fn has(endpoint: Endpoint, policy: u32) -> bool {
    if !matches!(endpoint.transfer_type(), TransferType::Bulk | TransferType::Interrupt) {
        return false;
    }
    let is_in = matches!(endpoint.direction(), Direction::In);
    match policy {
        policy::AUTO_CLEAR_STALL
        | policy::PIPE_TRANSFER_TIMEOUT
        | policy::MAXIMUM_TRANSFER_SIZE
        | policy::RESET_PIPE_ON_RESUME => true,
        policy::SHORT_PACKET_TERMINATE => !is_in,
        policy::IGNORE_SHORT_PACKETS | policy::ALLOW_PARTIAL_READS | policy::AUTO_FLUSH | policy::RAW_IO => {
            is_in
        }
        _ => false,
    }
}

/// The policies of every endpoint that a device can have. They stay when pipes are dropped and made again, as at a
/// stop: whoever set them is not told of that.
#[derive(Clone, Copy, Debug)]
pub struct Policies {
    pipes: [PipePolicies; ADDRESSES],
    control_timeout_ms: u32,
}

impl Policies {
    /// What holds at first.
    #[must_use]
    pub const fn new() -> Self {
        const NONE: PipePolicies = PipePolicies { timeout_ms: 0, on: 0 };
        Self { pipes: [NONE; ADDRESSES], control_timeout_ms: CONTROL_TIMEOUT_MS }
    }

    /// Those of an endpoint.
    #[must_use]
    pub fn of(&self, address: u8) -> PipePolicies {
        self.pipes.get(usize::from(number(address))).copied().unwrap_or_default()
    }

    /// Those of an endpoint, to be changed. `None` never happens.
    pub fn of_mut(&mut self, address: u8) -> Option<&mut PipePolicies> {
        self.pipes.get_mut(usize::from(number(address)))
    }

    /// Milliseconds that a request for this target may take if it says nothing itself; zero: no end.
    #[must_use]
    pub fn timeout_ms(&self, address: u8) -> u32 {
        if address == 0 { self.control_timeout_ms } else { self.of(address).timeout_ms() }
    }

    /// Sets a policy of the default pipe.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: it has no such policy.
    pub const fn set_default_pipe(&mut self, policy: u32, value: u32) -> Result<(), Status> {
        match policy {
            policy::PIPE_TRANSFER_TIMEOUT => {
                self.control_timeout_ms = value;
                Ok(())
            }
            _ => Err(STATUS_INVALID_PARAMETER),
        }
    }

    /// A policy of the default pipe.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: it has no such policy.
    pub const fn default_pipe(&self, policy: u32, maximum: u32) -> Result<u32, Status> {
        match policy {
            policy::PIPE_TRANSFER_TIMEOUT => Ok(self.control_timeout_ms),
            policy::MAXIMUM_TRANSFER_SIZE => Ok(maximum),
            _ => Err(STATUS_INVALID_PARAMETER),
        }
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self::new()
    }
}

/// Decodes `SET_POLICY`. The endpoint is `None` for target zero.
///
/// # Errors
/// As [`request::decode`](crate::request::decode).
pub fn decode_set(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<(Option<Endpoint>, PolicySet), Status> {
    input_is(input, PolicySet::SIZE)?;
    let header = PolicySet::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length != 0 {
        return Err(STATUS_INVALID_BUFFER_SIZE);
    }
    Ok((target(limits, header.target)?, header))
}

/// Decodes `GET_POLICY`.
///
/// # Errors
/// As [`request::decode`](crate::request::decode).
pub fn decode_get(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<(Option<Endpoint>, PolicyGet), Status> {
    input_is(input, PolicyGet::SIZE)?;
    let header = PolicyGet::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    if output_length < usbclient_protocol::PolicyValue::SIZE {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    Ok((target(limits, header.target)?, header))
}

fn target(limits: Limits<'_>, target: u32) -> Result<Option<Endpoint>, Status> {
    if target == 0 { Ok(None) } else { find(limits, target).map(Some) }
}
