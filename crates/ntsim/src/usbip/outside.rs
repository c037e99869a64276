//! What the machine knows of devices that are elsewhere, and how it listens to them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use usb_models::{DeviceModel, Heard, Time};

use super::{
    Address, Input, Limits, Recording, Session,
    address::PREFIX,
    device::{Device, Source},
    identity::{Attached, attach, attach_again},
    recording::VERSION,
};
use crate::{kernel::Kernel, pnp, stop::Stop, usb};

/// What came in this life.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub sessions: Vec<Session>,
    /// Why devices are no more.
    pub losses: Vec<String>,
}

impl Log {
    /// Notes an input of a session.
    pub fn note(&mut self, session: usize, input: Input) {
        if let Input::Lost { reason, .. } = &input {
            let model = self.sessions.get(session).map_or("", |session| session.model.as_str());
            self.losses.push(format!("{model}: {reason}"));
        }
        if let Some(session) = self.sessions.get_mut(session) {
            session.inputs.push(input);
        }
    }
}

/// Devices that are elsewhere.
#[derive(Debug, Default)]
pub struct Outside {
    /// How long things may take.
    pub limits: Limits,
    /// A device that was imported before the life began.
    ready: Option<Attached>,
    /// What came in another life, to come again.
    saved: Option<Recording>,
    log: Rc<RefCell<Log>>,
    /// Whether such a device is plugged in.
    present: Rc<Cell<bool>>,
}

impl Outside {
    /// Gives a device that is imported already to the first script that plugs it in.
    pub fn offer(&mut self, device: Attached) {
        self.ready = Some(device);
    }

    /// Lets the inputs of another life come, and nothing else.
    pub fn replay(&mut self, recording: Recording) {
        self.saved = Some(recording);
    }

    /// What came so far in this life.
    #[must_use]
    pub fn recording(&self) -> Recording {
        Recording { version: VERSION, sessions: self.log.borrow().sessions.clone() }
    }

    /// Why devices are no more, a line each.
    #[must_use]
    pub fn losses(&self) -> Vec<String> {
        self.log.borrow().losses.clone()
    }

    /// Another life begins.
    pub(crate) fn new_life(&mut self) {
        self.log = Rc::default();
        self.present = Rc::default();
    }

    /// The device that a script names `usbip:HOST:PORT/BUSID`.
    fn model(&mut self, name: &str) -> Result<Box<dyn DeviceModel>, String> {
        let address: Address =
            name.trim_start_matches(PREFIX).parse().map_err(|error: super::Error| error.to_string())?;
        if self.present.get() {
            return Err("one USB/IP device at a time: it is waited for in real time".into());
        }
        let session = self.log.borrow().sessions.len();
        let (source, identity) = if let Some(recording) = &self.saved {
            let saved = recording.sessions.get(session).filter(|saved| saved.model == name);
            let saved = saved
                .ok_or_else(|| format!("the recording does not have {name} as device {}", session + 1))?;
            (Source::Saved(saved.inputs.iter().cloned().collect()), saved.identity())
        } else {
            let ready = self.ready.take_if(|ready| ready.address == address);
            let again = session > 0;
            let attached = match ready {
                Some(ready) => Ok(ready),
                None if again => attach_again(&address, self.limits),
                None => attach(&address, self.limits),
            };
            let Attached { connection, identity, .. } = attached.map_err(|error| error.to_string())?;
            (Source::Live(connection), identity)
        };
        self.log.borrow_mut().sessions.push(Session::new(name.to_owned(), &identity));
        self.present.set(true);
        let (log, present) = (Rc::clone(&self.log), Rc::clone(&self.present));
        Ok(Box::new(Device::new(identity, source, self.limits, (log, session), present)))
    }
}

/// Makes the device model with this name: one of the registry, or a device that is elsewhere.
///
/// # Errors
/// [`Stop::Script`]: there is none.
pub fn model(kernel: &mut Kernel, name: &str) -> Result<Box<dyn DeviceModel>, Stop> {
    if name.starts_with(PREFIX) {
        return kernel.outside.model(name).map_err(Stop::Script);
    }
    usb_models::registry::by_name(name)
        .map_err(|error| Stop::Script(format!("no device model {name}: {error:?}")))
}

impl Kernel {
    /// Nobody can run: listens to what is outside, until the next timer is due. False: nothing came.
    pub(crate) fn hear_outside(&mut self) -> bool {
        if !self.outside.present.get() {
            return false;
        }
        let (now, until) = (Time(self.sched.now), self.sched.next_due().map(Time));
        let heard = usb::hear(self, now, until);
        match heard {
            None | Some((_, Heard::Nothing)) => return false,
            Some((pdo, Heard::Something(at))) => {
                self.sched.now = self.sched.now.max(at.0);
                usb::pump(self, pdo);
            }
            Some((pdo, Heard::Gone(at))) => {
                self.sched.now = self.sched.now.max(at.0);
                pnp::device_is_gone(self, pdo);
            }
        }
        true
    }
}
