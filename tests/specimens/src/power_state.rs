//! What a power policy owner keeps in its device extension.

use wdk_sys::{IRP, KSPIN_LOCK, PIO_WORKITEM, USB_IDLE_CALLBACK_INFO};

/// The part of the device extension that is about power. All zero is right for a device in D0.
#[repr(C)]
pub struct PowerState {
    /// Guards the rest.
    pub lock: KSPIN_LOCK,
    /// Requests wait for better times: the device leaves D0, or is not in it.
    pub closed: bool,
    /// Requests that have passed the gate and are not done.
    pub in_flight: u32,
    /// The device IRP that waits for the last of them.
    pub parked: *mut IRP,
    /// The wait/wake IRP that is pending, once it was seen in the dispatch routine.
    pub wake: *mut IRP,
    /// Where the wait/wake IRP is: [`WAKE_NONE`] and so on.
    pub wake_word: u32,
    /// The device signalled wake: arm it again once it is in D0.
    pub arm_again: bool,
    /// Arms the device for wake at `PASSIVE_LEVEL`.
    pub item: PIO_WORKITEM,
    /// It is queued.
    pub item_queued: bool,
    /// The idle notification that is pending.
    pub idle: *mut IRP,
    /// Where the idle notification is, in the same words.
    pub idle_word: u32,
    /// How many files are open.
    pub files: u32,
    /// What it brings to the hub.
    pub idle_info: USB_IDLE_CALLBACK_INFO,
}

/// There is no such IRP.
pub const WAKE_NONE: u32 = 0;
/// It is pending below.
pub const WAKE_BELOW: u32 = 1;
/// Somebody cancels it, and completes it if the lower drivers have done so meanwhile.
pub const WAKE_CANCELLING: u32 = 2;
/// It came back while it was being cancelled.
pub const WAKE_BACK: u32 = 3;
