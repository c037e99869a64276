//! The decisions of the usbclient driver: pure, no WDK, no unsafe code.
//!
//! | module | what it decides |
//! |---|---|
//! | [`dispatch`] | what a dispatch routine may do with an IRP, and what it may return |
//! | [`add_device`] | the order of `AddDevice` and its unwinding |
//! | [`power`] | the power policy: what power IRPs, wake and idleness do to the device |
//! | [`wmi`] | the buffers of WMI requests |
//! | [`pnp`] | the states of a device, what each PnP minor does, and what the gate lets through |
//! | [`remove`] | the order of `IRP_MN_REMOVE_DEVICE`, as types |
//! | [`capabilities`] | what the USB driver stack can do, as tokens |
//! | [`descriptors`] | which configuration descriptors can be used |
//! | [`files`] | what each open file has claimed, which handles it has, and what it may still do |
//! | [`request`] | which device control requests are well-formed |
//! | [`isoch`] | which isochronous transfers are well-formed, and what comes of them |
//! | [`streams`] | which states the pipe of a bulk endpoint with streams goes through, as types |
//! | [`urb`] | what an URB may be used for again, as types |
//! | [`policy`] | what is set for each pipe |
//! | [`transfer`] | how much goes to the bus at once |
//! | [`endpoint_set`] | sets of endpoints |
//! | [`identifiers`] | what the identifiers of a device say |
//! | [`recovery`] | how pipes, settings and the port are taken out of use and come back |
//! | [`events`] | what event tracing is told |
//! | [`reader`] | when a continuous reader asks the device |
//! | [`ring`] | what it has received and nobody has read yet |
//! | [`timeout`] | how long a request may take |
//! | [`alarm`] | who gives a slot back when its request had a timer |
//! | [`request_word`] | who completes a request that is being cancelled |
//!
//! Each protocol has a small trait beside it, which the driver's edge implements over the kernel's routines. What
//! only the edge may make (a device, an IRP, the token of an IRQL) is an associated type.
#![no_std]
#![forbid(unsafe_code)]

pub mod add_device;
pub mod alarm;
pub mod capabilities;
pub mod descriptors;
pub mod dispatch;
pub mod endpoint_set;
pub mod events;
pub mod files;
pub mod identifiers;
pub mod isoch;
pub mod places;
pub mod pnp;
pub mod policy;
pub mod power;
pub mod reader;
pub mod recovery;
pub mod remove;
pub mod request;
pub mod request_word;
pub mod ring;
pub mod streams;
pub mod timeout;
pub mod transfer;
pub mod turn;
pub mod urb;
pub mod wmi;

pub use usbclient_protocol::status;
