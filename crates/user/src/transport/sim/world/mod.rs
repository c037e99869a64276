//! The machine, on its thread.

mod devices;
mod ending;
mod listening;

use std::{
    cell::RefCell, future::Future, path::Path, rc::Rc, string::FromUtf8Error, sync::Arc, time::Duration,
};

use nt_trace::NtStatus;
use ntsim::{
    inf::Installation,
    kernel::io::user::Handle,
    machine::{self, Machine},
    pnp,
    sched::Cpu,
    stop::Stop,
};

use super::{
    commands::{Command, Commands},
    judge::Judge,
    options::SimOptions,
    requests::{Requests, why_stopped},
};
use crate::{
    device_info::Description,
    error::{Error, ErrorKind},
    transport::Sender,
    watch::{Change, differences},
};

/// A moment of simulated time, in units of 100 ns: what is runnable gets this far.
const MOMENT: u64 = 100;
/// What happens within this simulated time happens at once: 100 ms.
const SOON: u64 = 1_000_000;
/// Otherwise time goes about as fast as outside, in steps of 2 ms.
const STEP: Duration = Duration::from_millis(2);
const STEP_TICKS: u64 = 20_000;
/// What is asked of the machine is done within a minute of its time.
const PATIENCE: u64 = 60 * 10_000_000;
/// So many events are judged at a time.
const MANY_EVENTS: usize = 2_000;

/// The machine and everything that is known about it.
#[derive(Debug)]
pub(super) struct World {
    machine: Machine,
    commands: Arc<Commands>,
    requests: Requests,
    judge: Judge,
    watchers: Vec<(u64, Sender<Change>)>,
    next_watcher: u64,
    present: Vec<Description>,
    /// How many devices were plugged in, and how many files opened.
    plugged: u32,
    processes: u32,
    files: Vec<Handle>,
    /// Why the machine has stopped.
    stopped: Option<Arc<str>>,
    /// What the rules said in the end.
    verdict: Option<Vec<String>>,
}

impl World {
    /// A machine with the driver in it and the devices plugged in.
    pub(super) fn new(options: &SimOptions, commands: Arc<Commands>) -> Result<Self, Error> {
        const DOING: &str = "loading the driver into the simulated kernel";
        let failed = |why: String| Error::new(ErrorKind::Simulator, DOING).because(why);
        if let Some(inf) = &options.inf {
            machine::install(installation(inf)?);
        }
        let machine = Machine::load(&options.driver, machine::Options::default())
            .map_err(|error| failed(error.to_string()))?;
        let mut world = Self {
            machine,
            commands,
            requests: Requests::default(),
            judge: Judge::default(),
            watchers: Vec::new(),
            next_watcher: 0,
            present: Vec::new(),
            plugged: 0,
            processes: 0,
            files: Vec::new(),
            stopped: None,
            verdict: None,
        };
        match world.machine.start() {
            Some(NtStatus::SUCCESS) => {}
            Some(status) => return Err(failed(format!("DriverEntry returned {status}"))),
            None => return Err(world.stop_error(DOING)),
        }
        {
            let driver = world.machine.driver();
            let mut kernel = world.machine.kernel_mut();
            kernel.pnp.driver = driver;
            pnp::serve(&mut kernel.sched);
        }
        for model in &options.devices {
            world.plug(model)?;
        }
        Ok(world)
    }

    /// Does what it is told until everything is over.
    pub(super) fn run(mut self) {
        while self.verdict.is_none() {
            while let Some(command) = self.commands.next() {
                self.obey(command);
            }
            if self.verdict.is_some() {
                break;
            }
            self.let_time_pass();
        }
        let why = self.stopped.take().unwrap_or_else(|| "the simulation is over".into());
        self.commands.end(&why);
        self.requests.give_up(&why);
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Start { file, slot, parcel } => {
                self.requests.start(&mut self.machine, file, slot, parcel);
            }
            Command::Cancel(slot) => self.requests.cancel(&mut self.machine, slot),
            Command::Close(file) => {
                self.files.retain(|one| *one != file);
                self.machine.close(file);
            }
            Command::Call(act) => act(self),
        }
        self.settle();
    }

    /// Time passes at once to what is soon if somebody waits for a request, and as outside otherwise; it stands still if nobody
    /// watches or listens either.
    fn let_time_pass(&mut self) {
        let before = self.machine.kernel().sched.now;
        let has_happened = self.go_on();
        let is_waited_for = !self.requests.is_empty();
        let is_watched = !self.watchers.is_empty() || self.judge.wanted().is_some();
        if self.stopped.is_some() || (!has_happened && !is_waited_for && !is_watched) {
            self.commands.wait(None);
        } else if !has_happened {
            self.commands.wait(Some(STEP));
            self.machine.pump(STEP_TICKS);
            self.settle();
        } else if !is_waited_for {
            let passed = self.machine.kernel().sched.now - before;
            self.commands.wait(Some(Duration::from_nanos(passed.saturating_mul(100))));
        }
    }

    /// Lets happen what can happen now or soon. False: nothing did.
    fn go_on(&mut self) -> bool {
        let before = self.machine.kernel().trace.events().len();
        let (now, due) = {
            let kernel = self.machine.kernel();
            (kernel.sched.now, kernel.sched.next_due())
        };
        let soon = due.map(|due| due.saturating_sub(now)).filter(|ticks| *ticks <= SOON);
        self.machine.pump(soon.unwrap_or(0) + MOMENT);
        let has_happened = soon.is_some() || self.machine.kernel().trace.events().len() != before;
        self.settle() || has_happened
    }

    /// After something happened: ends are told, what has come and gone is told, and the trace is judged. False: no
    /// request has ended.
    fn settle(&mut self) -> bool {
        let ended = self.requests.collect(&mut self.machine);
        if self.machine.kernel().trace.events().len() > MANY_EVENTS || self.judge.wanted().is_some() {
            self.look_at_trace();
        }
        self.tell_changes();
        if self.stopped.is_none() && self.machine.stopped().is_some() {
            let why = why_stopped(&self.machine);
            self.requests.give_up(&why);
            self.stopped = Some(why);
        }
        ended
    }

    fn look_at_trace(&mut self) {
        let events = self.machine.kernel_mut().trace.take();
        self.judge.look(events);
    }

    fn tell_changes(&mut self) {
        if self.watchers.is_empty() {
            return;
        }
        let now = self.devices();
        for change in differences(&self.present, &now) {
            self.watchers.retain(|(_, sender)| sender.send(change.clone()));
        }
        self.present = now;
    }

    fn stop_error(&self, doing: &'static str) -> Error {
        let why = self.machine.stopped().map(|stop| Arc::from(stop.to_string()));
        Error::new(ErrorKind::Simulator, doing).with_why(why)
    }

    /// Runs a task of the simulator to its end.
    fn ask<T, F, R>(&mut self, doing: &'static str, task: F) -> Result<T, Error>
    where
        T: 'static,
        F: FnOnce(Cpu) -> R + 'static,
        R: Future<Output = Result<T, Stop>> + 'static,
    {
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        let deadline = {
            let mut kernel = self.machine.kernel_mut();
            kernel.sched.spawn(doing, 0, async move |cpu| {
                let value = task(cpu).await?;
                slot.replace(Some(value));
                Ok(())
            });
            kernel.sched.now + PATIENCE
        };
        loop {
            self.go_on();
            if let Some(value) = result.take() {
                return Ok(value);
            }
            if self.machine.stopped().is_some() {
                return Err(self.stop_error(doing));
            }
            if self.machine.kernel().sched.now > deadline {
                let who = self.machine.who_waits();
                return Err(Error::new(ErrorKind::Simulator, doing).because(who));
            }
        }
    }

    /// Kernel calls that the driver has made so far.
    pub(super) const fn calls(&self) -> u64 {
        self.machine.calls()
    }

    /// Simulated time since the machine was switched on.
    pub(super) fn now(&self) -> Duration {
        Duration::from_nanos(self.machine.kernel().sched.now.saturating_mul(100))
    }
}

/// What an INF file installs. One that is still to be stamped is for x64 here.
fn installation(file: &Path) -> Result<Installation, Error> {
    let failed = |why: String| {
        let why = format!("{}: {why}", file.display());
        Error::new(ErrorKind::InvalidArgument, "reading the INF file").because(why)
    };
    let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let stamped = |text: String| text.replace("$ARCH$", "amd64").into_bytes();
    let stamped = String::from_utf8(bytes).map_or_else(FromUtf8Error::into_bytes, stamped);
    Installation::of(&stamped).map_err(|error| failed(error.to_string()))
}
