//! What a file gives up for ever.

use usbclient_user::{Error, ErrorKind, InterfaceSet, Operations, Privileges, Setup};

use crate::{Bench, kind};

#[test]
fn what_was_given_up_is_refused() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let keep = Privileges { operations: Operations::READ | Operations::WRITE, interfaces: InterfaceSet::ALL };
    bench.device.drop_privileges(&keep).wait()?;
    assert_eq!(kind(bench.device.control_in(Setup::vendor(4), 4).wait()), ErrorKind::AccessDenied);
    assert_eq!(kind(bench.device.reset().wait()), ErrorKind::AccessDenied);
    assert_eq!(kind(bench.device.claim_interface(0).wait()), ErrorKind::AccessDenied);
    let out = bench.device.endpoint::<usbclient_user::Bulk, usbclient_user::Out>(0x01).wait()?;
    out.write(b"still").wait()?;
    // It cannot be taken back.
    let all = Privileges { operations: Operations::ALL, interfaces: InterfaceSet::ALL };
    bench.device.drop_privileges(&all).wait()?;
    assert_eq!(kind(bench.device.reset().wait()), ErrorKind::AccessDenied);
    drop(out);
    bench.end()
}

#[test]
fn interfaces_are_given_up_one_by_one() -> Result<(), Error> {
    let bench = Bench::with("composite")?;
    let keep = Privileges { operations: Operations::ALL, interfaces: InterfaceSet::NONE.with(2) };
    bench.device.drop_privileges(&keep).wait()?;
    assert_eq!(kind(bench.device.claim_interface(5).wait()), ErrorKind::AccessDenied);
    let interface = bench.device.claim_interface(2).wait()?;
    drop(interface);
    bench.end()
}
