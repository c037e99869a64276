//! Lists devices and the endpoints of each.
//!
//! On Windows: the system's. On Linux: two in the simulated kernel.

use usbclient_user::{Context, Error};

#[cfg(windows)]
fn context() -> Result<Context, Error> {
    Context::system()
}

#[cfg(not(windows))]
fn context() -> Result<Context, Error> {
    usbclient_user::example::context(&["loopback-hs", "camera-hs"])
}

fn main() -> Result<(), Error> {
    let context = context()?;
    for info in context.list_devices()? {
        println!("{:04x}:{:04x} {}", info.vendor_id(), info.product_id(), info.name().unwrap_or("?"));
        let device = info.open()?;
        for endpoint in device.endpoints().wait()? {
            let direction = if endpoint.is_in() { "in" } else { "out" };
            println!("  {:#04x} {:?} {direction}", endpoint.address(), endpoint.transfer_type());
        }
    }
    context.finish()
}
