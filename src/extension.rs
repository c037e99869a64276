//! The device extension: everything that belongs to one device.

use core::{
    ffi::c_void,
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering},
};

use usbclient_core::turn::Turns;
use wdk_sys::DEVICE_OBJECT;

use crate::{
    gate::Gate,
    nt::{
        event::Event, interface::DeviceInterface, irql::Passive, remove_lock::RemoveLock,
        spin_lock::SpinLock, timer::DpcTimer, usbd::UsbdRegistration, work_item::WorkItem,
    },
};

/// Devices that were made since the driver was loaded.
static DEVICES: AtomicU32 = AtomicU32::new(0);

/// One device. Lives behind its device object, in nonpaged memory, from `AddDevice` to the end of
/// `IRP_MN_REMOVE_DEVICE`.
pub struct Extension {
    /// Held in the name of every IRP from its arrival to the last touch.
    pub remove_lock: RemoveLock,
    /// Set when the handle has lost its last user, if somebody waits for that.
    pub no_users: Event,
    /// Set when a request of a stream is over, if somebody waits for that.
    pub stream_over: Event,
    /// Set when a request is over while a recovery waits for a part of the device to be quiet.
    pub quiet: Event,
    /// Does recoveries.
    pub recovery: WorkItem,
    /// Gives up requests that wait too long. Set under the lock below.
    pub held_timer: DpcTimer,
    /// The state, and everything that must change together with it.
    pub gate: SpinLock<Gate>,
    /// Whose turn it is on each pipe. Needs no lock to be passed on.
    pub turns: Turns,
    /// Moves the device out of D0, and into it.
    pub mover: WorkItem,
    /// Does what the power policy asks for.
    pub policy: WorkItem,
    /// Expires when nothing has happened for a while.
    pub idle_timer: DpcTimer,
    /// What events call the device: counted from 1 since the driver was loaded.
    pub number: u32,
    /// When the stage of removal began that is being timed.
    stage_began: AtomicU64,
    fdo: NonNull<DEVICE_OBJECT>,
    pdo: NonNull<DEVICE_OBJECT>,
    /// NULL until `IoAttachDeviceToDeviceStack` has returned.
    lower: AtomicPtr<DEVICE_OBJECT>,
}

impl Extension {
    /// The extension of a device object that was just created. Remove lock, events and timers are
    /// initialised in their place afterwards.
    pub fn new(fdo: NonNull<DEVICE_OBJECT>, pdo: NonNull<DEVICE_OBJECT>) -> Self {
        Self {
            remove_lock: RemoveLock::uninit(),
            no_users: Event::uninit(),
            quiet: Event::uninit(),
            recovery: WorkItem::none(),
            stream_over: Event::uninit(),
            held_timer: DpcTimer::uninit(),
            gate: SpinLock::new(Gate::new()),
            turns: Turns::new(),
            mover: WorkItem::none(),
            policy: WorkItem::none(),
            idle_timer: DpcTimer::uninit(),
            number: DEVICES.fetch_add(1, Ordering::Relaxed).wrapping_add(1),
            stage_began: AtomicU64::new(0),
            fdo,
            pdo,
            lower: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Microseconds since this was called last, and 0 at first. `now` is in units of 100 ns.
    pub fn stage_microseconds(&self, now: u64) -> u64 {
        match self.stage_began.swap(now, Ordering::Relaxed) {
            0 => 0,
            began => now.saturating_sub(began) / 10,
        }
    }

    /// The device object that the extension belongs to.
    pub const fn fdo(&self) -> NonNull<DEVICE_OBJECT> {
        self.fdo
    }

    /// The physical device object of the stack.
    pub const fn pdo(&self) -> NonNull<DEVICE_OBJECT> {
        self.pdo
    }

    /// What the remove lock is held for while a D0 IRP that nobody waits for is under way.
    pub const fn power_tag(&self) -> *mut c_void {
        (&raw const self.fdo).cast_mut().cast()
    }

    /// What the remove lock is held for while a wait/wake IRP is under way.
    pub const fn wake_tag(&self) -> *mut c_void {
        (&raw const self.pdo).cast_mut().cast()
    }

    /// What the remove lock is held for while an idle notification is under way.
    pub const fn idle_tag(&self) -> *mut c_void {
        (&raw const self.lower).cast_mut().cast()
    }

    /// The device object below, once attached.
    pub fn lower(&self) -> Option<NonNull<DEVICE_OBJECT>> {
        NonNull::new(self.lower.load(Ordering::Acquire))
    }

    /// Remembers the device object below. From here on IRPs are sent on.
    pub fn set_lower(&self, lower: NonNull<DEVICE_OBJECT>) {
        self.lower.store(lower.as_ptr(), Ordering::Release);
    }

    /// Remembers the registration with the USB driver stack: its only place until it is closed.
    pub fn set_handle(&self, handle: UsbdRegistration, passive: &mut Passive) {
        self.gate.lock(passive).handle = Some(handle);
    }

    /// Remembers the device interface.
    pub fn set_interface(&self, interface: DeviceInterface, passive: &mut Passive) {
        self.gate.lock(passive).interface = Some(interface);
    }
}
