//! What can be done to a simulation from outside.

use std::{sync::Arc, time::Duration};

use super::{source::SimSource, world::World};
use crate::error::Error;

/// The hand that plugs and pulls simulated devices.
#[derive(Clone, Debug)]
pub struct Simulator(Arc<SimSource>);

impl Simulator {
    pub(crate) const fn new(source: Arc<SimSource>) -> Self {
        Self(source)
    }

    fn call<T: Send + 'static>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&mut World) -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.0.commands.call(doing, act)
    }

    /// Plugs a device in: a model of the crate `usb-models`. Gives the name by which it is called here from now on, which
    /// is also its [`location`](crate::DeviceInfo::location). The system gives up a device whose start
    /// fails: it is not listed, and there is nothing to be pulled.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound): there is no such model.
    pub fn plug(&self, model: &str) -> Result<String, Error> {
        let model = model.to_owned();
        self.call("plugging in a simulated device", move |world| world.plug(&model))?
    }

    /// Pulls a device.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound): no such device is plugged in.
    pub fn unplug(&self, device: &str) -> Result<(), Error> {
        let name = device.to_owned();
        self.call("pulling a simulated device", move |world| world.unplug(&name))?
    }

    /// Makes an endpoint answer STALL until it is reset.
    ///
    /// # Errors
    /// The device has no such endpoint.
    pub fn halt(&self, device: &str, endpoint: u8) -> Result<(), Error> {
        let name = device.to_owned();
        self.call("halting an endpoint", move |world| world.poke(&name, usb_models::Poke::Halt { endpoint }))?
    }

    /// Makes an endpoint answer NAK, for as long as it is `on`.
    ///
    /// # Errors
    /// The device has no such endpoint.
    pub fn nak(&self, device: &str, endpoint: u8, on: bool) -> Result<(), Error> {
        let name = device.to_owned();
        let poke = usb_models::Poke::Nak { endpoint, on };
        self.call("making an endpoint answer NAK", move |world| world.poke(&name, poke))?
    }

    /// Gives the device something to report on an interrupt endpoint.
    ///
    /// # Errors
    /// The device has no such endpoint, or has too much to report already.
    pub fn report(&self, device: &str, endpoint: u8, data: &[u8]) -> Result<(), Error> {
        let (name, data) = (device.to_owned(), data.to_vec());
        self.call("reporting", move |world| {
            world.poke(&name, usb_models::Poke::Report { endpoint, data: &data })
        })?
    }

    /// Makes the device answer nothing at all any more.
    ///
    /// # Errors
    /// No such device is plugged in.
    pub fn mute(&self, device: &str) -> Result<(), Error> {
        let name = device.to_owned();
        self.call("muting a device", move |world| world.poke(&name, usb_models::Poke::Mute))?
    }

    /// Simulated time since the machine was switched on.
    ///
    /// # Errors
    /// The simulation is over.
    pub fn now(&self) -> Result<Duration, Error> {
        self.call("reading the simulated clock", |world| world.now())
    }

    /// Kernel calls that the driver has made so far.
    ///
    /// # Errors
    /// The simulation is over.
    pub fn kernel_calls(&self) -> Result<u64, Error> {
        self.call("counting kernel calls", |world| world.calls())
    }
}
