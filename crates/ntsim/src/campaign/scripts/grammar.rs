//! Which move is legal when, by the PnP manager's own states, and the script that legal moves make.
//!
//! A move that is not legal when its turn comes is left out, so that whatever is left of a history when some of it is
//! taken away is legal again.

use super::moves::{DEVICES, FILES, Move, REQUESTS};
use crate::{
    campaign::attempt::{attempt, close, plug, pnp, poke, sleep, submit, unplug},
    pnp::{FilterFailure, NodeState, Refusal},
    power::Sleep,
    scenario::{
        Branch, Expectation, Expected, Knob, Open, Plug, PnpOperation, Poke, PowerOperation, Race, Scenario,
        Step,
    },
};

/// What the PnP manager would know of one device.
#[derive(Clone, Debug, Default)]
struct Device {
    /// None: never plugged in, or gone.
    state: Option<NodeState>,
    /// The cable is out.
    pulled: bool,
    /// What the filter above will refuse.
    refusals: Vec<Refusal>,
}

impl Device {
    /// Whether every request of it ends by itself: the cable is out, and the driver does not hold requests for a
    /// start that may come.
    const fn ends_requests(&self) -> bool {
        let held = matches!(self.state, Some(NodeState::QueryStopped | NodeState::Stopped));
        self.pulled && !held
    }
}

/// What is known when a move's turn comes.
#[derive(Clone, Debug, Default)]
struct World {
    devices: [Device; DEVICES as usize],
    /// The device that a handle is of.
    files: [Option<u8>; FILES as usize],
    /// Another handle is of the same file: closing this one ends no request.
    shared: [bool; FILES as usize],
    /// The handle that a request was made with, and whether it must end by itself.
    requests: [Option<Request>; REQUESTS as usize],
    /// Threads run at once: what they do to each other is not known.
    racing: bool,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    device: u8,
    file: u8,
    must_end: bool,
}

/// The script that the legal ones of these moves make.
pub(super) fn script(moves: &[Move], model: &str) -> Scenario {
    let mut world = World::default();
    let steps = world.steps(moves, model);
    Scenario { name: "history".into(), about: "a legal history, made up".into(), steps }
}

fn device_name(number: u8) -> String {
    format!("device {number}")
}

fn file_name(number: u8) -> String {
    format!("file {number}")
}

fn request_name(number: u8) -> String {
    format!("request {number}")
}

impl World {
    fn steps(&mut self, moves: &[Move], model: &str) -> Vec<Step> {
        let legal = |one: &Move| {
            // A move that is left out changes nothing.
            let before = self.clone();
            let step = self.step(one, model);
            if step.is_none() {
                *self = before;
            }
            step
        };
        moves.iter().filter_map(legal).collect()
    }

    /// The step that a move makes, if it is legal now.
    fn step(&mut self, one: &Move, model: &str) -> Option<Step> {
        Some(match one {
            Move::Plug { device, face, way, start, twin } => {
                let instance = (*twin && *device != 0).then(|| device_name(0));
                let plugged = plug(&device_name(*device), model);
                let Step::Plug(plugged) = plugged else { return None };
                let plugged = Plug { face: *face, completion: *way, start: *start, instance, ..plugged };
                self.plugged(*device, *start, *twin)?;
                attempt(Step::Plug(plugged))
            }
            Move::Unplug { device } => {
                self.device(*device).state.filter(|state| *state != NodeState::DeletePendingCloses)?;
                self.goes(*device, true);
                unplug(&device_name(*device))
            }
            Move::Poke { device, poke: what } => {
                let known = self.device(*device);
                known.state.filter(|_| !known.pulled)?;
                match what {
                    Poke::CyclePort if self.racing => return None,
                    Poke::CyclePort => self.cycled(*device),
                    Poke::Pull => self.pulled(*device),
                    _ => {}
                }
                poke(&device_name(*device), *what)
            }
            Move::Pnp { device, operation } => {
                self.operate(*device, *operation)?;
                pnp(&device_name(*device), *operation)
            }
            Move::Refuse { device, what, way } => {
                self.device(*device).refusals.push(*what);
                let failure = FilterFailure { what: *what, way: *way };
                Step::FilterFails { device: device_name(*device), failure }
            }
            Move::Enhanced => Step::Knob { knob: Knob::EnhancedIoVerification, on: true },
            Move::Sleep { microseconds } => sleep(u64::from(*microseconds)),
            Move::Race { branches } => self.race(branches, model)?,
            Move::Nap { state, critical, during } => self.nap(*state, *critical, during)?,
            other => self.user(other)?,
        })
    }

    /// What programs do.
    fn user(&mut self, one: &Move) -> Option<Step> {
        Some(match one {
            Move::Open { device, file, process } => {
                self.device(*device).state?;
                let free = self.files.get(usize::from(*file))?.is_none();
                let open = Open {
                    process: format!("process {process}"),
                    expect: Expected::anything(),
                    ..Open::new(&device_name(*device), &file_name(*file))
                };
                // A handle that nobody knows any more stays open to the end.
                if !free {
                    return None;
                }
                *self.files.get_mut(usize::from(*file))? = Some(*device);
                *self.shared.get_mut(usize::from(*file))? = false;
                attempt(Step::Open(open))
            }
            Move::Close { file } => {
                self.files.get_mut(usize::from(*file))?.take()?;
                if !*self.shared.get(usize::from(*file))? {
                    self.must_end(|request| request.file == *file);
                }
                close(&file_name(*file))
            }
            Move::Duplicate { file, to } => {
                let device = (*self.files.get(usize::from(*file))?)?;
                if self.files.get(usize::from(*to))?.is_some() {
                    return None;
                }
                *self.files.get_mut(usize::from(*to))? = Some(device);
                for one in [file, to] {
                    *self.shared.get_mut(usize::from(*one))? = true;
                }
                attempt(Step::Duplicate { file: file_name(*file), handle: file_name(*to) })
            }
            Move::Exit { process } => attempt(Step::ExitProcess { process: format!("process {process}") }),
            Move::Submit { request, file, what } => {
                let device = (*self.files.get(usize::from(*file))?)?;
                let must_end = self.device(device).ends_requests();
                *self.requests.get_mut(usize::from(*request))? =
                    Some(Request { device, file: *file, must_end: must_end && !self.racing });
                submit(&request_name(*request), what.ioctl(&file_name(*file)))
            }
            Move::Cancel { request } => {
                let known = (self.requests.get_mut(usize::from(*request))?).as_mut()?;
                known.must_end = !self.racing;
                attempt(Step::Cancel { request: request_name(*request) })
            }
            Move::CancelFile { file } => {
                (*self.files.get(usize::from(*file))?)?;
                self.must_end(|request| request.file == *file);
                attempt(Step::CancelFile { file: file_name(*file) })
            }
            Move::Await { request } => {
                let known = (*self.requests.get(usize::from(*request))?)?;
                if !known.must_end || self.racing {
                    return None;
                }
                *self.requests.get_mut(usize::from(*request))? = None;
                attempt(Step::Wait { request: request_name(*request), expect: Expected::anything() })
            }
            _ => return None,
        })
    }

    fn race(&mut self, branches: &[Vec<Move>], model: &str) -> Option<Step> {
        if self.racing {
            return None;
        }
        // Every thread begins with what was known before; what they leave together is a guess, which the PnP manager
        // puts right.
        let before = Self { racing: true, ..self.clone() };
        let mut made = Vec::new();
        for branch in branches {
            let steps = before.clone().steps(branch, model);
            self.racing = true;
            let _ = self.steps(branch, model);
            self.racing = false;
            made.push(steps);
        }
        made.retain(|steps| !steps.is_empty());
        if made.len() < 2 {
            return None;
        }
        self.must_end_never();
        Some(Step::Race(Race { branches: made.into_iter().map(Branch::new).collect() }))
    }

    /// The system sleeps and wakes. While it does, programs may still do something; the PnP manager may not.
    fn nap(&mut self, state: Sleep, critical: bool, during: &[Move]) -> Option<Step> {
        if self.racing {
            return None;
        }
        let power = |operation| attempt(Step::Power { operation, expect: Expected::anything() });
        let quiet = Step::Expect(Expectation::PowerQuiet);
        let nap = vec![power(PowerOperation::Sleep { state, critical }), power(PowerOperation::Wake), quiet];
        self.racing = true;
        let user: Vec<Step> = during.iter().filter_map(|one| self.user(one)).collect();
        self.racing = false;
        self.must_end_never();
        let mut branches = vec![Branch::new(nap)];
        if !user.is_empty() {
            branches.push(Branch::new(user));
        }
        Some(Step::Race(Race { branches }))
    }

    /// After a race nobody knows which request a name stands for.
    fn must_end_never(&mut self) {
        self.requests.iter_mut().flatten().for_each(|request| request.must_end = false);
    }

    /// Requests that are cancelled now, or whose device or file goes, end without anybody's help.
    fn must_end(&mut self, which: impl Fn(&Request) -> bool) {
        let known = !self.racing;
        for request in self.requests.iter_mut().flatten().filter(|request| which(request)) {
            request.must_end |= known;
        }
    }

    fn device(&mut self, number: u8) -> &mut Device {
        let last = usize::from(DEVICES) - 1;
        &mut self.devices[usize::from(number).min(last)]
    }

    fn open_files(&self, device: u8) -> usize {
        self.files.iter().flatten().filter(|of| **of == device).count()
    }

    fn plugged(&mut self, number: u8, start: bool, twin: bool) -> Option<()> {
        let first_is_there = self.device(0).state.is_some();
        let device = self.device(number);
        if device.state.is_some() {
            return None;
        }
        let fails = |refusal| device.refusals.contains(&refusal);
        let state = if twin && number != 0 && first_is_there {
            NodeState::Duplicate
        } else if fails(Refusal::AddDevice) {
            NodeState::Removed
        } else if !start {
            NodeState::DriversAdded
        } else if fails(Refusal::Start) {
            NodeState::Removed
        } else {
            NodeState::Started
        };
        device.refusals.retain(|refusal| matches!(refusal, Refusal::QueryStop | Refusal::QueryRemove));
        (device.state, device.pulled) = (Some(state), false);
        Some(())
    }

    /// The device is gone, or has failed.
    fn goes(&mut self, number: u8, pulled: bool) {
        let open = self.open_files(number) > 0;
        let device = self.device(number);
        let had_stack = device.state.is_some_and(NodeState::has_stack);
        device.pulled |= pulled;
        device.state = match (pulled, open && had_stack) {
            (true, true) => Some(NodeState::DeletePendingCloses),
            (true, false) => None,
            (false, true) => Some(NodeState::RemovePendingCloses),
            (false, false) => Some(NodeState::Removed),
        };
        self.must_end(|request| request.device == number);
    }

    fn pulled(&mut self, number: u8) {
        self.device(number).pulled = true;
        if self.device(number).ends_requests() {
            self.must_end(|request| request.device == number);
        }
    }

    /// The device goes and comes back by itself when its files are closed: that it is there is a guess.
    fn cycled(&mut self, number: u8) {
        self.goes(number, true);
        self.device(number).pulled = false;
        if self.device(number).state.is_none() {
            self.device(number).state = Some(NodeState::Started);
        }
    }

    /// The PnP manager does something. None: not in this state.
    fn operate(&mut self, number: u8, operation: PnpOperation) -> Option<()> {
        use PnpOperation as It;
        let files = self.open_files(number);
        let device = self.device(number);
        let now = device.state?;
        let mut refused = |what| {
            let at = device.refusals.iter().position(|refusal| *refusal == what);
            at.map(|at| device.refusals.remove(at)).is_some()
        };
        let allowed = |states: &[NodeState]| states.contains(&now).then_some(());
        let next = match operation {
            It::OrderlyRemove | It::Disable => {
                allowed(&[NodeState::Started, NodeState::DriversAdded, NodeState::QueryRemoved])?;
                if files > 0 || refused(Refusal::QueryRemove) { now } else { NodeState::Removed }
            }
            It::Enable => {
                allowed(&[NodeState::Initialized, NodeState::Duplicate, NodeState::Removed])?;
                let fails = refused(Refusal::AddDevice) || refused(Refusal::Start);
                if fails { NodeState::Removed } else { NodeState::Started }
            }
            It::Rebalance => {
                allowed(&[NodeState::Started])?;
                if !refused(Refusal::QueryStop) && refused(Refusal::Start) {
                    self.goes(number, false);
                    return Some(());
                }
                now
            }
            It::RebalanceFailRestart => {
                allowed(&[NodeState::Started])?;
                if !refused(Refusal::QueryStop) {
                    self.goes(number, false);
                    return Some(());
                }
                now
            }
            It::CancelStop | It::SpuriousCancelStop => {
                allowed(&[NodeState::Started, NodeState::QueryStopped])?;
                NodeState::Started
            }
            It::CancelRemove => {
                allowed(&[NodeState::Started, NodeState::DriversAdded])?;
                now
            }
            It::QueryStop => {
                allowed(&[NodeState::Started])?;
                if refused(Refusal::QueryStop) { now } else { NodeState::QueryStopped }
            }
            It::Stop => {
                allowed(&[NodeState::QueryStopped])?;
                NodeState::Stopped
            }
            It::Start => {
                allowed(&[NodeState::DriversAdded, NodeState::Stopped, NodeState::Started])?;
                match (refused(Refusal::Start), now) {
                    (false, _) => NodeState::Started,
                    (true, NodeState::DriversAdded) => NodeState::Removed,
                    (true, _) => {
                        self.goes(number, false);
                        return Some(());
                    }
                }
            }
            It::QueryRemove => {
                allowed(&[NodeState::Started, NodeState::DriversAdded])?;
                if files > 0 || refused(Refusal::QueryRemove) { now } else { NodeState::QueryRemoved }
            }
            It::SpuriousCancelRemove => {
                allowed(&[NodeState::Started, NodeState::QueryRemoved])?;
                NodeState::Started
            }
            It::Remove => {
                allowed(&[NodeState::Started, NodeState::DriversAdded, NodeState::QueryRemoved])?;
                (files == 0).then_some(NodeState::Removed)?
            }
            It::SurpriseRemoval => {
                let waits = matches!(now, NodeState::RemovePendingCloses | NodeState::DeletePendingCloses);
                (now.has_stack() && !waits).then_some(())?;
                self.goes(number, false);
                return Some(());
            }
            _ => {
                allowed(&[NodeState::Started])?;
                now
            }
        };
        device.state = Some(next);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Move, script};
    use crate::scenario::{Completion, Face, PnpOperation, Step};

    fn plug(device: u8) -> Move {
        let (face, way) = (Face::Usb3, Completion::Dispatch);
        Move::Plug { device, face, way, start: true, twin: false }
    }

    fn pnp(operation: PnpOperation) -> Move {
        Move::Pnp { device: 0, operation }
    }

    #[test]
    fn what_is_not_legal_is_left_out() {
        let made = script(&[pnp(PnpOperation::Stop), plug(0), pnp(PnpOperation::Stop)], "loopback-hs");
        assert_eq!(made.steps.len(), 1, "{:?}", made.steps);
        let legal =
            [plug(0), pnp(PnpOperation::QueryStop), pnp(PnpOperation::Stop), pnp(PnpOperation::Start)];
        assert_eq!(script(&legal, "loopback-hs").steps.len(), 4);
    }

    #[test]
    fn a_device_is_not_removed_in_an_orderly_way_while_it_is_open() {
        let open = Move::Open { device: 0, file: 0, process: 0 };
        let moves = [plug(0), open, pnp(PnpOperation::Remove), pnp(PnpOperation::QueryRemove)];
        let made = script(&moves, "loopback-hs");
        // QUERY_REMOVE may be asked, and is refused by the PnP manager.
        assert_eq!(made.steps.len(), 3);
        let again = script(&[plug(0), plug(0)], "loopback-hs");
        assert_eq!(again.steps.len(), 1);
        assert!(matches!(again.steps.first(), Some(Step::Try { .. })));
    }
}
