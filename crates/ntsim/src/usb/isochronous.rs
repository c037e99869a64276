//! Isochronous transfers: what an URB must be, when its packets go over the bus, and what is written back.
//!
//! Pages: `usb/ns-usb-_urb_isoch_transfer`, `usb/ns-usb-_usbd_iso_packet_descriptor`,
//! `usbcon/transfer-data-to-isochronous-endpoints`, `usbcon/usb-client-driver-contract-in-windows-8` (periods and packets
//! per frame), `usbcon/usb-bandwidth-allocation` (sizes). Where they leave something open, the stricter reading is taken:
//!
//! * packets that are contiguous begin at offset 0 and come in order;
//! * a packet of the current frame is late: only those of later frames are promised to be sent;
//! * `USBD_STATUS_BAD_START_FRAME` halts the pipe, as usb.h says beside its value.

use std::mem::offset_of;

use nt_trace::event::{IsochronousSubmitted, UrbKind};
use usb_models::{Packet, PacketEnd, Schedule, Speed, Status, Time};

use super::{
    limits,
    pipe::{Pipe, PipeKind},
    status::{Outcome, Refusal},
    submit::LENGTH,
    transfer::{Job, Transfer, Wire, Work},
};
use crate::{
    abi::{
        urb::{
            URB_ISOCH_TRANSFER, USBD_ISO_PACKET_DESCRIPTOR, USBD_START_ISO_TRANSFER_ASAP,
            USBD_TRANSFER_DIRECTION_IN,
        },
        usbd_status::{
            USBD_STATUS_BAD_START_FRAME, USBD_STATUS_CANCELED, USBD_STATUS_DATA_OVERRUN,
            USBD_STATUS_ENDPOINT_HALTED, USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_ISO_NOT_ACCESSED_BY_HW,
            USBD_STATUS_ISO_NOT_ACCESSED_LATE, USBD_STATUS_ISOCH_REQUEST_FAILED, USBD_STATUS_SUCCESS,
            USBD_STATUS_XACT_ERROR,
        },
    },
    kernel::Kernel,
    mem::{Addr, BadAccess},
    stop::Stop,
};

/// `USBD_ISO_START_FRAME_RANGE` (usb.h): so many frames away from the current one a start frame may not be.
const START_FRAME_RANGE: u64 = 1024;
/// The stack forgets which frame comes next when so many have passed without an URB.
const FORGOTTEN_AFTER: u64 = 1024;
/// Where the packets of an URB begin.
const PACKETS: u64 = offset_of!(URB_ISOCH_TRANSFER, IsoPacket) as u64;
/// Size of one, in bytes.
const PACKET: u64 = size_of::<USBD_ISO_PACKET_DESCRIPTOR>() as u64;

const INVALID: Refusal = Refusal::usbd(USBD_STATUS_INVALID_PARAMETER);

/// One packet of a transfer.
#[derive(Clone, Copy, Debug)]
struct Slot {
    packet: Packet,
    /// Bytes moved and `USBD_STATUS_*`, once it has gone by or never will.
    end: Option<(u32, u32)>,
}

/// The packets of an isochronous transfer.
#[derive(Clone, Debug)]
pub(super) struct Isochronous {
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
            Status::Ok => USBD_STATUS_SUCCESS,
            Status::Overrun => USBD_STATUS_DATA_OVERRUN,
            _ => USBD_STATUS_XACT_ERROR,
        };
        if let Some(slot) = self.slots.get_mut(index as usize) {
            slot.end = Some((length, usbd));
        }
    }

    /// Bytes moved, packets that failed, and what is written into the packet descriptors. Packets that never went over the
    /// bus are not accessed.
    fn results(&self) -> impl Iterator<Item = (u32, u32)> {
        self.slots.iter().map(|slot| slot.end.unwrap_or((0, USBD_STATUS_ISO_NOT_ACCESSED_BY_HW)))
    }
}

/// How the packets of a pipe lie in time.
#[derive(Clone, Copy, Debug)]
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
        let interval = u64::from(period) * Time::PER_MICROFRAME;
        Self { interval, period, per_frame: (8 / period).max(1) }
    }

    const fn is_supported(self) -> bool {
        self.period <= 8
    }
}

/// Where a transfer is in time.
struct Place {
    /// Its first frame, counted since the machine began.
    start: u64,
    /// The first frame in which a packet of it can go over the bus.
    earliest: u64,
    current: u64,
}

impl Kernel {
    /// Checks an isochronous transfer and finds its frames.
    pub(super) fn usb_isochronous_job(
        &mut self,
        pdo: Addr,
        irp: Addr,
        urb: Addr,
        chained: bool,
    ) -> Result<Job, Refusal> {
        let handle = self.usb_pipe_of(pdo, urb)?;
        let Some(device) = self.usb.devices.get(&pdo) else { return Err(Refusal::Refused(Outcome::GONE)) };
        let (face, speed) = (device.options.face, device.model.speed());
        let pipe = device.pipes.get(&handle).copied().ok_or(INVALID)?;
        let told = *self.mem.at::<URB_ISOCH_TRANSFER>(urb)?;
        if pipe.kind != PipeKind::Isochronous {
            return Err(INVALID);
        }
        let rhythm = Rhythm::of(speed, pipe.interval);
        self.usb_check_packets(irp, urb, &told, (speed, rhythm), pipe.endpoint)?;
        if chained {
            self.usb_check_chained(pdo, irp, urb)?;
        }
        if pipe.halted {
            return Err(Refusal::usbd(USBD_STATUS_ENDPOINT_HALTED));
        }
        let is_in = pipe.endpoint & 0x80 != 0;
        if is_in != (told.TransferFlags & USBD_TRANSFER_DIRECTION_IN != 0) {
            return Err(INVALID);
        }
        let (buffer, length, made_mdl) = self.usb_buffer(pdo, urb, chained)?;
        if length > limits::isochronous(face, speed, u32::from(pipe.packet)) {
            return Err(INVALID);
        }
        let slots = self.usb_slots(urb, told.NumberOfPackets, length)?;
        if !is_in && slots.iter().any(|slot| slot.packet.length > u32::from(pipe.packet)) {
            return Err(INVALID);
        }
        let place = self.usb_place(pdo, handle, &pipe, &told)?;
        let (schedule, isochronous) = self.usb_schedule(pdo, handle, urb, place, slots, rhythm)?;
        Ok(Job {
            wire: Wire::Isochronous(schedule),
            work: Work::Nothing,
            buffer,
            length,
            pipe: handle,
            endpoint: pipe.endpoint,
            is_in,
            short_ok: true,
            made_mdl,
            has_length: true,
            timeout_ms: 0,
            isochronous: Some(isochronous),
        })
    }

    /// Whether the number of packets is one that the stack and the URB can have.
    fn usb_check_packets(
        &mut self,
        irp: Addr,
        urb: Addr,
        told: &URB_ISOCH_TRANSFER,
        (speed, rhythm): (Speed, Rhythm),
        endpoint: u8,
    ) -> Result<(), Refusal> {
        let packets = told.NumberOfPackets;
        let whole = PACKETS + u64::from(packets) * PACKET;
        let made = self.usb.urbs.get(&urb).filter(|record| record.kind == UrbKind::Isochronous);
        let room = made.map_or(u32::MAX, |made| {
            u32::try_from(made.length.saturating_sub(PACKETS) / PACKET).unwrap_or(u32::MAX)
        });
        let Rhythm { period, per_frame, .. } = rhythm;
        let (most, urb, irp) = (limits::packets(speed), self.object(urb), self.object(irp));
        self.emit(IsochronousSubmitted { urb, irp, endpoint, packets, room, period, per_frame, most });
        let fits = packets > 0 && packets <= most && packets <= room && packets.is_multiple_of(per_frame);
        if fits && rhythm.is_supported() && u64::from(told.Hdr.Length) >= whole {
            Ok(())
        } else {
            Err(INVALID)
        }
    }

    /// The packets of an URB: each ends where the next one begins.
    fn usb_slots(&self, urb: Addr, packets: u32, length: u32) -> Result<Vec<Slot>, Refusal> {
        let offset_of = |index: u32| -> Result<u32, BadAccess> {
            self.mem.read(urb.add(PACKETS + u64::from(index) * PACKET))
        };
        let mut slots = Vec::with_capacity(packets as usize);
        let mut offset = offset_of(0)?;
        if offset != 0 {
            return Err(INVALID);
        }
        for index in 0..packets {
            let next = if index + 1 < packets { offset_of(index + 1)? } else { length };
            let room = next.checked_sub(offset).filter(|_| next <= length).ok_or(INVALID)?;
            slots.push(Slot { packet: Packet { offset, length: room }, end: None });
            offset = next;
        }
        Ok(slots)
    }

    /// The frames that a transfer asks for.
    fn usb_place(
        &mut self,
        pdo: Addr,
        handle: Addr,
        pipe: &Pipe,
        told: &URB_ISOCH_TRANSFER,
    ) -> Result<Place, Refusal> {
        let current = self.sched.now / Time::PER_FRAME;
        let queued = self.usb_is_busy(pdo, handle);
        let next = pipe.next_frame.filter(|next| queued || current < next + FORGOTTEN_AFTER);
        let start = if told.TransferFlags & USBD_START_ISO_TRANSFER_ASAP != 0 {
            // Behind what was submitted before, even if that time is over: whoever comes late has lost his packets.
            next.unwrap_or(current + 1)
        } else {
            let now = frame_number(current);
            let (ahead, behind) = (told.StartFrame.wrapping_sub(now), now.wrapping_sub(told.StartFrame));
            if u64::from(ahead.min(behind)) >= START_FRAME_RANGE {
                if let Some(pipe) = self.usb_pipe_mut(pdo, handle) {
                    pipe.halted = true;
                }
                return Err(Refusal::usbd(USBD_STATUS_BAD_START_FRAME));
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
    fn usb_schedule(
        &mut self,
        pdo: Addr,
        handle: Addr,
        urb: Addr,
        Place { start, earliest, current }: Place,
        mut slots: Vec<Slot>,
        rhythm: Rhythm,
    ) -> Result<(Schedule, Isochronous), Refusal> {
        let packets = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        let per_frame = u64::from(rhythm.per_frame);
        let frame_of = |index: u64| start + index / per_frame;
        let mut first = 0_u32;
        for (index, slot) in (0..).zip(&mut slots).take_while(|(index, _)| frame_of(*index) < earliest) {
            let late = frame_of(index) <= current;
            let usbd =
                if late { USBD_STATUS_ISO_NOT_ACCESSED_LATE } else { USBD_STATUS_ISO_NOT_ACCESSED_BY_HW };
            slot.end = Some((0, usbd));
            first += 1;
        }
        if let Some(pipe) = self.usb_pipe_mut(pdo, handle) {
            let end = frame_of(u64::from(packets));
            pipe.next_frame = Some(pipe.next_frame.map_or(end, |next| next.max(end)));
        }
        let isochronous = Isochronous { slots, start_frame: frame_number(start) };
        if first == packets {
            self.usb_write_packets(urb, &isochronous, true)?;
            self.mem.write(urb.field(LENGTH), &0_u32)?;
            return Err(Refusal::usbd(USBD_STATUS_ISO_NOT_ACCESSED_LATE));
        }
        let at = Time(start * Time::PER_FRAME + u64::from(first) * rhythm.interval);
        Ok((Schedule { at, interval: rhythm.interval, first, packets }, isochronous))
    }

    /// An isochronous transfer has ended: its packets' results are written, and the sum of them is its own.
    pub(super) fn usb_packets_ended(
        &mut self,
        pdo: Addr,
        transfer: &Transfer,
        outcome: Outcome,
    ) -> Result<Outcome, Stop> {
        let Some(isochronous) = &transfer.job.isochronous else { return Ok(outcome) };
        self.usb_write_packets(transfer.urb, isochronous, transfer.job.is_in)?;
        let moved = isochronous.results().map(|(length, _)| length).sum();
        if outcome.usbd == USBD_STATUS_CANCELED && !self.usb_is_busy(pdo, transfer.job.pipe) {
            // Nothing is queued any more: what comes next does not wait for frames that stay empty.
            if let Some(pipe) = self.usb_pipe_mut(pdo, transfer.job.pipe) {
                pipe.next_frame = None;
            }
        }
        let failed = isochronous.results().all(|(_, usbd)| usbd != USBD_STATUS_SUCCESS);
        let usbd = match outcome.usbd {
            USBD_STATUS_SUCCESS if failed => USBD_STATUS_ISOCH_REQUEST_FAILED,
            usbd => usbd,
        };
        Ok(Outcome::new(usbd, moved))
    }

    /// What the client finds in its URB: `StartFrame`, `ErrorCount`, and each packet's status and, of a read, length.
    fn usb_write_packets(
        &mut self,
        urb: Addr,
        isochronous: &Isochronous,
        is_in: bool,
    ) -> Result<(), BadAccess> {
        let mut errors = 0_u32;
        for (index, (length, usbd)) in (0..).zip(isochronous.results()) {
            errors += u32::from(usbd != USBD_STATUS_SUCCESS);
            let at = urb.add(PACKETS + index * PACKET);
            if is_in {
                self.mem.write(at.field(offset_of!(USBD_ISO_PACKET_DESCRIPTOR, Length)), &length)?;
            }
            self.mem.write(at.field(offset_of!(USBD_ISO_PACKET_DESCRIPTOR, Status)), &usbd)?;
        }
        self.mem.write(urb.field(offset_of!(URB_ISOCH_TRANSFER, StartFrame)), &isochronous.start_frame)?;
        self.mem.write(urb.field(offset_of!(URB_ISOCH_TRANSFER, ErrorCount)), &errors)
    }

    /// Whether the stack holds transfers of a pipe.
    pub(super) fn usb_is_busy(&self, pdo: Addr, handle: Addr) -> bool {
        let device = self.usb.devices.get(&pdo);
        device.is_some_and(|device| device.transfers.values().any(|transfer| transfer.job.pipe == handle))
    }

    pub(super) fn usb_pipe_mut(&mut self, pdo: Addr, handle: Addr) -> Option<&mut Pipe> {
        self.usb.devices.get_mut(&pdo)?.pipes.get_mut(&handle)
    }
}

/// A frame as clients count them: the number has 32 bits and wraps.
pub(super) fn frame_number(frame: u64) -> u32 {
    u32::try_from(frame & u64::from(u32::MAX)).unwrap_or(0)
}
