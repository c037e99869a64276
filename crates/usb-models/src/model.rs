//! The contract between a host and a device model.

use crate::{
    Completion, Time, Transfer, TransferId,
    transfer::{Packet, PacketEnd},
};

/// The speed of a device's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speed {
    /// 1.5 Mbit/s.
    Low,
    /// 12 Mbit/s.
    Full,
    /// 480 Mbit/s.
    High,
    /// 5 Gbit/s.
    Super,
}

/// Why a device did not take a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubmitError {
    /// No such endpoint in the present configuration and alternate settings.
    NoSuchEndpoint,
    /// The device was unplugged.
    Gone,
    /// Memory for the model's own list ran out.
    OutOfMemory,
}

/// The device refused a request: it answers STALL, is gone, or knows no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refused;

/// A stimulus from outside, for scenarios: what a person, a sensor or a defect does to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Poke<'a> {
    /// The device now has these bytes to report on an interrupt IN endpoint.
    Report {
        /// The endpoint's address.
        endpoint: u8,
        /// The report, no longer than the endpoint's packet.
        data: &'a [u8],
    },
    /// The endpoint answers STALL from now on, until it is reset.
    Halt {
        /// The endpoint's address.
        endpoint: u8,
    },
    /// The endpoint answers NAK for as long as this is on.
    Nak {
        /// The endpoint's address.
        endpoint: u8,
        /// On or off.
        on: bool,
    },
    /// The device answers nothing at all from now on, though it is still plugged in.
    Mute,
}

/// What a model that stands for something elsewhere has heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// Something came at this time: the model is to be polled.
    Something(Time),
    /// Since this time the device is no more: the host is to unplug it.
    Gone(Time),
}

/// How a model reaches the bytes of the host's buffers.
///
/// A buffer is in as many pieces as the host likes (chained MDLs); each call gives the contiguous run that begins
/// at `offset`. Runs are borrowed, so bulk data are copied once, between the host's memory and the device's own.
pub trait HostMemory {
    /// The bytes of an OUT transfer from `offset`: at least one and at most `length` of them, or none past the
    /// buffer's end.
    fn bytes_out(&self, id: TransferId, offset: u32, length: u32) -> &[u8];

    /// Room for the bytes of an IN transfer from `offset`: at least one and at most `length` of them, or none past
    /// the buffer's end.
    fn room_in(&mut self, id: TransferId, offset: u32, length: u32) -> &mut [u8];

    /// Where a packet of an isochronous transfer lies. `None`: no such packet, which is all that a host without
    /// isochronous transfers says.
    fn packet(&self, id: TransferId, index: u32) -> Option<Packet> {
        let _ = (id, index);
        None
    }

    /// A packet of an isochronous transfer has gone by. Told once for each packet that goes over the bus, in order.
    fn packet_done(&mut self, id: TransferId, index: u32, end: PacketEnd) {
        let _ = (id, index, end);
    }
}

/// A USB device, as its host sees it.
///
/// The host's loop is: [`submit`](Self::submit) what there is to do, wait until
/// [`next_event`](Self::next_event), call [`poll`](Self::poll) with that time until it returns `None`. Time never
/// goes back. Calling late is harmless: what happened meanwhile is reported with its own time. A transfer on an
/// endpoint that answers NAK for ever simply never completes; the host aborts it.
///
/// A model starts attached, reset and not configured. The host's own requests during enumeration (addresses) are
/// not modelled.
pub trait DeviceModel {
    /// The speed that the device connects with.
    fn speed(&self) -> Speed;

    /// The device descriptor as a first `GET_DESCRIPTOR` would return it, well-formed or not.
    fn device_descriptor(&self) -> &[u8];

    /// The whole configuration descriptor with this index, as a first `GET_DESCRIPTOR` would return it, well-formed
    /// or not. `None`: no such index.
    fn configuration_descriptor(&self, index: u8) -> Option<&[u8]>;

    /// Takes a transfer into the endpoint's queue. Transfers of one endpoint are served in order.
    ///
    /// # Errors
    ///
    /// [`SubmitError`]; the transfer is then not in any queue.
    fn submit(&mut self, now: Time, transfer: Transfer) -> Result<(), SubmitError>;

    /// Lets everything happen that is due by `now`, up to and including the first completion. Called again until it
    /// returns `None`.
    fn poll(&mut self, now: Time, memory: &mut dyn HostMemory) -> Option<Completion>;

    /// When something will happen next if nothing is submitted. May be in the past when completions wait to be
    /// polled. `None`: nothing ever.
    fn next_event(&self) -> Option<Time>;

    /// Takes a transfer back. Returns the bytes that had already moved; `None` if no such transfer is queued,
    /// because its completion was reported already. It is not reported any more.
    fn abort(&mut self, now: Time, id: TransferId) -> Option<u32>;

    /// Clears an endpoint's halt and its data toggle, as `CLEAR_FEATURE(ENDPOINT_HALT)` does. Queued transfers stay.
    ///
    /// # Errors
    ///
    /// [`Refused`]: no such endpoint, or the device is gone.
    fn reset_endpoint(&mut self, now: Time, endpoint: u8) -> Result<(), Refused>;

    /// Selects a configuration by its `bConfigurationValue`; zero: none. The same as the control request, without
    /// its bus time. Transfers on endpoints other than zero end with [`Status::Gone`](crate::Status::Gone).
    ///
    /// # Errors
    ///
    /// [`Refused`]: no such configuration, or the device is gone.
    fn set_configuration(&mut self, now: Time, value: u8) -> Result<(), Refused>;

    /// Selects an alternate setting. The same as the control request, without its bus time. Transfers on the
    /// interface's endpoints end with [`Status::Gone`](crate::Status::Gone).
    ///
    /// # Errors
    ///
    /// [`Refused`]: no such interface or setting in the present configuration, or the device is gone.
    fn set_interface(&mut self, now: Time, interface: u8, alternate: u8) -> Result<(), Refused>;

    /// A bus reset: the device is no longer configured, all transfers end with
    /// [`Status::Gone`](crate::Status::Gone).
    fn reset(&mut self, now: Time);

    /// Does something to the device from outside.
    ///
    /// # Errors
    ///
    /// [`Refused`]: the device has no such endpoint, or cannot do that.
    fn poke(&mut self, now: Time, poke: Poke<'_>) -> Result<(), Refused>;

    /// Whether the device has gone by itself, as one does whose cable breaks: what [`unplug`](Self::unplug) does has
    /// happened already.
    fn is_gone(&self) -> bool {
        false
    }

    /// Listens to what is outside of the simulation, for a model that stands for a device elsewhere. The host calls it when
    /// it has nothing else to do before `until`, or ever; time then goes on to the one that is returned, which is
    /// not before `now` and before `until`.
    fn hear(&mut self, now: Time, until: Option<Time>) -> Heard {
        let _ = (now, until);
        Heard::Nothing
    }

    /// Pulls the plug. Queued transfers end with [`Status::Gone`](crate::Status::Gone); from now on nothing else
    /// works.
    fn unplug(&mut self, now: Time);
}
