//! What makes one device differ from another: its endpoints' behaviour and its own control requests.

use alloc::vec::Vec;

use crate::{
    Refused, Setup, Time,
    descriptor::Endpoint,
    fallible::{self, OutOfMemory},
};

/// What an endpoint would answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// NAK: nothing to send, or no room.
    Nak,
    /// STALL.
    Stall,
    /// What comes is damaged on the way: the host sees a failed transaction.
    Damaged,
    /// NAK until a time, and then these bytes of an IN endpoint, as [`Self::Bytes`].
    Later {
        /// From when on.
        at: Time,
        /// How many.
        count: u32,
        /// After them the packet ends short.
        ends: bool,
    },
    /// OUT: room for this many bytes. IN: this many bytes up to the end of a packet sequence.
    Bytes {
        /// How many. Isochronous IN: all that is sent in this interval.
        count: u32,
        /// IN only: after them the packet ends short, be it with no bytes at all. If not, only whole packets are
        /// sent.
        ends: bool,
    },
}

/// The reply to a control read, as it grows.
#[derive(Debug, Default)]
pub struct Reply(Vec<u8>);

impl Reply {
    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// [`Refused`] when memory runs out: the device answers STALL.
    pub fn extend(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        fallible::extend(&mut self.0, bytes).map_err(|_| Refused)
    }

    /// What is there so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The behaviour of a device beyond what every device does. What is not overridden answers NAK or STALL.
pub trait Function {
    /// What an endpoint would answer now.
    fn ready(&self, endpoint: &Endpoint) -> Ready {
        let _ = endpoint;
        Ready::Nak
    }

    /// Takes bytes of an OUT transfer, never more than [`ready`](Self::ready) had room for.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`]: the host sees a device that does not answer.
    fn take(&mut self, endpoint: &Endpoint, bytes: &[u8]) -> Result<(), OutOfMemory> {
        let _ = (endpoint, bytes);
        Ok(())
    }

    /// Data of this endpoint move now: comes before [`take`](Self::take) and [`give`](Self::give).
    fn moment(&mut self, endpoint: &Endpoint, now: Time) {
        let _ = (endpoint, now);
    }

    /// Fills the room with the next bytes of an IN endpoint, never more than [`ready`](Self::ready) promised.
    fn give(&mut self, endpoint: &Endpoint, room: &mut [u8]) {
        let _ = endpoint;
        room.fill(0);
    }

    /// A short packet went by: the sequence of bytes taken or given ends here. For an isochronous endpoint this is after
    /// the data of every interval.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`], as for [`take`](Self::take).
    fn end(&mut self, endpoint: &Endpoint) -> Result<(), OutOfMemory> {
        let _ = endpoint;
        Ok(())
    }

    /// A class or vendor request that reads.
    ///
    /// # Errors
    ///
    /// [`Refused`]: STALL.
    fn control_in(&mut self, setup: Setup, reply: &mut Reply) -> Result<(), Refused> {
        let _ = (setup, reply);
        Err(Refused)
    }

    /// A class or vendor request that writes, with its data stage.
    ///
    /// # Errors
    ///
    /// [`Refused`]: STALL.
    fn control_out(&mut self, setup: Setup, data: &[u8]) -> Result<(), Refused> {
        let _ = (setup, data);
        Err(Refused)
    }

    /// Has a report for an interrupt endpoint.
    ///
    /// # Errors
    ///
    /// [`Refused`]: no such endpoint, too long, or no room.
    fn report(&mut self, endpoint: u8, data: &[u8]) -> Result<(), Refused> {
        let _ = (endpoint, data);
        Err(Refused)
    }

    /// An alternate setting was selected.
    fn setting(&mut self, interface: u8, alternate: u8) {
        let _ = (interface, alternate);
    }

    /// Whether the device does not answer STALL to `SET_CONFIGURATION` with this value.
    fn accepts_configuration(&self, value: u8) -> bool {
        let _ = value;
        true
    }

    /// Whether the device does not answer STALL to `SET_INTERFACE` for this setting.
    fn accepts_setting(&self, interface: u8, alternate: u8) -> bool {
        let _ = (interface, alternate);
        true
    }

    /// The configuration changed or the bus was reset: buffers start empty.
    fn restart(&mut self) {}
}
