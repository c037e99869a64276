//! What a transfer costs a driver: its kernel calls, its allocations, the data that it copies, its instructions.
//!
//! Measured in steady state, in a life of its own for each number. Every number is exact and the same in every run:
//!
//! - a kernel call is an import that the driver called between the transfer's beginning and its end;
//! - an allocation is pool, an MDL, an IRP or an URB that was made meanwhile;
//! - bytes copied are the lengths given to `memcpy` and `memmove`, and every byte of the caller's buffers that the
//!   driver's own instructions touch, for which the buffers' pages are closed in a life of its own;
//! - instructions are those of the driver's image, counted by single steps. What the kernel and the drivers below do
//!   is not among them.

use std::{cell::RefCell, collections::BTreeMap, path::Path, rc::Rc};

use nt_trace::{
    Arg, Event,
    event::{Call, EventKind, IrpOrigin},
};
use serde::{Deserialize, Serialize};
use usb_models::models::loopback;
use usbclient_protocol::{PipeTransfer, SetupPacket, control_code};

use crate::{
    cpu::{count_instructions, take_instructions},
    machine::{Choices, Machine, Options},
    mem::{Addr, Mode},
    scenario::{Bytes, DEVICE, Expected, Ioctl, Open, Plug, SimStage, Stage as _, Step},
    sched::Cpu,
    stop::Stop,
};

const FILE: &str = "file";
const MODEL: &str = "loopback-hs";
/// Transfers before the first that counts.
const WARM: u64 = 3;
/// Transfers that count.
const ROUNDS: u64 = 4;

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
    /// Bytes that the driver copied or touched.
    pub copied: u64,
    /// Instructions of the driver.
    pub instructions: u64,
}

/// One kind of transfer.
struct Case {
    what: &'static str,
    bytes: u32,
    before: Vec<Step>,
    step: Step,
    after: Vec<Step>,
}

const SMALL: u32 = 64;
const PAGE: u32 = 4096;
const LARGE: u32 = 1 << 20;
/// More than goes to the bus at once: two chunks.
const SPLIT: u32 = 8 << 20;

fn io(ioctl: Ioctl, bytes: u32) -> Step {
    Step::Ioctl { ioctl, expect: Expected::success().moved(bytes.into()) }
}

fn write(bytes: u32, timeout_ms: u32) -> Step {
    let transfer = PipeTransfer { timeout_ms, ..PipeTransfer::new(loopback::BULK_OUT.into()) };
    let input = Bytes::of(transfer.encode());
    io(Ioctl::new(FILE, control_code::PIPE_WRITE, input, Bytes::pattern(1, bytes)), bytes)
}

fn read(bytes: u32) -> Step {
    io(Ioctl::read(FILE, loopback::BULK_IN, bytes), bytes)
}

fn memory(request_type: u8, bytes: u32) -> SetupPacket {
    let length = u16::try_from(bytes).unwrap_or(u16::MAX);
    SetupPacket { request_type, request: loopback::MEMORY, value: 0, index: 0, length }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |what, bytes, before, step, after| cases.push(Case { what, bytes, before, step, after });
    for bytes in [SMALL, PAGE] {
        let setup = memory(0xC0, bytes);
        add("control in", bytes, vec![], io(Ioctl::control_in(FILE, setup), bytes), vec![]);
        let out = Ioctl::control_out(FILE, memory(0x40, bytes), Bytes::pattern(1, bytes));
        add("control out", bytes, vec![], io(out, bytes), vec![]);
    }
    for bytes in [SMALL, PAGE, LARGE] {
        add("bulk out", bytes, vec![], write(bytes, 0), vec![read(bytes)]);
        // Whole packets: another length of a read is refused.
        let bytes = bytes.max(512);
        add("bulk in", bytes, vec![write(bytes, 0)], read(bytes), vec![]);
    }
    add("bulk out, two chunks", SPLIT, vec![], write(SPLIT, 0), vec![read(SPLIT)]);
    add("bulk out, with timeout", PAGE, vec![], write(PAGE, 5000), vec![read(PAGE)]);
    let report =
        SetupPacket { request_type: 0x40, request: loopback::REPORT, value: 0, index: 0, length: 64 };
    let queue = io(Ioctl::control_out(FILE, report, Bytes::pattern(2, SMALL)), SMALL);
    let interrupt = io(Ioctl::read(FILE, loopback::INTERRUPT_IN, SMALL), SMALL);
    add("interrupt in", SMALL, vec![queue], interrupt, vec![]);
    cases
}

/// What every kind of transfer costs that the driver makes. A kind that it refuses is left out.
///
/// # Errors
/// The driver cannot be loaded or started.
pub fn measure(driver: &Path) -> Result<Vec<Cost>, String> {
    let mut machine = Machine::load(driver, Options::default()).map_err(|error| error.to_string())?;
    let mut costs = Vec::new();
    for case in cases() {
        let case = Rc::new(case);
        // A kind that is refused makes no cost in either life.
        let Some(mut cost) = one(&mut machine, &case, Look::Instructions)? else { continue };
        if let Some(touched) = one(&mut machine, &case, Look::UserMemory)? {
            cost.copied += touched.copied;
        }
        costs.push(cost);
    }
    Ok(costs)
}

/// What is looked at in a life: single steps and closed pages exclude each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Instructions,
    UserMemory,
}

/// Plays one kind of transfer. `None`: the driver refuses it.
fn one(machine: &mut Machine, case: &Rc<Case>, look: Look) -> Result<Option<Cost>, String> {
    machine.next_life(Choices::InTurn).map_err(|stop| stop.to_string())?;
    machine.watch_user_memory(look == Look::UserMemory);
    let done = play(machine, case, vec![plug(DEVICE), open(FILE)], look);
    machine.watch_user_memory(false);
    done
}

fn plug(device: &str) -> Step {
    Step::Plug(Plug::new(device, MODEL))
}

fn open(file: &str) -> Step {
    Step::Open(Open::new(DEVICE, file))
}

fn play(
    machine: &mut Machine,
    case: &Rc<Case>,
    prelude: Vec<Step>,
    look: Look,
) -> Result<Option<Cost>, String> {
    machine.start().filter(|status| status.is_success()).ok_or("the driver cannot be loaded")?;
    let image = (machine.image().base, machine.image().size);
    let (driver, task_case) = (machine.driver(), Rc::clone(case));
    let result: Rc<RefCell<Option<Cost>>> = Rc::default();
    let slot = Rc::clone(&result);
    machine.drive("cost", async move |cpu| {
        let stage = SimStage::new(cpu.clone(), driver);
        for step in &prelude {
            stage.perform(step).await?;
        }
        if let Ok(cost) = transfers(&stage, &cpu, &task_case, image, look).await {
            slot.replace(Some(cost));
        }
        Ok(())
    });
    if let Some(stop) = machine.stopped() {
        return Err(format!("{}: {stop}", case.what));
    }
    Ok(result.take())
}

async fn transfers(
    stage: &SimStage,
    cpu: &Cpu,
    case: &Case,
    image: (Addr, u64),
    look: Look,
) -> Result<Cost, Stop> {
    let mut cost = Cost { what: case.what.into(), bytes: case.bytes, ..Cost::default() };
    for round in 0..WARM + ROUNDS {
        for step in &case.before {
            stage.perform(step).await?;
        }
        let begin = cpu.look().trace.events().len();
        let counts = round >= WARM;
        if counts && look == Look::Instructions {
            count_instructions(image.0, image.1);
        }
        stage.perform(&case.step).await?;
        let instructions = take_instructions();
        if counts {
            cost.instructions += instructions;
            cpu.look().trace.events().iter().skip(begin).for_each(|event| account(&mut cost, event));
        }
        for step in &case.after {
            stage.perform(step).await?;
        }
    }
    cost.instructions /= ROUNDS;
    cost.calls /= ROUNDS;
    cost.copied /= ROUNDS;
    cost.routines.values_mut().for_each(|count| *count /= ROUNDS);
    // Not divided: one in any of them is one too many.
    Ok(cost)
}

fn account(cost: &mut Cost, event: &Event) {
    match &event.kind {
        EventKind::Call(Call { routine, args }) => {
            cost.calls += 1;
            *cost.routines.entry(routine.to_string()).or_default() += 1;
            if matches!(routine.as_ref(), "memcpy" | "memmove" | "RtlCopyMemory") {
                cost.copied += match args.as_slice().get(2) {
                    Some(Arg::Number(length) | Arg::Hex(length)) => *length,
                    _ => 0,
                };
            }
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

/// Instructions and kernel calls of a 4 KiB bulk transfer while other things are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Of what there are many.
    pub many: String,
    /// How many.
    pub count: u32,
    /// Instructions of the driver.
    pub instructions: u64,
    /// Kernel calls of the driver.
    pub calls: u64,
}

/// How the cost of a transfer depends on what else there is: devices, open files, requests in flight.
///
/// # Errors
/// The driver cannot be loaded or started.
pub fn growth(driver: &Path) -> Result<Vec<Point>, String> {
    let options = Options { memory: Mode::Packed, ..Options::default() };
    let mut machine = Machine::load(driver, options).map_err(|error| error.to_string())?;
    let case =
        Rc::new(Case { what: "bulk out", bytes: PAGE, before: vec![], step: write(PAGE, 0), after: vec![] });
    let mut points = Vec::new();
    for (many, counts) in [
        ("devices", &[1_u32, 10, 100, 1000][..]),
        ("open files", &[1, 10, 100, 1000]),
        ("requests in flight", &[1, 10, 100, 1000, 10_000]),
    ] {
        for &count in counts {
            machine.next_life(Choices::InTurn).map_err(|stop| stop.to_string())?;
            let cost = play(&mut machine, &case, crowd(many, count), Look::Instructions)?;
            let cost = cost.ok_or("the driver refuses the transfer")?;
            let Cost { instructions, calls, .. } = cost;
            points.push(Point { many: many.into(), count, instructions, calls });
        }
    }
    Ok(points)
}

fn crowd(many: &str, count: u32) -> Vec<Step> {
    let mut steps = vec![plug(DEVICE), open(FILE)];
    let others = 1..count;
    match many {
        "devices" => steps.extend(others.map(|index| plug(&format!("device {index}")))),
        "open files" => steps.extend(others.map(|index| open(&format!("file {index}")))),
        _ => steps.extend((0..count).map(|index| Step::Submit {
            request: format!("request {index}"),
            ioctl: Ioctl::read(FILE, loopback::INTERRUPT_IN, SMALL),
        })),
    }
    steps
}
