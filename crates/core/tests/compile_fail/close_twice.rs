//! The USBD_HANDLE is closed twice.
mod edge;

fn main() {
    edge::removal(|irp| {
        let drained = irp.drain();
        let _closed = drained.close_usbd_handle();
        drained.close_usbd_handle().forward().wait_for_others().detach_and_delete()
    });
}
