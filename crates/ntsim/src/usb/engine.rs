//! Runs the device models: polls them when they have something to do, and passes on what they completed.

use std::cell::Cell;

use nt_trace::event::Unplugged;
use usb_models::{Poke, Status, Time, TransferId};

use super::{
    buffer::Buffers,
    device::Device,
    status::Outcome,
    transfer::{Stage, Transfer},
};
use crate::{
    abi::usbd_status::{USBD_STATUS_ERROR_SHORT_TRANSFER, USBD_STATUS_TIMEOUT},
    kernel::Kernel,
    mem::Addr,
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// Simulated time that passes within one `IoCallDriver` at most, in units of 100 ns: longer transfers are
/// left pending.
const RUN_AHEAD: u64 = 10_000_000;
/// How often a racing `IoCallDriver` lets others run before it gives up and returns.
const PATIENCE: u32 = 64;
/// Units of 100 ns in a millisecond.
const PER_MILLISECOND: u64 = 10_000;

/// Lets the transfer complete elsewhere before the caller goes on, if it does so soon. The frames of an isochronous one
/// are not made come sooner.
pub(super) async fn race(cpu: &Cpu, pdo: Addr, id: TransferId) {
    for _ in 0..PATIENCE {
        {
            let mut kernel = cpu.k();
            if !kernel.usb_holds_transfer(pdo, id) {
                return;
            }
            if kernel.usb.devices.get(&pdo).is_some_and(|device| device.is_isochronous(id)) {
                return;
            }
            kernel.usb_advance(pdo);
            kernel.usb_pump(pdo);
        }
        cpu.yield_now().await;
    }
}

impl Kernel {
    /// Simulated time as the models count it: the same.
    pub(super) const fn usb_now(&self) -> Time {
        Time(self.sched.now)
    }

    fn usb_holds_transfer(&self, pdo: Addr, id: TransferId) -> bool {
        self.usb.devices.get(&pdo).is_some_and(|device| device.transfers.contains_key(&id))
    }

    /// Lets time pass until the model has something to do.
    fn usb_advance(&mut self, pdo: Addr) {
        let next = self.usb.devices.get(&pdo).and_then(|device| device.model.next_event());
        if let Some(next) = next {
            self.sched.now = self.sched.now.max(next.0);
        }
    }

    /// Lets the model do what is due, plans the next time, and starts the thread that completes.
    pub(super) fn usb_pump(&mut self, pdo: Addr) {
        self.usb_poll(pdo);
        self.usb_plan_poll(pdo);
        self.usb_kick(pdo);
    }

    fn usb_poll(&mut self, pdo: Addr) {
        let now = self.usb_now();
        let Self { mem, usb, .. } = self;
        let Some(device) = usb.devices.get_mut(&pdo) else { return };
        let gone = device.gone;
        loop {
            let mut buffers = Buffers { mem, transfers: &mut device.transfers, bad: Cell::new(None) };
            let completion = device.model.poll(now, &mut buffers);
            if let Some(bad) = buffers.bad.take() {
                device.failure = Some(bad.into());
            }
            let Some(completion) = completion else { break };
            device.gone |= device.model.is_gone();
            device.ended(now, completion);
        }
        if !gone && device.model.is_gone() {
            self.usb_vanished(pdo);
        }
    }

    /// A device has gone by itself: the hub tells the PnP manager.
    fn usb_vanished(&mut self, pdo: Addr) {
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.gone = true;
        }
        self.usb.vanished.push(pdo);
        let name = self.object(pdo);
        self.emit_at(None, Unplugged { pdo: name });
        self.pnp_changed();
    }

    fn usb_plan_poll(&mut self, pdo: Addr) {
        let Some(device) = self.usb.devices.get_mut(&pdo) else { return };
        let Some(Time(next)) = device.model.next_event() else { return };
        if device.poll_at.is_some_and(|planned| planned <= next) {
            return;
        }
        device.poll_at = Some(next);
        self.sched.at(next, move |kernel| {
            let Some(device) = kernel.usb.devices.get_mut(&pdo) else { return };
            if device.poll_at.take_if(|planned| *planned == next).is_some() {
                kernel.usb_pump(pdo);
            }
        });
    }

    /// Starts the thread that completes URBs, unless there is one.
    pub(super) fn usb_kick(&mut self, pdo: Addr) {
        let Some(device) = self.usb.devices.get_mut(&pdo) else { return };
        let idle = device.finished.is_empty() && device.failure.is_none();
        if device.completing || idle {
            return;
        }
        device.completing = true;
        let irql = device.options.completion.irql();
        if irql >= DISPATCH_LEVEL {
            // KeFlushQueuedDpcs waits for this as for any DPC.
            self.begin_dpc();
        }
        self.sched.spawn("USB completion", irql, move |cpu| super::complete::completion_thread(cpu, pdo));
    }

    /// Lets time pass until this transfer has ended, for a stack that completes before `IoCallDriver`
    /// returns. None: it takes longer, or for ever; or its frames are to come, which nobody makes come sooner.
    pub(super) fn usb_run_ahead(&mut self, pdo: Addr, id: TransferId) -> Result<Option<Outcome>, Stop> {
        let limit = self.sched.now + RUN_AHEAD;
        loop {
            self.usb_poll(pdo);
            let Some(device) = self.usb.devices.get_mut(&pdo) else { return Ok(None) };
            let in_frames = device.is_isochronous(id);
            if let Some(stop) = device.failure.take() {
                return Err(stop);
            }
            if let Some(index) = device.finished.iter().position(|(finished, _)| *finished == id) {
                return Ok(device.finished.remove(index).map(|(_, outcome)| outcome));
            }
            match device.model.next_event() {
                Some(Time(next)) if next <= limit && !in_frames => self.sched.now = self.sched.now.max(next),
                _ => return Ok(None),
            }
        }
    }

    /// Gives a transfer up after a time.
    pub(super) fn usb_set_timeout(&mut self, pdo: Addr, id: TransferId, milliseconds: u32) {
        if milliseconds == 0 {
            return;
        }
        let due = self.sched.now + u64::from(milliseconds) * PER_MILLISECOND;
        let timer = self.sched.at(due, move |kernel| {
            kernel.usb_abort(pdo, USBD_STATUS_TIMEOUT, |other, _| other == id);
            kernel.usb_kick(pdo);
        });
        if let Some(transfer) =
            self.usb.devices.get_mut(&pdo).and_then(|device| device.transfers.get_mut(&id))
        {
            transfer.timer = Some(timer);
        }
    }

    /// Takes transfers back from the device: they are finished with `usbd` and the bytes that had moved.
    pub(super) fn usb_abort(
        &mut self,
        pdo: Addr,
        usbd: u32,
        concerned: impl Fn(TransferId, &Transfer) -> bool,
    ) {
        let now = self.usb_now();
        let Some(Device { model, transfers, finished, .. }) = self.usb.devices.get_mut(&pdo) else { return };
        for (id, transfer) in transfers {
            if !concerned(*id, transfer) {
                continue;
            }
            let moved = match transfer.stage {
                Stage::InModel => model.abort(now, *id).unwrap_or(0),
                Stage::Held => 0,
                Stage::Finished => continue,
            };
            transfer.stage = Stage::Finished;
            finished.push_back((*id, Outcome::new(usbd, moved)));
        }
    }
}

impl Device {
    /// The model is done with a transfer.
    fn ended(&mut self, now: Time, completion: usb_models::Completion) {
        let Some(transfer) = self.transfers.get_mut(&completion.id) else { return };
        transfer.stage = Stage::Finished;
        let mut outcome = Outcome::of(completion.status, completion.length, self.gone);
        let short =
            completion.status == Status::Ok && transfer.job.is_in && completion.length < transfer.job.length;
        let picky = self.options.face.halts_on_short_packet(self.model.speed());
        if short && picky && !transfer.job.short_ok {
            outcome = Outcome::new(USBD_STATUS_ERROR_SHORT_TRANSFER, completion.length);
        }
        let (pipe, endpoint) = (transfer.job.pipe, transfer.job.endpoint);
        let failed = matches!(completion.status, Status::Stall | Status::NoResponse | Status::Overrun);
        if failed || outcome.usbd == USBD_STATUS_ERROR_SHORT_TRANSFER {
            self.halt(pipe);
        }
        if outcome.usbd == USBD_STATUS_ERROR_SHORT_TRANSFER {
            // Refused by a device that has no such endpoint any more: then there is nothing to halt.
            let _ = self.model.poke(now, Poke::Halt { endpoint });
        }
        self.finished.push_back((completion.id, outcome));
    }

    /// The host side of a pipe is halted; of a stream, that of its endpoint.
    fn halt(&mut self, handle: Addr) {
        let base = self.pipes.get(&handle).and_then(|pipe| pipe.stream).map_or(handle, |(_, base)| base);
        if let Some(pipe) = self.pipes.get_mut(&base) {
            pipe.halted = true;
        }
    }
}
