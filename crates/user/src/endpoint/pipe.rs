//! The pipe of an endpoint.

use std::sync::Arc;

use usbclient_protocol::{HandleReply, PipeOpen, PipeSelect, control_code};

use super::{Endpoint, In, kind::Direction};
use crate::{
    device::{Device, EndpointInfo, short_reply},
    endpoint::{Bulk, Interrupt, Isochronous, Kind},
    error::{Doing, Error},
    interface::{Claim, close_handle},
    operation::{Line, Operation},
    transport::Channel,
};

/// How requests name an endpoint's pipe: by its address, or by a handle that is given back with this.
#[derive(Debug)]
pub(super) struct Pipe {
    device: Device,
    info: EndpointInfo,
    /// The claim that the handle hangs on, and the handle.
    held: Option<(Arc<Claim>, u32)>,
}

impl Pipe {
    pub(super) const fn shared(device: Device, info: EndpointInfo) -> Self {
        Self { device, info, held: None }
    }

    pub(super) async fn open(line: &Line, claim: &Arc<Claim>, info: EndpointInfo) -> Result<Self, Error> {
        let doing = || Doing::on_endpoint("opening", info.address());
        let input =
            PipeOpen { interface: claim.handle(), endpoint: info.address(), ..PipeOpen::default() }.encode();
        let reply = line.send(doing(), control_code::OPEN_PIPE, &input, vec![0; HandleReply::SIZE]).await?;
        let handle = HandleReply::decode(&reply).ok_or_else(|| short_reply(doing()))?.handle;
        Ok(Self { device: claim.device().clone(), info, held: Some((Arc::clone(claim), handle)) })
    }

    pub(super) const fn info(&self) -> &EndpointInfo {
        &self.info
    }

    pub(super) const fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn channel(&self) -> &Arc<dyn Channel> {
        &self.device.shared().channel
    }

    pub(super) fn target(&self) -> u32 {
        self.held.as_ref().map_or_else(|| self.info.address().into(), |(_, handle)| *handle)
    }

    /// A request that names the pipe and moves nothing.
    pub(super) fn order(self: &Arc<Self>, words: &'static str, code: u32) -> Operation<()> {
        let input = PipeSelect::new(self.target()).encode();
        self.send(words, code, input.to_vec(), 0, |_| Ok(()))
    }

    /// A request about the pipe, with what its reply is read as.
    pub(super) fn send<T: Send + 'static>(
        self: &Arc<Self>,
        words: &'static str,
        code: u32,
        input: Vec<u8>,
        room: usize,
        read: impl FnOnce(&[u8]) -> Result<T, Error> + Send + 'static,
    ) -> Operation<T> {
        let pipe = Arc::clone(self);
        self.device.operation(async move |line| {
            let doing = Doing::on_endpoint(words, pipe.info.address());
            let reply = line.send(doing, code, &input, vec![0; room]).await?;
            read(&reply)
        })
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        if let Some((_, handle)) = self.held {
            close_handle(&self.device.shared().channel, handle);
        }
    }
}

/// A kind of endpoint that has a pipe of its own.
pub trait HasPipe: Kind {}

impl HasPipe for Bulk {}

impl HasPipe for Interrupt {}

impl HasPipe for Isochronous {}

impl<K: HasPipe, D: Direction> Endpoint<K, D> {
    /// Cancels everything that is in flight on the endpoint, whoever sent it, and stops its reader.
    pub fn abort(&self) -> Operation<()> {
        self.pipe.order("aborting", control_code::ABORT_PIPE)
    }

    /// Cancels what is in flight on the endpoint, clears its halt, and resets its data toggle on both sides.
    pub fn clear_halt(&self) -> Operation<()> {
        self.pipe.order("clearing the halt of", control_code::RESET_PIPE)
    }
}

impl<K: HasPipe> Endpoint<K, In> {
    /// Drops what was received and not yet read: what is left of packets, and what a reader's ring holds.
    pub fn flush(&self) -> Operation<()> {
        self.pipe.order("flushing", control_code::FLUSH_PIPE)
    }
}
