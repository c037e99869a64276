//! Playing a script under Wine.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use nt_trace::NtStatus;
use ntsim::{
    power::Sleep,
    scenario::{Expectation, Expected, Ioctl, Open, Plug, PnpOperation, Poke, PowerOperation, Stage, Step},
    stop::Stop,
};
use usbclient_protocol::{DEVICE_INTERFACE_GUID, Guid};
use wine_agent::{Answer, Command, Io};

use crate::{agent::PATIENCE, protocol, session::Session};

/// `ERROR_INVALID_HANDLE`
const INVALID_HANDLE: u32 = 6;
/// Phases of [`protocol::State`].
const GONE: u32 = 0;
const STARTED: u32 = 2;
const PULLED: u32 = 4;
/// `SYSTEM_POWER_STATE` of a system that works.
const WORKING: u32 = 1;

/// Steps a script in one run.
pub struct WineStage {
    state: RefCell<State>,
}

struct State {
    session: Session,
    /// Devices by the script's name: their number.
    devices: BTreeMap<String, u32>,
    /// Instances that were ever plugged in: their number, which is their serial number.
    instances: BTreeMap<String, u32>,
    files: BTreeMap<String, File>,
    requests: BTreeMap<String, Request>,
    /// How many handles each process had before it opened its first file.
    handles: BTreeMap<String, u64>,
    is_installed: bool,
}

#[derive(Clone)]
struct File {
    process: String,
    handle: u64,
    device: String,
}

#[derive(Clone)]
struct Request {
    process: String,
    handle: u64,
    id: u64,
}

impl WineStage {
    /// A stage in a run that has begun.
    #[must_use]
    pub const fn new(session: Session) -> Self {
        Self {
            state: RefCell::new(State {
                session,
                devices: BTreeMap::new(),
                instances: BTreeMap::new(),
                files: BTreeMap::new(),
                requests: BTreeMap::new(),
                handles: BTreeMap::new(),
                is_installed: true,
            }),
        }
    }

    /// The run, for what no script says.
    pub fn with_session<T>(&self, work: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        work(&mut self.state.borrow_mut().session)
    }

    /// The run, to end it.
    #[must_use]
    pub fn into_session(self) -> Session {
        self.state.into_inner().session
    }
}

impl Stage for WineStage {
    async fn perform(&self, step: &Step) -> Result<(), Stop> {
        let mut state = self.state.borrow_mut();
        state.perform(step).map_err(|why| Stop::Script(format!("{}: {why:#}", step.text())))
    }
}

impl State {
    fn perform(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Say { .. } => Ok(()),
            Step::Plug(plug) => self.plug(plug),
            Step::Unplug { device } => self.unplug(device),
            Step::Open(open) => self.open(open),
            Step::Duplicate { file, handle } => self.duplicate(file, handle),
            Step::Close { file } => self.close(file),
            Step::ExitProcess { process } => self.exit(process),
            Step::Ioctl { ioctl, expect } => {
                let request = self.start(&ioctl.file, control(ioctl))?;
                self.end(&request, expect)
            }
            Step::Submit { request, ioctl } => {
                let started = self.start(&ioctl.file, control(ioctl))?;
                self.requests.insert(request.clone(), started);
                Ok(())
            }
            Step::ReadFile { file, length, expect } => {
                let request = self.start(file, Io::Read { length: *length })?;
                self.end(&request, expect)
            }
            Step::WriteFile { file, data, expect } => {
                let request = self.start(file, Io::Write { data: data.make() })?;
                self.end(&request, expect)
            }
            Step::Wait { request, expect } => {
                let started =
                    self.requests.remove(request).with_context(|| format!("no request {request}"))?;
                self.end(&started, expect)
            }
            Step::Cancel { request } => {
                let request = self.requests.get(request).with_context(|| format!("no request {request}"))?;
                let Request { process, handle, id } = request.clone();
                self.cancel(&process, handle, Some(id))
            }
            Step::CancelFile { file } => {
                let File { process, handle, .. } = self.file(file)?;
                self.cancel(&process, handle, None)
            }
            Step::Pnp { device, operation, expect } => self.pnp(device, *operation, expect),
            Step::Power { operation, expect } => self.power(operation, expect),
            Step::Poke { device, poke } => self.poke(device, *poke),
            Step::Sleep { microseconds } => {
                std::thread::sleep(Duration::from_micros(*microseconds));
                Ok(())
            }
            Step::Expect(expectation) => self.expect(expectation),
            Step::Unload => self.unload(),
            _ => bail!("this cannot be done under Wine"),
        }
    }

    fn plug(&mut self, plug: &Plug) -> Result<()> {
        if !self.is_installed {
            self.session.install()?;
            self.is_installed = true;
        }
        let instance = plug.instance.as_ref().unwrap_or(&plug.device);
        let next = u32::try_from(self.instances.len())? + 1;
        let number = *self.instances.entry(instance.clone()).or_insert(next);
        let mut model = [0; 32];
        let name = plug.model.as_bytes();
        model.get_mut(..name.len()).context("a name too long")?.copy_from_slice(name);
        let input = protocol::Plug { model, number, flags: 0 }.encode();
        let mark = self.session.mark()?;
        let (status, _) = self.session.bus(protocol::PLUG, &input, 0)?;
        if status != 0 {
            bail!("the bus refuses: {}", NtStatus(status));
        }
        self.devices.insert(plug.device.clone(), number);
        let status = self.session.until("the driver has not returned from START", |session| {
            let lines = session.lines()?.get(mark..).unwrap_or_default();
            Ok(crate::chapters::last_status(lines, "1b", "0"))
        })?;
        check(&plug.expect, status, 0, &[])?;
        if status.is_success() {
            self.session.until("the PnP manager does not come back from START", |session| {
                Ok((session.state(number)?.phase == STARTED).then_some(()))
            })?;
        }
        let arrived = self.has_interface(&plug.device)?;
        if arrived != status.is_success() {
            bail!("its START ended with {status}, and whether it has an interface is {arrived}");
        }
        Ok(())
    }

    fn unplug(&mut self, device: &str) -> Result<()> {
        let number = self.number(device)?;
        let (status, _) = self.session.bus(protocol::UNPLUG, &number.to_le_bytes(), 0)?;
        if status != 0 {
            bail!("the bus refuses: {}", NtStatus(status));
        }
        self.is_gone(device, number)
    }

    /// Waits until a device that was pulled has no interface, and, if no file is open, no stack.
    fn is_gone(&mut self, device: &str, number: u32) -> Result<()> {
        let phase = if self.files.values().any(|file| file.device == device) { PULLED } else { GONE };
        self.session.until("its removal does not get on", |session| {
            Ok((session.state(number)?.phase == phase).then_some(()))
        })?;
        let path = instance(number);
        self.session.until("its interface stays", |session| {
            let paths = session.interfaces(class())?;
            Ok((!paths.iter().any(|found| found.contains(&path))).then_some(()))
        })
    }

    fn open(&mut self, open: &Open) -> Result<()> {
        if !self.handles.contains_key(&open.process) {
            let count = self.count_handles(&open.process)?;
            self.handles.insert(open.process.clone(), count);
        }
        let number = self.number(&open.device)?;
        let path = self.path(number)?.context("it has no interface")?;
        let path = if open.path.is_empty() { path } else { format!("{path}{}", open.path) };
        let asked = Command::Open { path, read: open.read, write: open.write };
        let status = match self.session.ask(&open.process, &asked)? {
            Answer::Number(handle) => {
                let file = File { process: open.process.clone(), handle, device: open.device.clone() };
                self.files.insert(open.file.clone(), file);
                NtStatus::SUCCESS
            }
            Answer::Refused(status) => NtStatus(status),
            other => bail!("{other:?}"),
        };
        check(&open.expect, status, 0, &[])
    }

    fn duplicate(&mut self, file: &str, new: &str) -> Result<()> {
        let old = self.file(file)?;
        match self.session.ask(&old.process, &Command::Duplicate { handle: old.handle })? {
            Answer::Number(handle) => {
                self.files.insert(new.into(), File { handle, ..old });
                Ok(())
            }
            other => bail!("{other:?}"),
        }
    }

    /// Closes a handle, once. A second time it must be refused; with the last one the process must have as many
    /// handles as it had before.
    fn close(&mut self, file: &str) -> Result<()> {
        let File { process, handle, .. } = self.file(file)?;
        self.files.remove(file);
        let close = Command::Close { handle };
        match self.session.ask(&process, &close)? {
            Answer::Done => {}
            other => bail!("CloseHandle: {other:?}"),
        }
        match self.session.ask(&process, &close)? {
            Answer::Failed(INVALID_HANDLE) => {}
            other => bail!("a second CloseHandle: {other:?}, not ERROR_INVALID_HANDLE"),
        }
        let more = self.files.values().any(|other| other.process == process)
            || self.requests.values().any(|other| other.process == process);
        if !more {
            let (before, after) = (self.handles.get(&process).copied(), self.count_handles(&process)?);
            if before != Some(after) {
                bail!("the process has {after} handles, and had {before:?} before it opened any");
            }
        }
        Ok(())
    }

    fn count_handles(&mut self, process: &str) -> Result<u64> {
        match self.session.ask(process, &Command::Handles)? {
            Answer::Number(count) => Ok(count),
            other => bail!("the handles cannot be counted: {other:?}"),
        }
    }

    fn exit(&mut self, process: &str) -> Result<()> {
        self.session.exit(process)?;
        let devices: Vec<String> = self
            .files
            .values()
            .filter(|file| file.process == process)
            .map(|file| file.device.clone())
            .collect();
        self.files.retain(|_, file| file.process != process);
        self.requests.retain(|_, request| request.process != process);
        self.handles.remove(process);
        for device in devices {
            let left = self.files.values().filter(|file| file.device == device).count();
            let number = self.number(&device)?;
            self.session.until("its files stay open", |session| {
                let state = session.state(number)?;
                Ok((state.files as usize <= left).then_some(()))
            })?;
        }
        Ok(())
    }

    fn start(&mut self, file: &str, io: Io) -> Result<Request> {
        let File { process, handle, .. } = self.file(file)?;
        match self.session.ask(&process, &Command::Start { handle, io })? {
            Answer::Number(id) => Ok(Request { process, handle, id }),
            other => bail!("{other:?}"),
        }
    }

    fn end(&mut self, request: &Request, expect: &Expected) -> Result<()> {
        let milliseconds = u32::try_from(PATIENCE.as_millis() / 2)?;
        let asked = Command::Wait { request: request.id, milliseconds };
        match self.session.ask(&request.process, &asked)? {
            Answer::Ended { status, information, output } => {
                check(expect, NtStatus(status), information, &output)
            }
            Answer::Pending => bail!("hung: the request does not end"),
            other => bail!("{other:?}"),
        }
    }

    fn cancel(&mut self, process: &str, handle: u64, request: Option<u64>) -> Result<()> {
        match self.session.ask(process, &Command::Cancel { handle, request })? {
            Answer::Bool(_) => Ok(()),
            other => bail!("{other:?}"),
        }
    }

    fn pnp(&mut self, device: &str, operation: PnpOperation, expect: &Expected) -> Result<()> {
        let number = self.number(device)?;
        let code = match operation {
            PnpOperation::OrderlyRemove => protocol::EJECT,
            PnpOperation::CancelRemove => protocol::CANCEL_REMOVE,
            PnpOperation::Rebalance => protocol::REBALANCE,
            _ => bail!("this cannot be done under Wine"),
        };
        let (status, _) = self.session.bus(code, &number.to_le_bytes(), 0)?;
        check(expect, NtStatus(status), 0, &[])?;
        if operation == PnpOperation::OrderlyRemove && NtStatus(status).is_success() {
            self.is_gone(device, number)?;
        }
        Ok(())
    }

    fn power(&mut self, operation: &PowerOperation, expect: &Expected) -> Result<()> {
        let state = match operation {
            PowerOperation::Sleep { state, .. } => system_state(*state),
            PowerOperation::Wake => WORKING,
            _ => bail!("this cannot be done under Wine"),
        };
        for number in self.devices.values() {
            let input = [number.to_le_bytes(), state.to_le_bytes()].concat();
            let (status, _) = self.session.bus(protocol::SYSTEM_POWER, &input, 0)?;
            check(expect, NtStatus(status), 0, &[])?;
        }
        Ok(())
    }

    fn poke(&mut self, device: &str, poke: Poke) -> Result<()> {
        let number = self.number(device)?;
        let (what, endpoint, on) = match poke {
            Poke::Halt { endpoint } => (protocol::Poke::HALT, endpoint, false),
            Poke::Nak { endpoint, on } => (protocol::Poke::NAK, endpoint, on),
            Poke::Mute => (protocol::Poke::MUTE, 0, false),
            _ => bail!("this cannot be done under Wine"),
        };
        let input = protocol::Poke { number, what, endpoint: endpoint.into(), on: on.into() }.encode();
        let (status, _) = self.session.bus(protocol::POKE, &input, 0)?;
        check(&Expected::success(), NtStatus(status), 0, &[])
    }

    fn expect(&mut self, expectation: &Expectation) -> Result<()> {
        match expectation {
            Expectation::Interface { device, arrived } => {
                let found = self.has_interface(device)?;
                if found != *arrived {
                    bail!("whether {device} has an interface is {found}");
                }
                Ok(())
            }
            Expectation::Calls { routine, count } => {
                let calls = self.session.calls(routine)?;
                if calls != *count {
                    bail!("{routine} was called {calls} times, not {count}");
                }
                Ok(())
            }
            _ => bail!("nobody can tell this under Wine"),
        }
    }

    fn unload(&mut self) -> Result<()> {
        self.session.uninstall()?;
        self.is_installed = false;
        self.session.until("the driver is not unloaded", |session| {
            Ok(crate::chapters::unloaded(session.lines()?).then_some(()))
        })
    }

    fn has_interface(&mut self, device: &str) -> Result<bool> {
        let number = self.number(device)?;
        Ok(self.path(number)?.is_some())
    }

    fn path(&mut self, number: u32) -> Result<Option<String>> {
        let instance = instance(number);
        Ok(self.session.interfaces(class())?.into_iter().find(|path| path.contains(&instance)))
    }

    fn number(&self, device: &str) -> Result<u32> {
        self.devices.get(device).copied().with_context(|| format!("there is no device {device}"))
    }

    fn file(&self, name: &str) -> Result<File> {
        self.files.get(name).cloned().with_context(|| format!("no file {name} is open"))
    }
}

/// How the path of a device with this number goes on after its hardware id.
fn instance(number: u32) -> String {
    format!("#{number}#")
}

/// The driver's device interface as the agent takes it.
fn class() -> [u32; 4] {
    let Guid { data1, data2, data3, data4: [a, b, c, d, e, f, g, h] } = DEVICE_INTERFACE_GUID;
    let middle = u32::from(data2) << 16 | u32::from(data3);
    [data1, middle, u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])]
}

/// `SYSTEM_POWER_STATE`
const fn system_state(sleep: Sleep) -> u32 {
    match sleep {
        Sleep::S1 => 2,
        Sleep::S2 => 3,
        Sleep::S3 => 4,
        Sleep::S4 => 5,
    }
}

fn control(ioctl: &Ioctl) -> Io {
    Io::Control { code: ioctl.code.0, input: ioctl.input.make(), output: ioctl.output.make() }
}

fn check(expect: &Expected, status: NtStatus, information: u64, output: &[u8]) -> Result<()> {
    expect.check(status, information, output).map_err(anyhow::Error::msg)
}
