//! Isochronous packets: each has its interval, whatever else is on the bus.
//!
//! The host has reserved their time, so they neither wait for the bus nor keep others from it. A packet is tried once. Nobody
//! answers an OUT packet: for the host it is sent, whether the device took it or not (USB 2.0, 5.6.4 and 8.5.5).

use crate::{
    Completion, Direction, HostMemory, Kind, Packet, PacketEnd, Status, Time,
    descriptor::Endpoint,
    device::{Device, ended, queue::Queued, step::Copy},
    function::{Function, Ready},
    timing,
};

/// A packet whose interval is over at a time.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Index of the endpoint's queue.
    queue: usize,
    /// The end of its interval, when its data are there.
    pub at: Time,
}

impl<F: Function> Device<F> {
    /// The packet that is due next. Of equal ones the first is kept.
    pub(super) fn next_packet(&self) -> Option<Due> {
        let window = timing::window(self.descriptors.speed);
        let due = self.queues.iter().enumerate().filter_map(|(queue, waiting)| {
            let queued = waiting.front()?;
            let Kind::Isochronous(schedule) = queued.transfer.kind else { return None };
            let gone = u64::from(queued.next.saturating_sub(schedule.first));
            let at = schedule.at + gone.saturating_mul(schedule.interval) + window;
            // A host may have scheduled it for a time that went by while the transfer before it was served.
            Some(Due { queue, at: at.max(self.passed) })
        });
        due.min_by_key(|due| due.at)
    }

    /// Lets a packet go by; returns its transfer if it was the last one.
    pub(super) fn packet(&mut self, due: Due, memory: &mut dyn HostMemory) -> Option<Completion> {
        let queued = *self.queues.get(due.queue)?.front()?;
        let Kind::Isochronous(schedule) = queued.transfer.kind else { return None };
        let mut moved = queued.moved;
        if let Some(packet) =
            memory.packet(queued.transfer.id, queued.next).filter(|_| queued.next < schedule.packets)
        {
            let queue = self.queues.get(due.queue)?;
            let (endpoint, nak) = (queue.endpoint, queue.nak || self.mute);
            let end = self.carry(due.at, (endpoint, nak), &queued, packet, memory);
            moved = moved.saturating_add(end.length);
            memory.packet_done(queued.transfer.id, queued.next, end);
        }
        let next = queued.next.saturating_add(1);
        let queue = self.queues.get_mut(due.queue)?;
        if next < schedule.packets {
            let front = queue.front_mut()?;
            (front.next, front.moved) = (next, moved);
            return None;
        }
        queue.remove(queued.transfer.id)?;
        Some(ended(queued.transfer.id, Status::Ok, moved, due.at))
    }

    /// Moves the data of one packet. `silent`: the device answers nothing.
    fn carry(
        &mut self,
        at: Time,
        (endpoint, silent): (Endpoint, bool),
        queued: &Queued,
        packet: Packet,
        memory: &mut dyn HostMemory,
    ) -> PacketEnd {
        let ready = match self.function.ready(&endpoint) {
            _ if silent => Ready::Nak,
            Ready::Later { at: from, count, ends } if from <= at => Ready::Bytes { count, ends },
            Ready::Later { .. } => Ready::Nak,
            ready => ready,
        };
        let id = queued.transfer.id;
        self.function.moment(&endpoint, at);
        let mut copy = Copy { function: &mut self.function, endpoint: &endpoint, id, memory };
        match queued.transfer.direction() {
            Direction::Out => copy.packet_out(ready, packet),
            Direction::In => copy.packet_in(ready, packet),
        }
    }
}

impl<F: Function> Copy<'_, F> {
    fn packet_out(&mut self, ready: Ready, packet: Packet) -> PacketEnd {
        // What the device has no room for is lost, and nobody is told.
        if matches!(ready, Ready::Bytes { count, .. } if count >= packet.length) {
            let taken = self.bring_out(packet.offset, packet.length);
            if taken < packet.length || self.function.end(self.endpoint).is_err() {
                return PacketEnd { status: Status::NoResponse, length: 0 };
            }
        }
        PacketEnd { status: Status::Ok, length: packet.length }
    }

    fn packet_in(&mut self, ready: Ready, packet: Packet) -> PacketEnd {
        let sent = match ready {
            Ready::Nak | Ready::Stall | Ready::Later { .. } => {
                return PacketEnd { status: Status::NoResponse, length: 0 };
            }
            Ready::Damaged => 0,
            Ready::Bytes { count, .. } => count.min(self.endpoint.per_interval),
        };
        let length = self.bring_in(packet.offset, sent.min(packet.length));
        self.discard(sent.saturating_sub(length));
        let status = match self.function.end(self.endpoint) {
            Err(_) => Status::NoResponse,
            Ok(()) if ready == Ready::Damaged => Status::Damaged,
            Ok(()) if sent > packet.length => Status::Overrun,
            Ok(()) => Status::Ok,
        };
        PacketEnd { status, length }
    }
}
