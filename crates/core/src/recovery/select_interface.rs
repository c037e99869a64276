//! Selecting an alternate setting.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/select-a-usb-alternate-setting>

use usbclient_protocol::status::{STATUS_INVALID_PARAMETER, Status};

use super::{Quiet, QuietCalls, Scope, while_quiet};
use crate::descriptors::{Configuration, Endpoint, EndpointDescriptors, Interface, alternate};

/// An alternate setting, with everything that selecting it needs.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    interface: Interface,
    bytes: [u8; Self::INTERFACE_SIZE],
    endpoints: [Option<EndpointDescriptors>; Configuration::MAX_ENDPOINTS],
}

impl Setting {
    /// Bytes of an interface descriptor.
    pub const INTERFACE_SIZE: usize = 9;

    /// Looks a setting up in the configuration descriptor that is selected. `in_use` are the endpoints that have pipes.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: there is no such setting, or one of its endpoints belongs to another interface now.
    /// Another status if its descriptors cannot be used.
    pub fn find(descriptor: &[u8], number: u8, setting: u8, in_use: &[Endpoint]) -> Result<Self, Status> {
        let found = alternate(descriptor, number, setting)?;
        if found.collides_with(in_use) {
            return Err(STATUS_INVALID_PARAMETER);
        }
        let interface = found.interface();
        let bytes = descriptor.get(usize::from(interface.offset)..).and_then(|bytes| bytes.first_chunk());
        let mut endpoints = [None; Configuration::MAX_ENDPOINTS];
        // A checked setting has at most 30, each address once.
        for (place, endpoint) in endpoints.iter_mut().zip(found.endpoints()) {
            *place = Some(endpoint);
        }
        Ok(Self { interface, bytes: *bytes.ok_or(STATUS_INVALID_PARAMETER)?, endpoints })
    }

    /// The interface descriptor, read.
    #[must_use]
    pub const fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The interface descriptor as the device gave it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Self::INTERFACE_SIZE] {
        &self.bytes
    }

    /// The endpoints, in the order of the descriptor.
    pub fn endpoints(&self) -> impl Iterator<Item = &EndpointDescriptors> {
        self.endpoints.iter().flatten()
    }
}

/// What selecting an alternate setting calls.
pub trait SettingCalls: QuietCalls {
    /// A request that is built, and memory for the pipes that it will answer.
    type Prepared;
    /// The pipes of a setting that is selected.
    type NewPipes;

    /// Looks the setting up in the descriptor that is selected: [`Setting::find`]. `None` means the setting that the
    /// interface has now.
    ///
    /// # Errors
    /// `STATUS_DEVICE_NOT_READY`: no configuration is selected; or as [`Setting::find`].
    fn find_setting(
        device: Self::Device,
        number: u8,
        alternate: Option<u8>,
        passive: &mut Self::Passive,
    ) -> Result<Setting, Status>;

    /// [`USBD_SelectInterfaceUrbAllocateAndBuild`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectinterfaceurballocateandbuild),
    /// and the memory for the new pipes: afterwards nothing of this driver's can fail.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`
    fn prepare_setting(
        device: Self::Device,
        setting: &Setting,
        passive: &mut Self::Passive,
    ) -> Result<Self::Prepared, Status>;

    /// Sends the request, waits for it, and frees it. Whatever it answers, the pipe handles that the interface had are
    /// stale.
    ///
    /// # Errors
    /// What the USB stack answered.
    fn select_setting(
        device: Self::Device,
        quiet: &Quiet,
        prepared: Self::Prepared,
        passive: &mut Self::Passive,
    ) -> Result<Self::NewPipes, Status>;

    /// Puts the new pipes in the place of those that the interface had, or none. Handles of the old ones that were given
    /// to user mode are stale from then on.
    fn replace_pipes(
        device: Self::Device,
        quiet: &Quiet,
        setting: &Setting,
        pipes: Option<Self::NewPipes>,
        passive: &mut Self::Passive,
    );
}

/// Cancels what is in flight on the interface's pipes, then selects the setting and takes its pipes in the place of the
/// old ones. Requests that come meanwhile wait, and are looked at anew.
///
/// If the device refuses, the setting that the interface had is selected again, because no page says that its pipes
/// survive; if that fails too, the interface is left without pipes until a setting or a configuration is selected. The
/// request ends with what the first attempt answered.
///
/// # Errors
/// As [`SettingCalls`]; `STATUS_IO_TIMEOUT` if requests did not come back; `STATUS_DEVICE_NOT_CONNECTED`.
pub fn select_interface<C: SettingCalls>(
    device: C::Device,
    number: u8,
    alternate: u8,
    passive: &mut C::Passive,
) -> Result<(), Status> {
    let old = C::find_setting(device, number, None, passive)?;
    let new = C::find_setting(device, number, Some(alternate), passive)?;
    // Both before anything is sent: taking it back needs no memory.
    let way_back = C::prepare_setting(device, &old, passive)?;
    let prepared = C::prepare_setting(device, &new, passive)?;
    while_quiet::<C, _>(device, Scope::Interface(number), passive, |quiet, passive| {
        let result = C::select_setting(device, quiet, prepared, passive);
        let (setting, pipes, result) = match result {
            Ok(pipes) => (&new, Some(pipes), Ok(())),
            Err(status) => (&old, take_back::<C>(device, quiet, way_back, passive), Err(status)),
        };
        C::replace_pipes(device, quiet, setting, pipes, passive);
        result
    })
}

/// Selects the old setting again, unless the device is gone.
fn take_back<C: SettingCalls>(
    device: C::Device,
    quiet: &Quiet,
    way_back: C::Prepared,
    passive: &mut C::Passive,
) -> Option<C::NewPipes> {
    C::still_there(device, passive).and_then(|()| C::select_setting(device, quiet, way_back, passive)).ok()
}
