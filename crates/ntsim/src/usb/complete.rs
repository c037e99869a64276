//! Completes URBs: the thread that does it, cancel routines, and what is written back.

use nt_trace::event::{UrbCompleted, UrbKind, UrbModifiedWhileActive};
use usb_models::TransferId;

use super::{
    status::Outcome,
    submit::{BUFFER_MDL, LENGTH},
    transfer::{Transfer, Work},
};
use crate::{
    abi::{MDL, urb::URB_HEADER, usbd_status::USBD_STATUS_CANCELED},
    kernel::{Kernel, io::complete_request, ke::CANCEL_SPIN_LOCK},
    mem::{Addr, Fill, Request},
    sched::{Cpu, DISPATCH_LEVEL},
    stop::Stop,
};

/// The thread that completes what is finished on one device, in order.
pub(super) async fn completion_thread(cpu: Cpu, pdo: Addr) -> Result<(), Stop> {
    complete_all(&cpu, pdo).await?;
    let mut kernel = cpu.k();
    if let Some(device) = kernel.usb.devices.get_mut(&pdo) {
        device.completing = false;
    }
    if kernel.sched.irql() >= DISPATCH_LEVEL {
        kernel.end_dpc();
    }
    Ok(())
}

/// Completes what is finished on one device.
///
/// # Errors
/// When the machine stops.
pub(super) async fn complete_all(cpu: &Cpu, pdo: Addr) -> Result<(), Stop> {
    loop {
        let next = cpu.k().usb_next_finished(pdo)?;
        let Some(irp) = next else { return Ok(()) };
        complete_request(cpu, pdo, irp).await?;
    }
}

/// The cancel routine of an IRP that the stack holds. It is called with the cancel spin lock held.
async fn cancelled(cpu: Cpu, pdo: Addr, irp: Addr, id: TransferId) -> Result<(), Stop> {
    let done = {
        let mut kernel = cpu.k();
        let irql = kernel.irp(irp)?.CancelIrql;
        kernel.release_spin_lock(CANCEL_SPIN_LOCK, irql)?;
        kernel.usb_cancel(pdo, id)?
    };
    if let Some(irp) = done {
        complete_request(&cpu, pdo, irp).await?;
    }
    Ok(())
}

impl Kernel {
    /// Makes an IRP that the stack holds cancellable.
    pub(super) fn usb_arm(&mut self, pdo: Addr, irp: Addr, id: TransferId) -> Result<(), Stop> {
        self.set_cancel(irp, Box::new(move |cpu, _, irp| Box::pin(cancelled(cpu, pdo, irp, id))))?;
        if let Some(transfer) = self.usb_transfer(pdo, id) {
            transfer.armed = true;
        }
        Ok(())
    }

    fn usb_transfer(&mut self, pdo: Addr, id: TransferId) -> Option<&mut Transfer> {
        self.usb.devices.get_mut(&pdo)?.transfers.get_mut(&id)
    }

    /// An IRP that the stack holds is cancelled. Gives the IRP if it is to be completed here and now.
    fn usb_cancel(&mut self, pdo: Addr, id: TransferId) -> Result<Option<Addr>, Stop> {
        let Some(transfer) = self.usb_transfer(pdo, id) else { return Ok(None) };
        transfer.armed = false;
        self.usb_abort(pdo, USBD_STATUS_CANCELED, |other, _| other == id);
        if self.usb_completion(pdo).is_inline() {
            let device = self.usb.devices.get_mut(&pdo);
            let finished = device.and_then(|device| {
                let index = device.finished.iter().position(|(finished, _)| *finished == id)?;
                device.finished.remove(index)
            });
            if let Some((_, outcome)) = finished {
                return self.usb_finish(pdo, id, outcome);
            }
        }
        self.usb_pump(pdo);
        Ok(None)
    }

    /// The next IRP to complete.
    fn usb_next_finished(&mut self, pdo: Addr) -> Result<Option<Addr>, Stop> {
        loop {
            let Some(device) = self.usb.devices.get_mut(&pdo) else { return Ok(None) };
            if let Some(stop) = device.failure.take() {
                return Err(stop);
            }
            let Some((id, outcome)) = device.finished.pop_front() else { return Ok(None) };
            if let Some(irp) = self.usb_finish(pdo, id, outcome)? {
                return Ok(Some(irp));
            }
        }
    }

    /// A transfer has ended: gives its URB back to the driver. None: that has happened already.
    pub(super) fn usb_finish(
        &mut self,
        pdo: Addr,
        id: TransferId,
        outcome: Outcome,
    ) -> Result<Option<Addr>, Stop> {
        let device = self.usb.devices.get_mut(&pdo);
        let Some(transfer) = device.and_then(|device| device.transfers.remove(&id)) else { return Ok(None) };
        let irp = transfer.irp;
        if transfer.armed {
            self.clear_cancel(irp)?;
        }
        if let Some(timer) = transfer.timer {
            self.sched.cancel(timer);
        }
        self.usb_show(&transfer)?;
        self.usb_check_data(&transfer);
        let outcome = self.usb_packets_ended(pdo, &transfer, outcome)?;
        let outcome = self.usb_follow_up(pdo, &transfer, outcome)?;
        self.usb_write_back(pdo, &transfer, outcome)?;
        self.set_io_status(irp, outcome.status, 0)?;
        Ok(Some(irp))
    }

    /// Does what comes after the bus traffic.
    fn usb_follow_up(&mut self, pdo: Addr, transfer: &Transfer, outcome: Outcome) -> Result<Outcome, Stop> {
        match &transfer.job.work {
            Work::Nothing => Ok(outcome),
            Work::SelectConfiguration(selection) => {
                self.usb_configured(pdo, transfer.urb, selection.as_ref(), outcome)
            }
            Work::SelectInterface(selection) => self.usb_interface_set(pdo, transfer.urb, selection, outcome),
            Work::ResetPipe => {
                let device = self.usb.devices.get_mut(&pdo);
                let pipe = device.and_then(|device| device.pipes.get_mut(&transfer.job.pipe));
                if let Some(pipe) = pipe.filter(|_| outcome == Outcome::SUCCESS) {
                    pipe.halted = false;
                }
                Ok(outcome)
            }
            Work::OpenStreams { array, count } => self.usb_streams_opened(pdo, transfer, *array, *count),
            Work::CloseStreams => Ok(self.usb_streams_closed(pdo, transfer.job.pipe)),
        }
    }

    fn usb_write_back(&mut self, pdo: Addr, transfer: &Transfer, outcome: Outcome) -> Result<(), Stop> {
        let urb = transfer.urb;
        self.mem.at_mut::<URB_HEADER>(urb)?.Status = outcome.usbd;
        if transfer.job.has_length {
            self.mem.write(urb.field(LENGTH), &outcome.length)?;
        }
        if transfer.job.made_mdl {
            let stale = self.usb_stale_mdl(pdo)?;
            self.mem.write(urb.field(BUFFER_MDL), &stale)?;
        }
        let (name, irp) = (self.object(urb), self.object(transfer.irp));
        let (usbd_status, length, endpoint) = (outcome.usbd, outcome.length, transfer.job.endpoint);
        self.emit(UrbCompleted { urb: name, irp, usbd_status, length, endpoint });
        Ok(())
    }

    /// Gives the URB's memory back to the driver, and tells whether it was touched.
    fn usb_show(&mut self, transfer: &Transfer) -> Result<(), Stop> {
        let urb = transfer.urb;
        let Some(record) = self.usb.urbs.get_mut(&urb) else { return Ok(()) };
        record.active = false;
        let (id, kind) = (record.id, record.kind);
        if kind == UrbKind::Foreign {
            self.usb.urbs.remove(&urb);
            return Ok(());
        }
        if transfer.snapshot.is_empty() {
            self.mem.set_revoked(urb, false);
            return Ok(());
        }
        let now = self.mem.bytes(urb, transfer.snapshot.len() as u64)?;
        let changed = now.iter().zip(&transfer.snapshot).position(|(now, then)| now != then);
        if let Some(offset) = changed {
            self.emit(UrbModifiedWhileActive { urb: id, offset: u32::try_from(offset).unwrap_or(0) });
        }
        Ok(())
    }

    /// The address of an MDL that the stack made and freed: it stays behind in the URB, as on Windows.
    fn usb_stale_mdl(&mut self, pdo: Addr) -> Result<Addr, Stop> {
        let known = self.usb.devices.get(&pdo).map_or(Addr::NULL, |device| device.stale_mdl);
        if !known.is_null() {
            return Ok(known);
        }
        let request = Request {
            kind: nt_trace::ObjectKind::Mdl,
            length: size_of::<MDL>() as u64,
            tag: 0,
            fill: Fill::Zero,
            site: Addr::NULL,
        };
        let mdl = self.mem.allocate(request)?;
        self.mem.free(mdl, Addr::NULL)?;
        if let Some(device) = self.usb.devices.get_mut(&pdo) {
            device.stale_mdl = mdl;
        }
        Ok(mdl)
    }
}
