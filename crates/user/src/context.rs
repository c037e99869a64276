//! Where devices come from.

use std::sync::Arc;

#[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
use crate::transport::sim::{SimOptions, SimSource, Simulator};
use crate::{
    device_info::{DeviceId, DeviceInfo},
    error::{Error, ErrorKind},
    events::{Events, Filter, Keywords, Level},
    transport::{Source, feed},
    watch::Watch,
};

/// Where devices come from: this system, or a simulated kernel.
///
/// ```
/// use usbclient_user::{Change, Context, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// let context = example::context(&[])?; // on Windows: Context::system()?
/// let mut changes = context.watch()?;
/// let simulator = context.simulator().expect("it is simulated");
/// let device = simulator.plug("loopback-hs")?;
/// if let Some(Change::Arrived(id)) = changes.next() {
///     let descriptor = context.find(&id)?.open()?.device_descriptor().wait()?;
///     assert_eq!(descriptor.product_id(), 0x0001);
/// }
/// simulator.unplug(&device)?;
/// assert!(matches!(changes.next(), Some(Change::Removed(_))));
/// // Everything is closed and unloaded, and no rule was violated meanwhile.
/// context.finish()
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    source: Arc<dyn Source>,
    #[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
    simulated: Option<Arc<SimSource>>,
}

impl Context {
    /// The devices of this system, which must be Windows.
    ///
    /// # Errors
    /// [`NotSupported`](ErrorKind::NotSupported) on another system.
    #[cfg(windows)]
    pub fn system() -> Result<Self, Error> {
        Ok(Self { source: Arc::new(crate::transport::windows::WindowsSource) })
    }

    /// The devices of this system, which must be Windows.
    ///
    /// # Errors
    /// [`NotSupported`](ErrorKind::NotSupported) on another system.
    #[cfg(not(windows))]
    pub fn system() -> Result<Self, Error> {
        let why = "the driver is for Windows; a simulated kernel runs it here";
        Err(Error::new(ErrorKind::NotSupported, "looking for devices of this system").because(why))
    }

    /// Devices in a simulated kernel, behind the real driver. A process has one at a time.
    ///
    /// Simulated time goes as fast as it can to what is about to happen, and as fast as time outside otherwise. It stands
    /// still while nobody waits, watches or listens. A kernel that has been on for an hour of its time stops.
    ///
    /// # Errors
    /// [`Simulator`](ErrorKind::Simulator): the driver cannot be loaded, or stops the kernel; [`Busy`](ErrorKind::Busy): this
    /// process has one already; [`NotFound`](ErrorKind::NotFound): there is no such model.
    #[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
    pub fn simulated(options: SimOptions) -> Result<Self, Error> {
        let source = Arc::new(SimSource::start(options)?);
        Ok(Self { source: Arc::clone(&source) as Arc<dyn Source>, simulated: Some(source) })
    }

    /// The hand that plugs and pulls, if the kernel is simulated.
    #[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
    #[must_use]
    pub fn simulator(&self) -> Option<Simulator> {
        self.simulated.clone().map(Simulator::new)
    }

    /// The devices that can be opened now, in the order of their ids.
    ///
    /// # Errors
    /// What the system says.
    pub fn list_devices(&self) -> Result<Vec<DeviceInfo>, Error> {
        let mut found = self.source.list()?;
        found.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(found.into_iter().map(|one| DeviceInfo::new(one, Arc::clone(&self.source))).collect())
    }

    /// The device with this id.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound): it is not there any more.
    pub fn find(&self, id: &DeviceId) -> Result<DeviceInfo, Error> {
        let found = self.list_devices()?.into_iter().find(|one| one.id() == id);
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "looking for a device").because(id.path()))
    }

    /// The only device with these numbers, or the first of several.
    ///
    /// # Errors
    /// [`NotInstalled`](ErrorKind::NotInstalled): no device of this driver is there at all;
    /// [`NotFound`](ErrorKind::NotFound): none of them has these numbers.
    pub fn find_by_numbers(&self, vendor: u16, product: u16) -> Result<DeviceInfo, Error> {
        let all = self.list_devices()?;
        let kind = if all.is_empty() { ErrorKind::NotInstalled } else { ErrorKind::NotFound };
        let found = all.into_iter().find(|one| (one.vendor_id(), one.product_id()) == (vendor, product));
        found.ok_or_else(|| {
            Error::new(kind, "looking for a device").because(format!("{vendor:04x}:{product:04x}"))
        })
    }

    /// Tells of devices that come and go from now on.
    ///
    /// # Errors
    /// What the system says.
    pub fn watch(&self) -> Result<Watch, Error> {
        let (sender, feed) = feed();
        self.source.watch(sender).map(|guard| Watch::new(feed, guard))
    }

    /// Tells of what the driver tells event tracing from now on. On Windows only an administrator, or a member of the
    /// group Performance Log Users, may listen.
    ///
    /// # Errors
    /// [`AccessDenied`](ErrorKind::AccessDenied), or what the system says.
    pub fn events(&self, level: Level, keywords: Keywords) -> Result<Events, Error> {
        let (sender, feed) = feed();
        self.source.trace(Filter { level, keywords }, sender).map(|guard| Events::new(feed, guard))
    }

    /// Ends a simulation: every file is closed, every device pulled, the driver unloaded, and the rules judge everything
    /// that happened. What is still used of it ends with an error. On Windows there is nothing to do.
    ///
    /// # Errors
    /// [`Simulator`](ErrorKind::Simulator): the kernel had stopped, or a rule was violated; the text says which.
    pub fn finish(self) -> Result<(), Error> {
        #[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
        if let Some(result) = self.simulated.and_then(|simulated| simulated.finish()) {
            return result;
        }
        Ok(())
    }
}

/// The devices of this system that can be opened now: [`Context::system`] and [`Context::list_devices`].
///
/// # Errors
/// As those two.
pub fn list_devices() -> Result<Vec<DeviceInfo>, Error> {
    Context::system()?.list_devices()
}
