//! What a device's life tells event tracing.

use usbclient_protocol::status::Status;

use super::GateCalls;
use crate::{descriptors::Refusal, remove::Stage};

/// A thing worth telling whoever traces the driver. Changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// START failed in this step.
    StartFailed(StartStep, Status),
    /// A descriptor of the device cannot be used.
    Refused(Refusal),
    /// STOP has dropped the pipes.
    Stopped,
    /// `SURPRISE_REMOVAL` has come.
    SurpriseRemoved,
    /// REMOVE has reached this stage.
    Removal(Stage),
}

/// The steps of START that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartStep {
    /// A driver below failed it.
    LowerDrivers,
    /// Reading or understanding the device descriptor.
    DeviceDescriptor,
    /// Reading or understanding the configuration descriptor.
    ConfigurationDescriptor,
    /// Selecting the configuration.
    SelectConfiguration,
    /// Recording its pipes.
    Pipes,
    /// Turning the device interface on.
    Interface,
}

/// A step's result, told if it is a failure.
pub(super) trait Telling<T> {
    /// Tells a failure of `step`, and why a descriptor is refused if that is the failure.
    fn tell<C: GateCalls>(self, device: C::Device, step: StartStep) -> Result<T, Status>;
}

impl<T> Telling<T> for Result<T, Status> {
    fn tell<C: GateCalls>(self, device: C::Device, step: StartStep) -> Self {
        self.inspect_err(|status| C::tell(device, Told::StartFailed(step, *status)))
    }
}

impl<T> Telling<T> for Result<T, Refusal> {
    fn tell<C: GateCalls>(self, device: C::Device, step: StartStep) -> Result<T, Status> {
        self.inspect_err(|refusal| C::tell(device, Told::Refused(*refusal)))
            .map_err(Status::from)
            .tell::<C>(device, step)
    }
}
