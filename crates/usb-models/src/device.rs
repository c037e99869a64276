//! The machinery that all models share: endpoint queues, one bus, simulated time.
//!
//! The bus does one thing at a time, a *step*: up to one window's packets of one endpoint, or one control transfer.
//! A step begins when the bus is free and the endpoint has something to do; its data move at its end. Endpoints
//! that are ready at the same moment take turns.

mod control;
mod isochronous;
mod queue;
mod step;

use alloc::{collections::VecDeque, vec::Vec};

use crate::{
    Completion, DeviceModel, HostMemory, Kind, Poke, Refused, Speed, Status, SubmitError, Time, Transfer,
    TransferId,
    descriptor::{Answers, Descriptors, Endpoint, EndpointType, mutation::Edit, number},
    fallible::{self, OutOfMemory},
    function::{Function, Reply},
};
use queue::{Queue, Queued};
use step::Step;

/// An interface's alternate setting.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    configuration: u8,
    interface: u8,
    alternate: u8,
}

/// A device: its descriptors, its function, and the bus that it hangs on.
#[derive(Debug)]
pub struct Device<F> {
    function: F,
    descriptors: Descriptors,
    /// One for endpoint zero, then one for every endpoint of every setting.
    queues: Vec<Queue>,
    /// Ended without a step of their own; room is reserved when a transfer is taken.
    ended: VecDeque<Completion>,
    step: Option<Step>,
    /// When the bus is free again.
    free_at: Time,
    /// When the last thing happened: nothing is told to have been before it.
    passed: Time,
    /// Where the next turn begins.
    turn: usize,
    configuration: u8,
    /// The alternate setting of every interface of every configuration.
    chosen: Vec<Chosen>,
    /// How often a configuration descriptor was read.
    reads: u32,
    mute: bool,
    gone: bool,
    /// Turns on the bus until the device is gone.
    lasts: Option<u32>,
    answers: Answers,
    reply: Reply,
    scratch: Vec<u8>,
}

impl<F: Function> Device<F> {
    /// A device that is attached, reset and not configured.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`].
    pub fn new(descriptors: Descriptors, function: F) -> Result<Self, OutOfMemory> {
        let mut queues = Vec::new();
        let control = Endpoint {
            configuration: 0,
            interface: 0,
            alternate: 0,
            address: 0,
            kind: EndpointType::Control,
            packet: if descriptors.speed == Speed::Low { 8 } else { 64 },
            per_interval: 0,
            interval: 0,
            max_streams: 0,
            stream: 0,
        };
        fallible::push(&mut queues, Queue::new(control, true))?;
        for endpoint in descriptors.configurations.iter().flat_map(|configuration| &configuration.endpoints) {
            fallible::push(&mut queues, Queue::new(*endpoint, false))?;
        }
        let mut chosen = Vec::new();
        for made in &descriptors.configurations {
            for &(interface, alternate) in made.settings.iter().filter(|&&(_, alternate)| alternate == 0) {
                fallible::push(&mut chosen, Chosen { configuration: made.value, interface, alternate })?;
            }
        }
        Ok(Self {
            function,
            descriptors,
            queues,
            ended: VecDeque::new(),
            step: None,
            free_at: Time(0),
            passed: Time(0),
            turn: 0,
            configuration: 0,
            chosen,
            reads: 0,
            mute: false,
            gone: false,
            lasts: None,
            answers: Answers::Right,
            reply: Reply::default(),
            scratch: Vec::new(),
        })
    }

    /// Makes the device lie: its descriptors change, its endpoints do not.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`].
    pub fn edit(&mut self, edit: Edit) -> Result<(), OutOfMemory> {
        match edit {
            Edit::Answers(answers) => self.answers = answers,
            Edit::Gone(turns) => self.lasts = Some(turns),
            _ => {}
        }
        edit.apply(&mut self.descriptors)
    }

    /// The endpoint in use with this address.
    fn queue(&mut self, address: u8) -> Option<&mut Queue> {
        self.queues.iter_mut().find(|queue| queue.is(address, 0))
    }

    /// The queue of a stream, which is made when it is used first. No such endpoint without streams.
    fn stream(&mut self, address: u8, stream: u16) -> Result<&mut Queue, SubmitError> {
        let base = self.queue(address).ok_or(SubmitError::NoSuchEndpoint)?;
        if stream == 0 || stream > base.endpoint.streams() {
            return Err(SubmitError::NoSuchEndpoint);
        }
        let new = Queue::stream(base, stream);
        let known = self.queues.iter().position(|queue| queue.is(address, stream));
        let index = if let Some(index) = known {
            index
        } else {
            fallible::push(&mut self.queues, new).map_err(|OutOfMemory| SubmitError::OutOfMemory)?;
            self.queues.len().saturating_sub(1)
        };
        self.queues.get_mut(index).ok_or(SubmitError::NoSuchEndpoint)
    }

    /// Does something to an endpoint and all its streams. Refused: no such endpoint.
    fn each_stream(&mut self, address: u8, change: impl Fn(&mut Queue)) -> Result<(), Refused> {
        let mut found = Err(Refused);
        let concerned = |queue: &&mut Queue| queue.active && queue.endpoint.address == address;
        for queue in self.queues.iter_mut().filter(concerned) {
            change(queue);
            found = Ok(());
        }
        found
    }

    /// Takes endpoints out of use or puts them into use; what was queued on the former ends.
    fn activate(
        &mut self,
        now: Time,
        concerned: impl Fn(&Endpoint) -> bool,
        wanted: impl Fn(&Endpoint) -> bool,
    ) {
        let Self { queues, ended, step, .. } = self;
        for (index, queue) in queues.iter_mut().enumerate().skip(1) {
            if !concerned(&queue.endpoint) {
                continue;
            }
            if step.as_ref().is_some_and(|step| step.queue == index) {
                *step = None;
            }
            queue.flush(now, ended);
            queue.restart(wanted(&queue.endpoint), now);
        }
    }

    fn end_everything(&mut self, now: Time) {
        self.step = None;
        for queue in &mut self.queues {
            queue.flush(now, &mut self.ended);
            queue.restart(queue.endpoint.kind == EndpointType::Control, now);
        }
    }

    /// A turn on the bus begins at a time. True: it is the one that the device does not survive.
    fn breaks(&mut self, now: Time) -> bool {
        let Some(left) = self.lasts.filter(|_| !self.gone) else { return false };
        self.lasts = Some(left.saturating_sub(1));
        if left > 1 {
            return false;
        }
        self.unplug(now);
        true
    }

    const fn present(&self) -> Result<(), Refused> {
        if self.gone { Err(Refused) } else { Ok(()) }
    }
}

impl<F: Function> DeviceModel for Device<F> {
    fn speed(&self) -> Speed {
        self.descriptors.speed
    }

    fn device_descriptor(&self) -> &[u8] {
        &self.descriptors.device
    }

    fn configuration_descriptor(&self, index: u8) -> Option<&[u8]> {
        self.descriptors
            .configurations
            .get(usize::from(index))
            .map(|configuration| configuration.bytes.as_slice())
    }

    fn submit(&mut self, now: Time, transfer: Transfer) -> Result<(), SubmitError> {
        if self.gone {
            return Err(SubmitError::Gone);
        }
        // Whatever happens to the queued transfers later, their completions find room.
        let queued: usize = self.queues.iter().map(Queue::len).sum();
        self.ended.try_reserve(queued.saturating_add(1)).map_err(|_| SubmitError::OutOfMemory)?;
        let address = match transfer.kind {
            Kind::Control { .. } => 0,
            Kind::BulkOrInterrupt if number(transfer.endpoint) == 0 => {
                return Err(SubmitError::NoSuchEndpoint);
            }
            Kind::BulkOrInterrupt | Kind::Stream { .. } | Kind::Isochronous(_) => transfer.endpoint,
        };
        let queue = match transfer.kind {
            Kind::Stream { id } => self.stream(address, id)?,
            _ => self.queue(address).ok_or(SubmitError::NoSuchEndpoint)?,
        };
        let next = match transfer.kind {
            Kind::Isochronous(schedule) => Some(schedule.first),
            _ => None,
        };
        if next.is_some() != (queue.endpoint.kind == EndpointType::Isochronous) {
            return Err(SubmitError::NoSuchEndpoint);
        }
        let queued = Queued { transfer, moved: 0, next: next.unwrap_or(0), since: now };
        queue.push(queued).map_err(|OutOfMemory| SubmitError::OutOfMemory)
    }

    fn poll(&mut self, now: Time, memory: &mut dyn HostMemory) -> Option<Completion> {
        loop {
            if let Some(completion) = self.ended.pop_front() {
                return Some(completion);
            }
            if self.step.is_none() {
                self.step = self.next_step().filter(|step| step.begins <= now);
            }
            let due = self.next_packet().filter(|due| due.at <= now);
            let before = |due: &isochronous::Due| self.step.is_none_or(|step| due.at <= step.ends);
            if let Some(due) = due.filter(before) {
                self.passed = due.at;
                if self.breaks(due.at) {
                    continue;
                }
                if let Some(completion) = self.packet(due, memory) {
                    return Some(completion);
                }
                continue;
            }
            let step = self.step.take_if(|step| step.ends <= now)?;
            self.free_at = step.ends;
            self.passed = step.ends;
            if self.breaks(step.ends) {
                continue;
            }
            if let Some(completion) = self.finish(&step, memory) {
                return Some(completion);
            }
        }
    }

    fn next_event(&self) -> Option<Time> {
        if let Some(completion) = self.ended.front() {
            return Some(completion.at);
        }
        let step = self.step.or_else(|| self.next_step()).map(|step| step.ends);
        let packet = self.next_packet().map(|due| due.at);
        [step, packet].into_iter().flatten().min()
    }

    fn abort(&mut self, now: Time, id: TransferId) -> Option<u32> {
        if let Some(position) = self.ended.iter().position(|completion| completion.id == id) {
            return self.ended.remove(position).map(|completion| completion.length);
        }
        let index = self.queues.iter().position(|queue| queue.holds(id))?;
        let queue = self.queues.get_mut(index)?;
        let was_first = queue.front().is_some_and(|queued| queued.transfer.id == id);
        let moved = queue.remove(id)?.moved;
        if was_first && self.step.take_if(|step| step.queue == index).is_some() {
            self.free_at = self.free_at.max(now);
        }
        Some(moved)
    }

    fn reset_endpoint(&mut self, now: Time, endpoint: u8) -> Result<(), Refused> {
        self.present()?;
        self.each_stream(endpoint, |queue| {
            (queue.halted, queue.stopped) = (false, false);
            queue.not_before = now;
        })
    }

    fn set_configuration(&mut self, now: Time, value: u8) -> Result<(), Refused> {
        self.present()?;
        let known = self.descriptors.configurations.iter().any(|configuration| configuration.value == value);
        if value != 0 && !(known && self.function.accepts_configuration(value)) {
            return Err(Refused);
        }
        self.configuration = value;
        self.chosen.iter_mut().for_each(|chosen| chosen.alternate = 0);
        self.activate(now, |_| true, |endpoint| endpoint.configuration == value && endpoint.alternate == 0);
        self.function.restart();
        Ok(())
    }

    fn set_interface(&mut self, now: Time, interface: u8, alternate: u8) -> Result<(), Refused> {
        self.present()?;
        let value = self.configuration;
        let configuration =
            self.descriptors.configurations.iter().find(|made| made.value == value).ok_or(Refused)?;
        let known = configuration.settings.contains(&(interface, alternate));
        if !known || !self.function.accepts_setting(interface, alternate) {
            return Err(Refused);
        }
        let this = |chosen: &&mut Chosen| chosen.configuration == value && chosen.interface == interface;
        self.chosen.iter_mut().find(this).ok_or(Refused)?.alternate = alternate;
        self.activate(
            now,
            |endpoint| endpoint.configuration == value && endpoint.interface == interface,
            |endpoint| endpoint.alternate == alternate,
        );
        self.function.setting(interface, alternate);
        Ok(())
    }

    fn reset(&mut self, now: Time) {
        self.configuration = 0;
        self.end_everything(now);
        self.function.restart();
    }

    fn poke(&mut self, now: Time, poke: Poke<'_>) -> Result<(), Refused> {
        self.present()?;
        let endpoint = match poke {
            Poke::Mute => {
                self.mute = true;
                return Ok(());
            }
            Poke::Report { endpoint, data } => {
                self.function.report(endpoint, data)?;
                endpoint
            }
            Poke::Halt { endpoint } => {
                self.each_stream(endpoint, |queue| queue.halted = true)?;
                endpoint
            }
            Poke::Nak { endpoint, on } => {
                self.each_stream(endpoint, |queue| queue.nak = on)?;
                endpoint
            }
        };
        // An endpoint that is not in use has nothing to wait for.
        let _ = self.each_stream(endpoint, |queue| queue.not_before = now);
        Ok(())
    }

    fn is_gone(&self) -> bool {
        self.gone
    }

    fn unplug(&mut self, now: Time) {
        self.end_everything(now);
        self.gone = true;
    }
}

/// A transfer ended.
const fn ended(id: TransferId, status: Status, length: u32, at: Time) -> Completion {
    Completion { id, status, length, at }
}
