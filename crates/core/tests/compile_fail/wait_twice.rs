//! The remove lock is waited for twice.
mod edge;

fn main() {
    edge::removal(|irp| {
        let forwarded = irp.drain().close_usbd_handle().forward();
        let _alone = forwarded.wait_for_others();
        forwarded.wait_for_others().detach_and_delete()
    });
}
