//! Streams of bulk endpoints.

use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use usbclient_protocol::{Count, PipeSelect, StreamHandle, StreamsOpen, control_code};

use super::{Bulk, Direction, Endpoint, Stream, pipe::Pipe};
use crate::{
    device::short_reply,
    error::Doing,
    operation::Operation,
    transport::{Parcel, Slot},
};

/// The streams of a bulk endpoint, which takes no transfers of its own meanwhile.
///
/// They are closed when this and every stream is dropped; [`close`](Self::close) waits for it.
///
/// ```
/// use usbclient_user::{Bulk, In, Out, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["stream-loopback-ss"])?;
/// # let device = context.list_devices()?[0].open()?;
/// let out = device.endpoint::<Bulk, Out>(0x01).wait()?.open_streams(4).wait()?;
/// let back = device.endpoint::<Bulk, In>(0x81).wait()?.open_streams(4).wait()?;
/// for number in 1..=4 {
///     let text = format!("on stream {number}");
///     out.stream(number).expect("there are four").write(text.as_bytes()).wait()?;
/// }
/// // Each stream comes back by itself, in whatever order it is asked for.
/// assert_eq!(back.stream(3).expect("there are four").read(1024).wait()?, b"on stream 3");
/// assert_eq!(back.stream(1).expect("there are four").read(1024).wait()?, b"on stream 1");
/// # drop((out, back, device));
/// # context.finish()
/// # }
/// ```
#[derive(Debug)]
pub struct Streams<D: Direction> {
    shared: Arc<Shared>,
    direction: PhantomData<fn() -> D>,
}

#[derive(Debug)]
struct Shared {
    pipe: Arc<Pipe>,
    handles: Vec<u32>,
    is_closed: AtomicBool,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if !*self.is_closed.get_mut() {
            let input = PipeSelect::new(self.pipe.target()).encode().to_vec();
            let parcel = Parcel { code: control_code::CLOSE_STREAMS, input, ..Parcel::default() };
            self.pipe.channel().start(&Arc::<Slot>::default(), parcel);
        }
    }
}

impl<D: Direction> Endpoint<Bulk, D> {
    /// Opens `count` streams, at most as many as [`EndpointInfo::max_streams`](crate::EndpointInfo::max_streams) says. From
    /// then on the endpoint itself takes no transfers, so it is given away; if opening fails it can be opened again.
    ///
    /// Errors of the operation: [`NotSupported`](crate::ErrorKind::NotSupported): the controller, the USB driver stack or the
    /// endpoint has no streams; [`InvalidArgument`](crate::ErrorKind::InvalidArgument): the count;
    /// [`InvalidState`](crate::ErrorKind::InvalidState): streams are open already, or transfers are in flight.
    pub fn open_streams(self, count: u32) -> Operation<Streams<D>> {
        let device = self.device().clone();
        device.operation(async move |line| {
            let doing = || Doing::on_endpoint("opening streams of", self.address());
            let input = StreamsOpen { target: self.target, count }.encode();
            // A count that is too large is refused before the reply is written.
            let room = Count::SIZE + usize::try_from(count.min(1 << 16)).unwrap_or(0) * StreamHandle::SIZE;
            let reply = line.send(doing(), control_code::OPEN_STREAMS, &input, vec![0; room]).await?;
            let list = reply.get(Count::SIZE..).ok_or_else(|| short_reply(doing()))?;
            let handles = list.chunks_exact(StreamHandle::SIZE).filter_map(StreamHandle::decode);
            let handles = handles.map(|entry| entry.handle).collect();
            let shared = Shared { pipe: Arc::clone(&self.pipe), handles, is_closed: AtomicBool::new(false) };
            Ok(Streams { shared: Arc::new(shared), direction: PhantomData })
        })
    }
}

impl<D: Direction> Streams<D> {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.handles.len()
    }

    /// The stream with this number; the first is stream 1. Several of the same number are queues of the same stream.
    #[must_use]
    pub fn stream(&self, number: usize) -> Option<Stream<D>> {
        let handle = *self.shared.handles.get(number.checked_sub(1)?)?;
        Some(Endpoint::of_pipe(Arc::clone(&self.shared.pipe), handle))
    }

    /// Closes the streams, which are stale then, and waits for it. They can be opened again, by the endpoint that is opened again;
    /// transfers of its own it takes only after another setting or configuration was selected
    /// ([page](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-open-streams-in-a-usb-endpoint)).
    pub fn close(self) -> Operation<()> {
        let shared = self.shared;
        let device = shared.pipe.device().clone();
        device.operation(async move |line| {
            let doing = Doing::on_endpoint("closing streams of", shared.pipe.info().address());
            let input = PipeSelect::new(shared.pipe.target()).encode();
            line.send(doing, control_code::CLOSE_STREAMS, &input, Vec::new()).await?;
            shared.is_closed.store(true, Ordering::Release);
            Ok(())
        })
    }
}
