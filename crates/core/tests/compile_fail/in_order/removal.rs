//! The removal in its order.
#[path = "../edge/mod.rs"]
mod edge;

fn main() {
    edge::removal(|irp| irp.drain().close_usbd_handle().forward().wait_for_others().detach_and_delete());
}
