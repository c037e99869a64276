//! Isochronous transfers.

use std::{
    future::poll_fn,
    time::{Duration, Instant},
};

use usbclient_protocol::{
    IsochPacket as PacketPlace, IsochPacketResult, IsochResult, IsochTransfer, control_code, isoch_flag,
};

use super::{Direction, Endpoint, In, Isochronous, Out};
use crate::{
    error::{Error, UsbdStatus},
    operation::checked,
    transport::Ended,
};

/// When an isochronous transfer begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Start {
    /// In the next frame that the host controller can reach, or right after the transfer that was submitted before.
    ///
    /// Keep two or more in flight, of a few milliseconds each.
    #[default]
    AsSoonAsPossible,
    /// In this frame ([`Device::frame_number`](crate::Device::frame_number)).
    Frame(u32),
}

/// The packets of an isochronous transfer: their bytes, and afterwards how each of them went.
///
/// It is moved into the transfer and comes back with its end, so that its memory is used again.
///
/// ```
/// use usbclient_user::{In, IsochBuffer, Isochronous, Start, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["camera-hs"])?;
/// # let device = context.list_devices()?[0].open()?;
/// let video = device.claim_interface(1).wait()?;
/// video.select_setting(1).wait()?;
/// let address = video.endpoints().wait()?[0].address();
/// let mut stream = video.endpoint::<Isochronous, In>(address).wait()?;
/// for _ in 0..2 {
///     let buffer = IsochBuffer::new(32, stream.max_packet_size());
///     stream.submit_read(buffer, Start::AsSoonAsPossible);
/// }
/// let mut bytes = 0;
/// for _ in 0..10 {
///     let completion = stream.wait_next_packets().expect("two are in flight");
///     bytes += completion.packets().filter(|packet| packet.status.is_success()).map(|packet| packet.data.len()).sum::<usize>();
///     stream.submit_read(completion.buffer, Start::AsSoonAsPossible);
/// }
/// assert!(bytes > 0);
/// # drop((stream, video, device));
/// # context.finish()
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct IsochBuffer {
    /// The packets' bytes, then what the driver says about them.
    room: Vec<u8>,
    places: Vec<PacketPlace>,
    /// Bytes of the packets.
    length: usize,
    /// Whether a transfer has written its results behind the bytes.
    has_results: bool,
}

impl IsochBuffer {
    /// So many packets of one length, zeroed.
    #[must_use]
    pub fn new(packets: usize, length: usize) -> Self {
        let mut buffer = Self::default();
        (0..packets).for_each(|_| buffer.push_room(length));
        buffer
    }

    /// One more packet, with these bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let from = self.length;
        self.push_room(bytes.len());
        if let Some(room) = self.room.get_mut(from..from + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }

    fn push_room(&mut self, length: usize) {
        let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        self.places.push(PacketPlace { offset: number(self.length), length: number(length) });
        self.length += length;
        self.has_results = false;
        self.room.resize(self.length, 0);
    }

    /// How many packets there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The bytes of a packet, to be written.
    pub fn packet_mut(&mut self, index: usize) -> Option<&mut [u8]> {
        let place = self.places.get(index)?;
        let from = usize::try_from(place.offset).ok()?;
        self.room.get_mut(from..from + usize::try_from(place.length).ok()?)
    }

    /// Where the results are: at the next multiple of eight.
    const fn results_at(&self) -> usize {
        self.length.next_multiple_of(8)
    }

    /// Bytes with the results.
    const fn whole_length(&self) -> usize {
        self.results_at() + IsochResult::SIZE + self.places.len() * IsochPacketResult::SIZE
    }

    fn result(&self) -> Option<IsochResult> {
        let results = self.room.get(self.results_at()..)?;
        self.has_results.then(|| IsochResult::decode(results)).flatten()
    }

    fn packet(&self, index: usize) -> Option<IsochPacket<'_>> {
        let place = self.places.get(index)?;
        let from = usize::try_from(place.offset).ok()?;
        let at = self.results_at() + IsochResult::SIZE + index * IsochPacketResult::SIZE;
        let result = IsochPacketResult::decode(self.room.get(at..)?)?;
        let length = usize::try_from(result.length.min(place.length)).ok()?;
        Some(IsochPacket { data: self.room.get(from..from + length)?, status: UsbdStatus(result.status) })
    }
}

/// How a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsochPacket<'a> {
    /// The bytes that were moved.
    pub data: &'a [u8],
    /// What the USB driver stack says about it.
    pub status: UsbdStatus,
}

/// The end of an isochronous transfer.
#[derive(Debug)]
#[must_use]
pub struct IsochCompletion {
    /// The buffer, to be used again.
    pub buffer: IsochBuffer,
    /// How the transfer went. A transfer succeeds also if packets of it fail.
    pub result: Result<(), Error>,
}

impl IsochCompletion {
    /// The frame in which the first packet went. None: the transfer failed.
    #[must_use]
    pub fn start_frame(&self) -> Option<u32> {
        self.buffer.result().map(|result| result.start_frame)
    }

    /// How many packets have an error. None: the transfer failed.
    #[must_use]
    pub fn error_count(&self) -> Option<u32> {
        self.buffer.result().map(|result| result.error_count)
    }

    /// How each packet went, in order. Nothing if the transfer failed.
    pub fn packets(&self) -> impl Iterator<Item = IsochPacket<'_>> {
        let count = if self.buffer.has_results { self.buffer.len() } else { 0 };
        (0..count).filter_map(|index| self.buffer.packet(index))
    }
}

impl<D: Direction> Endpoint<Isochronous, D> {
    const CODE_OF_PACKETS: u32 = if D::IS_IN { control_code::ISOCH_READ } else { control_code::ISOCH_WRITE };

    fn start(&mut self, mut buffer: IsochBuffer, start: Start) {
        let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        let (flags, start_frame) = match start {
            Start::AsSoonAsPossible => (isoch_flag::AS_SOON_AS_POSSIBLE, 0),
            Start::Frame(frame) => (0, frame),
        };
        let request = IsochTransfer {
            target: self.target,
            flags,
            start_frame,
            packet_count: number(buffer.places.len()),
            data_length: number(buffer.length),
            reserved: 0,
        };
        let whole = buffer.whole_length();
        buffer.room.resize(whole, 0);
        let places = buffer.places;
        self.queue.submit(
            Self::CODE_OF_PACKETS,
            |input| {
                input.extend_from_slice(&request.encode());
                for place in &places {
                    input.extend_from_slice(&place.encode());
                }
            },
            (buffer.room, whole),
        );
        self.places.push_back((places, buffer.length));
    }

    fn packets_ended(&mut self, ended: Ended) -> IsochCompletion {
        let result = checked(&ended, self.doing());
        let (places, length) = self.places.pop_front().unwrap_or_default();
        let has_results = result.is_ok();
        IsochCompletion {
            buffer: IsochBuffer { room: ended.parcel.data, places, length, has_results },
            result,
        }
    }

    /// The end of the oldest transfer in the queue, as a future. None: the queue is empty.
    pub async fn next_packets(&mut self) -> Option<IsochCompletion> {
        let ended = poll_fn(|context| self.queue.poll_next(context)).await?;
        Some(self.packets_ended(ended))
    }

    /// Waits for the end of the oldest transfer in the queue. None: the queue is empty.
    pub fn wait_next_packets(&mut self) -> Option<IsochCompletion> {
        let ended = self.queue.wait_next(None)?;
        Some(self.packets_ended(ended))
    }

    /// Waits for the end of the oldest transfer in the queue, so long. None: the queue is empty, or the time is over.
    pub fn wait_next_packets_for(&mut self, time: Duration) -> Option<IsochCompletion> {
        let ended = self.queue.wait_next(Instant::now().checked_add(time))?;
        Some(self.packets_ended(ended))
    }
}

impl Endpoint<Isochronous, In> {
    /// Starts to read: each packet takes as many bytes as the device sends in its (micro)frame. At high speed and above the
    /// number of packets is a multiple of 8 divided by the period in microframes.
    pub fn submit_read(&mut self, buffer: IsochBuffer, start: Start) {
        self.start(buffer, start);
    }
}

impl Endpoint<Isochronous, Out> {
    /// Starts to write, a packet in each (micro)frame. At high speed and above the number of packets is a multiple of 8
    /// divided by the period in microframes.
    pub fn submit_write(&mut self, buffer: IsochBuffer, start: Start) {
        self.start(buffer, start);
    }
}
