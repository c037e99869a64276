//! Devices as the PnP manager knows them.

use std::collections::{BTreeMap, BTreeSet};

use nt_trace::event::{Plugged, PnpState};
use serde::{Deserialize, Serialize};

use super::{filter::FilterFailure, watch::Watch};
use crate::{
    abi::status::STATUS_NO_SUCH_DEVICE,
    kernel::Kernel,
    mem::Addr,
    sched::{Cpu, ThreadId},
    stop::Stop,
};

/// What the PnP manager knows.
#[derive(Debug, Default)]
pub struct Pnp {
    /// The devices by name, those whose stack is gone included.
    pub nodes: BTreeMap<String, Node>,
    /// Driver object of the driver under test, NULL when it is not loaded.
    pub driver: Addr,
    /// Failures that filters above still have to produce, by device.
    pub(super) filter_failures: Vec<(String, FilterFailure)>,
    /// Driver object of the filters above.
    pub(super) filter_driver: Addr,
    /// Every device has a filter above the driver, and the drivers above and below look at each IRP.
    pub asserting: bool,
    /// Enhanced I/O verification: see [`crate::scenario::Knob::EnhancedIoVerification`].
    pub enhanced: bool,
    /// What the filters above have seen.
    pub(super) watch: Watch,
    /// Devices are only taken out from now on: one whose port was cycled does not come back.
    pub ending: bool,
    /// Devices that an operation is at work on.
    busy: BTreeSet<String>,
    /// Threads that wait for something to change.
    waiters: Vec<ThreadId>,
}

/// A device that the bus has found.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// The name that a script gives it.
    pub name: String,
    /// Its device instance; the same one means the same device.
    pub instance: String,
    /// What it is, for the trace.
    pub model: String,
    /// Its physical device object.
    pub pdo: Addr,
    /// Whether a filter is to be above the driver.
    pub filter: bool,
}

/// A device.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its device instance.
    pub instance: String,
    /// What it is: a name that the registry of models knows, if it came from there.
    pub model: String,
    /// Its physical device object.
    pub pdo: Addr,
    /// Whether a filter is to be above the driver.
    pub filter: bool,
    /// How far it is.
    pub state: NodeState,
}

/// How far the PnP manager is with a device: the names of Windows' device node states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// Found; nothing but its physical device object exists.
    Initialized,
    /// The same device is there a second time, while the stack of the first waits to be removed (code 42).
    Duplicate,
    /// Its stack is built.
    DriversAdded,
    /// It works.
    Started,
    /// Its drivers agreed to stop.
    QueryStopped,
    /// It is stopped.
    Stopped,
    /// Its drivers agreed to be removed.
    QueryRemoved,
    /// It failed; its stack waits until the last file is closed.
    RemovePendingCloses,
    /// It was pulled; its stack waits until the last file is closed.
    DeletePendingCloses,
    /// Its stack is removed, the device is still there.
    Removed,
    /// Stack and device are gone.
    Deleted,
}

impl NodeState {
    /// Whether a stack exists above the physical device object.
    #[must_use]
    pub const fn has_stack(self) -> bool {
        !matches!(self, Self::Initialized | Self::Duplicate | Self::Removed | Self::Deleted)
    }
}

impl Pnp {
    /// Whether an operation is at work on some device.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }
}

impl Kernel {
    /// Tells everybody who waits for the PnP manager that something has changed: a device got into another
    /// state, an operation is over, an event is to be served.
    pub fn pnp_changed(&mut self) {
        for thread in std::mem::take(&mut self.pnp.waiters) {
            self.sched.wake(thread, 0);
        }
    }

    /// Takes note of a device that the bus has found.
    ///
    /// # Errors
    /// [`Stop::Script`] when a device of this name is there.
    pub fn pnp_found(&mut self, new: &NewDevice) -> Result<(), Stop> {
        let known = self.pnp.nodes.get(&new.name);
        if known.is_some_and(|node| node.state != NodeState::Deleted) {
            return Err(Stop::Script(format!("{} is plugged in already", new.name)));
        }
        let duplicate = self
            .pnp
            .nodes
            .values()
            .any(|node| node.instance == new.instance && node.state != NodeState::Deleted);
        self.reference_device(new.pdo, true)?;
        self.io.create_refused.insert(new.pdo, STATUS_NO_SUCH_DEVICE);
        let node = Node {
            instance: new.instance.clone(),
            model: new.model.clone(),
            pdo: new.pdo,
            filter: new.filter,
            state: NodeState::Initialized,
        };
        self.pnp.nodes.insert(new.name.clone(), node);
        let (pdo, model) = (self.object(new.pdo), new.model.clone());
        self.emit(Plugged { pdo, model: model.into() });
        let state = if duplicate { NodeState::Duplicate } else { NodeState::Initialized };
        self.set_node_state(&new.name, state)
    }

    /// A device by name.
    ///
    /// # Errors
    /// [`Stop::Script`] when there is none.
    pub fn node(&self, name: &str) -> Result<&Node, Stop> {
        self.pnp.nodes.get(name).ok_or_else(|| Stop::Script(format!("there is no device {name}")))
    }

    /// The device of a physical device object.
    #[must_use]
    pub fn node_of(&self, pdo: Addr) -> Option<(&str, &Node)> {
        let mut nodes = self.pnp.nodes.iter();
        nodes
            .find(|(_, node)| node.pdo == pdo && node.state != NodeState::Deleted)
            .map(|(name, node)| (&**name, node))
    }

    /// The device interfaces of a device that user mode can find: the enabled ones, from the end of its start
    /// on.
    ///
    /// # Errors
    /// [`Stop::Script`] when there is no such device.
    pub fn arrived_interfaces(&self, name: &str) -> Result<Vec<String>, Stop> {
        let node = self.node(name)?;
        if matches!(node.state, NodeState::Initialized | NodeState::Duplicate | NodeState::DriversAdded) {
            return Ok(Vec::new());
        }
        Ok(self.enabled_interfaces_of(node.pdo))
    }

    pub(super) fn set_node_state(&mut self, name: &str, state: NodeState) -> Result<(), Stop> {
        let Some(node) = self.pnp.nodes.get_mut(name) else {
            return Err(Stop::Script(format!("there is no device {name}")));
        };
        node.state = state;
        let pdo = node.pdo;
        let object = self.object(pdo);
        self.emit(PnpState { pdo: object, state: format!("{state:?}").into() });
        match state {
            NodeState::Started => {
                self.io.create_refused.remove(&pdo);
            }
            NodeState::Removed => {
                self.io.create_refused.insert(pdo, STATUS_NO_SUCH_DEVICE);
            }
            NodeState::Deleted => {
                self.io.create_refused.remove(&pdo);
                self.reference_device(pdo, false)?;
            }
            _ => {}
        }
        self.pnp_changed();
        Ok(())
    }
}

/// Waits until something has changed, see [`Kernel::pnp_changed`].
pub async fn changed(cpu: &Cpu, what: impl Into<String>) {
    cpu.k().pnp.waiters.push(cpu.thread());
    cpu.block(what).await;
}

/// Says whether it is right that the current thread waits though nobody will ever wake it. Where it is not, a
/// machine in which nobody can run is in a deadlock.
pub(super) fn may_wait_for_ever(cpu: &Cpu, right: bool) {
    if let Some(thread) = cpu.k().sched.thread_mut(cpu.thread()) {
        thread.daemon = right;
    }
}

/// Makes this the only operation on a device, which [`end`] ends. Gives the device's physical device object and state.
///
/// # Errors
/// [`Stop::Script`] when there is no such device.
pub async fn begin(cpu: &Cpu, name: &str) -> Result<(Addr, NodeState), Stop> {
    loop {
        let (pdo, state) = cpu.look().node(name).map(|node| (node.pdo, node.state))?;
        // Changes of the system's power state and PnP operations exclude each other.
        let changing = cpu.look().power.changing;
        if !changing && cpu.k().pnp.busy.insert(name.into()) {
            return Ok((pdo, state));
        }
        changed(cpu, format!("the PnP manager to be done with {name}")).await;
    }
}

/// Ends the operation on a device.
pub fn end<T>(cpu: &Cpu, name: &str, result: T) -> T {
    let mut kernel = cpu.k();
    kernel.pnp.busy.remove(name);
    kernel.pnp_changed();
    result
}

/// What an operation that the device's state does not allow answers.
pub(super) fn wrong_state(name: &str, state: NodeState) -> Stop {
    Stop::Script(format!("{name} is {state:?}, in which the PnP manager does not do this"))
}

/// Waits until a device is in a state.
///
/// # Errors
/// [`Stop::Script`] when there is no such device, or everything is brought to an end and it will not get there.
pub async fn reached(cpu: &Cpu, name: &str, state: NodeState) -> Result<(), Stop> {
    loop {
        if cpu.look().node(name)?.state == state {
            return Ok(());
        }
        if cpu.look().pnp.ending && state != NodeState::Deleted {
            return Err(Stop::Script(format!("{name} did not get {state:?}")));
        }
        changed(cpu, format!("{name} to be {state:?}")).await;
    }
}
