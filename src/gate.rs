//! What one spin lock per device guards: the state, the requests in flight and held, the pipes, and
//! the users of the handle.

use alloc::{boxed::Box, vec::Vec};
use core::num::NonZeroU16;

use usbclient_core::{
    capabilities::Capabilities,
    descriptors::{ConfigurationHeader, DeviceDescriptor, Endpoint},
    isoch::IsochPipe,
    places::Places,
    pnp::{Admission, Machine, RequestClass, State},
    policy::Policies,
    power::{self, Facts, Power},
    streams::PipeState,
    timeout::Deadline,
};
use usbclient_protocol::status::STATUS_DEVICE_NOT_CONNECTED;

use crate::{
    nt::{
        Sender,
        bounce::Bounce,
        device::Device,
        event::Event,
        file::FileStates,
        held::Queue,
        interface::DeviceInterface,
        irql::AtMostDispatch,
        mdl::PartialMdl,
        select_configuration::ConfigurationHandle,
        slot::{Pool, Request},
        urb::PipeHandle,
        usbd::{HandleUse, UsbdRegistration},
    },
    pipes::PipeLimits,
    power::PowerIrps,
    reader::{Reader, Readers},
    recovery,
    streams::Streams,
};

/// A pipe of the selected configuration.
pub struct Pipe {
    /// What the USB driver stack calls it, and whether it or its streams carry transfers.
    pub state: PipeState<PipeHandle, Streams>,
    /// Streams that the endpoint has; zero: none.
    pub max_streams: u32,
    /// Bytes that go to the bus as one transfer.
    pub limit: u32,
    /// What an isochronous pipe takes. `None` on any other.
    pub isoch: Option<IsochPipe>,
    /// For the parts of a larger request. `None` while one uses it, and on an isochronous pipe.
    pub partial: Option<PartialMdl>,
    /// For the packet in which a read ends, once a policy allows that. `None` while a read uses it, too.
    pub bounce: Option<Bounce>,
    /// Whether the pipe has a bounce packet, be it in use or not.
    pub has_bounce: bool,
    /// A recovery has taken the pipe out of use: requests wait.
    pub is_held: bool,
    /// `bInterfaceNumber` of its interface.
    pub interface: u8,
    /// `bMaxBurst` of a `SuperSpeed` endpoint's companion; zero on any other.
    pub max_burst: u8,
    /// Reads all the time, if somebody started that.
    pub reader: Option<Box<Reader>>,
}

impl Pipe {
    /// Whether a request may go now, as far as the pipe is concerned: no larger one may be in the middle, either, which
    /// [`Turns`](usbclient_core::turn::Turns) says.
    pub const fn has_room(&self, is_large: bool) -> bool {
        !(self.is_held || is_large && self.partial.is_none())
    }

    /// Whether an earlier read left something over.
    pub fn has_left_over(&self) -> bool {
        self.bounce.as_ref().is_some_and(|bounce| !bounce.left_over().is_empty())
    }
}

/// The setting that an interface has.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `bInterfaceNumber`
    pub number: u8,
    /// `bAlternateSetting`
    pub alternate: u8,
}

/// What START made, and STOP drops.
pub struct Configured {
    /// As the device gave it.
    pub device_descriptor: DeviceDescriptor,
    /// The whole configuration descriptor. Empty while nothing is selected.
    pub descriptor: Vec<u8>,
    /// What the USB driver stack calls the configuration. `None` while nothing is selected.
    pub configuration: Option<ConfigurationHandle>,
    /// The setting that each interface has, in the order of the descriptor.
    pub settings: Vec<Setting>,
    /// The endpoints of the settings that are selected. Has room for as many as a device can have.
    pub endpoints: Vec<Endpoint>,
    /// Where among them each address is.
    pub places: Places,
    /// Their pipes, in the same order; has room for as many.
    pub pipes: Vec<Pipe>,
    /// The speed of the connection, and what else the sizes of transfers depend on.
    pub limits: PipeLimits,
    /// What the USB driver stack said it can do, in the same START.
    pub capabilities: Capabilities,
    /// The most bytes of one control transfer.
    pub control_maximum: u32,
}

impl Configured {
    /// The setting that an interface has. `None`: there is no such interface.
    pub fn alternate(&self, number: u8) -> Option<u8> {
        self.settings.iter().find(|setting| setting.number == number).map(|setting| setting.alternate)
    }

    /// `bConfigurationValue`; zero while nothing is selected.
    pub fn value(&self) -> u8 {
        ConfigurationHeader::parse(&self.descriptor).map_or(0, |header| header.value)
    }

    /// Whether the configuration has this interface.
    pub fn has_interface(&self, number: u8) -> bool {
        self.alternate(number).is_some()
    }

    /// The pipe of an endpoint.
    pub fn pipe(&mut self, address: u8) -> Option<&mut Pipe> {
        let at = self.places.find(&self.endpoints, address)?;
        self.pipes.get_mut(at)
    }

    /// The pipe of an endpoint, to look at.
    pub fn pipe_of(&self, address: u8) -> Option<&Pipe> {
        let at = self.places.find(&self.endpoints, address)?;
        self.pipes.get(at)
    }

    /// The pipe of an endpoint, and the capabilities.
    pub fn pipe_and_capabilities(&mut self, address: u8) -> Option<(&mut Pipe, &Capabilities)> {
        let at = self.places.find(&self.endpoints, address)?;
        Some((self.pipes.get_mut(at)?, &self.capabilities))
    }

    /// The most packets of any isochronous transfer. `None`: there is no isochronous pipe.
    pub fn isoch_packets(&self) -> Option<NonZeroU16> {
        let most = self.pipes.iter().filter_map(|pipe| pipe.isoch).map(|isoch| isoch.max_packets()).max();
        most.and_then(NonZeroU16::new)
    }
}

/// The content of the device's spin lock.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact")]
pub struct Gate {
    /// The state of the device.
    pub machine: Machine,
    /// The registration with the USB driver stack. `None` before it is made and after it is closed.
    pub handle: Option<UsbdRegistration>,
    /// The device interface. Taken out while it is turned on or off, which is not done under a lock.
    pub interface: Option<DeviceInterface>,
    /// For requests of this driver's own. Taken out while it is used; PnP IRPs come one at a time.
    pub sender: Option<Sender>,
    /// The pipes, while a configuration is selected.
    pub configured: Option<Configured>,
    /// Readers that wait for the device to be started again.
    pub kept_readers: Readers,
    /// The slots, and in them the requests in flight.
    pub slots: Pool,
    /// Requests that wait.
    pub held: Queue,
    /// What the open files share: handles and claims.
    pub files: crate::files::Files,
    /// The right to look into what is kept for one of them.
    pub file_states: FileStates,
    /// When the timer for those that wait expires.
    pub held_alarm: Deadline,
    /// What is set for pipes. Stays when they are dropped.
    pub policies: Policies,
    /// The state of the device's power, and what is allowed about it.
    pub power: Power,
    /// The power IRPs that wait in this driver, or may be cancelled by it.
    pub power_irps: PowerIrps,
    /// Somebody is sending what waits: nobody else has to.
    pub is_sending_held: bool,
    /// Requests that come back cancelled were called back, to be sent again later.
    pub is_recalling: bool,
    /// The device is one function of a composite device.
    pub is_function: bool,
    /// What is known of recoveries.
    pub recovery: recovery::State,
    sequence: u64,
    users: usize,
    /// Those of the users that are a reader's reads.
    reads: usize,
    is_waited_for: bool,
    is_stream_waited_for: bool,
}

impl Gate {
    /// A device that `AddDevice` makes.
    pub const fn new() -> Self {
        Self {
            machine: Machine::new(),
            handle: None,
            interface: None,
            sender: None,
            configured: None,
            kept_readers: Readers::new(),
            slots: Pool::new(),
            held: Queue::new(),
            files: crate::files::Files::new(Vec::new()),
            file_states: FileStates::new(),
            held_alarm: Deadline::NEVER,
            policies: Policies::new(),
            power: Power::new(),
            power_irps: PowerIrps::none(),
            is_sending_held: false,
            is_recalling: false,
            is_function: false,
            recovery: recovery::State::new(),
            sequence: 0,
            users: 0,
            reads: 0,
            is_waited_for: false,
            is_stream_waited_for: false,
        }
    }

    /// The place of a new request among the device's requests.
    pub const fn next_sequence(&mut self) -> u64 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// The place of the latest request.
    pub const fn last_sequence(&self) -> u64 {
        self.sequence
    }

    /// What a request that needs the device meets now: what the PnP state says, then what the power state says, and then
    /// whether a recovery has taken all of it out of use.
    pub const fn admit_io(&self) -> Admission {
        match (self.machine.admit(RequestClass::Io), self.power.admit()) {
            (Admission::Admit, power::Admission::Hold) => Admission::Hold,
            (Admission::Admit, power::Admission::Refuse) => Admission::Refuse(STATUS_DEVICE_NOT_CONNECTED),
            (Admission::Admit, power::Admission::Admit) if self.recovery.is_device_held => Admission::Hold,
            (admission, _) => admission,
        }
    }

    /// Whether requests wait for nothing but that the device is in D0 again.
    pub fn is_only_asleep(&self) -> bool {
        self.machine.admit(RequestClass::Io) == Admission::Admit
            && self.power.admit() == power::Admission::Hold
            && !self.recovery.is_device_held
    }

    /// Whether requests pass now.
    pub fn admits_io(&self) -> bool {
        self.admit_io() == Admission::Admit
    }

    /// What the power policy has to know.
    pub fn facts(&self) -> Facts {
        let state = self.machine.state();
        Facts {
            is_started: state == State::Started,
            is_gone: matches!(state, State::SurpriseRemoved | State::Removed),
            is_busy: self.users != self.reads,
            has_held: !self.held.is_empty(),
            is_due: self.power_irps.timer.is_due(self.sequence),
            has_users: self.users != 0,
        }
    }

    /// Whether the power policy has something to do.
    pub fn has_power_job(&self) -> bool {
        self.power.has_job(self.facts())
    }

    /// Whether something waits that could be sent, and nobody is at it.
    pub fn has_work(&self) -> bool {
        !self.held.is_empty() && !self.is_sending_held && self.admits_io()
    }

    /// Whether requests that come back untouched are held, because the device stops or leaves D0. Not once it is gone:
    /// what waited was ended then, and nobody would look again.
    pub const fn is_recalling_any(&self) -> bool {
        let is_gone = self.machine.overriding_status().is_some();
        !is_gone && (self.is_recalling || self.power.is_leaving())
    }

    /// Whether something waits that may be sent at `PASSIVE_LEVEL` only.
    pub fn waits_for_passive(&self) -> bool {
        self.admits_io() && recovery::has_work(self)
    }

    /// Counts a user of the handle. `None`: there is no handle, or it is about to be closed, and
    /// whoever comes now would not be waited for.
    pub fn lend_handle(&mut self) -> Option<HandleUse> {
        if self.machine.state() == State::Removed {
            return None;
        }
        let handle = self.handle.as_ref()?.raw()?.lend();
        self.count_user();
        Some(handle)
    }

    /// Takes a use of the handle back, and wakes whoever waits for the last.
    pub fn give_back(&mut self, _handle: HandleUse, device: Device, irql: &AtMostDispatch) {
        self.discount_user(device, irql);
    }

    /// A continuous reader's read is about to be sent: the use of the handle that it has does not keep the device busy.
    pub const fn count_read(&mut self) {
        self.reads = self.reads.saturating_add(1);
    }

    /// Undoes [`Self::count_read`], and gives its use of the handle back.
    pub fn give_back_read(&mut self, handle: HandleUse, device: Device, irql: &AtMostDispatch) {
        self.reads = self.reads.saturating_sub(1);
        self.give_back(handle, device, irql);
    }

    /// Counts somebody who works on the slots without the handle: they are not freed meanwhile.
    pub const fn count_user(&mut self) {
        self.users = self.users.saturating_add(1);
    }

    /// Undoes [`Self::count_user`], and wakes whoever waits for the last.
    pub fn discount_user(&mut self, device: Device, irql: &AtMostDispatch) {
        self.users = self.users.saturating_sub(1);
        if self.users == 0 && core::mem::take(&mut self.is_waited_for) {
            // Under the lock: the signal cannot meet a later wait.
            device.no_users.set(irql);
        }
        self.watch_idleness(device, irql);
    }

    /// Makes the event ready to be waited for. False: the handle has no user.
    pub fn expect_no_users(&mut self, no_users: &Event, irql: &AtMostDispatch) -> bool {
        self.is_waited_for = self.users != 0;
        if self.is_waited_for {
            no_users.clear(irql);
        }
        self.is_waited_for
    }

    /// Makes the event ready to be waited for: a request of a stream is over.
    pub fn expect_stream(&mut self, stream_over: &Event, irql: &AtMostDispatch) {
        self.is_stream_waited_for = true;
        stream_over.clear(irql);
    }

    /// A request of a stream is over. Wakes whoever waits for that.
    pub fn stream_is_over(&mut self, stream_over: &Event, irql: &AtMostDispatch) {
        if core::mem::take(&mut self.is_stream_waited_for) {
            stream_over.set(irql);
        }
    }

    /// Gives a larger request's means back to its pipe. The pipe may be gone.
    pub fn release_pipe(&mut self, request: &mut Request) {
        let Some(partial) = request.partial.take() else { return };
        request.device.turns.end(request.endpoint);
        if let Some(pipe) = self.configured.as_mut().and_then(|configured| configured.pipe(request.endpoint))
        {
            pipe.partial = Some(partial);
            if request.bounce.is_some() {
                pipe.bounce = request.bounce.take();
            }
        } else {
            request.bounce = None;
        }
    }
}
