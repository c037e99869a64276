//! One turn on the bus: what is chosen, how long it takes, what it moves.

use crate::{
    Completion, Direction, HostMemory, Kind, Speed, Status, Time, TransferId,
    descriptor::{Endpoint, EndpointType},
    device::{
        Device, ended,
        queue::{Queue, Queued},
    },
    function::{Function, Ready},
    timing,
};

/// A turn that one endpoint has.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Index of the endpoint's queue.
    pub queue: usize,
    /// When the bus is free for it and the endpoint has its turn.
    pub begins: Time,
    /// When it is over.
    pub ends: Time,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Control,
    /// The device answers STALL.
    Stall,
    /// The device does not answer.
    Silence,
    /// This many bytes go by.
    Data {
        bytes: u32,
        then: Then,
    },
}

/// What happens when a step's bytes are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// More of the same transfer later, unless it is complete.
    More,
    /// A short packet ended the transfer.
    Short,
    /// The device sent more than there was room for; what did not fit is lost.
    Overrun { lost: u32, ends: bool },
}

impl<F: Function> Device<F> {
    /// The step that comes next if nothing is submitted: the earliest, and of those the one whose turn it is.
    pub(super) fn next_step(&self) -> Option<Step> {
        let count = self.queues.len();
        let turns = (0..count).map(|offset| (self.turn + offset) % count);
        // Of equal ones the first is kept.
        turns.filter_map(|index| self.step_of(index)).min_by_key(|step| step.begins)
    }

    fn step_of(&self, index: usize) -> Option<Step> {
        let queue = self.queues.get(index)?;
        let queued = queue.front().filter(|_| queue.endpoint.kind != EndpointType::Isochronous)?;
        let (what, packets, not_before) = self.what(queue, queued)?;
        let begins = service(
            self.descriptors.speed,
            queue.endpoint,
            self.free_at.max(queued.since).max(queue.not_before).max(not_before),
        );
        let ends = begins + timing::packets(self.descriptors.speed, packets);
        Some(Step { queue: index, begins, ends, what })
    }

    /// What the endpoint would do, how many packets that takes, and from when on. `None`: NAK.
    fn what(&self, queue: &Queue, queued: &Queued) -> Option<(What, u32, Time)> {
        const NOW: Time = Time(0);
        if self.mute {
            // The host gives up after three tries.
            return Some((What::Silence, 3, NOW));
        }
        let packet = u32::from(queue.endpoint.packet).max(1);
        if let Kind::Control { setup } = queued.transfer.kind {
            return Some((What::Control, 2 + u32::from(setup.length).div_ceil(packet), NOW));
        }
        if queue.stopped {
            return None;
        }
        if queue.halted {
            return Some((What::Stall, 1, NOW));
        }
        if queue.nak {
            return None;
        }
        let (count, ends, at) = match self.function.ready(&queue.endpoint) {
            Ready::Nak => return None,
            Ready::Stall => return Some((What::Stall, 1, NOW)),
            // Damaged packets are sent again, until the host gives up.
            Ready::Damaged => return Some((What::Silence, 3, NOW)),
            Ready::Bytes { count, ends } => (count, ends, NOW),
            Ready::Later { at, count, ends } => (count, ends, at),
        };
        let most = self.most_packets(queue.endpoint.kind).saturating_mul(packet);
        let wanted = queued.transfer.length.saturating_sub(queued.moved);
        let (bytes, then) = match queued.transfer.direction() {
            Direction::Out => take(wanted, count, packet, most)?,
            Direction::In => give(wanted, count, ends, packet, most)?,
        };
        Some((What::Data { bytes, then }, bytes.div_ceil(packet).max(1), at))
    }

    /// How many packets of one endpoint fit into one turn.
    const fn most_packets(&self, kind: EndpointType) -> u32 {
        match kind {
            EndpointType::Bulk => timing::packets_per_window(self.descriptors.speed),
            _ => 1,
        }
    }

    /// Carries out what was planned; returns the transfer that ended with it.
    pub(super) fn finish(&mut self, step: &Step, memory: &mut dyn HostMemory) -> Option<Completion> {
        self.turn = (step.queue + 1) % self.queues.len();
        let queued = *self.queues.get(step.queue)?.front()?;
        let id = queued.transfer.id;
        let (status, moved) = match step.what {
            What::Control => self.control(step.ends, queued.transfer, memory),
            What::Stall => {
                let Endpoint { address, .. } = self.queues.get(step.queue)?.endpoint;
                // What other streams have queued stays there: the host stops them all.
                let _ = self.each_stream(address, |queue| {
                    queue.halted = true;
                    queue.stopped = queue.endpoint.stream != 0;
                });
                (Status::Stall, queued.moved)
            }
            What::Silence => (Status::NoResponse, queued.moved),
            What::Data { bytes, then } => {
                let endpoint = self.queues.get(step.queue)?.endpoint;
                self.function.moment(&endpoint, step.ends);
                self.data(step.queue, &queued, bytes, then, memory)?
            }
        };
        // A control request may have ended its own queue: the transfer is then reported from there.
        self.queues.get_mut(step.queue)?.remove(id)?;
        Some(ended(id, status, moved, step.ends))
    }

    /// Moves bytes. `None`: the transfer goes on.
    fn data(
        &mut self,
        index: usize,
        queued: &Queued,
        bytes: u32,
        then: Then,
        memory: &mut dyn HostMemory,
    ) -> Option<(Status, u32)> {
        let queue = self.queues.get_mut(index)?;
        let endpoint = queue.endpoint;
        let room = queued.transfer.length.saturating_sub(queued.moved);
        let direction = queued.transfer.direction();
        let mut copy =
            Copy { function: &mut self.function, endpoint: &endpoint, id: queued.transfer.id, memory };
        let moved = match direction {
            Direction::Out => copy.bring_out(queued.moved, bytes.min(room)),
            Direction::In => copy.bring_in(queued.moved, bytes.min(room)),
        };
        let total = queued.moved.saturating_add(moved);
        let mut failed = moved < bytes.min(room);
        if let Then::Overrun { lost, .. } = then {
            copy.discard(lost);
        }
        if matches!(then, Then::Short | Then::Overrun { ends: true, .. }) {
            failed |= copy.function.end(&endpoint).is_err();
        }
        if failed {
            // The model ran out of memory, or the host's buffer is not as long as the transfer.
            return Some((Status::NoResponse, total));
        }
        match then {
            Then::Overrun { .. } => return Some((Status::Overrun, total)),
            Then::Short => return Some((Status::Ok, total)),
            Then::More if total >= queued.transfer.length => return Some((Status::Ok, total)),
            Then::More => {}
        }
        queue.front_mut()?.moved = total;
        None
    }
}

/// An OUT endpoint: whole packets, and the short one at the end if there is room.
fn take(wanted: u32, room: u32, packet: u32, most: u32) -> Option<(u32, Then)> {
    let offered = wanted.min(most);
    let bytes = if offered <= room { offered } else { room / packet * packet };
    if bytes == 0 && wanted > 0 {
        return None;
    }
    let last = bytes == wanted;
    let short = last && (bytes % packet != 0 || bytes == 0);
    Some((bytes, if short { Then::Short } else { Then::More }))
}

/// An IN endpoint: whole packets, and the short one where the device's bytes end.
fn give(wanted: u32, count: u32, ends: bool, packet: u32, most: u32) -> Option<(u32, Then)> {
    // Only what the host asks for, rounded up to the packet that the device sends anyway.
    let asked = wanted.div_ceil(packet).saturating_mul(packet).min(most).max(packet);
    let sent = if count <= asked && ends { count } else { count.min(asked) / packet * packet };
    if sent == 0 && !(ends && count == 0) {
        return None;
    }
    // A sequence that fills its last packet ends with an empty packet of its own, in a step of its own.
    let short = ends && sent == count && (sent % packet != 0 || sent == 0);
    if sent > wanted {
        return Some((wanted, Then::Overrun { lost: sent - wanted, ends: short }));
    }
    Some((sent, if short { Then::Short } else { Then::More }))
}

/// The next moment at which the host asks the endpoint.
fn service(speed: Speed, endpoint: Endpoint, earliest: Time) -> Time {
    if endpoint.kind != EndpointType::Interrupt {
        return earliest;
    }
    let interval = timing::interrupt_interval(speed, endpoint.interval).max(1);
    Time(earliest.0.div_ceil(interval).saturating_mul(interval))
}

/// Copies between the host's memory and the function, run by run.
pub(super) struct Copy<'a, F> {
    pub function: &'a mut F,
    pub endpoint: &'a Endpoint,
    pub id: TransferId,
    pub memory: &'a mut dyn HostMemory,
}

impl<F: Function> Copy<'_, F> {
    pub fn bring_out(&mut self, offset: u32, bytes: u32) -> u32 {
        let mut done = 0;
        while done < bytes {
            let run = self.memory.bytes_out(self.id, offset.saturating_add(done), bytes - done);
            let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
            if length == 0 || length > bytes - done || self.function.take(self.endpoint, run).is_err() {
                break;
            }
            done += length;
        }
        done
    }

    pub fn bring_in(&mut self, offset: u32, bytes: u32) -> u32 {
        let mut done = 0;
        while done < bytes {
            let run = self.memory.room_in(self.id, offset.saturating_add(done), bytes - done);
            let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
            if length == 0 || length > bytes - done {
                break;
            }
            self.function.give(self.endpoint, run);
            done += length;
        }
        done
    }

    /// The rest of a packet that did not fit into the host's buffer.
    pub fn discard(&mut self, mut bytes: u32) {
        let mut lost = [0; 64];
        while bytes > 0 {
            let length = bytes.min(64);
            bytes -= length;
            if let Some(room) = lost.get_mut(..usize::try_from(length).unwrap_or(0)) {
                self.function.give(self.endpoint, room);
            }
        }
    }
}
