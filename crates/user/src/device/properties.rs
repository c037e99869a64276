//! What a device can do, as the driver knows it.

use usbclient_protocol::{DeviceInfo as Reply, capability, control_code};

use super::{Device, short_reply};
use crate::operation::Operation;

/// The speed of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Speed {
    /// 1.5 Mbit/s.
    Low,
    /// 12 Mbit/s.
    Full,
    /// 480 Mbit/s.
    High,
    /// 5 Gbit/s and more.
    Super,
    /// Another, as `GET_DEVICE_INFO` said it.
    Unknown(u8),
}

/// Speed, capabilities and limits of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties(Reply);

impl Properties {
    /// The speed of the connection: a hint of the USB driver stack.
    #[must_use]
    pub const fn speed(&self) -> Speed {
        match self.0.speed {
            0 => Speed::Low,
            1 => Speed::Full,
            2 => Speed::High,
            3 => Speed::Super,
            other => Speed::Unknown(other),
        }
    }

    /// `bConfigurationValue` of the configuration that is selected.
    #[must_use]
    pub const fn configuration(&self) -> u8 {
        self.0.configuration
    }

    /// How many interfaces it has.
    #[must_use]
    pub const fn interface_count(&self) -> u8 {
        self.0.interface_count
    }

    /// How many configurations the device has.
    #[must_use]
    pub const fn configuration_count(&self) -> u8 {
        self.0.configuration_count
    }

    /// Streams that the controller offers per endpoint; zero: none.
    #[must_use]
    pub const fn max_streams(&self) -> u16 {
        self.0.max_streams
    }

    /// Bytes of one control transfer at most.
    #[must_use]
    pub const fn max_control_transfer(&self) -> u32 {
        self.0.control_maximum
    }

    /// Whether buffers of several pieces go down as they are.
    #[must_use]
    pub const fn has_chained_mdls(&self) -> bool {
        self.0.capabilities & capability::CHAINED_MDLS != 0
    }

    /// Whether bulk streams can be opened.
    #[must_use]
    pub const fn has_streams(&self) -> bool {
        self.0.capabilities & capability::STREAMS != 0
    }

    /// Whether the device can be suspended while the system works.
    #[must_use]
    pub const fn can_be_suspended(&self) -> bool {
        self.0.capabilities & capability::SELECTIVE_SUSPEND != 0
    }

    /// Whether it is one function of a composite device: another configuration cannot be selected.
    #[must_use]
    pub const fn is_function(&self) -> bool {
        self.0.capabilities & capability::IS_FUNCTION != 0
    }

    /// `idVendor`
    #[must_use]
    pub const fn vendor_id(&self) -> u16 {
        self.0.vendor
    }

    /// `idProduct`
    #[must_use]
    pub const fn product_id(&self) -> u16 {
        self.0.product
    }

    /// `bcdDevice`
    #[must_use]
    pub const fn release(&self) -> u16 {
        self.0.release
    }

    /// `bcdUSB`
    #[must_use]
    pub const fn usb_version(&self) -> u16 {
        self.0.usb
    }
}

impl Device {
    /// Speed, capabilities and limits.
    pub fn properties(&self) -> Operation<Properties> {
        self.operation(async |line| {
            const DOING: &str = "asking what the device can do";
            let reply = line.send(DOING, control_code::GET_DEVICE_INFO, &[], vec![0; Reply::SIZE]).await?;
            Reply::decode(&reply).map(Properties).ok_or_else(|| short_reply(DOING))
        })
    }
}
