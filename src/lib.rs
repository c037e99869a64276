//! A WDM USB client driver for Windows.
//!
//! This is the driver's edge. What is to be done, and in which order, is decided by `usbclient-core`;
//! here it is carried out.
//!
//! | module | what it does |
//! |---|---|
//! | `entry` | `DriverEntry`: the dispatch table |
//! | `add_device` | makes a device |
//! | `dispatch` | one file per major function code |
//! | `calls` | core's calls: the steps of a device's life |
//! | `request` | what becomes of a device control request |
//! | `transfer` | the data path: admission, chunks, completion |
//! | `streams` | streams of bulk endpoints |
//! | `files` | open files: what they have, and what they may do |
//! | `holding` | requests that waited, and are sent after all |
//! | `reader` | continuous reading |
//! | `stall` | halted pipes that a policy clears |
//! | `cancel` | requests that end before their time |
//! | `recovery` | what runs in the device's work item: pipes, settings and the port |
//! | `pipes` | the pipes of a configuration, put together |
//! | `replies` | what the driver answers of its own knowledge |
//! | `events` | what happens, told to event tracing |
//! | `gate` | what the device's spin lock guards |
//! | `extension` | what belongs to one device |
//! | `power` | the power policy: sleep, wake, idleness |
//! | `nt` | the kernel's side: the only unsafe code |

#![no_std]

extern crate alloc;

mod add_device;
mod calls;
mod cancel;
mod dispatch;
mod entry;
mod events;
mod extension;
mod files;
mod gate;
mod holding;
mod nt;
mod pipes;
mod power;
mod reader;
mod recovery;
mod replies;
mod request;
mod stall;
mod streams;
mod transfer;

#[cfg(feature = "usbdex-imports")]
use usbclient_usbdex as _;
use wdk_alloc::WdkAllocator;
use wdk_panic as _;

#[global_allocator]
static ALLOCATOR: WdkAllocator = WdkAllocator;
