//! Bulk data through a device that gives back what it gets.

use std::collections::VecDeque;

use usbclient_protocol::{PipeTransfer, control_code};

use super::{Loopback, SimStage, bytes::fill};
use crate::{
    kernel::io::user::{self, Handle, RequestId, UserIo},
    stop::Stop,
};

/// Requests in flight of one direction, oldest first: which, where its data begin, how many bytes.
type InFlight = VecDeque<(RequestId, u64, u32)>;

/// Writes and reads with `depth` requests of each in flight, and compares every byte.
pub(super) async fn run(stage: &SimStage, run: &Loopback) -> Result<(), Stop> {
    if run.chunk == 0 || !run.chunk.is_multiple_of(8) || run.depth == 0 {
        return Err(Stop::Script("a loopback needs a depth, and chunks of a multiple of 8 bytes".into()));
    }
    let handle = stage.file(&run.file)?;
    let (mut writes, mut reads) = (InFlight::new(), InFlight::new());
    let (mut written, mut asked) = (0, 0);
    loop {
        while written < run.bytes && writes.len() < run.depth as usize {
            let length = length_at(run, written);
            let mut data = vec![0; length as usize];
            fill(run.seed, written, &mut data);
            let id = start(stage, handle, run.out_endpoint, control_code::PIPE_WRITE, data).await?;
            writes.push_back((id, written, length));
            written += u64::from(length);
        }
        while asked < run.bytes && reads.len() < run.depth as usize {
            let length = length_at(run, asked);
            let room = vec![0; length as usize];
            let id = start(stage, handle, run.in_endpoint, control_code::PIPE_READ, room).await?;
            reads.push_back((id, asked, length));
            asked += u64::from(length);
        }
        if let Some((id, at, length)) = writes.pop_front() {
            finish(stage, id, at, length, "write").await?;
        }
        let Some((id, at, length)) = reads.pop_front() else { return Ok(()) };
        let found = finish(stage, id, at, length, "read").await?;
        let mut expected = vec![0; length as usize];
        fill(run.seed, at, &mut expected);
        if let Some(wrong) = found.iter().zip(&expected).position(|(left, right)| left != right) {
            let at = at + wrong as u64;
            return Err(Stop::Script(format!("byte {at} of the loopback came back changed")));
        }
    }
}

fn length_at(run: &Loopback, offset: u64) -> u32 {
    u32::try_from(run.bytes - offset).unwrap_or(u32::MAX).min(run.chunk)
}

async fn start(
    stage: &SimStage,
    handle: Handle,
    endpoint: u8,
    code: u32,
    output: Vec<u8>,
) -> Result<RequestId, Stop> {
    let input = PipeTransfer::new(endpoint.into()).encode().to_vec();
    user::start(&stage.cpu, handle, UserIo::Control { code, input, output }).await
}

async fn finish(stage: &SimStage, id: RequestId, at: u64, length: u32, what: &str) -> Result<Vec<u8>, Stop> {
    let outcome = user::wait(&stage.cpu, id).await;
    if outcome.status.is_success() && outcome.information == u64::from(length) {
        return Ok(outcome.output);
    }
    let (status, moved) = (outcome.status, outcome.information);
    Err(Stop::Script(format!("the {what} at byte {at} ended with {status}, {moved} of {length} bytes moved")))
}
