//! Transfers through the real driver in the simulated kernel.

use usbclient_user::{Bulk, Error, In, Out, Setup, example};

#[test]
fn what_goes_out_comes_back() -> Result<(), Error> {
    let context = example::context(&["loopback-hs"])?;
    let device = context.find_by_numbers(0x1209, 0x0001)?.open()?;
    let interface = device.claim_interface(0).wait()?;
    let out = interface.endpoint::<Bulk, Out>(0x01).wait()?;
    let back = interface.endpoint::<Bulk, In>(0x81).wait()?;
    out.write(b"what goes out").wait()?;
    assert_eq!(back.read(512).wait()?, b"what goes out");
    device.control_out(Setup::vendor(1).value(8), &[1, 2, 3]).wait()?;
    assert_eq!(device.control_in(Setup::vendor(1).value(8), 3).wait()?, [1, 2, 3]);
    drop((out, back, interface, device));
    context.finish()
}
