//! Copies a text through the loop of a loopback device to standard output, as streams of
//! bytes on two threads.

use std::{
    error::Error,
    io::{Read, Write, stdout},
    thread,
};

use usbclient_user::{Bulk, Context, In, Out};

const TEXT: &[u8] = b"through the loop and back\n";

#[cfg(windows)]
fn context() -> Result<Context, usbclient_user::Error> {
    Context::system()
}

#[cfg(not(windows))]
fn context() -> Result<Context, usbclient_user::Error> {
    usbclient_user::example::context(&["loopback-hs"])
}

fn main() -> Result<(), Box<dyn Error>> {
    let context = context()?;
    let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
    let interface = device.claim_interface(0).wait()?;
    let mut out = interface.endpoint::<Bulk, Out>(0x01).wait()?.writer(64 << 10);
    let mut back = interface.endpoint::<Bulk, In>(0x81).wait()?.reader(64 << 10);
    let mut came = vec![0; TEXT.len()];
    thread::scope(|scope| {
        let writing = scope.spawn(move || out.write_all(TEXT).and_then(|()| out.flush()));
        back.read_exact(&mut came)?;
        writing.join().expect("it does not panic")
    })?;
    stdout().write_all(&came)?;
    drop((back, interface, device));
    Ok(context.finish()?)
}
