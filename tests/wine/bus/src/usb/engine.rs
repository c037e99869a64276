//! The thread that drives the models of all children with real time, and completes what they have done.

use alloc::{sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering};

use usb_models::{Completion, Status, Time, TransferId};

use super::{
    Usb,
    data::{BUFFER_MDL, LENGTH, STALE_MDL},
    outcome::Outcome,
    status, submit,
    transfer::{Buffers, Stage, Transfer, Work},
};
use crate::{
    child::{Child, Gate},
    nt::{event::Event, irp::Irp, lock::SpinLock, status::NTSTATUS, thread::Thread, time},
    shared::line::trace,
};

/// The shortest wait that Wine keeps, in units of 100 ns: 1 ms.
const SHORTEST_WAIT: u64 = 10_000;

struct Engine {
    wake: Arc<Event>,
    children: Vec<Arc<Child>>,
    thread: Option<Thread>,
}

static ENGINE: SpinLock<Option<Engine>> = SpinLock::new(None);
static STOPPING: AtomicBool = AtomicBool::new(false);

/// An URB that is no longer the stack's: its IRP is to be completed.
pub struct Done {
    pub irp: Irp,
    pub function: u16,
    pub outcome: Outcome,
    /// The client has changed the URB meanwhile.
    pub is_touched: bool,
}

impl Done {
    /// Tells, and completes the IRP.
    pub fn complete(self, child: &Child) {
        let Self { irp, function, outcome, is_touched } = self;
        if is_touched {
            trace!("~bus broken {} an URB was changed while the stack had it", child.number);
        }
        submit::done(child, function, outcome);
        irp.complete(outcome.status());
    }
}

/// Starts the thread.
///
/// # Errors
///
/// The kernel's.
pub fn start() -> Result<(), NTSTATUS> {
    let wake = Arc::new(Event::synchronization());
    *ENGINE.lock() = Some(Engine { wake, children: Vec::new(), thread: None });
    let thread = Thread::start(run)?;
    if let Some(engine) = &mut *ENGINE.lock() {
        engine.thread = Some(thread);
    }
    Ok(())
}

/// Ends the thread, and waits for it.
pub fn stop() {
    STOPPING.store(true, Ordering::Release);
    kick();
    let thread = ENGINE.lock().as_mut().and_then(|engine| engine.thread.take());
    if let Some(thread) = thread {
        thread.join();
    }
    let engine = ENGINE.lock().take();
    drop(engine);
}

/// Drives a child from now on.
pub fn watch(child: Arc<Child>) {
    if let Some(engine) = &mut *ENGINE.lock() {
        engine.children.push(child);
    }
}

/// Drives a child no longer.
pub fn forget(child: &Arc<Child>) {
    let forgotten = {
        let mut engine = ENGINE.lock();
        engine.as_mut().and_then(|engine| {
            let index = engine.children.iter().position(|known| Arc::ptr_eq(known, child))?;
            Some(engine.children.swap_remove(index))
        })
    };
    drop(forgotten);
}

/// Something is new for the thread.
pub fn kick() {
    let wake = ENGINE.lock().as_ref().map(|engine| Arc::clone(&engine.wake));
    if let Some(wake) = wake {
        wake.set();
    }
}

fn run() {
    let Some(wake) = ENGINE.lock().as_ref().map(|engine| Arc::clone(&engine.wake)) else { return };
    while !STOPPING.load(Ordering::Acquire) {
        let children = ENGINE.lock().as_ref().map_or_else(Vec::new, |engine| engine.children.clone());
        let next = children.iter().filter_map(pump).min();
        drop(children);
        match next {
            Some(next) => {
                wake.wait_for(next.0.saturating_sub(time::now().0).max(SHORTEST_WAIT));
            }
            None => wake.wait(),
        }
    }
}

/// Lets a child's model do what is due, and completes what is done. Gives when something will happen next.
pub fn pump(child: &Arc<Child>) -> Option<Time> {
    let (done, next, vanished) = {
        let mut gate = child.gate.lock();
        let now = time::now();
        let was_gone = gate.usb.gone;
        gate.usb.poll(now);
        let vanished = gate.usb.gone && !was_gone;
        if vanished {
            gate.life.is_there = false;
        }
        let Gate { usb, filter, .. } = &mut *gate;
        let is_held = |held: Option<(usize, Time)>| {
            held.is_some_and(|(thread, until)| now < until && filter.is_inside(thread))
        };
        (usb.take_finished(now, is_held), usb.next_event(), vanished)
    };
    for done in done {
        done.complete(child);
    }
    if vanished {
        // The device has gone by itself: the hub tells the PnP manager.
        child.bus.physical.children_changed();
    }
    next
}

impl Usb {
    fn poll(&mut self, now: Time) {
        loop {
            let completion = self.model.poll(now, &mut Buffers(&mut self.transfers));
            self.gone |= self.model.is_gone();
            let Some(completion) = completion else { break };
            self.ended(completion);
        }
        let late =
            |_: TransferId, transfer: &Transfer| transfer.deadline.is_some_and(|deadline| deadline <= now);
        self.abort(now, status::TIMEOUT, late);
    }

    /// The model is done with a transfer.
    fn ended(&mut self, Completion { id, status, length, .. }: Completion) {
        let gone = self.gone;
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        transfer.stage = Stage::Finished(Outcome::of(status, length, gone));
        if matches!(status, Status::Stall | Status::NoResponse | Status::Overrun) {
            // The host side of a stream's pipe is its endpoint's.
            let handle = transfer.job.pipe;
            let base = self.pipes.get(&handle).and_then(|pipe| pipe.stream).map_or(handle, |(_, base)| base);
            if let Some(pipe) = self.pipes.get_mut(&base) {
                pipe.halted = true;
            }
        }
    }

    fn next_event(&self) -> Option<Time> {
        let deadline = self.transfers.values().filter_map(|transfer| transfer.deadline).min();
        let is_finished = |transfer: &&Transfer| matches!(transfer.stage, Stage::Finished(_));
        let held = self
            .transfers
            .values()
            .filter(is_finished)
            .filter_map(|transfer| transfer.held)
            .map(|(_, until)| until)
            .min();
        [self.model.next_event(), deadline, held].into_iter().flatten().min()
    }

    /// What is done and is not the cancel routine's to complete.
    fn take_finished(&mut self, now: Time, is_held: impl Fn(Option<(usize, Time)>) -> bool) -> Vec<Done> {
        let mut done = Vec::new();
        let mut taken = Vec::new();
        for (id, transfer) in &self.transfers {
            let Stage::Finished(outcome) = transfer.stage else { continue };
            if is_held(transfer.held) {
                continue;
            }
            if !transfer.armed || transfer.irp.set_cancel_routine(None) {
                taken.push((*id, outcome));
            }
        }
        for (id, outcome) in taken {
            if let Some(transfer) = self.transfers.remove(&id) {
                done.push(self.give_back(now, &transfer, outcome));
            }
        }
        done
    }

    /// Does what comes after the bus traffic, and writes how the URB ended. Its IRP is nobody's but the caller's.
    pub(super) fn give_back(&mut self, now: Time, transfer: &Transfer, outcome: Outcome) -> Done {
        let Transfer { irp, urb, function, ref job, .. } = *transfer;
        let is_touched = transfer.is_touched();
        let outcome = self.packets_ended(transfer, outcome);
        let outcome = match &job.work {
            Work::Nothing => outcome,
            Work::SelectConfiguration(selection) => self.configured(now, urb, selection.as_ref(), outcome),
            Work::SelectInterface(selection) => self.interface_set(urb, selection, outcome),
            Work::ResetPipe => {
                if let Some(pipe) = self.pipes.get_mut(&job.pipe).filter(|_| outcome == Outcome::SUCCESS) {
                    pipe.halted = false;
                }
                outcome
            }
        };
        urb.set_status(outcome.usbd);
        if job.has_length {
            urb.set(LENGTH, outcome.length);
        }
        if job.made_mdl {
            urb.set(BUFFER_MDL, STALE_MDL);
        }
        Done { irp, function, outcome, is_touched }
    }
}
