//! The driver's call stack at an event: unwound from the places where the thread left the driver.

use std::collections::BTreeMap;

use nt_trace::Site;

use crate::{
    image::{Image, Unwind},
    kernel::snapshot::Snapshot,
    machine::Machine,
    mem::Addr,
};

/// Frames that are shown of a stack.
const SHOWN: usize = 64;

/// The call stacks at the watched events of the machine's last life, the innermost place first.
#[must_use]
pub fn all(machine: &Machine) -> BTreeMap<u64, Vec<Site>> {
    let kernel = machine.kernel();
    let image = machine.image();
    let mut unwind = Unwind::new(image, &kernel.mem);
    let taken = kernel.snapshots.taken();
    taken.iter().map(|(event, snapshot)| (*event, walk(&mut unwind, image, snapshot))).collect()
}

fn walk(unwind: &mut Unwind, image: &Image, snapshot: &Snapshot) -> Vec<Site> {
    let mut stack = Vec::new();
    for place in &snapshot.places {
        let frames = unwind.frames(*place, |address| word(snapshot, address));
        stack.extend(frames.into_iter().map(|offset| Site::new(image.name.clone(), offset)));
    }
    stack.truncate(SHOWN);
    stack
}

/// The eight bytes at an address of the copied stack.
fn word(snapshot: &Snapshot, address: Addr) -> Option<u64> {
    let start = usize::try_from(address.0.checked_sub(snapshot.start.0)?).ok()?;
    let bytes = snapshot.bytes.get(start..start.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
