//! A dispatch routine that may run at DISPATCH_LEVEL waits, as if it were at PASSIVE_LEVEL.
mod edge;

use usbclient_core::{dispatch, status::STATUS_CANCELLED};

fn run(device: edge::Device, irp: edge::RawIrp) {
    dispatch::enter::<edge::Edge>(device, irp, |fdo, mut irp| {
        let Ok(guard) = fdo.acquire(&irp) else { loop {} };
        irp.forward_and_wait(&guard, &mut edge::Passive(()));
        irp.refuse(STATUS_CANCELLED)
    });
}

fn main() {
    let _ = run;
}
