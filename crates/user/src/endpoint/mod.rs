//! Endpoints, and the transfers on them.

mod buffer;
mod isochronous;
mod kind;
mod pipe;
mod policies;
mod queue;
mod reader;
mod ring;
mod streams;
mod transfer;
mod writer;

use std::{collections::VecDeque, fmt, marker::PhantomData, sync::Arc, time::Duration};

use usbclient_protocol::IsochPacket as IsochPlace;

pub use self::{
    buffer::Buffer,
    isochronous::{IsochBuffer, IsochCompletion, IsochPacket, Start},
    kind::{Bulk, Direction, In, Interrupt, Isochronous, Kind, Out, Packets, Streamed},
    pipe::HasPipe,
    reader::EndpointReader,
    ring::{HasReader, ReaderOptions, ReaderPhase, ReaderState},
    streams::Streams,
    transfer::Completion,
    writer::EndpointWriter,
};
use self::{pipe::Pipe, queue::Queue};
use crate::{
    device::{self, Device, EndpointInfo},
    error::{Doing, Error, ErrorKind},
    interface::Claim,
    operation::Line,
};

/// An endpoint, with its type and its direction: [`Bulk`], [`Interrupt`], [`Isochronous`] or a stream of a bulk endpoint
/// ([`Stream`]); [`In`] or [`Out`].
///
/// Transfers are sent one by one ([`read`](Self::read), [`write`](Self::write)), or several are kept in a queue: submit
/// some, take the first that ends, submit it again. What is still in flight when the endpoint is dropped is cancelled.
///
/// ```
/// use usbclient_user::{Bulk, In, Out, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["loopback-hs"])?;
/// # let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
/// # let interface = device.claim_interface(0).wait()?;
/// let mut out = interface.endpoint::<Bulk, Out>(0x01).wait()?;
/// let mut back = interface.endpoint::<Bulk, In>(0x81).wait()?;
/// for _ in 0..4 {
///     out.submit(vec![7; 4096].into());
///     let room = back.allocate(4096);
///     back.submit(room);
/// }
/// while let Some(completion) = back.wait_next() {
///     assert_eq!(completion.into_result()?.as_ref(), [7; 4096]);
/// }
/// # while out.wait_next().is_some() {}
/// # drop((out, back, interface, device));
/// # context.finish()
/// # }
/// ```
pub struct Endpoint<K: Kind, D: Direction> {
    // Goes first: what is in flight is cancelled before the pipe's handle is given back.
    queue: Queue,
    pipe: Arc<Pipe>,
    target: u32,
    timeout: Option<Duration>,
    /// Where the packets of pending isochronous transfers are, and how many bytes they have.
    places: VecDeque<(Vec<IsochPlace>, usize)>,
    types: PhantomData<fn() -> (K, D)>,
}

/// One stream of a bulk endpoint.
pub type Stream<D> = Endpoint<Streamed, D>;

impl<K: Kind, D: Direction> fmt::Debug for Endpoint<K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = self.queue.pending();
        f.debug_struct("Endpoint")
            .field("info", self.info())
            .field("pending", &pending)
            .finish_non_exhaustive()
    }
}

impl<K: Kind, D: Direction> Endpoint<K, D> {
    fn of_pipe(pipe: Arc<Pipe>, target: u32) -> Self {
        let queue = Queue::new(Arc::clone(pipe.channel()));
        Self { queue, pipe, target, timeout: None, places: VecDeque::new(), types: PhantomData }
    }

    /// An endpoint of an interface that need not be claimed.
    pub(crate) async fn shared(line: &Line, device: &Device, address: u8) -> Result<Self, Error> {
        let info = Self::look(line, address, None).await?;
        Ok(Self::of_pipe(Arc::new(Pipe::shared(device.clone(), info)), address.into()))
    }

    /// An endpoint of an interface that is claimed.
    pub(crate) async fn claimed(line: &Line, claim: &Arc<Claim>, address: u8) -> Result<Self, Error> {
        let info = Self::look(line, address, Some(claim.number())).await?;
        let pipe = Pipe::open(line, claim, info).await?;
        let target = pipe.target();
        Ok(Self::of_pipe(Arc::new(pipe), target))
    }

    /// The endpoint with this address, if it has the type and the direction that are meant.
    async fn look(line: &Line, address: u8, interface: Option<u8>) -> Result<EndpointInfo, Error> {
        let info = device::endpoint(line, address).await?;
        let doing = || Doing::on_endpoint("opening", address);
        if interface.is_some_and(|number| number != info.interface()) {
            let why = format!("it belongs to interface {}", info.interface());
            return Err(Error::new(ErrorKind::NotFound, doing()).because(why));
        }
        if info.is_in() != D::IS_IN || info.transfer_type() != K::TYPE {
            let direction = if info.is_in() { "IN" } else { "OUT" };
            let why = format!("it is {:?} {direction}", info.transfer_type());
            return Err(Error::new(ErrorKind::InvalidArgument, doing()).because(why));
        }
        Ok(info)
    }

    /// What is known about the endpoint.
    #[must_use]
    pub fn info(&self) -> &EndpointInfo {
        self.pipe.info()
    }

    /// `bEndpointAddress`
    #[must_use]
    pub fn address(&self) -> u8 {
        self.info().address()
    }

    /// The device that it belongs to.
    #[must_use]
    pub fn device(&self) -> &Device {
        self.pipe.device()
    }

    /// Bytes of one packet.
    #[must_use]
    pub fn max_packet_size(&self) -> usize {
        self.info().max_packet_size()
    }

    /// How many transfers are in the queue: in flight, or ended and not taken.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.queue.pending()
    }

    /// Asks for everything in the queue to be cancelled, the newest first. Each transfer still ends, and its end is to be
    /// taken: one that was faster has moved its bytes.
    pub fn cancel_all(&mut self) {
        self.queue.cancel_all();
    }

    fn doing(&self) -> Doing {
        Doing::on_endpoint(if D::IS_IN { "reading from" } else { "writing to" }, self.address())
    }
}
