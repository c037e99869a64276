//! Where devices come from for this command: the system, or a simulated kernel with what happens in it.

use std::time::{Duration, SystemTime};

use usbclient_user::{Access, Context, Device, DeviceInfo, ErrorKind, Language};

use crate::{
    cli::{Global, Selector},
    failure::{Exit, Failure, next},
    interrupt, names,
    output::{Output, plural},
    trace::Tracer,
};

/// What a command works with.
#[derive(Debug)]
pub struct Session {
    context: Context,
    access: Access,
    /// Where the command writes.
    pub output: Output,
    tracer: Option<Tracer>,
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    simulation: Option<crate::simulation::Events>,
}

impl Session {
    /// Begins.
    ///
    /// # Errors
    /// There is no such system here; the simulated kernel does not load the driver.
    pub fn start(global: &Global) -> Result<Self, Failure> {
        let context = context(global)?;
        let tracer = global.trace.then(|| Tracer::start(&context)).transpose()?;
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        let simulation = crate::simulation::Events::start(&context, &global.simulation)?;
        Ok(Self {
            access: if global.read_only { Access::Read } else { Access::ReadWrite },
            output: Output::new(global.json),
            tracer,
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            simulation,
            context,
        })
    }

    /// Where devices come from.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Whether what is measured is the simulator.
    #[cfg_attr(
        not(all(target_os = "linux", target_arch = "x86_64")),
        expect(clippy::unused_self, reason = "nothing is simulated there")
    )]
    pub const fn is_simulated(&self) -> bool {
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        return self.simulation.is_some();
        #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
        false
    }

    /// The clock of the driver's events: since 1970, or since the simulated machine was switched on.
    #[cfg_attr(
        not(all(target_os = "linux", target_arch = "x86_64")),
        expect(clippy::unused_self, reason = "nothing is simulated there")
    )]
    pub fn now(&self) -> Duration {
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        if let Some(simulator) = self.context.simulator() {
            return simulator.now().unwrap_or_default();
        }
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    /// Ends the simulation, if it is one, and hears its verdict.
    ///
    /// # Errors
    /// The driver broke a rule, or the kernel stopped.
    pub fn finish(self) -> Result<(), Failure> {
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        drop(self.simulation);
        let verdict = self.context.finish();
        drop(self.tracer);
        verdict.map_err(Failure::from)
    }

    /// Opens a device.
    ///
    /// # Errors
    /// As the library says.
    pub fn open(&self, info: &DeviceInfo) -> Result<Device, Failure> {
        info.open_for(self.access).map_err(Failure::from)
    }

    /// Every device, and there is one at least.
    ///
    /// # Errors
    /// None is there.
    pub fn devices(&self) -> Result<Vec<DeviceInfo>, Failure> {
        let devices = self.context.list_devices()?;
        if devices.is_empty() {
            let failure = Failure::new(Exit::NotInstalled, "no device of usbclient is there");
            return Err(Failure { next: next(Exit::NotInstalled).map(str::to_owned), ..failure });
        }
        Ok(devices)
    }

    /// Opens the device that is meant.
    ///
    /// # Errors
    /// None fits, or several.
    pub fn select(&self, selector: Option<&Selector>) -> Result<Device, Failure> {
        let devices = self.devices()?;
        let Some(selector) = selector else {
            return match devices.as_slice() {
                [only] => self.open(only),
                several => Err(ambiguous("there are several devices", several)),
            };
        };
        let fitting = Self::fitting(selector, &devices);
        match fitting.as_slice() {
            [only] => self.open(only),
            [] => {
                let what = format!("there is no device {}", selector.0);
                Err(ambiguous(&what, &devices))
            }
            several => Err(ambiguous(&format!("several devices are {}", selector.0), several)),
        }
    }

    /// What fits the selector in the first of its meanings that anything fits in.
    fn fitting(selector: &Selector, devices: &[DeviceInfo]) -> Vec<DeviceInfo> {
        let those = |fits: &dyn Fn(&DeviceInfo) -> bool| -> Vec<DeviceInfo> {
            devices.iter().filter(|device| fits(device)).cloned().collect()
        };
        let text = selector.0.as_str();
        let by_path =
            those(&|device| device.id().path().eq_ignore_ascii_case(text) || device.location() == Some(text));
        if !by_path.is_empty() {
            return by_path;
        }
        if let Some(numbers) = selector.numbers() {
            return those(&|device| (device.vendor_id(), device.product_id()) == numbers);
        }
        let by_place = selector.place().and_then(|place| devices.get(place.checked_sub(1)?));
        if let Some(device) = by_place {
            return vec![device.clone()];
        }
        those(&|device| serial(device).as_deref() == Some(text))
    }
}

/// The serial number of a device that can be opened.
fn serial(info: &DeviceInfo) -> Option<String> {
    let device = info.open_for(Access::Read).ok()?;
    let index = interrupt::wait(device.device_descriptor()).ok()?.serial_number_string()?;
    string(&device, index)
}

/// A string in the first language that the device has.
pub fn string(device: &Device, index: u8) -> Option<String> {
    let languages = interrupt::wait(device.languages()).ok()?;
    let language = languages.first().copied().unwrap_or(Language::ENGLISH_US);
    interrupt::wait(device.string(index, language)).ok()
}

/// One line about a device that was not opened.
fn line(number: usize, device: &DeviceInfo) -> String {
    let (vendor, product) = (device.vendor_id(), device.product_id());
    let known = names::product(vendor, product);
    let name = device.name().or(known).unwrap_or("");
    format!("{number}  {vendor:04x}:{product:04x}  {name}").trim_end().to_owned()
}

fn ambiguous(what: &str, devices: &[DeviceInfo]) -> Failure {
    let lines = devices.iter().zip(1..).map(|(device, number)| line(number, device));
    let details = lines.collect();
    let count = plural(devices.len(), "device");
    let failure = Failure::new(Exit::NotFound, format!("{what}; {count} to choose from:"));
    Failure { details, ..failure }
        .next("Name one of them by vendor:product, by number, by serial number or by path (`usbctl list`).")
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn context(global: &Global) -> Result<Context, Failure> {
    let simulation = &global.simulation;
    simulation
        .driver
        .as_ref()
        .map_or_else(system, |driver| crate::simulation::context(driver, &simulation.models))
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn context(_: &Global) -> Result<Context, Failure> {
    system()
}

fn system() -> Result<Context, Failure> {
    Context::system().map_err(|error| match error.kind() {
        ErrorKind::NotSupported => {
            let what = "usbclient is a driver for Windows: no device of it can be here";
            Failure::new(Exit::NotInstalled, what)
                .next("`--sim usbclient.sys` runs the driver file in a simulated kernel (Linux on x86-64).")
        }
        _ => error.into(),
    })
}
