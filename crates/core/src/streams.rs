//! Bulk streams: which states a pipe goes through, as types.
//!
//! ```text
//! Base --open--> Opening --opened--> Streamed --close--> Closing --closed--> Closed --open--> Opening ...
//!   ^------failed--'  '--failed (if it came from Closed)-------------------->  ^
//! ```
//!
//! Once streams were open the endpoint's own pipe handle carries no transfers any more, ["even if the static streams have
//! been closed"](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-open-streams-in-a-usb-endpoint), until
//! a configuration or setting is selected anew. So [`Base`] is the only type that gives the handle for transfers, and
//! opening consumes it. The handle for requests that concern the endpoint (resetting it, closing its streams) is there in
//! each state.
//!
//! Opening takes the token of the capability, and needs `PASSIVE_LEVEL`, which the edge sees to.

use usbclient_protocol::status::{
    STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, Status,
};

use crate::capabilities::StaticStreams;

/// A pipe whose streams were never opened since it was selected. `H` is what the USB driver stack calls it.
#[derive(Debug)]
pub struct Base<H>(H);

/// `URB_FUNCTION_OPEN_STATIC_STREAMS` is on its way.
#[derive(Debug)]
#[must_use = "the pipe must get its answer"]
pub struct Opening<H> {
    endpoint: H,
    count: u16,
    was_base: bool,
}

/// Streams are open; `T` is what the edge keeps of them.
#[derive(Debug)]
pub struct Streamed<H, T> {
    endpoint: H,
    streams: T,
}

/// `URB_FUNCTION_CLOSE_STATIC_STREAMS` is on its way.
#[derive(Debug)]
#[must_use = "the pipe must get its answer"]
pub struct Closing<H, T>(Streamed<H, T>);

/// Streams were open. They can be opened again; the pipe itself carries nothing.
#[derive(Debug)]
pub struct Closed<H>(H);

impl<H: Copy> Base<H> {
    /// A pipe as a configuration or setting was selected.
    pub const fn new(handle: H) -> Self {
        Self(handle)
    }

    /// The handle for transfers.
    #[must_use]
    pub const fn for_transfers(&self) -> H {
        self.0
    }

    /// Opens streams: the pipe is used up.
    pub const fn open(self, count: Count) -> Opening<H> {
        Opening { endpoint: self.0, count: count.0, was_base: true }
    }
}

impl<H: Copy> Closed<H> {
    /// Opens streams again.
    pub const fn open(self, count: Count) -> Opening<H> {
        Opening { endpoint: self.0, count: count.0, was_base: false }
    }
}

impl<H: Copy> Opening<H> {
    /// The handle of the endpoint, for the request.
    #[must_use]
    pub const fn endpoint(&self) -> H {
        self.endpoint
    }

    /// How many streams are asked for: 1 to 255. Their ids are 1 to this.
    #[must_use]
    pub const fn count(&self) -> u16 {
        self.count
    }

    /// The request succeeded.
    pub const fn opened<T>(self, streams: T) -> Streamed<H, T> {
        Streamed { endpoint: self.endpoint, streams }
    }
}

impl<H: Copy, T> Streamed<H, T> {
    /// What the edge keeps of the streams.
    #[must_use]
    pub const fn streams(&self) -> &T {
        &self.streams
    }

    /// Closes all of them; there is no request for one.
    pub const fn close(self) -> Closing<H, T> {
        Closing(self)
    }
}

impl<H: Copy, T> Closing<H, T> {
    /// The handle of the endpoint, for the request.
    #[must_use]
    pub const fn endpoint(&self) -> H {
        self.0.endpoint
    }
}

impl<H: Copy, T> Closing<H, T> {
    /// What the edge keeps of the streams.
    #[must_use]
    pub const fn streams(&self) -> &T {
        self.0.streams()
    }
}

/// How many streams are asked for: allowed by the controller and by the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(u16);

impl Count {
    /// Checks a wish. `max_streams` is what the endpoint's companion descriptor says.
    ///
    /// # Errors
    /// - `STATUS_NOT_SUPPORTED`: the USB driver stack, the controller or the endpoint has no streams.
    /// - `STATUS_INVALID_PARAMETER`: zero, or more than both have.
    pub fn check(capability: Option<&StaticStreams>, max_streams: u32, wanted: u32) -> Result<Self, Status> {
        let most = Self::most(capability, max_streams);
        if most == 0 {
            return Err(STATUS_NOT_SUPPORTED);
        }
        match u16::try_from(wanted) {
            Ok(count) if count >= 1 && count <= most => Ok(Self(count)),
            _ => Err(STATUS_INVALID_PARAMETER),
        }
    }

    /// The most streams that can be opened: the lesser of what the controller and what the endpoint has; zero: none.
    #[must_use]
    pub fn most(capability: Option<&StaticStreams>, max_streams: u32) -> u16 {
        let of_controller = capability.map_or(0, StaticStreams::count);
        of_controller.min(u16::try_from(max_streams).unwrap_or(u16::MAX))
    }

    /// The number: 1 to 255.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// A pipe of the selected setting, in one of its states.
#[derive(Debug)]
pub enum PipeState<H, T> {
    /// It carries transfers.
    Base(Base<H>),
    /// Somebody opens or closes its streams.
    Changing {
        /// The handle of the endpoint.
        endpoint: H,
    },
    /// Its streams carry transfers.
    Streamed(Streamed<H, T>),
    /// Nothing carries transfers.
    Closed(Closed<H>),
}

impl<H: Copy, T> PipeState<H, T> {
    /// A pipe as it was selected.
    pub const fn new(handle: H) -> Self {
        Self::Base(Base::new(handle))
    }

    /// The handle for requests that concern the endpoint, not for transfers.
    #[must_use]
    pub const fn endpoint(&self) -> H {
        match self {
            Self::Base(Base(endpoint))
            | Self::Changing { endpoint }
            | Self::Streamed(Streamed { endpoint, .. })
            | Self::Closed(Closed(endpoint)) => *endpoint,
        }
    }

    /// The handle for transfers on the pipe itself.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_STATE`: streams are open, or were.
    pub const fn for_transfers(&self) -> Result<H, Status> {
        match self {
            Self::Base(base) => Ok(base.for_transfers()),
            _ => Err(STATUS_INVALID_DEVICE_STATE),
        }
    }

    /// The streams, if they are open.
    #[must_use]
    pub const fn streams(&self) -> Option<&T> {
        match self {
            Self::Streamed(streamed) => Some(streamed.streams()),
            _ => None,
        }
    }

    /// The same, to change what the edge keeps of them.
    #[must_use]
    pub const fn streams_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Streamed(streamed) => Some(&mut streamed.streams),
            _ => None,
        }
    }

    /// Begins to open streams. Until the answer the pipe carries nothing.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_STATE`: streams are open, or about to be opened or closed.
    pub fn begin_open(&mut self, count: Count) -> Result<Opening<H>, Status> {
        let endpoint = self.endpoint();
        match core::mem::replace(self, Self::Changing { endpoint }) {
            Self::Base(base) => Ok(base.open(count)),
            Self::Closed(closed) => Ok(closed.open(count)),
            other => {
                *self = other;
                Err(STATUS_INVALID_DEVICE_STATE)
            }
        }
    }

    /// The answer to opening: the streams, or none. A failure leaves the pipe as it was. True: the streams are there;
    /// false also if the pipe was selected anew meanwhile.
    pub fn end_open(&mut self, opening: Opening<H>, streams: Option<T>) -> bool
    where
        H: PartialEq,
    {
        if !self.is_changing(opening.endpoint) {
            return false;
        }
        let is_open = streams.is_some();
        *self = match streams {
            Some(streams) => Self::Streamed(opening.opened(streams)),
            None if opening.was_base => Self::Base(Base(opening.endpoint)),
            None => Self::Closed(Closed(opening.endpoint)),
        };
        is_open
    }

    /// Whether this is the pipe whose streams somebody opens or closes.
    fn is_changing(&self, handle: H) -> bool
    where
        H: PartialEq,
    {
        matches!(self, Self::Changing { endpoint } if *endpoint == handle)
    }

    /// Begins to close the streams.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_STATE`: no streams are open.
    pub fn begin_close(&mut self) -> Result<Closing<H, T>, Status> {
        let endpoint = self.endpoint();
        match core::mem::replace(self, Self::Changing { endpoint }) {
            Self::Streamed(streamed) => Ok(streamed.close()),
            other => {
                *self = other;
                Err(STATUS_INVALID_DEVICE_STATE)
            }
        }
    }

    /// The answer to closing. A failure leaves the streams open: closing is all or nothing.
    /// Nothing changes if the pipe was selected anew meanwhile.
    pub fn end_close(&mut self, closing: Closing<H, T>, is_closed: bool)
    where
        H: PartialEq,
    {
        let Closing(streamed) = closing;
        if !self.is_changing(streamed.endpoint) {
            return;
        }
        *self = if is_closed { Self::Closed(Closed(streamed.endpoint)) } else { Self::Streamed(streamed) };
    }

    /// The streams were closed and opened again, after the device was without power: these are there now, or none. True:
    /// they are there. Nothing changes if the pipe was selected anew meanwhile.
    #[expect(clippy::needless_pass_by_value, reason = "the streams that were there are used up")]
    pub fn end_reopen(&mut self, closing: Closing<H, T>, streams: Option<T>) -> bool
    where
        H: PartialEq,
    {
        let Closing(Streamed { endpoint, .. }) = closing;
        if !self.is_changing(endpoint) {
            return false;
        }
        let is_open = streams.is_some();
        let closed = Self::Closed(Closed(endpoint));
        *self = streams.map_or(closed, |streams| Self::Streamed(Streamed { endpoint, streams }));
        is_open
    }
}
