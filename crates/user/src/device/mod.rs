//! An open device.

mod control;
mod descriptors;
mod information;
mod privileges;
mod properties;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use usbclient_protocol::{ConfigurationSelect, FrameNumber, SettingSelect, control_code};

pub use self::{
    control::{ControlType, Recipient, Setup, milliseconds},
    descriptors::{DescriptorRequest, DeviceDescriptor, Language},
    information::{Claimed, EndpointInfo, InterfaceInfo, endpoint, endpoints},
    privileges::{InterfaceSet, Operations, Privileges},
    properties::{Properties, Speed},
};
use crate::{
    device_info::DeviceInfo,
    endpoint::{Direction, Endpoint, Kind},
    error::{Error, ErrorKind},
    interface::{Claim, Interface},
    operation::{Line, Operation},
    policy::DevicePolicies,
    transport::Channel,
};

/// An open device: one file of it. Clones are the same file, which is closed with the last of them and of everything that
/// was made from it.
///
/// ```
/// use usbclient_user::{Setup, example};
///
/// # fn main() -> Result<(), usbclient_user::Error> {
/// # let context = example::context(&["loopback-hs"])?;
/// let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
/// let descriptor = device.device_descriptor().wait()?;
/// assert_eq!(descriptor.vendor_id(), 0x1209);
///
/// // Vendor request 1 of this device writes and reads a small memory.
/// device.control_out(Setup::vendor(0x01).value(16), b"hello").wait()?;
/// assert_eq!(device.control_in(Setup::vendor(0x01).value(16), 5).wait()?, b"hello");
/// # drop(device);
/// # context.finish()
/// # }
/// ```
#[derive(Clone)]
pub struct Device {
    info: DeviceInfo,
    shared: Arc<Shared>,
}

/// What everything of one open file shares.
#[derive(Debug)]
pub struct Shared {
    pub(crate) channel: Arc<dyn Channel>,
    /// The interfaces that this file has claimed: a second claim would have the same handle as the first.
    claimed: Mutex<BTreeSet<u8>>,
}

impl Shared {
    /// Notes that an interface is claimed. False: it is already.
    pub(crate) fn take(&self, interface: u8) -> bool {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(interface)
    }

    pub(crate) fn give_back(&self, interface: u8) {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).remove(&interface);
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Device").field(self.info.id()).finish()
    }
}

impl Device {
    pub(crate) fn new(info: DeviceInfo, channel: Arc<dyn Channel>) -> Self {
        Self { info, shared: Arc::new(Shared { channel, claimed: Mutex::default() }) }
    }

    /// What was known about the device before it was opened.
    #[must_use]
    pub const fn info(&self) -> &DeviceInfo {
        &self.info
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn operation<T, F, R>(&self, steps: F) -> Operation<T>
    where
        F: FnOnce(Line) -> R,
        R: Future<Output = Result<T, Error>> + Send + 'static,
    {
        Operation::new(&self.shared.channel, steps)
    }

    /// A request that moves nothing, and its reply has no bytes.
    pub(crate) fn order(&self, doing: &'static str, code: u32, input: &[u8]) -> Operation<()> {
        let input = input.to_vec();
        self.operation(async move |line| line.send(doing, code, &input, Vec::new()).await.map(drop))
    }

    /// Claims an interface for this file: others can neither use its endpoints, nor send it control transfers, nor reset the
    /// device, until the [`Interface`] and all its endpoints are dropped.
    ///
    /// Errors of the operation: [`Busy`](ErrorKind::Busy): another file, or another `Interface` of this one, has claimed it, or
    /// has requests on its pipes; [`InvalidArgument`](ErrorKind::InvalidArgument): no such interface.
    pub fn claim_interface(&self, number: u8) -> Operation<Interface> {
        let device = self.clone();
        self.operation(async move |line| Claim::make(&line, device, number).await.map(Interface::new))
    }

    /// An endpoint of an interface that need not be claimed: everybody may use it meanwhile.
    ///
    /// Errors of the operation: [`NotFound`](ErrorKind::NotFound): no such endpoint in the settings that are selected;
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): it has another type or direction.
    pub fn endpoint<K: Kind, D: Direction>(&self, address: u8) -> Operation<Endpoint<K, D>> {
        let device = self.clone();
        self.operation(async move |line| Endpoint::shared(&line, &device, address).await)
    }

    /// Selects another configuration, and cancels everything that is in flight; every pipe is new then, and endpoints of
    /// before are stale. If it fails the old one is selected again.
    ///
    /// Errors of the operation: [`InvalidArgument`](ErrorKind::InvalidArgument): no such configuration;
    /// [`Busy`](ErrorKind::Busy): another file has claimed an interface; [`NotSupported`](ErrorKind::NotSupported): it is a
    /// function of a composite device.
    pub fn select_configuration(&self, value: u8) -> Operation<()> {
        let input = ConfigurationSelect { value, ..ConfigurationSelect::default() };
        self.order("selecting a configuration", control_code::SELECT_CONFIGURATION, &input.encode())
    }

    /// Selects an alternate setting of an interface that nobody has claimed.
    ///
    /// Errors of the operation: [`InvalidArgument`](ErrorKind::InvalidArgument): no such interface or setting;
    /// [`Busy`](ErrorKind::Busy): it is claimed by another file.
    pub fn select_setting(&self, interface: u8, alternate: u8) -> Operation<()> {
        let input = SettingSelect { interface: interface.into(), alternate, ..SettingSelect::default() };
        self.order("selecting an alternate setting", control_code::SELECT_INTERFACE, &input.encode())
    }

    /// Resets the device: everything in flight is cancelled, the configuration and the pipes stay. A composite device is
    /// reset whole.
    ///
    /// Errors of the operation: [`Busy`](ErrorKind::Busy): another file has claimed an interface.
    pub fn reset(&self) -> Operation<()> {
        self.order("resetting the device", control_code::RESET_PORT, &[])
    }

    /// Makes the device appear anew, as if it were unplugged and plugged in: this file's device is gone then.
    ///
    /// Errors of the operation: [`Busy`](ErrorKind::Busy): another file has claimed an interface.
    pub fn cycle_port(&self) -> Operation<()> {
        self.order("cycling the device's port", control_code::CYCLE_PORT, &[])
    }

    /// The number of the present frame.
    pub fn frame_number(&self) -> Operation<u32> {
        self.operation(async |line| {
            const DOING: &str = "reading the frame number";
            let reply =
                line.send(DOING, control_code::GET_FRAME_NUMBER, &[], vec![0; FrameNumber::SIZE]).await?;
            let frame = FrameNumber::decode(&reply).ok_or_else(|| short_reply(DOING))?;
            Ok(frame.frame)
        })
    }

    /// Restricts this file for ever: what is not named is [`AccessDenied`](ErrorKind::AccessDenied) from now on.
    pub fn drop_privileges(&self, keep: &Privileges) -> Operation<()> {
        self.order("dropping privileges", control_code::DROP_PRIVILEGES, &keep.encode())
    }

    /// The policies of the device itself and of its default pipe.
    #[must_use]
    pub fn policies(&self) -> DevicePolicies {
        DevicePolicies::new(self.clone())
    }
}

/// The driver's reply is shorter than its own description says.
pub fn short_reply(doing: impl Into<crate::error::Doing>) -> Error {
    Error::new(ErrorKind::InvalidData, doing).because("the driver's reply is too short")
}
