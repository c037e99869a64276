//! Everything around the driver that has to do with power, small enough to play every order of it.

use std::collections::{BTreeSet, HashSet};

use usbclient_core::power::{
    Admission, Capabilities, Device, DeviceState, Entered, Facts, Job, Outstanding, Power, Settings,
    SystemState, SystemTarget, outstanding::Arrival, policy::IdleEnd,
};

/// A USB device that wakes from D2 and S3, as the hub says.
pub const CAPABLE: Capabilities = Capabilities {
    device_state: [
        None,
        Some(DeviceState::D0),
        Some(DeviceState::D2),
        Some(DeviceState::D2),
        Some(DeviceState::D3),
        Some(DeviceState::D3),
        Some(DeviceState::D3),
    ],
    system_wake: Some(SystemState::S3),
    device_wake: Some(DeviceState::D2),
};

/// Suspends when idle, and wakes the system.
pub const EAGER: Settings = Settings {
    idle_enabled: true,
    auto_suspend: true,
    system_wake: true,
    system_wake_offered: true,
    has_remote_wake: true,
    ..Settings::OFF
};

/// Everything around the driver, as small as it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct World {
    power: State,
    /// The device's state at the bus.
    bus: u8,
    /// Requests that are in flight, and that wait.
    in_flight: u8,
    held: u8,
    /// Device IRPs in line: 0 none, else the state asked for. The first is under way.
    line: [u8; 4],
    /// The first of them waits in the driver until nothing is in flight.
    waits: bool,
    /// A system IRP waits for the device IRP; one for S0 is due.
    sleep: u8,
    /// The notification is with the hub; its callback runs; the callback waits for D2.
    idle_irp: u8,
    /// PnP: 0 started, 1 a query waits for D0, 2 the query is answered, 3 gone.
    pnp: u8,
    queued: bool,
    due: bool,
    /// What may still happen: bits of a request, sleep, wake signal, query, surprise, a due timer.
    left: u8,
}

/// [`Power`] is not hashable as a whole; these are its parts that change.
type State = u64;

/// Powers by their number, so that a world is small.
#[derive(Default)]
struct Powers {
    known: Vec<Power>,
}

impl Powers {
    fn number(&mut self, power: Power) -> State {
        let at = self.known.iter().position(|known| *known == power).unwrap_or_else(|| {
            self.known.push(power);
            self.known.len() - 1
        });
        at as State
    }
}

pub const REQUEST: u8 = 1;
pub const SLEEP: u8 = 2;
pub const WAKE: u8 = 4;
pub const QUERY: u8 = 8;
pub const SURPRISE: u8 = 16;
pub const DUE: u8 = 32;
pub const SECOND_REQUEST: u8 = 64;

const NO_IRP: u8 = 0;
const HELD_BY_HUB: u8 = 1;
const WAITING_FOR_D2: u8 = 3;
const CALLED: u8 = 4;

const D0: u8 = 1;
const D2: u8 = 3;

impl World {
    const fn facts(&self) -> Facts {
        Facts {
            is_started: self.pnp == 0,
            is_gone: self.pnp == 3,
            is_busy: self.in_flight > 0,
            has_held: self.held > 0,
            is_due: self.due,
            has_users: self.in_flight > 0,
        }
    }

    fn ask(&mut self, state: u8) {
        let at = self.line.iter().position(|asked| *asked == 0).expect("the line is long enough");
        self.line[at] = state;
    }

    const fn next_in_line(&mut self) {
        self.line.rotate_left(1);
        self.line[3] = 0;
    }
}

/// Plays every order of what the world may do, and checks that nothing is lost in any.
pub struct Explorer {
    powers: Powers,
    pub seen: HashSet<World>,
    open: Vec<World>,
    /// Something can come after the world that is being looked at.
    moved: bool,
    pub quiet: u32,
    pub jobs: BTreeSet<String>,
}

impl Explorer {
    pub fn explore(left: u8, settings: Settings) -> Self {
        let mut power = Power::new();
        (power.capabilities, power.settings) = (CAPABLE, settings);
        let mut this = Self {
            powers: Powers::default(),
            seen: HashSet::new(),
            open: Vec::new(),
            moved: false,
            quiet: 0,
            jobs: BTreeSet::new(),
        };
        let start = World {
            power: this.powers.number(power),
            bus: D0,
            in_flight: 0,
            held: 0,
            line: [0; 4],
            waits: false,
            sleep: 0,
            idle_irp: NO_IRP,
            pnp: 0,
            queued: true,
            due: false,
            left,
        };
        this.push(start, power);
        while let Some(world) = this.open.pop() {
            this.step(world);
        }
        this
    }

    fn push(&mut self, mut world: World, power: Power) {
        world.power = self.powers.number(power);
        // The edge queues the policy whenever there is something to do.
        world.queued |= power.has_job(world.facts());
        if self.seen.insert(world) {
            self.open.push(world);
        }
    }

    fn step(&mut self, world: World) {
        let power = self.powers.known[usize::try_from(world.power).expect("a number")];
        self.moved = false;
        self.work_item(world, power);
        self.device_irp(world, power);
        self.requests(world, power);
        self.hub(world, power);
        self.system(world, power);
        self.pnp(world, power);
        if !self.moved {
            self.at_rest(&world, &power);
        }
    }

    /// One thing that may come next.
    fn go(&mut self, mut world: World, mut power: Power, change: &dyn Fn(&mut World, &mut Power)) {
        change(&mut world, &mut power);
        self.moved = true;
        self.push(world, power);
    }

    /// The policy's work item.
    fn work_item(&mut self, world: World, power: Power) {
        if world.queued {
            let mut copy = power;
            let job = copy.next_job(world.facts());
            if let Some(job) = job {
                self.jobs.insert(format!("{job:?}"));
            }
            self.go(world, power, &|w, p| match p.next_job(w.facts()) {
                None => w.queued = false,
                Some(Job::RequestUp) => w.ask(D0),
                Some(Job::Arm) => _ = p.wake.arrived(),
                Some(Job::Disarm) => _ = p.wake.came_back(),
                Some(Job::SubmitIdle) => {
                    w.due = false;
                    assert_eq!((w.bus, p.device()), (D0, Device::Working), "only in D0");
                    if p.idle.arrived() == Arrival::Send {
                        w.idle_irp = HELD_BY_HUB;
                    }
                }
                Some(Job::CancelIdle) => cancel_idle(w, p),
            });
        }
    }

    /// The device IRP that is under way.
    fn device_irp(&mut self, world: World, power: Power) {
        match world.line[0] {
            0 => {}
            D0 if power.device() == Device::Entering
                || (power.device() == Device::Working && world.waits) =>
            {
                self.go(world, power, &|w, p| {
                    w.waits = false;
                    w.bus = D0;
                    if p.entered(true) == Entered::Resume && w.pnp != 3 {
                        (w.in_flight, w.held) = (w.in_flight + w.held, 0);
                    }
                    if w.idle_irp == CALLED {
                        (w.idle_irp, _) = (NO_IRP, p.idle.came_back());
                        p.idle_over(IdleEnd::Over);
                    }
                    p.up_answered();
                    w.next_in_line();
                    if w.pnp == 1 {
                        w.pnp = 2;
                    }
                });
            }
            D0 => self.go(world, power, &|w, p| (p.enter(), w.waits = true).1),
            state => self.go(world, power, &|w, p| {
                let to = DeviceState::from_raw(i64::from(state)).expect("a state");
                if p.leave(to, w.facts()).is_some() {
                    assert_eq!(w.in_flight, 0, "nothing is in flight when the device leaves D0");
                    w.bus = state;
                    w.next_in_line();
                    if w.idle_irp == WAITING_FOR_D2 && state == D2 {
                        w.idle_irp = CALLED;
                        if p.idle.is_ending() {
                            w.idle_irp = NO_IRP;
                            assert!(p.idle.came_back(), "nobody cancels it any more");
                            p.idle_over(IdleEnd::Over);
                        }
                    }
                    if w.sleep == 1 && w.line[0] == 0 {
                        w.sleep = 2;
                    }
                }
            }),
        }
    }

    /// Requests, and the timer.
    fn requests(&mut self, world: World, power: Power) {
        for bit in [REQUEST, SECOND_REQUEST] {
            if world.left & bit != 0 && world.pnp != 3 {
                self.go(world, power, &|w, p| {
                    w.left &= !bit;
                    match p.admit() {
                        Admission::Admit => w.in_flight += 1,
                        Admission::Hold => w.held += 1,
                        Admission::Refuse => {}
                    }
                });
            }
        }
        if world.in_flight > 0 {
            self.go(world, power, &|w, p| {
                w.in_flight -= 1;
                if p.is_leaving() && w.pnp != 3 {
                    w.held += 1;
                }
            });
            self.go(world, power, &|w, _| w.in_flight -= 1);
        }
        // The timer.
        if world.left & DUE != 0 {
            self.go(world, power, &|w, _| (w.left, w.due) = (w.left & !DUE, true));
        }
    }

    /// The hub calls back, and the callback asks for D2; or the device signals wake.
    fn hub(&mut self, world: World, power: Power) {
        if world.idle_irp == HELD_BY_HUB {
            self.go(world, power, &|w, p| {
                if p.idle_called(w.facts()) {
                    w.idle_irp = WAITING_FOR_D2;
                    w.ask(D2);
                } else {
                    cancel_idle(w, p);
                }
            });
        }
        if world.idle_irp == CALLED && world.pnp == 3 {
            self.go(world, power, &|w, p| cancel_idle(w, p));
        }
        // The device signals wake.
        if world.left & WAKE != 0 && power.wake == Outstanding::Below && world.bus == D2 {
            self.go(world, power, &|w, p| {
                w.left &= !WAKE;
                _ = p.wake.came_back();
                p.woke();
                w.queued = true;
            });
        }
    }

    /// The system sleeps, and wakes.
    fn system(&mut self, world: World, power: Power) {
        if world.left & SLEEP != 0 && world.pnp == 0 {
            self.go(world, power, &|w, p| {
                w.left &= !SLEEP;
                let mapped = p.system(SystemTarget::plain(SystemState::S3));
                if !mapped.stays_armed && p.wake.cancel() {
                    assert!(!p.wake.came_back() && p.wake.cancelled(), "the canceller ends it");
                }
                // The hub gives the notification back.
                if matches!(w.idle_irp, HELD_BY_HUB | CALLED) {
                    (w.idle_irp, _) = (NO_IRP, p.idle.came_back());
                    p.idle_over(IdleEnd::Over);
                }
                w.sleep = 1;
                let mapped = p.map(SystemTarget::plain(SystemState::S3));
                w.ask(mapped.device.raw());
            });
        }
        if world.sleep == 2 {
            self.go(world, power, &|w, p| {
                w.sleep = 0;
                let _ = p.system(SystemTarget::plain(SystemState::S0));
                p.up_asked();
                w.ask(D0);
            });
        }
    }

    /// A query brings the device up; a surprise removal ends everything.
    fn pnp(&mut self, world: World, power: Power) {
        let no_system_change = world.sleep == 0;
        if world.left & QUERY != 0 && world.pnp == 0 && no_system_change {
            self.go(world, power, &|w, p| {
                (w.left, w.pnp) = (w.left & !QUERY, 2);
                if w.idle_irp == HELD_BY_HUB {
                    cancel_idle(w, p);
                }
                if p.must_come_up() {
                    w.pnp = 1;
                    w.ask(D0);
                }
            });
        }
        if world.pnp == 2 && no_system_change {
            self.go(world, power, &|w, _| w.pnp = 0);
        }
        if world.left & SURPRISE != 0 && matches!(world.pnp, 0 | 2) && no_system_change {
            self.go(world, power, &|w, p| {
                (w.left, w.pnp, w.held) = (w.left & !SURPRISE, 3, 0);
                if matches!(w.idle_irp, HELD_BY_HUB | CALLED) {
                    cancel_idle(w, p);
                }
            });
        }
    }

    /// Nobody has anything to do: what is true then?
    fn at_rest(&mut self, world: &World, power: &Power) {
        self.quiet += 1;
        assert_eq!(world.line, [0; 4], "every device IRP is over: {world:?} {power:?}");
        assert!(world.idle_irp != WAITING_FOR_D2, "no callback waits: {world:?}");
        if world.pnp == 3 {
            assert_eq!(world.idle_irp, NO_IRP, "no notification outlives the device: {world:?} {power:?}");
            return;
        }
        assert_eq!(world.held, 0, "no request waits for ever: {world:?} {power:?}");
        if power.device() != Device::Working {
            // Asleep because it is idle, with a notification that the hub ends when somebody asks for D0.
            assert_eq!(world.idle_irp, CALLED, "it does not sleep for nothing: {world:?} {power:?}");
        }
    }
}

/// The hub ends a notification that is cancelled; not before its callback has returned.
fn cancel_idle(world: &mut World, power: &mut Power) {
    if power.idle.cancel() {
        if world.idle_irp == WAITING_FOR_D2 {
            assert!(!power.idle.cancelled(), "the hub has it until the callback returns");
            return;
        }
        world.idle_irp = NO_IRP;
        assert!(!power.idle.came_back(), "it is being cancelled");
        assert!(power.idle.cancelled(), "the canceller ends it");
        power.idle_over(IdleEnd::Over);
    }
}
