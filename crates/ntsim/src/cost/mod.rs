//! What a transfer costs a driver: its kernel calls, its allocations, the data that it copies, its instructions.
//!
//! Measured in steady state, in a life of its own for each number. Every number is exact and the same in every run:
//!
//! - a kernel call is an import that the driver called between the transfer's beginning and its end;
//! - an allocation is pool, an MDL, an IRP or an URB that was made meanwhile;
//! - bytes copied are the lengths given to `memcpy` and `memmove`, and every byte of the caller's buffers that the
//!   driver's own instructions touch, for which the buffers' pages are closed in a life of its own. Results that a
//!   request asks for are not data, and do not count;
//! - instructions are those of the driver's image, counted by single steps. What the kernel and the drivers below do
//!   is not among them.

mod cases;
mod growth;

use std::{cell::RefCell, collections::BTreeMap, path::Path, rc::Rc};

use nt_trace::{
    Event,
    event::{Call, EventKind, IrpOrigin},
};
use serde::{Deserialize, Serialize};

use self::cases::Case;
pub use self::growth::{Many, Point, growth};
use crate::{
    cpu::{count_instructions, take_instructions, take_places},
    machine::{Choices, Machine, Options},
    mem::Addr,
    scenario::{DEVICE, Open, Plug, SimStage, Stage as _, Step},
    sched::Cpu,
    stop::Stop,
};

const FILE: &str = "file";
/// Transfers before the first that counts.
const WARM: u64 = 3;
/// Transfers that count.
const ROUNDS: u64 = 2;

/// What one transfer costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The pipe and the direction.
    pub what: String,
    /// Bytes moved.
    pub bytes: u32,
    /// Kernel calls of the driver.
    pub calls: u64,
    /// The same by routine.
    pub routines: BTreeMap<String, u64>,
    /// Pool blocks, MDLs, IRPs and URBs that were made.
    pub allocations: u64,
    /// Bytes that the driver copied or touched, but for the results.
    pub copied: u64,
    /// Bytes of results that the driver writes to the caller's buffer because the request asks for them: how each packet
    /// of an isochronous transfer ended.
    pub results: u64,
    /// Instructions of the driver.
    pub instructions: u64,
    /// Where in the image they are: offsets, and how often each was executed.
    #[serde(skip)]
    pub places: Vec<(u64, u32)>,
}

/// What transfers cost a driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// Each kind that it makes.
    pub transfers: Vec<Cost>,
    /// The kinds that it does not make, and how they end.
    pub refused: Vec<String>,
}

impl Costs {
    /// What a kind of transfer costs.
    #[must_use]
    pub fn of(&self, what: &str, bytes: u32) -> Option<&Cost> {
        self.transfers.iter().find(|cost| cost.what == what && cost.bytes == bytes)
    }
}

/// What every kind of transfer costs that the driver makes.
///
/// # Errors
/// The driver cannot be loaded or started, or a life of it ends early.
pub fn measure(driver: &Path) -> Result<Costs, String> {
    let mut machine = Machine::load(driver, Options::default()).map_err(|error| error.to_string())?;
    let mut costs = Costs::default();
    // Each kind twice: it is played in two lives.
    for (case, again) in cases::all().into_iter().zip(cases::all()) {
        let name = format!("{} of {} bytes", case.what, case.bytes);
        match one(&mut machine, case, Look::Instructions)? {
            Ok(mut cost) => {
                let touched = one(&mut machine, again, Look::UserMemory)?;
                cost.copied += touched.map_or(0, |touched| touched.copied.saturating_sub(touched.results));
                costs.transfers.push(cost);
            }
            Err(how) => costs.refused.push(format!("{name}: {how}")),
        }
    }
    Ok(costs)
}

/// What is looked at in a life: single steps and closed pages exclude each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Instructions,
    UserMemory,
}

/// Plays one kind of transfer in a life of its own. The inner error: how it ends if the driver does not make it.
fn one(machine: &mut Machine, case: Case, look: Look) -> Result<Result<Cost, String>, String> {
    machine.next_life(Choices::InTurn).map_err(|stop| stop.to_string())?;
    machine.watch_user_memory(look == Look::UserMemory);
    let done = play(machine, case, look);
    machine.watch_user_memory(false);
    done
}

fn plug(device: &str, model: &str) -> Step {
    Step::Plug(Plug::new(device, model))
}

fn open(file: &str) -> Step {
    Step::Open(Open::new(DEVICE, file))
}

fn play(machine: &mut Machine, case: Case, look: Look) -> Result<Result<Cost, String>, String> {
    machine.start().filter(|status| status.is_success()).ok_or("the driver cannot be loaded")?;
    let image = (machine.image().base, machine.image().size);
    let (driver, what) = (machine.driver(), case.what.clone());
    let result: Rc<RefCell<Option<Result<Cost, String>>>> = Rc::default();
    let slot = Rc::clone(&result);
    machine.drive("cost", async move |cpu| {
        let stage = SimStage::new(cpu.clone(), driver);
        for step in &growth::prelude(case.model) {
            stage.perform(step).await?;
        }
        let cost = match transfers(&stage, &cpu, &case, image, look).await {
            Ok(cost) => Ok(cost),
            // It ends otherwise: the driver does not know it.
            Err(Stop::Script(how)) => Err(how),
            Err(stop) => return Err(stop),
        };
        slot.replace(Some(cost));
        Ok(())
    });
    if let Some(stop) = machine.stopped() {
        return Err(format!("{what}: {stop}"));
    }
    result.take().ok_or_else(|| format!("{what}: it has no end"))
}

async fn transfers(
    stage: &SimStage,
    cpu: &Cpu,
    case: &Case,
    image: (Addr, u64),
    look: Look,
) -> Result<Cost, Stop> {
    let mut cost =
        Cost { what: case.what.clone(), bytes: case.bytes, results: case.results, ..Cost::default() };
    for step in &case.first {
        stage.perform(step).await?;
    }
    for round in 0..WARM + ROUNDS {
        for step in &case.before {
            stage.perform(step).await?;
        }
        let (begin, copied) = {
            let kernel = cpu.look();
            (kernel.trace.events().len(), kernel.copied)
        };
        let counts = round >= WARM;
        // Once: they are always the same, and steps take time.
        if round + 1 == WARM + ROUNDS && look == Look::Instructions {
            count_instructions(image.0, image.1);
        }
        let done = stage.perform(&case.step).await;
        let instructions = take_instructions();
        done?;
        if counts {
            let kernel = cpu.look();
            cost.instructions += instructions;
            if look == Look::Instructions {
                cost.copied += kernel.copied - copied;
            }
            kernel.trace.events().iter().skip(begin).for_each(|event| account(&mut cost, event));
        }
        for step in &case.after {
            stage.perform(step).await?;
        }
    }
    cost.calls /= ROUNDS;
    cost.copied /= ROUNDS;
    cost.routines.values_mut().for_each(|count| *count /= ROUNDS);
    cost.places = take_places();
    // Allocations are not divided: one in any of them is one too many.
    Ok(cost)
}

fn account(cost: &mut Cost, event: &Event) {
    match &event.kind {
        EventKind::Call(Call { routine, .. }) => {
            cost.calls += 1;
            *cost.routines.entry(routine.to_string()).or_default() += 1;
        }
        EventKind::PoolAllocated(_)
        | EventKind::MdlAllocated(_)
        | EventKind::UrbAllocated(_)
        | EventKind::WorkItemAllocated(_) => cost.allocations += 1,
        EventKind::IrpCreated(made)
            if matches!(made.origin, IrpOrigin::Allocated | IrpOrigin::BuiltAsynchronous) =>
        {
            cost.allocations += 1;
        }
        EventKind::UserRead(touched) => cost.copied += u64::from(touched.length),
        _ => {}
    }
}
