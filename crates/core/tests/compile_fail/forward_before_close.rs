//! REMOVE goes down while the USBD_HANDLE is open.
mod edge;

fn main() {
    edge::removal(|irp| irp.drain().forward().wait_for_others().detach_and_delete());
}
