//! Selecting a configuration or an alternate setting, and what the USB driver stack answers about its pipes.
//!
//! Pages: [USBD_SelectConfigUrbAllocateAndBuild](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectconfigurballocateandbuild),
//! [USBD_SelectInterfaceUrbAllocateAndBuild](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_selectinterfaceurballocateandbuild),
//! [USBD_ValidateConfigurationDescriptor](https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_validateconfigurationdescriptor),
//! [USBD_INTERFACE_INFORMATION](https://learn.microsoft.com/windows-hardware/drivers/ddi/usb/ns-usb-_usbd_interface_information)

// UNSAFETY: the USB driver stack answers in a structure of variable length.
#![expect(unsafe_code, reason = "reads a structure of variable length")]

use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use usbclient_core::{
    descriptors::Configuration,
    recovery::Setting,
    urb::{SelectConfiguration, SelectInterface},
};
use usbclient_protocol::status::{
    NtStatus, STATUS_DEVICE_CONFIGURATION_ERROR, STATUS_INSUFFICIENT_RESOURCES, Status,
};
use wdk_sys::{
    USB_CONFIGURATION_DESCRIPTOR, USBD_CONFIGURATION_HANDLE, USBD_INTERFACE_INFORMATION,
    USBD_INTERFACE_LIST_ENTRY, USBD_PIPE_INFORMATION,
    usb::{
        USBD_SelectConfigUrbAllocateAndBuild, USBD_SelectInterfaceUrbAllocateAndBuild,
        USBD_ValidateConfigurationDescriptor,
    },
};

use super::{
    irql::Passive,
    own_irp::Sender,
    pool::{self, push, room_for},
    urb::{PipeHandle, Urb},
    usbd::HandleUse,
};

/// The strictest of the three levels of `USBD_ValidateConfigurationDescriptor`.
const VALIDATION_LEVEL: u16 = 3;

/// One entry for each interface, and the one that ends the list.
type InterfaceList = [USBD_INTERFACE_LIST_ENTRY; Configuration::MAX_INTERFACES + 1];

/// What the USB driver stack calls the configuration that is selected. Needed to select an alternate setting.
#[derive(Clone, Copy, Debug)]
pub struct ConfigurationHandle(USBD_CONFIGURATION_HANDLE);

// SAFETY: an opaque value that the USB driver stack accepts on any thread.
unsafe impl Send for ConfigurationHandle {}

/// A configuration that is selected.
pub struct Selected {
    /// Its handle.
    pub handle: ConfigurationHandle,
    /// Its pipes.
    pub pipes: Vec<SelectedPipe>,
}

/// A pipe as the USB driver stack gave it.
#[derive(Clone, Copy, Debug)]
pub struct SelectedPipe {
    /// `EndpointAddress`
    pub endpoint: u8,
    /// `MaximumPacketSize`, which for isochronous pipes is the most that moves in one bus interval.
    pub packet_size: u16,
    /// `PipeHandle`
    pub handle: PipeHandle,
}

/// Selects alternate setting 0 of every interface.
///
/// # Errors
///
/// `STATUS_DEVICE_CONFIGURATION_ERROR` if the USB driver stack finds fault with the descriptor,
/// `STATUS_INSUFFICIENT_RESOURCES`, or what the stack answered.
pub fn select(
    handle: &HandleUse,
    sender: &mut Sender,
    descriptor: &[u8],
    configuration: &Configuration,
    passive: &mut Passive,
) -> Result<Selected, Status> {
    validate(descriptor, passive)?;
    let mut pipes = room_for(configuration.endpoints().len())?;
    let mut list = list_interfaces(descriptor, configuration)?;
    // The list points into this URB from here on: it is freed last.
    let mut urb = build(handle, descriptor, &mut list)?;
    sender.send_built(&mut urb, passive)?;
    for entry in &list {
        if let Some(interface) = NonNull::new(entry.Interface) {
            // SAFETY: the list's members point into the URB, which has come back.
            unsafe { read_pipes(interface, &mut pipes) };
        }
    }
    let handle = ConfigurationHandle(urb.configuration_handle());
    drop(urb);
    Ok(Selected { handle, pipes })
}

/// A request that selects an alternate setting, and room for the pipes that it answers.
pub struct SettingRequest {
    urb: Urb<SelectInterface>,
    interface: NonNull<USBD_INTERFACE_INFORMATION>,
    pipes: Vec<SelectedPipe>,
}

impl SettingRequest {
    /// Allocates and builds the request. `interface` is the interface descriptor of the setting.
    ///
    /// # Errors
    ///
    /// `STATUS_INSUFFICIENT_RESOURCES`, or what the routine answered.
    pub fn build(
        handle: &HandleUse,
        configuration: ConfigurationHandle,
        interface: &[u8; Setting::INTERFACE_SIZE],
        endpoint_count: u8,
        _passive: &Passive,
    ) -> Result<Self, Status> {
        let pipes = room_for(usize::from(endpoint_count))?;
        let mut urb = ptr::null_mut();
        let mut entry = USBD_INTERFACE_LIST_ENTRY {
            InterfaceDescriptor: interface.as_ptr().cast_mut().cast(),
            Interface: ptr::null_mut(),
        };
        // SAFETY: handle and configuration are those of the device; the entry describes one interface, and its
        // Interface member is NULL, as the page asks.
        let status = unsafe {
            USBD_SelectInterfaceUrbAllocateAndBuild(
                handle.as_raw(),
                configuration.0,
                &raw mut entry,
                &raw mut urb,
            )
        };
        NtStatus::from_raw(status).check()?;
        // SAFETY: an URB of this handle and kind, owned from here on.
        let urb = unsafe { Urb::from_raw(urb, SelectInterface, handle) }?;
        let interface = NonNull::new(entry.Interface).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        Ok(Self { urb, interface, pipes })
    }

    /// Sends the request, waits for it and frees it.
    ///
    /// # Errors
    ///
    /// The status of the USB driver stack.
    pub fn send(mut self, sender: &mut Sender, passive: &mut Passive) -> Result<Vec<SelectedPipe>, Status> {
        sender.send_built(&mut self.urb, passive)?;
        // SAFETY: the entry's member pointed into the URB, which has come back and is alive.
        unsafe { read_pipes(self.interface, &mut self.pipes) };
        Ok(self.pipes)
    }
}

/// What the USB driver stack itself thinks of the descriptor.
fn validate(descriptor: &[u8], _passive: &Passive) -> Result<(), Status> {
    let length = u32::try_from(descriptor.len()).unwrap_or(u32::MAX);
    let mut offset = ptr::null_mut();
    // SAFETY: the bytes are readable for their length, and the offset goes to a local.
    let status = unsafe {
        USBD_ValidateConfigurationDescriptor(
            descriptor.as_ptr().cast_mut().cast::<USB_CONFIGURATION_DESCRIPTOR>(),
            length,
            VALIDATION_LEVEL,
            &raw mut offset,
            pool::TAG,
        )
    };
    if status == 0 { Ok(()) } else { Err(STATUS_DEVICE_CONFIGURATION_ERROR) }
}

fn list_interfaces(descriptor: &[u8], configuration: &Configuration) -> Result<InterfaceList, Status> {
    const EMPTY: USBD_INTERFACE_LIST_ENTRY =
        USBD_INTERFACE_LIST_ENTRY { InterfaceDescriptor: ptr::null_mut(), Interface: ptr::null_mut() };
    let mut list = [EMPTY; Configuration::MAX_INTERFACES + 1];
    // core finds no more interfaces than the list has room for, so an empty entry is left at its end.
    for (entry, interface) in list.iter_mut().zip(configuration.interfaces()) {
        let bytes =
            descriptor.get(usize::from(interface.offset)..).ok_or(STATUS_DEVICE_CONFIGURATION_ERROR)?;
        entry.InterfaceDescriptor = bytes.as_ptr().cast_mut().cast();
    }
    Ok(list)
}

fn build(
    handle: &HandleUse,
    descriptor: &[u8],
    list: &mut InterfaceList,
) -> Result<Urb<SelectConfiguration>, Status> {
    let mut urb = ptr::null_mut();
    // SAFETY: the handle is open, the descriptor is whole and validated, and the list ends with an
    // empty entry.
    let status = unsafe {
        USBD_SelectConfigUrbAllocateAndBuild(
            handle.as_raw(),
            descriptor.as_ptr().cast_mut().cast(),
            list.as_mut_ptr(),
            &raw mut urb,
        )
    };
    NtStatus::from_raw(status).check()?;
    // SAFETY: an URB of this handle and kind, owned from here on.
    unsafe { Urb::from_raw(urb, SelectConfiguration, handle) }
}

/// Copies the pipes of one interface, as many as there is room for.
///
/// # Safety
///
/// The structure is whole: as many pipes as it says follow it.
unsafe fn read_pipes(interface: NonNull<USBD_INTERFACE_INFORMATION>, pipes: &mut Vec<SelectedPipe>) {
    // SAFETY: the caller's structure is valid.
    let count = unsafe { interface.as_ref() }.NumberOfPipes;
    // SAFETY: as above; only an address is computed, that of the first pipe.
    let first = unsafe { &raw const (*interface.as_ptr()).Pipes }.cast::<USBD_PIPE_INFORMATION>();
    for index in 0..count as usize {
        // SAFETY: the caller promises that many.
        let pipe = unsafe { first.add(index) };
        // SAFETY: as above.
        let pipe = unsafe { pipe.read() };
        let pipe = SelectedPipe {
            endpoint: pipe.EndpointAddress,
            packet_size: pipe.MaximumPacketSize,
            handle: PipeHandle(pipe.PipeHandle),
        };
        if push(pipes, pipe).is_err() {
            return;
        }
    }
}
