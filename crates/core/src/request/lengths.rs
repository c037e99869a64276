//! How long the buffers of a request must be.

use usbclient_protocol::status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, Status};

/// The input must have exactly this size.
pub const fn input_is(input: &[u8], size: usize) -> Result<(), Status> {
    if input.len() < size {
        Err(STATUS_BUFFER_TOO_SMALL)
    } else if input.len() > size {
        Err(STATUS_INVALID_BUFFER_SIZE)
    } else {
        Ok(())
    }
}

/// No input and no output.
pub(super) const fn nothing(input: &[u8], output_length: usize) -> Result<(), Status> {
    if input.is_empty() && output_length == 0 { Ok(()) } else { Err(STATUS_INVALID_BUFFER_SIZE) }
}

/// No input, and room for the smallest reply.
pub(super) fn reply_only(input: &[u8], output_length: usize, smallest: usize) -> Result<(), Status> {
    input_is(input, 0)?;
    if output_length < smallest { Err(STATUS_BUFFER_TOO_SMALL) } else { Ok(()) }
}

/// An input of exactly this size, and no output.
pub(super) fn input_only(input: &[u8], output_length: usize, size: usize) -> Result<(), Status> {
    input_is(input, size)?;
    if output_length == 0 { Ok(()) } else { Err(STATUS_INVALID_BUFFER_SIZE) }
}
