//! What the USB driver stack and the host controller can do, asked in START.
//!
//! A capability that a request depends on is a token: made here from an answer of this START, neither `Copy` nor
//! `Clone`, and kept with the configuration that START selected, so that it goes when STOP drops that. What needs a
//! capability takes its token, so that using one that nobody asked for (bug checks 0x144/0x801 and 0x144/0x806) does
//! not compile.
//!
//! Asked after the lower drivers have started and the configuration is selected, never earlier: a driver ["must not
//! query for this capability in its `AddDevice` routine"](https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-send-chained-mdls).
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_queryusbcapability>

use core::num::NonZeroU16;

use usbclient_protocol::status::{STATUS_NOT_SUPPORTED, Status};

use crate::{pnp::StartCalls, transfer::Speed};

/// A capability that `USBD_QueryUsbCapability` can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// `GUID_USB_CAPABILITY_CHAINED_MDLS`
    ChainedMdls,
    /// `GUID_USB_CAPABILITY_STATIC_STREAMS`: answered with a `USHORT`, the most streams of one endpoint.
    StaticStreams,
    /// `GUID_USB_CAPABILITY_SELECTIVE_SUSPEND`
    SelectiveSuspend,
    /// `GUID_USB_CAPABILITY_FUNCTION_SUSPEND`
    FunctionSuspend,
    /// `GUID_USB_CAPABILITY_DEVICE_CONNECTION_HIGH_SPEED_COMPATIBLE`
    HighSpeedConnection,
    /// `GUID_USB_CAPABILITY_DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE`
    SuperSpeedConnection,
}

/// That an URB may describe its data by a chain of MDLs (bulk, interrupt and isochronous, not control).
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-send-chained-mdls>
#[derive(Debug)]
pub struct ChainedMdls(());

/// That streams can be opened on bulk endpoints, and how many on each.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/usbcon/how-to-open-streams-in-a-usb-endpoint>
#[derive(Debug)]
pub struct StaticStreams(NonZeroU16);

impl StaticStreams {
    /// The documented upper bound of the answer.
    pub const MAX: u16 = 255;

    /// The most streams of one endpoint that the host controller has: 1 to 255.
    #[must_use]
    pub const fn count(&self) -> u16 {
        self.0.get()
    }
}

/// The answers of one START.
#[expect(clippy::struct_excessive_bools, reason = "each is one answer")]
#[derive(Debug)]
pub struct Capabilities {
    /// Chains of MDLs may be sent.
    pub chained_mdls: Option<ChainedMdls>,
    /// Streams may be opened.
    pub static_streams: Option<StaticStreams>,
    /// The stack suspends the device selectively.
    pub selective_suspend: bool,
    /// The stack suspends functions of a composite device.
    pub function_suspend: bool,
    /// The connection runs at high speed.
    pub high_speed: bool,
    /// The connection runs at `SuperSpeed`.
    pub super_speed: bool,
    /// The USB driver stack has said at which speed the connection runs. Without that nobody knows how the packets of
    /// an isochronous transfer lie in time.
    pub is_speed_known: bool,
}

impl Capabilities {
    /// Asks, on the registered handle, at `PASSIVE_LEVEL`. A failed query is the answer no.
    pub(crate) fn ask<C: StartCalls>(device: C::Device, passive: &mut C::Passive) -> Self {
        let mut ask = |capability| C::query_capability(device, capability, passive);
        let (high, superior) = (ask(Capability::HighSpeedConnection), ask(Capability::SuperSpeedConnection));
        Self {
            chained_mdls: ask(Capability::ChainedMdls).ok().map(|_nothing| ChainedMdls(())),
            static_streams: streams(ask(Capability::StaticStreams)),
            selective_suspend: ask(Capability::SelectiveSuspend).is_ok(),
            function_suspend: ask(Capability::FunctionSuspend).is_ok(),
            high_speed: high.is_ok(),
            super_speed: superior.is_ok(),
            is_speed_known: superior.is_ok() || high.is_ok() || high == Err(STATUS_NOT_SUPPORTED),
        }
    }

    /// The speed of the device, from these answers and its `bMaxPacketSize0`.
    #[must_use]
    pub const fn speed(&self, max_packet_size_0: u8) -> Speed {
        Speed::from_hints(self.super_speed, self.high_speed, max_packet_size_0)
    }
}

/// No streams are no capability, and never more are believed than are documented.
fn streams(answer: Result<u16, Status>) -> Option<StaticStreams> {
    let count = answer.ok()?.min(StaticStreams::MAX);
    NonZeroU16::new(count).map(StaticStreams)
}
