//! The simulated system.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use super::{channel::SimChannel, commands::Commands, options::SimOptions, world::World};
use crate::{
    device_info::{Access, Description, DeviceId},
    error::{Error, ErrorKind},
    events::{DriverEvent, Filter},
    transport::{Channel, Guard, Sender, Source},
    watch::Change,
};

/// Whether this process has a machine.
static RUNS: AtomicBool = AtomicBool::new(false);

/// A machine on a thread of its own.
#[derive(Debug)]
pub struct SimSource {
    pub(super) commands: Arc<Commands>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SimSource {
    /// Loads the driver and plugs the devices in.
    pub(crate) fn start(options: SimOptions) -> Result<Self, Error> {
        const DOING: &str = "starting the simulated kernel";
        if RUNS.swap(true, Ordering::AcqRel) {
            let why = "a process has one at a time: its memory has fixed addresses";
            return Err(Error::new(ErrorKind::Busy, DOING).because(why));
        }
        let commands = Arc::new(Commands::default());
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let of_thread = Arc::clone(&commands);
        let thread = thread::Builder::new().name("usbclient simulator".into()).spawn(move || {
            let world = World::new(&options, of_thread);
            let (world, result) = match world {
                Ok(world) => (Some(world), Ok(())),
                Err(error) => (None, Err(error)),
            };
            // Whoever started the thread waits for this.
            let _ = tell.send(result);
            if let Some(world) = world {
                world.run();
            }
            RUNS.store(false, Ordering::Release);
        });
        let thread = thread.map_err(|error| {
            RUNS.store(false, Ordering::Release);
            Error::new(ErrorKind::Simulator, DOING).because(error.to_string())
        })?;
        match told.recv() {
            Ok(Ok(())) => Ok(Self { commands, thread: Mutex::new(Some(thread)) }),
            Ok(Err(error)) => {
                // It has said why, and ends.
                drop(thread.join());
                Err(error)
            }
            Err(_) => Err(Error::new(ErrorKind::Simulator, DOING).because("its thread has panicked")),
        }
    }

    /// Ends everything and gives what the rules found, once. None: it was done before.
    pub(crate) fn finish(&self) -> Option<Result<(), Error>> {
        const DOING: &str = "judging the simulation";
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let found = self.commands.call(DOING, World::finish);
        let has_panicked = thread.join().is_err();
        Some(found.and_then(|found| {
            if has_panicked {
                return Err(Error::new(ErrorKind::Simulator, DOING).because("its thread has panicked"));
            }
            if found.is_empty() {
                return Ok(());
            }
            Err(Error::new(ErrorKind::Simulator, DOING).because(found.join("\n")))
        }))
    }
}

impl Drop for SimSource {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.finish() {
            // Nobody asked, and it must not be lost.
            eprintln!("{error}");
        }
    }
}

impl Source for SimSource {
    fn list(&self) -> Result<Vec<Description>, Error> {
        self.commands.call("listing devices", |world| world.devices())
    }

    fn open(&self, device: &DeviceId, access: Access) -> Result<Arc<dyn Channel>, Error> {
        let id = device.clone();
        let file = self.commands.call("opening a device", move |world| world.open(&id, access))??;
        Ok(Arc::new(SimChannel { commands: Arc::clone(&self.commands), file }))
    }

    fn watch(&self, sender: Sender<Change>) -> Result<Guard, Error> {
        let number = self.commands.call("watching for devices", |world| world.watch(sender))?;
        Ok(Box::new(Ending { commands: Arc::clone(&self.commands), number, end: World::end_watch }))
    }

    fn trace(&self, filter: Filter, sender: Sender<DriverEvent>) -> Result<Guard, Error> {
        let listen = move |world: &mut World| world.listen(filter, sender);
        let number = self.commands.call("listening to the driver's events", listen)??;
        Ok(Box::new(Ending { commands: Arc::clone(&self.commands), number, end: World::end_listening }))
    }
}

/// Ends what has this number when it is dropped.
#[derive(Debug)]
struct Ending {
    commands: Arc<Commands>,
    number: u64,
    end: fn(&mut World, u64),
}

impl Drop for Ending {
    fn drop(&mut self) {
        let (number, end) = (self.number, self.end);
        // A simulation that is over has ended it.
        drop(self.commands.call("ending", move |world| end(world, number)));
    }
}
