//! What the PnP minors call. Implemented by the edge on the same zero-sized type as
//! [`IrpCalls`].

use usbclient_protocol::status::Status;

use super::{Event, Minor, Step, Told};
use crate::{
    capabilities::{Capabilities, Capability},
    descriptors::{Configuration, DeviceDescriptor},
    dispatch::IrpCalls,
};

/// What every way of letting I/O through or stopping it shares.
pub trait GateCalls: IrpCalls {
    /// Applies `event` to the device's [`Machine`](super::Machine) under the device's
    /// [spin lock](https://learn.microsoft.com/windows-hardware/drivers/kernel/introduction-to-spin-locks), and
    /// returns what it answered. From its return on, no request passes that the new state does not admit.
    fn change(device: Self::Device, event: Event, passive: &mut Self::Passive) -> Step;

    /// Sends the requests that are held, in their order. Called after the state admits requests again, outside any
    /// lock: [`IoCallDriver`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocalldriver).
    fn start_held(device: Self::Device, passive: &mut Self::Passive);

    /// Completes the requests that are held, outside any lock:
    /// [`IoCompleteRequest`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocompleterequest).
    fn fail_held(device: Self::Device, status: Status, passive: &mut Self::Passive);

    /// Marks every request in flight as being cancelled and calls
    /// [`IoCancelIrp`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iocancelirp) on it, outside
    /// any lock. Does not wait.
    fn cancel_in_flight(device: Self::Device, passive: &mut Self::Passive);

    /// Waits until the `USBD_HANDLE` has no users:
    /// [`KeWaitForSingleObject`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kewaitforsingleobject)
    /// at `PASSIVE_LEVEL`.
    fn wait_for_requests(device: Self::Device, passive: &mut Self::Passive);

    /// [`IoSetDeviceInterfaceState`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iosetdeviceinterfacestate)
    /// with FALSE, if the device turned its interface on and has not turned it off.
    fn disable_interface(device: Self::Device, passive: &mut Self::Passive);

    /// Tells event tracing, if somebody listens:
    /// [`EtwWriteTransfer`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-etwwritetransfer).
    fn tell(device: Self::Device, told: Told);
}

/// What PnP asks of the power policy, at `PASSIVE_LEVEL`.
pub trait PolicyCalls: GateCalls {
    /// Cancels the idle notification, and brings a device that sleeps into D0
    /// ([`PoRequestPowerIrp`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-porequestpowerirp)), and
    /// waits for that. The PnP state lets no new notification be sent.
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`, or how the D0 IRP ended.
    fn come_up(device: Self::Device, passive: &mut Self::Passive) -> Result<(), Status>;

    /// Cancels the idle notification and the
    /// [wait/wake IRP](https://learn.microsoft.com/windows-hardware/drivers/kernel/canceling-a-wait-wake-irp). Does not
    /// wait.
    fn disarm(device: Self::Device, passive: &mut Self::Passive);

    /// Reads what the INF and the user say, with the configuration selected
    /// ([`IoOpenDeviceRegistryKey`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioopendeviceregistrykey)).
    /// What cannot be read is off.
    fn read_settings(device: Self::Device, passive: &mut Self::Passive);

    /// Registers Device Manager's check boxes with WMI, if there are any and they are not registered
    /// ([`IoWMIRegistrationControl`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iowmiregistrationcontrol)).
    /// A device whose boxes cannot be registered works without.
    fn offer_check_boxes(device: Self::Device, passive: &mut Self::Passive);

    /// Takes the registration back, if there is one, and waits until WMI's requests are over. Its page asks for that in
    /// surprise removal too.
    fn withdraw_check_boxes(device: Self::Device, passive: &mut Self::Passive);

    /// Has the policy look at the new state: it arms the device again, if it should.
    fn run_policy(device: Self::Device, passive: &mut Self::Passive);
}

/// What takes a configuration back, in STOP and when a start fails.
pub trait StopCalls: PolicyCalls {
    /// Gets back what is in flight, to be sent again after the next START, and waits for it. The caller's IRP must stay
    /// fit for sending, and `Irp->Cancel` stays set for good: so this uses
    /// [`URB_FUNCTION_ABORT_PIPE`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_urb_pipe_request),
    /// never `IoCancelIrp`. A request that moved no byte is held again; one that moved some completes with them.
    fn recall_in_flight(device: Self::Device, passive: &mut Self::Passive);

    /// Selects the NULL configuration, as well as it goes: the device may be gone.
    /// [Page](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-select-a-configuration-for-a-usb-device).
    fn deconfigure(device: Self::Device, passive: &mut Self::Passive);

    /// Forgets the pipes and frees what START allocated for them
    /// ([`USBD_UrbFree`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urbfree)).
    /// Nothing is in flight. The pipe handles are stale once another configuration is selected.
    fn drop_pipes(device: Self::Device, passive: &mut Self::Passive);
}

/// What START calls, at `PASSIVE_LEVEL`.
pub trait StartCalls: StopCalls {
    /// A configuration descriptor that was read: as many bytes as the device gave.
    type Descriptor: AsRef<[u8]>;
    /// The pipes of a selected configuration.
    type Pipes;

    /// [`UsbBuildGetDescriptorRequest`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbbuildgetdescriptorrequest)
    /// for the device descriptor: the bytes, and how many the device gave.
    ///
    /// # Errors
    /// What the USB stack answered.
    fn read_device_descriptor(
        device: Self::Device,
        passive: &mut Self::Passive,
    ) -> Result<([u8; DeviceDescriptor::SIZE], usize), Status>;

    /// The same for the first `length` bytes of configuration descriptor 0.
    ///
    /// # Errors
    /// What the USB stack answered, or `STATUS_INSUFFICIENT_RESOURCES`.
    fn read_configuration_descriptor(
        device: Self::Device,
        length: u16,
        passive: &mut Self::Passive,
    ) -> Result<Self::Descriptor, Status>;

    /// [`USBD_SelectConfigUrbAllocateAndBuild`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectconfigurballocateandbuild)
    /// with alternate setting 0 of every interface in `configuration`.
    ///
    /// # Errors
    /// What the USB stack answered, or `STATUS_INSUFFICIENT_RESOURCES`. Nothing is selected then.
    fn select_configuration(
        device: Self::Device,
        descriptor: &Self::Descriptor,
        configuration: &Configuration,
        passive: &mut Self::Passive,
    ) -> Result<Self::Pipes, Status>;

    /// [`USBD_QueryUsbCapability`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_queryusbcapability)
    /// on the registered handle: the number that the answer is, or zero where it is only yes.
    ///
    /// # Errors
    /// What the routine answered: `STATUS_NOT_IMPLEMENTED`, `STATUS_NOT_SUPPORTED`, or another one.
    fn query_capability(
        device: Self::Device,
        capability: Capability,
        passive: &mut Self::Passive,
    ) -> Result<u16, Status>;

    /// Stores the pipes, the descriptors and the capabilities, and fills the pools of slots and URBs
    /// ([`USBD_UrbAllocate`](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_urballocate)).
    ///
    /// # Errors
    /// `STATUS_INSUFFICIENT_RESOURCES`. [`StopCalls::drop_pipes`] is called then too.
    fn record_pipes(
        device: Self::Device,
        device_descriptor: &DeviceDescriptor,
        descriptor: Self::Descriptor,
        pipes: Self::Pipes,
        capabilities: Capabilities,
        passive: &mut Self::Passive,
    ) -> Result<(), Status>;

    /// [`IoSetDeviceInterfaceState`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-iosetdeviceinterfacestate)
    /// with TRUE, and remembers it; nothing if it is on already, as after STOP.
    ///
    /// # Errors
    /// What the routine answered.
    fn enable_interface(device: Self::Device, passive: &mut Self::Passive) -> Result<(), Status>;
}

/// What the other PnP minors call, at `PASSIVE_LEVEL`.
pub trait PnpCalls: StartCalls + crate::remove::RemoveCalls {
    /// The minor function of the
    /// [stack location](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_io_stack_location).
    fn minor(irp: &Self::Irp) -> Minor;

    /// Checks `Version` and `Size` of the
    /// [`DEVICE_CAPABILITIES`](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_device_capabilities)
    /// and sets `SurpriseRemovalOK`. False, and nothing set, if they are not those of version 1.
    fn offer_surprise_removal(irp: &mut Self::Irp) -> bool;

    /// Keeps `DeviceState`, `SystemWake` and `DeviceWake` of the
    /// [capabilities](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-capabilities) that the lower
    /// drivers filled.
    fn keep_capabilities(device: Self::Device, irp: &mut Self::Irp, passive: &mut Self::Passive);

    /// Adds `PNP_DEVICE_FAILED` to the
    /// [device state](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-pnp-device-state) in
    /// `IoStatus.Information`, if the device is dead. Returns the information.
    fn add_device_state(device: Self::Device, irp: &mut Self::Irp, passive: &mut Self::Passive) -> usize;

    /// `InPath` of a
    /// [usage notification](https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-device-usage-notification).
    fn usage_in_path(irp: &Self::Irp) -> bool;

    /// `IoStatus.Information` of the
    /// [IRP](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_irp), to be kept when completing it.
    fn information(irp: &Self::Irp) -> usize;
}
