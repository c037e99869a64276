//! Recoveries: what is held, cancelled, waited for, done and let go on, in which order.

use usbclient_core::{
    recovery::{PipeCalls, PortCalls, Quiet, QuietCalls, Scope, prepare_cycle, reset_pipe, reset_port},
    status::{STATUS_DEVICE_NOT_CONNECTED, STATUS_IO_TIMEOUT, Status},
};

use crate::fake::{FAILURE, Fake, FakeDevice, FakePassive, attempt, calls, device, log, passive, world};

impl QuietCalls for Fake {
    fn hold(_: FakeDevice, scope: Scope, _: &mut FakePassive) {
        log(format!("hold({scope:?})"));
    }
    fn cancel(_: FakeDevice, scope: Scope, _: &mut FakePassive) {
        log(format!("cancel({scope:?})"));
    }
    fn wait_until_quiet(_: FakeDevice, scope: Scope, _: &mut FakePassive) -> bool {
        log(format!("wait({scope:?})"));
        attempt("quiet").is_ok()
    }
    fn still_there(_: FakeDevice, _: &mut FakePassive) -> Result<(), Status> {
        attempt("there").map_err(|_| STATUS_DEVICE_NOT_CONNECTED)
    }
    fn resume(_: FakeDevice, scope: Scope, _: &mut FakePassive) {
        log(format!("resume({scope:?})"));
    }
}

impl PipeCalls for Fake {
    fn reset_pipe(_: FakeDevice, quiet: &Quiet, endpoint: u8, _: &mut FakePassive) -> Result<(), Status> {
        assert_eq!(quiet.scope(), Scope::Pipe(endpoint));
        attempt("reset_pipe")
    }
}

impl PortCalls for Fake {
    fn reset_port(_: FakeDevice, quiet: &Quiet, _: &mut FakePassive) -> Result<(), Status> {
        assert_eq!(quiet.scope(), Scope::Device);
        attempt("reset_port")
    }
}

fn failing(calls: &[&'static str]) {
    world(|w| w.failing = calls.to_vec());
}

#[test]
fn a_pipe_is_reset_while_it_is_quiet() {
    assert_eq!(reset_pipe::<Fake>(device(), 0x81, &mut passive()), Ok(()));
    assert_eq!(
        calls(),
        "hold(Pipe(129)) cancel(Pipe(129)) wait(Pipe(129)) quiet there reset_pipe there resume(Pipe(129))"
    );
}

#[test]
fn the_port_is_reset_while_the_device_is_quiet() {
    assert_eq!(reset_port::<Fake>(device(), &mut passive()), Ok(()));
    assert_eq!(
        calls(),
        "hold(Device) cancel(Device) wait(Device) quiet there reset_port there resume(Device)"
    );
}

#[test]
fn a_failure_lets_requests_go_on_too() {
    failing(&["reset_port"]);
    assert_eq!(reset_port::<Fake>(device(), &mut passive()), Err(FAILURE));
    assert!(calls().ends_with("reset_port there resume(Device)"));
}

#[test]
fn requests_that_do_not_come_back_end_it_before_anything_is_done() {
    failing(&["quiet"]);
    assert_eq!(reset_port::<Fake>(device(), &mut passive()), Err(STATUS_IO_TIMEOUT));
    assert_eq!(calls(), "hold(Device) cancel(Device) wait(Device) quiet there resume(Device)");
}

#[test]
fn a_device_that_is_gone_is_not_asked() {
    for gone in [&["there"][..], &["there", "quiet"]] {
        failing(gone);
        assert_eq!(reset_pipe::<Fake>(device(), 1, &mut passive()), Err(STATUS_DEVICE_NOT_CONNECTED));
        assert_eq!(calls(), "hold(Pipe(1)) cancel(Pipe(1)) wait(Pipe(1)) quiet there resume(Pipe(1))");
    }
}

/// What the bus driver said of a device that went meanwhile is of no interest.
#[test]
fn a_failure_of_a_device_that_went_is_that_it_went() {
    failing(&["reset_port"]);
    world(|w| w.passing = vec![("there", 1)]);
    assert_eq!(reset_port::<Fake>(device(), &mut passive()), Err(STATUS_DEVICE_NOT_CONNECTED));
    assert!(calls().ends_with("reset_port there resume(Device)"));
}

#[test]
fn a_success_stays_one() {
    world(|w| w.passing = vec![("there", 1)]);
    assert_eq!(reset_port::<Fake>(device(), &mut passive()), Ok(()));
}

/// Whoever sends the request resumes when it is back.
#[test]
fn a_cycle_is_prepared_and_stays_quiet() {
    let quiet = prepare_cycle::<Fake>(device(), &mut passive()).map(|quiet| quiet.scope());
    assert_eq!(quiet, Ok(Scope::Device));
    assert_eq!(calls(), "hold(Device) cancel(Device) wait(Device) quiet there");
    failing(&["there"]);
    assert!(prepare_cycle::<Fake>(device(), &mut passive()).is_err());
    assert!(calls().ends_with("there resume(Device)"));
}
