//! A library for programs that use devices of usbclient.
//!
//! On Windows these are the system's devices; with the feature `sim`, on Linux, the real driver runs in a simulated kernel with
//! simulated devices, and rules judge whatever a program makes it do.
//!
//! ```
//! use usbclient_user::{Bulk, Context, In, Out};
//!
//! # fn main() -> Result<(), usbclient_user::Error> {
//! # #[cfg(windows)]
//! let context = Context::system()?;
//! # #[cfg(not(windows))]
//! # let context = usbclient_user::example::context(&["loopback-hs"])?;
//! for info in context.list_devices()? {
//!     println!("{:04x}:{:04x} {}", info.vendor_id(), info.product_id(), info.name().unwrap_or("?"));
//! }
//! # let (vendor, product) = (0x1209, 0x0001);
//! let device = context.find_by_numbers(vendor, product)?.open()?;
//! let interface = device.claim_interface(0).wait()?;
//! let out = interface.endpoint::<Bulk, Out>(0x01).wait()?;
//! let back = interface.endpoint::<Bulk, In>(0x81).wait()?;
//!
//! out.write(b"hello").wait()?;
//! assert_eq!(back.read(512).wait()?, b"hello");
//! # drop((out, back, interface, device));
//! # context.finish()
//! # }
//! ```
//!
//! - [`Context`] lists devices ([`DeviceInfo`]), and tells of those that come and go and of the driver's events.
//! - [`Device`] is an open file: control transfers, descriptors, configurations, reset.
//! - [`Interface`] is an interface that this file has for itself. Nobody has to claim: [`Device::endpoint`].
//! - [`Endpoint`] has its type and its direction in its own type, so that what is not possible does not compile.
//! - [`Operation`] is what is asked of a device: a future for any executor, or [`wait`](Operation::wait), or
//!   [`wait_for`](Operation::wait_for) with a timeout. Dropping one cancels it.
//! - [`Error`] has a kind for programs, a code to look up, and how much had been moved.
//!
//! Buffers belong to the library from the start of a transfer to its real end, also when whoever started it has lost interest:
//! nothing that is dropped or forgotten makes the system write to memory that is something else by then.
#![deny(unsafe_code)]
#![cfg_attr(
    not(any(windows, all(feature = "sim", target_os = "linux", target_arch = "x86_64"))),
    expect(dead_code, reason = "there is no transport here")
)]

mod context;
mod device;
mod device_info;
mod endpoint;
mod error;
mod events;
#[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
pub mod example;
mod interface;
mod operation;
mod policy;
mod transport;
mod watch;

#[cfg(all(feature = "sim", target_os = "linux", target_arch = "x86_64"))]
pub use self::transport::sim::{SimOptions, Simulator};
pub use self::{
    context::{Context, list_devices},
    device::{
        Claimed, ControlType, DescriptorRequest, Device, DeviceDescriptor, EndpointInfo, InterfaceInfo,
        InterfaceSet, Language, Operations, Privileges, Properties, Recipient, Setup, Speed,
    },
    device_info::{Access, DeviceId, DeviceInfo},
    endpoint::{
        Buffer, Bulk, Completion, Direction, Endpoint, EndpointReader, EndpointWriter, HasPipe, HasReader,
        In, Interrupt, IsochBuffer, IsochCompletion, IsochPacket, Isochronous, Kind, Out, Packets,
        ReaderOptions, ReaderPhase, ReaderState, Start, Stream, Streamed, Streams,
    },
    error::{Error, ErrorKind, SystemCode, UsbdStatus},
    events::{DriverEvent, Events, Field, Keywords, Level, Value},
    interface::Interface,
    operation::Operation,
    policy::DevicePolicies,
    watch::{Change, Watch},
};
/// How an endpoint transfers: control, isochronous, bulk or interrupt.
pub use usbclient_protocol::TransferType;
