//! The USBD_HANDLE is closed while requests use it.
mod edge;

fn main() {
    edge::removal(|irp| irp.close_usbd_handle().forward().wait_for_others().detach_and_delete());
}
