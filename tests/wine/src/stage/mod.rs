//! Playing a script under Wine.

mod devices;
mod files;

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use nt_trace::NtStatus;
use ntsim::{
    scenario::{Expected, Ioctl, Stage, Step},
    stop::Stop,
};
use wine_agent::Io;

use crate::session::Session;

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

#[expect(clippy::future_not_send, reason = "a run is played on one thread")]
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
}

fn control(ioctl: &Ioctl) -> Io {
    Io::Control { code: ioctl.code.0, input: ioctl.input.make(), output: ioctl.output.make() }
}

fn check(expect: &Expected, status: NtStatus, information: u64, output: &[u8]) -> Result<()> {
    expect.check(status, information, output).map_err(anyhow::Error::msg)
}
