//! What happens in the simulated kernel beside this command: devices that are pulled, other programs that claim.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use usbclient_user::{Context, ErrorKind, Interface, SimOptions, Simulator};

use crate::{
    cli::{Claimed, Simulation, Unplug},
    failure::{Exit, Failure},
    interrupt,
};

/// How often the simulated clock is looked at.
const LOOK: Duration = Duration::from_micros(200);

/// A kernel with the driver and these devices.
///
/// # Errors
/// The file cannot be loaded, or there is no such model.
pub fn context(driver: &Path, models: &[String]) -> Result<Context, Failure> {
    if !driver.is_file() {
        let what = format!("{} is no file", driver.display());
        return Err(Failure::usage(what).next("`cargo xtask run` builds target/driver/usbclient.sys."));
    }
    let mut options = SimOptions::new(driver);
    if models.is_empty() {
        options = options.device("loopback-hs");
    }
    let options = models.iter().fold(options, SimOptions::device);
    Context::simulated(options).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let names: Vec<_> =
                usb_models::registry::names().map(|(name, about)| format!("{name:<20} {about}")).collect();
            Failure { details: names, ..Failure::usage(format!("{error}; the models are:")) }
        }
        // Nothing has run yet: the file is no driver that the simulator can load.
        _ => Failure::new(Exit::Failed, error.to_string()),
    })
}

/// What happens while the command runs. Dropping it ends it.
#[derive(Debug)]
pub struct Events {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// What another program has claimed.
    claims: Vec<Interface>,
}

impl Events {
    /// Begins; none: it is no simulation.
    ///
    /// # Errors
    /// There is no device with such a number, or its interface cannot be claimed.
    pub fn start(context: &Context, asked: &Simulation) -> Result<Option<Self>, Failure> {
        let Some(simulator) = context.simulator() else {
            return match (asked.models.is_empty(), asked.unplug.is_empty(), asked.claimed.is_empty()) {
                (true, true, true) => Ok(None),
                _ => Err(Failure::usage(
                    "--device, --unplug and --claimed are for a simulation: give --sim FILE too",
                )),
            };
        };
        let mut events = Self { is_over: Arc::default(), threads: Vec::new(), claims: Vec::new() };
        for claimed in &asked.claimed {
            events.claims.push(claim(context, *claimed)?);
        }
        for unplug in &asked.unplug {
            events.threads.push(events.pull(context, simulator.clone(), *unplug)?);
        }
        Ok(Some(events))
    }

    fn pull(
        &self,
        context: &Context,
        simulator: Simulator,
        unplug: Unplug,
    ) -> Result<JoinHandle<()>, Failure> {
        let devices = context.list_devices()?;
        let device = devices.get(unplug.number - 1).and_then(|device| device.location());
        let name = device.ok_or_else(|| no_such(unplug.number))?.to_owned();
        let at = simulator.now()?.saturating_add(unplug.after);
        let is_over = Arc::clone(&self.is_over);
        let pull = move || {
            while !is_over.load(Ordering::Relaxed) {
                match simulator.now() {
                    Ok(now) if now < at => thread::sleep(LOOK),
                    // A device that is not there any more was pulled twice; a simulation that is over has none.
                    _ => return drop(simulator.unplug(&name)),
                }
            }
        };
        Ok(thread::spawn(pull))
    }
}

fn claim(context: &Context, claimed: Claimed) -> Result<Interface, Failure> {
    let devices = context.list_devices()?;
    let device = devices.get(claimed.number - 1).ok_or_else(|| no_such(claimed.number))?;
    interrupt::wait(device.open()?.claim_interface(claimed.interface))
}

fn no_such(number: usize) -> Failure {
    Failure::usage(format!("there is no simulated device {number}"))
}

impl Drop for Events {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            drop(thread.join());
        }
        self.claims.clear();
    }
}
