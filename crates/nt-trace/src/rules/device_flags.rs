//! `InitNotCleared`, `DeviceFlagsNotCopied` and `DeviceTypeNotCopied`: the flags and the type of the new device object
//! when `AddDevice` ends.

use super::predicate::Predicate;
use crate::event::{Callback, Event, EventKind, Tag};
use crate::violation::{Findings, Violation};
use crate::world::{Device, World};

pub const RULE: Predicate = Predicate {
    names: &["InitNotCleared", "DeviceFlagsNotCopied", "DeviceTypeNotCopied"],
    interest: &[Tag::CallbackLeave],
    on,
};

const DO_BUFFERED_IO: u32 = 0x04;
const DO_DIRECT_IO: u32 = 0x10;
const DO_DEVICE_INITIALIZING: u32 = 0x80;
const DO_POWER_PAGABLE: u32 = 0x2000;

fn on(event: &Event, world: &World, findings: &mut Findings) {
    let EventKind::CallbackLeave(leave) = &event.kind else { return };
    let Callback::AddDevice { pdo } = leave.callback else { return };
    let device_id = world.newest_device();
    let Some(device) = world.device(device_id).filter(|device| device.pdo == pdo && device.is_ours_alive())
    else {
        return;
    };
    if !leave.status.is_success() {
        return;
    }
    if let Some((rule, code, what)) = wrong(device) {
        let found = Violation::new(rule, event).code(0xC9, code).object(device_id).since(device.created);
        findings.report(found.detail(format!("{what}: Flags are 0x{:x}", device.flags)));
    }
}

fn wrong(device: &Device) -> Option<(&'static str, u32, &'static str)> {
    let flags = device.flags;
    if flags & DO_DEVICE_INITIALIZING != 0 {
        return Some(("InitNotCleared", 0x243, "DO_DEVICE_INITIALIZING is still set"));
    }
    let lower = device.lower_flags?;
    let io = DO_BUFFERED_IO | DO_DIRECT_IO;
    if flags & io == io {
        Some(("DeviceFlagsNotCopied", 0x245, "DO_BUFFERED_IO and DO_DIRECT_IO are both set"))
    } else if flags & io != lower & io {
        Some(("DeviceFlagsNotCopied", 0x244, "DO_BUFFERED_IO or DO_DIRECT_IO differs from the device below"))
    } else if lower & DO_POWER_PAGABLE != 0 && flags & DO_POWER_PAGABLE == 0 {
        Some(("DeviceFlagsNotCopied", 0x23F, "DO_POWER_PAGABLE was not taken from the device below"))
    } else {
        let (own, lower) = device.types.filter(|(_, lower)| *lower != 0)?;
        (own != lower).then_some(("DeviceTypeNotCopied", 0x246, "DeviceType differs from the device below"))
    }
}
