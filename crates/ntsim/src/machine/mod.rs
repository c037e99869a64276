//! The machine: an image in memory, a kernel, and the threads that run.
//!
//! A machine lives many lives in sequence. Each begins with nothing but the mapped image, and ends when its
//! script ends or when the kernel stops.

mod code;
mod driver;
mod stopped;
mod surface;

use std::{
    cell::{Ref, RefCell, RefMut},
    fs,
    future::Future,
    path::Path,
    rc::Rc,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use nt_trace::{NtStatus, Text};
use serde::{Deserialize, Serialize};

use crate::{
    cpu::{self, install_handlers},
    image::{Image, LoadError, Parsed, Unwind},
    inf::Installation,
    kernel::{Kernel, exports},
    mem::{Addr, Gate, Mem, Mode},
    sched::{Cpu, Executor, Pct, Policy, Random, Replay, RoundRobin, Sched, State, ThreadId},
    stop::Stop,
};

use code::Code;
pub use driver::{load, unload};

/// Lives that were begun in this process, for whoever wants to see that it is alive.
pub static LIVES: AtomicU64 = AtomicU64::new(0);

/// What machines of this process find in the registry.
static INSTALLATION: OnceLock<Installation> = OnceLock::new();

/// Says for the whole process what INF file installed the driver: its service's name and values, and those of each
/// device. Only the first call counts.
pub fn install(installation: Installation) {
    // A second one is left out, as said.
    let _ = INSTALLATION.set(installation);
}

/// How a life is played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choices {
    /// A thread runs until it blocks.
    #[default]
    InTurn,
    /// Threads switch at random, from a seed.
    Seed(u64),
    /// The thread with the highest priority runs, and priorities change at random moments ([`Pct`]).
    Pct {
        /// Where the priorities and the moments come from.
        seed: u64,
        /// How many orders between threads a defect may need to be found.
        depth: u32,
        /// About how many choices the life has.
        steps: u64,
    },
    /// The choices of an earlier life, repeated.
    Replay(Vec<ThreadId>),
}

impl Choices {
    fn policy(&self) -> Box<dyn Policy> {
        match self {
            Self::InTurn => Box::new(RoundRobin),
            Self::Seed(seed) => Box::new(Random::new(*seed)),
            Self::Pct { seed, depth, steps } => Box::new(Pct::new(*seed, *depth, *steps)),
            Self::Replay(choices) => Box::new(Replay::new(choices.clone())),
        }
    }
}

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many processors it has.
    pub processors: u8,
    /// How objects are placed in memory.
    pub memory: Mode,
    /// How the host opens and closes the pages of objects.
    pub gate: Gate,
    /// Who runs when several could.
    pub choices: Choices,
}

impl Default for Options {
    fn default() -> Self {
        Self { processors: 2, memory: Mode::Guarded, gate: Gate::Best, choices: Choices::InTurn }
    }
}

/// How long timers are waited for that may let a task go on, in 100 ns of simulated time.
const PATIENCE: u64 = 60 * 10_000_000;

/// A machine with one driver.
#[derive(Debug)]
pub struct Machine {
    // Goes before the memory that its breakpoints are in.
    code: Option<Code>,
    kernel: Rc<RefCell<Kernel>>,
    executor: Executor,
    image: Image,
    driver: Addr,
    options: Options,
    stopped: Option<Stop>,
}

impl Machine {
    /// Reads a .sys file, maps it and binds its imports. Nothing of the driver has run yet.
    ///
    /// # Errors
    /// Why the file cannot be loaded; a missing export is named before anything runs.
    pub fn load(path: &Path, options: Options) -> Result<Self, LoadError> {
        let unreadable = |error| LoadError::Unreadable { path: path.display().to_string(), error };
        let parsed = Parsed::new(&fs::read(path).map_err(unreadable)?)?;
        let name =
            path.file_name().map_or_else(|| "driver.sys".into(), |name| name.to_string_lossy().into_owned());
        install_handlers()?;
        let mem = Mem::new(options.memory, options.gate)?;
        let mut kernel = Kernel::new(mem, Sched::new(options.processors));
        let image = Image::load(&mut kernel, &name, &parsed, exports::find)?;
        kernel.installation = INSTALLATION.get().cloned();
        kernel.unwind = Some(Unwind::new(&image, &kernel.mem));
        // Every event of the driver names the module, so the name is leaked and borrowed.
        kernel.trace.module = Text::Borrowed(name.leak());
        let kernel = Rc::new(RefCell::new(kernel));
        let executor = Executor::new(Rc::clone(&kernel), options.choices.policy());
        Ok(Self { code: None, kernel, executor, image, driver: Addr::NULL, options, stopped: None })
    }

    /// The kernel, for looking at it.
    #[must_use]
    pub fn kernel(&self) -> Ref<'_, Kernel> {
        self.kernel.borrow()
    }

    /// The kernel, for changing it between steps.
    #[must_use]
    pub fn kernel_mut(&self) -> RefMut<'_, Kernel> {
        self.kernel.borrow_mut()
    }

    /// The mapped image.
    #[must_use]
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// The driver object, NULL before [`Self::start`].
    #[must_use]
    pub const fn driver(&self) -> Addr {
        self.driver
    }

    /// Why this life stopped before its end.
    #[must_use]
    pub const fn stopped(&self) -> Option<&Stop> {
        self.stopped.as_ref()
    }

    /// The choices made in this life, for [`Choices::Replay`].
    #[must_use]
    pub fn choices(&self) -> &[ThreadId] {
        self.executor.choices()
    }

    /// Kernel calls of the driver in this life.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.executor.calls()
    }

    /// Ends this life and prepares the next: the image as it was loaded, no object, no thread, time zero.
    ///
    /// # Errors
    /// What the host says when it refuses to change a protection.
    pub fn next_life(&mut self, choices: Choices) -> Result<(), Stop> {
        LIVES.fetch_add(1, Ordering::Relaxed);
        self.executor.reset(choices.policy());
        self.options.choices = choices;
        self.stopped = None;
        self.driver = Addr::NULL;
        let mut kernel = self.kernel.borrow_mut();
        kernel.reset(Sched::new(self.options.processors))?;
        self.image.restore(&mut kernel).map_err(|error| Stop::Host(error.to_string()))
    }

    /// Lets somebody else choose who runs in the life that was prepared. The choices are kept all the same.
    pub fn steer(&mut self, policy: Box<dyn Policy>) {
        self.executor.steer(policy);
    }

    /// Whether every access of the driver to the memory of user processes is told in this life, as an event.
    pub fn watch_user_memory(&mut self, watch: bool) {
        if watch {
            cpu::watch_code(self.image.base, self.image.loaded_bytes());
        }
        self.kernel.borrow_mut().mem.watch_user(watch);
    }

    /// Loads the driver into this life: makes its driver object and calls DriverEntry.
    pub fn start(&mut self) -> Option<NtStatus> {
        let entry = self.image.entry;
        let name = self.service();
        let driver = self.drive("load", async move |cpu| load(&cpu, &name, entry).await)?;
        match driver {
            Ok(driver) => {
                self.driver = driver;
                Some(NtStatus::SUCCESS)
            }
            Err(status) => Some(status),
        }
    }

    /// The name of the driver's service: what the INF file says, otherwise the file's name.
    fn service(&self) -> String {
        let kernel = self.kernel.borrow();
        let installed = kernel.installation.as_ref().map(|installation| installation.service.clone());
        installed.unwrap_or_else(|| self.image.name.trim_end_matches(".sys").to_owned())
    }

    /// Calls DriverUnload and looks for what the driver left behind.
    pub fn unload(&mut self) {
        let driver = self.driver;
        self.drive("unload", async move |cpu| unload(&cpu, driver).await);
        self.driver = Addr::NULL;
    }

    /// Runs one task, and whatever it sets in motion, until nobody can run. `None` when the machine stopped
    /// or the task waits for ever, which is recorded as a deadlock.
    pub fn drive<T, F, R>(&mut self, role: &'static str, task: F) -> Option<T>
    where
        T: 'static,
        F: FnOnce(Cpu) -> R + 'static,
        R: Future<Output = Result<T, Stop>> + 'static,
    {
        let result = self.begin(role, task);
        self.run();
        let value = result.take();
        if value.is_none() {
            self.nobody_answered();
        }
        value
    }

    /// As [`Self::drive`], but a task that waits for ever is no deadlock yet: something that is done later may
    /// end its waiting. It waits for ever when nobody can run and no timer is due within a minute of simulated time.
    pub fn attempt<T, F, R>(&mut self, role: &'static str, task: F) -> Option<T>
    where
        T: 'static,
        F: FnOnce(Cpu) -> R + 'static,
        R: Future<Output = Result<T, Stop>> + 'static,
    {
        let result = self.begin(role, task);
        self.executor.horizon = self.kernel.borrow().sched.now + PATIENCE;
        self.run();
        self.executor.horizon = u64::MAX;
        result.take()
    }

    /// Makes a thread for a task. What the task returns will be in the cell, once.
    fn begin<T, F, R>(&self, role: &'static str, task: F) -> Rc<RefCell<Option<T>>>
    where
        T: 'static,
        F: FnOnce(Cpu) -> R + 'static,
        R: Future<Output = Result<T, Stop>> + 'static,
    {
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
        self.kernel.borrow_mut().sched.spawn(role, 0, async move |cpu| {
            let value = task(cpu).await?;
            slot.replace(Some(value));
            Ok(())
        });
        result
    }

    /// Stops the machine if a thread waits that nobody will ever wake.
    pub fn demand_that_nobody_waits(&mut self) {
        if !self.who_waits().is_empty() {
            self.nobody_answered();
        }
    }

    /// A task waits for ever, unless the machine stopped: that is a deadlock.
    fn nobody_answered(&mut self) {
        if self.stopped.is_none() {
            self.stop(Stop::Deadlock(self.who_waits()));
        }
    }

    /// Runs until nobody can run and no timer is set.
    pub fn run(&mut self) {
        self.run_until(|_| false);
    }

    fn run_until(&mut self, done: impl Fn(&Kernel) -> bool) {
        if self.stopped.is_none()
            && let Err(stop) = self.executor.run_until(done)
        {
            self.stop(stop);
        }
    }

    fn stop(&mut self, stop: Stop) {
        stopped::record(&mut self.kernel.borrow_mut(), &stop);
        self.stopped = Some(stop);
    }

    /// The threads that wait and should not, in words; nothing when there is none.
    #[must_use]
    pub fn who_waits(&self) -> String {
        let kernel = self.kernel.borrow();
        let waiting = kernel.sched.threads().iter().filter(|thread| !thread.daemon).map(|thread| {
            let what = match &thread.state {
                State::Ready => "a processor",
                State::Blocked(what) => what.as_str(),
            };
            format!("{} ({}) waits for {what}", thread.id, thread.role)
        });
        waiting.collect::<Vec<_>>().join("; ")
    }
}
