//! Which pipe or stream a request means, and whether the file may use it.

use usbclient_protocol::{
    PipeSelect, TransferType,
    status::{STATUS_BUFFER_TOO_SMALL, Status},
};

use super::{Direction, decode::Limits, lengths::input_only};
use crate::{descriptors::Endpoint, files::Target};

/// The endpoint whose pipe is meant, if the file may use it: for requests that concern the whole endpoint.
pub fn find(limits: Limits<'_>, target: u32) -> Result<Endpoint, Status> {
    limits.access.pipe(limits.places.near(limits.endpoints, target), target)
}

/// A pipe or one of its streams.
pub(super) fn select_target(
    input: &[u8],
    output_length: usize,
    limits: Limits<'_>,
) -> Result<Target, Status> {
    input_only(input, output_length, PipeSelect::SIZE)?;
    let header = PipeSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    limits.access.target(limits.endpoints, header.target)
}

pub(super) fn select(input: &[u8], output_length: usize, limits: Limits<'_>) -> Result<Endpoint, Status> {
    input_only(input, output_length, PipeSelect::SIZE)?;
    let header = PipeSelect::decode(input).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    find(limits, header.target)
}

/// Whether the endpoint moves bulk or interrupt data in this direction.
pub(super) fn moves_data(endpoint: Endpoint, direction: Direction) -> bool {
    let is_one = matches!(endpoint.transfer_type(), TransferType::Bulk | TransferType::Interrupt);
    is_one && endpoint.direction() == direction
}
