//! The device object is deleted while others hold its remove lock.
mod edge;

fn main() {
    edge::removal(|irp| irp.drain().close_usbd_handle().forward().detach_and_delete());
}
