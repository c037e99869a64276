//! Isochronous transfers: what an URB must be, when its packets go over the bus, and what is written back.
//!
//! The rules, their pages and the readings that were chosen are those of `crates/ntsim/src/usb/isochronous.rs`.

use alloc::vec::Vec;
use core::mem::offset_of;

use usb_models::{Packet, PacketEnd, Schedule, Speed, Status, Time};
use wdk_sys::{
    _URB_ISOCH_TRANSFER, _USBD_ISO_PACKET_DESCRIPTOR, USBD_START_ISO_TRANSFER_ASAP,
    USBD_TRANSFER_DIRECTION_IN,
};

use super::{
    Usb,
    data::{self, Buffer, FLAGS, LENGTH},
    limits,
    outcome::{Outcome, Refused},
    pipe::{Pipe, PipeKind},
    status,
    transfer::{Job, Transfer, Wire, Work},
};
use crate::nt::urb::Urb;

/// `USBD_ISO_START_FRAME_RANGE` (usb.h): so many frames away from the current one a start frame may not be.
const START_FRAME_RANGE: u64 = 1024;
/// The stack forgets which frame comes next when so many have passed without an URB.
const FORGOTTEN_AFTER: u64 = 1024;
/// Where the packets of an URB begin.
const PACKETS: usize = offset_of!(_URB_ISOCH_TRANSFER, IsoPacket);
/// Size of one, in bytes.
const PACKET: usize = size_of::<_USBD_ISO_PACKET_DESCRIPTOR>();

/// One packet of a transfer.
#[derive(Clone, Copy)]
struct Slot {
    packet: Packet,
    /// Bytes moved and `USBD_STATUS`, once it has gone by or never will.
    end: Option<(u32, u32)>,
}

/// The packets of an isochronous transfer.
pub struct Isochronous {
    slots: Vec<Slot>,
    /// The frame of the first one, as the client counts them.
    start_frame: u32,
}

impl Isochronous {
    /// Where a packet lies.
    pub fn packet(&self, index: u32) -> Option<Packet> {
        self.slots.get(index as usize).map(|slot| slot.packet)
    }

    /// A packet has gone by.
    pub fn ended(&mut self, index: u32, PacketEnd { status, length }: PacketEnd) {
        let usbd = match status {
            Status::Ok => status::SUCCESS,
            Status::Overrun => status::DATA_OVERRUN,
            _ => status::XACT_ERROR,
        };
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.end = Some((length, usbd));
        }
    }

    /// Bytes moved and status of each. Packets that never went over the bus are not accessed.
    fn results(&self) -> impl Iterator<Item = (u32, u32)> {
        self.slots.iter().map(|slot| slot.end.unwrap_or((0, status::ISO_NOT_ACCESSED_BY_HW)))
    }

    /// What the client finds in its URB: `StartFrame`, `ErrorCount`, and each packet's status and, of a read, length.
    fn write_back(&self, urb: Urb, is_in: bool) {
        let mut errors = 0_u32;
        for (index, (length, usbd)) in self.results().enumerate() {
            errors += u32::from(usbd != status::SUCCESS);
            let at = PACKETS + index * PACKET;
            if is_in {
                urb.set(at + offset_of!(_USBD_ISO_PACKET_DESCRIPTOR, Length), length);
            }
            urb.set(at + offset_of!(_USBD_ISO_PACKET_DESCRIPTOR, Status), usbd);
        }
        urb.set(offset_of!(_URB_ISOCH_TRANSFER, StartFrame), self.start_frame);
        urb.set(offset_of!(_URB_ISOCH_TRANSFER, ErrorCount), errors);
    }
}

/// How the packets of a pipe lie in time.
#[derive(Clone, Copy)]
struct Rhythm {
    /// From one packet to the next, in units of 100 ns.
    interval: u64,
    /// Polling period in microframes.
    period: u32,
    /// Packets of one frame.
    per_frame: u32,
}

impl Rhythm {
    /// Full speed polls in every frame, whatever `bInterval` says.
    fn of(speed: Speed, interval: u8) -> Self {
        if matches!(speed, Speed::Low | Speed::Full) {
            return Self { interval: Time::PER_FRAME, period: 8, per_frame: 1 };
        }
        let period = 1_u32 << interval.clamp(1, 16).saturating_sub(1);
        Self { interval: u64::from(period) * Time::PER_MICROFRAME, period, per_frame: (8 / period).max(1) }
    }
}

/// Where a transfer is in time.
struct Place {
    /// Its first frame, counted since time began.
    start: u64,
    /// The first frame in which a packet of it can go over the bus.
    earliest: u64,
    current: u64,
}

impl Usb {
    /// Checks an isochronous transfer and finds its frames.
    pub(super) fn isochronous_job(&mut self, now: Time, urb: Urb, chained: bool) -> Result<Job, Refused> {
        let handle = self.pipe_of(urb)?;
        let pipe = *self.pipes.get(&handle).ok_or(status::INVALID_PIPE_HANDLE)?;
        if pipe.kind != PipeKind::Isochronous {
            return Err(status::INVALID_PARAMETER);
        }
        let speed = self.model.speed();
        let rhythm = Rhythm::of(speed, pipe.interval);
        let packets: u32 = urb.get(offset_of!(_URB_ISOCH_TRANSFER, NumberOfPackets));
        let whole = PACKETS + packets as usize * PACKET;
        let fits =
            packets > 0 && packets <= limits::packets(speed) && packets.is_multiple_of(rhythm.per_frame);
        if !fits || rhythm.period > 8 || usize::from(urb.length()) < whole {
            return Err(status::INVALID_PARAMETER);
        }
        if pipe.halted {
            return Err(status::ENDPOINT_HALTED);
        }
        let is_in = pipe.endpoint & 0x80 != 0;
        if is_in != (urb.get::<u32>(FLAGS) & USBD_TRANSFER_DIRECTION_IN != 0) {
            return Err(status::INVALID_PARAMETER);
        }
        let Buffer { runs, length, made_mdl } = data::buffer(urb, chained)?;
        if length > limits::isochronous(speed, u32::from(pipe.packet)) {
            return Err(status::INVALID_PARAMETER);
        }
        let slots = slots(urb, packets, length)?;
        if !is_in && slots.iter().any(|slot| slot.packet.length > u32::from(pipe.packet)) {
            return Err(status::INVALID_PARAMETER);
        }
        let place = self.place(now, handle, &pipe, urb)?;
        let (schedule, isochronous) = self.schedule(handle, urb, &place, slots, rhythm)?;
        Ok(Job {
            runs,
            length,
            pipe: handle,
            endpoint: pipe.endpoint,
            is_in,
            made_mdl,
            has_length: true,
            isochronous: Some(isochronous),
            ..Job::new(Wire::Isochronous(schedule), Work::Nothing)
        })
    }

    /// The frames that a transfer asks for.
    fn place(&mut self, now: Time, handle: usize, pipe: &Pipe, urb: Urb) -> Result<Place, Refused> {
        let current = now.0 / Time::PER_FRAME;
        let queued = self.is_busy(handle);
        let next = pipe.next_frame.filter(|next| queued || current < next + FORGOTTEN_AFTER);
        let start = if urb.get::<u32>(FLAGS) & USBD_START_ISO_TRANSFER_ASAP != 0 {
            // Behind what was submitted before, even if that time is over: whoever comes late has lost his packets.
            next.unwrap_or(current + 1)
        } else {
            let asked: u32 = urb.get(offset_of!(_URB_ISOCH_TRANSFER, StartFrame));
            let (ahead, behind) =
                (asked.wrapping_sub(frame_number(current)), frame_number(current).wrapping_sub(asked));
            if u64::from(ahead.min(behind)) >= START_FRAME_RANGE {
                if let Some(pipe) = self.pipes.get_mut(&handle) {
                    pipe.halted = true;
                }
                return Err(status::BAD_START_FRAME);
            }
            if ahead <= behind {
                current + u64::from(ahead)
            } else {
                current.saturating_sub(u64::from(behind))
            }
        };
        let after = if queued { next.unwrap_or(0) } else { 0 };
        Ok(Place { start, earliest: after.max(current + 1), current })
    }

    /// When the packets go over the bus. Those that come too late never do; if that are all, nothing is to be done.
    fn schedule(
        &mut self,
        handle: usize,
        urb: Urb,
        place: &Place,
        mut slots: Vec<Slot>,
        rhythm: Rhythm,
    ) -> Result<(Schedule, Isochronous), Refused> {
        let packets = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        let frame_of = |index: u64| place.start + index / u64::from(rhythm.per_frame);
        let mut first = 0_u32;
        for (index, slot) in (0..).zip(&mut slots).take_while(|(index, _)| frame_of(*index) < place.earliest)
        {
            let late = frame_of(index) <= place.current;
            let usbd = if late { status::ISO_NOT_ACCESSED_LATE } else { status::ISO_NOT_ACCESSED_BY_HW };
            slot.end = Some((0, usbd));
            first += 1;
        }
        if let Some(pipe) = self.pipes.get_mut(&handle) {
            let end = frame_of(u64::from(packets));
            pipe.next_frame = Some(pipe.next_frame.map_or(end, |next| next.max(end)));
        }
        let isochronous = Isochronous { slots, start_frame: frame_number(place.start) };
        if first == packets {
            isochronous.write_back(urb, true);
            urb.set(LENGTH, 0_u32);
            return Err(status::ISO_NOT_ACCESSED_LATE);
        }
        let at = Time(place.start * Time::PER_FRAME + u64::from(first) * rhythm.interval);
        Ok((Schedule { at, interval: rhythm.interval, first, packets }, isochronous))
    }

    /// An isochronous transfer has ended: its packets' results are written, and the sum of them is its own.
    pub(super) fn packets_ended(&mut self, transfer: &Transfer, outcome: Outcome) -> Outcome {
        let Some(isochronous) = &transfer.job.isochronous else { return outcome };
        isochronous.write_back(transfer.urb, transfer.job.is_in);
        let moved = isochronous.results().map(|(length, _)| length).sum();
        if outcome.usbd == status::CANCELED && !self.is_busy(transfer.job.pipe) {
            // Nothing is queued any more: what comes next does not wait for frames that stay empty.
            if let Some(pipe) = self.pipes.get_mut(&transfer.job.pipe) {
                pipe.next_frame = None;
            }
        }
        let failed = isochronous.results().all(|(_, usbd)| usbd != status::SUCCESS);
        let usbd = match outcome.usbd {
            status::SUCCESS if failed => status::ISOCH_REQUEST_FAILED,
            usbd => usbd,
        };
        Outcome::new(usbd, moved)
    }
}

/// The packets of an URB: each ends where the next one begins.
fn slots(urb: Urb, packets: u32, length: u32) -> Result<Vec<Slot>, Refused> {
    let offset_of = |index: u32| urb.get::<u32>(PACKETS + index as usize * PACKET);
    let mut slots = Vec::with_capacity(packets as usize);
    let mut offset = offset_of(0);
    if offset != 0 {
        return Err(status::INVALID_PARAMETER);
    }
    for index in 0..packets {
        let next = if index + 1 < packets { offset_of(index + 1) } else { length };
        let room = next.checked_sub(offset).filter(|_| next <= length).ok_or(status::INVALID_PARAMETER)?;
        slots.push(Slot { packet: Packet { offset, length: room }, end: None });
        offset = next;
    }
    Ok(slots)
}

/// A frame as clients count them: the number has 32 bits and wraps.
pub fn frame_number(frame: u64) -> u32 {
    u32::try_from(frame & u64::from(u32::MAX)).unwrap_or(0)
}
