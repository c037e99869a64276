//! The device object is deleted, and the lower drivers never see REMOVE.
mod edge;

fn main() {
    edge::removal(|irp| irp.drain().close_usbd_handle().detach_and_delete());
}
