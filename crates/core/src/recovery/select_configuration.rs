//! Selecting another configuration.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-select-a-configuration-for-a-usb-device>

use usbclient_protocol::status::{STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, Status};

use super::{Quiet, QuietCalls, Scope, while_quiet};
use crate::descriptors::{Configuration, ConfigurationHeader};

/// What selecting a configuration calls.
pub trait ConfigurationCalls: QuietCalls {
    /// The bytes of a configuration descriptor.
    type Bytes: AsRef<[u8]>;
    /// The pipes of a configuration that is selected.
    type Opened;

    /// Whether the device is one function of a composite device: its parent driver keeps the configuration then, and the
    /// device object's hardware IDs have an interface number
    /// ([page](https://learn.microsoft.com/windows-hardware/drivers/install/standard-usb-identifiers), `&MI_`).
    fn is_function(device: Self::Device, passive: &mut Self::Passive) -> bool;

    /// `bNumConfigurations`, from the device descriptor, read anew.
    ///
    /// # Errors
    /// What the USB stack answered, or `STATUS_INSUFFICIENT_RESOURCES`.
    fn configuration_count(device: Self::Device, passive: &mut Self::Passive) -> Result<u8, Status>;

    /// The first `length` bytes of a configuration descriptor by index, as many as the device gives.
    ///
    /// # Errors
    /// What the USB stack answered, or `STATUS_INSUFFICIENT_RESOURCES`.
    fn read_configuration(
        device: Self::Device,
        index: u8,
        length: u16,
        passive: &mut Self::Passive,
    ) -> Result<Self::Bytes, Status>;

    /// The bytes of the configuration that is selected, if one is.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`
    fn selected_configuration(
        device: Self::Device,
        passive: &mut Self::Passive,
    ) -> Result<Option<Self::Bytes>, Status>;

    /// [`USBD_SelectConfigUrbAllocateAndBuild`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectconfigurballocateandbuild)
    /// with alternate setting 0 of every interface, sent and waited for; then the memory for the pipes. Whatever it
    /// answers, all pipe handles from before are stale.
    ///
    /// # Errors
    /// What the USB stack answered, or `STATUS_INSUFFICIENT_RESOURCES`.
    fn open_configuration(
        device: Self::Device,
        quiet: &Quiet,
        bytes: Self::Bytes,
        configuration: &Configuration,
        passive: &mut Self::Passive,
    ) -> Result<Self::Opened, Status>;

    /// Puts the new pipes in the place of all, or none.
    fn replace_all_pipes(
        device: Self::Device,
        quiet: &Quiet,
        opened: Option<Self::Opened>,
        passive: &mut Self::Passive,
    );
}

/// Cancels everything, then selects the configuration with this `bConfigurationValue` and takes its pipes in the place
/// of all others. Requests that come meanwhile wait, and are looked at anew.
///
/// If that fails, the configuration from before is selected again, with alternate setting 0 of every interface; if that
/// fails too, the device is left without one, until one is selected.
///
/// # Errors
/// `STATUS_NOT_SUPPORTED`: a function of a composite device. `STATUS_INVALID_PARAMETER`: no such configuration. What the
/// USB stack answered; `STATUS_IO_TIMEOUT` if requests did not come back; `STATUS_DEVICE_NOT_CONNECTED`.
pub fn select_configuration<C: ConfigurationCalls>(
    device: C::Device,
    value: u8,
    passive: &mut C::Passive,
) -> Result<(), Status> {
    if C::is_function(device, passive) {
        return Err(STATUS_NOT_SUPPORTED);
    }
    let old = C::selected_configuration(device, passive)?;
    let new = find::<C>(device, value, passive)?;
    while_quiet::<C, _>(device, Scope::Device, passive, |quiet, passive| {
        let (opened, result) = match open::<C>(device, quiet, new, passive) {
            Ok(opened) => (Some(opened), Ok(())),
            Err(status) => {
                let again = C::still_there(device, passive).ok().and(old);
                (again.and_then(|old| open::<C>(device, quiet, old, passive).ok()), Err(status))
            }
        };
        C::replace_all_pipes(device, quiet, opened, passive);
        result
    })
}

/// Finds the configuration among those that the device has: nine bytes of each, then as many as they say of the one.
fn find<C: ConfigurationCalls>(
    device: C::Device,
    value: u8,
    passive: &mut C::Passive,
) -> Result<C::Bytes, Status> {
    for index in 0..C::configuration_count(device, passive)? {
        let header = C::read_configuration(device, index, ConfigurationHeader::SIZE, passive)?;
        let header = ConfigurationHeader::parse(header.as_ref())?;
        if header.value == value {
            return C::read_configuration(device, index, header.total_length, passive);
        }
    }
    Err(STATUS_INVALID_PARAMETER)
}

fn open<C: ConfigurationCalls>(
    device: C::Device,
    quiet: &Quiet,
    bytes: C::Bytes,
    passive: &mut C::Passive,
) -> Result<C::Opened, Status> {
    let configuration = Configuration::parse(bytes.as_ref())?;
    C::open_configuration(device, quiet, bytes, &configuration, passive)
}
