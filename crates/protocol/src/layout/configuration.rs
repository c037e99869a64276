//! The device and its configuration.

use super::field::{constants, layout};

constants! {
    /// Bits of [`DeviceInfo::capabilities`].
    capability: u16 {
        /// Buffers of several pieces go down as they are.
        CHAINED_MDLS = 1,
        /// Bulk streams can be opened.
        STREAMS = 2,
        /// The device can be suspended while the system works.
        SELECTIVE_SUSPEND = 4,
        /// It is one function of a composite device: it has a part of the configuration, and another cannot be selected.
        IS_FUNCTION = 8,
    }
}

constants! {
    /// Values of [`InterfaceEntry::claim`].
    claim: u8 {
        /// Nobody has claimed the interface.
        FREE = 0,
        /// This file has.
        MINE = 1,
        /// Another file has.
        OTHER = 2,
    }
}

layout! {
    /// The start of a reply that is a list: of `GET_INTERFACES` and of `OPEN_STREAMS`.
    Count: 4 {
        /// How many entries there are, also when fewer fitted.
        count: u32,
    }
}

layout! {
    /// One interface in the reply of `GET_INTERFACES`, which starts with `Count`.
    InterfaceEntry: 8 {
        /// `bInterfaceNumber`
        number: u8,
        /// `bAlternateSetting` of the setting that is selected.
        alternate: u8,
        /// How many settings the interface has.
        alternate_count: u8,
        /// `bNumEndpoints` of the setting that is selected.
        endpoint_count: u8,
        /// `bInterfaceClass`
        class: u8,
        /// `bInterfaceSubClass`
        subclass: u8,
        /// `bInterfaceProtocol`
        protocol: u8,
        /// One of `claim`.
        claim: u8,
    }
}

layout! {
    /// Reply of `GET_DEVICE_INFO`.
    DeviceInfo: 24 {
        /// The version of this interface: 1.
        version: u32,
        /// 0 low, 1 full, 2 high, 3 super speed. A hint of the USB driver stack.
        speed: u8,
        /// `bConfigurationValue` of the configuration that is selected.
        configuration: u8,
        /// How many interfaces it has.
        interface_count: u8,
        /// How many configurations the device has.
        configuration_count: u8,
        /// Bits of `capability`.
        capabilities: u16,
        /// Streams that the controller offers per endpoint.
        max_streams: u16,
        /// Bytes of one control transfer at most.
        control_maximum: u32,
        /// `idVendor`
        vendor: u16,
        /// `idProduct`
        product: u16,
        /// `bcdDevice`
        release: u16,
        /// `bcdUSB`
        usb: u16,
    }
}

layout! {
    /// Input of `GET_DESCRIPTOR`.
    DescriptorRequest: 8 {
        /// Bits 0 to 4 of `bmRequestType`: 0 device, 1 interface, 2 endpoint.
        recipient: u8,
        /// `bDescriptorType`
        descriptor_type: u8,
        /// The index in the low byte of `wValue`.
        index: u8,
        /// Must be zero.
        reserved: u8,
        /// `wIndex`: a string's language, or the interface's or endpoint's number.
        language: u16,
        /// Must be zero.
        reserved_2: u16,
    }
}

layout! {
    /// Reply of `GET_FRAME_NUMBER`.
    FrameNumber: 4 {
        /// The number of the present frame.
        frame: u32,
    }
}

layout! {
    /// Input of `SELECT_CONFIGURATION`.
    ConfigurationSelect: 4 {
        /// `bConfigurationValue`
        value: u8,
        /// Must be zero.
        reserved: [u8; 3],
    }
}

layout! {
    /// Input of `SELECT_INTERFACE`.
    SettingSelect: 8 {
        /// The handle of an interface that this file has claimed; or, below 0x100, the number of an interface that no other
        /// file has claimed.
        interface: u32,
        /// `bAlternateSetting`
        alternate: u8,
        /// Must be zero.
        reserved: [u8; 3],
    }
}
