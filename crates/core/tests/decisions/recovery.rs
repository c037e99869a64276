//! Recoveries: what is held, cancelled, waited for, done and let go on, in which order.

use usbclient_core::{
    descriptors::{Configuration, Endpoint},
    endpoint_set::EndpointSet,
    identifiers::have_interface,
    recovery::{
        ConfigurationCalls, PipeCalls, PortCalls, Quiet, QuietCalls, Scope, Setting, SettingCalls, Task,
        Tasks, prepare_cycle, reset_pipe, reset_port, select_configuration, select_interface,
    },
    status::{
        STATUS_DEVICE_NOT_CONNECTED, STATUS_INVALID_PARAMETER, STATUS_IO_TIMEOUT, STATUS_NOT_SUPPORTED,
        Status,
    },
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

impl SettingCalls for Fake {
    type NewPipes = u8;
    type Prepared = u8;

    fn find_setting(
        _: FakeDevice,
        number: u8,
        alternate: Option<u8>,
        _: &mut FakePassive,
    ) -> Result<Setting, Status> {
        attempt("find")?;
        let endpoints: Vec<Endpoint> = Vec::new();
        Setting::find(&two_settings(), number, alternate.unwrap_or(0), &endpoints)
    }
    fn prepare_setting(_: FakeDevice, setting: &Setting, _: &mut FakePassive) -> Result<u8, Status> {
        attempt("prepare")?;
        Ok(setting.interface().alternate)
    }
    fn select_setting(_: FakeDevice, quiet: &Quiet, prepared: u8, _: &mut FakePassive) -> Result<u8, Status> {
        assert_eq!(quiet.scope(), Scope::Interface(0));
        log(format!("select({prepared})"));
        attempt(if prepared == 0 { "old" } else { "new" })?;
        Ok(prepared)
    }
    fn replace_pipes(_: FakeDevice, _: &Quiet, setting: &Setting, pipes: Option<u8>, _: &mut FakePassive) {
        log(format!("replace({},{pipes:?})", setting.interface().alternate));
    }
}

/// Interface 0 with setting 0, which has bulk IN 0x81, and setting 1, which has bulk IN 0x82.
fn two_settings() -> Vec<u8> {
    let mut bytes = vec![9, 2, 0, 0, 1, 1, 0, 0x80, 50];
    for (alternate, address) in [(0, 0x81), (1, 0x82)] {
        bytes.extend([9, 4, 0, alternate, 1, 0xFF, 0, 0, 0]);
        bytes.extend([7, 5, address, 2, 0, 2, 0]);
    }
    bytes[2] = bytes.len().to_le_bytes()[0];
    bytes
}

const QUIET: &str = "hold(Interface(0)) cancel(Interface(0)) wait(Interface(0)) quiet there";

#[test]
fn a_setting_is_selected_while_its_pipes_are_quiet() {
    assert_eq!(select_interface::<Fake>(device(), 0, 1, &mut passive()), Ok(()));
    let expected = format!(
        "find find prepare prepare {QUIET} select(1) new replace(1,Some(1)) there resume(Interface(0))"
    );
    assert_eq!(calls(), expected);
}

#[test]
fn a_refused_setting_brings_the_old_one_back() {
    failing(&["new"]);
    assert_eq!(select_interface::<Fake>(device(), 0, 1, &mut passive()), Err(FAILURE));
    let expected = format!(
        "find find prepare prepare {QUIET} select(1) new there select(0) old replace(0,Some(0)) there \
         resume(Interface(0))"
    );
    assert_eq!(calls(), expected);
}

#[test]
fn an_interface_is_left_without_pipes_if_there_is_no_way_back() {
    failing(&["new", "old"]);
    assert_eq!(select_interface::<Fake>(device(), 0, 1, &mut passive()), Err(FAILURE));
    assert!(calls().ends_with("select(0) old replace(0,None) there resume(Interface(0))"));
}

#[test]
fn a_device_that_went_is_not_asked_for_the_old_setting() {
    failing(&["new"]);
    world(|w| w.passing = vec![("there", 1)]);
    assert_eq!(select_interface::<Fake>(device(), 0, 1, &mut passive()), Err(STATUS_DEVICE_NOT_CONNECTED));
    assert!(calls().ends_with("select(1) new there replace(0,None) there resume(Interface(0))"));
}

#[test]
fn nothing_is_disturbed_without_memory_or_setting() {
    failing(&["prepare"]);
    assert_eq!(select_interface::<Fake>(device(), 0, 1, &mut passive()), Err(FAILURE));
    assert_eq!(calls(), "find find prepare");
    failing(&[]);
    assert_eq!(select_interface::<Fake>(device(), 0, 2, &mut passive()), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(select_interface::<Fake>(device(), 1, 0, &mut passive()), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(calls(), "find find find");
}

#[test]
fn a_setting_whose_endpoint_another_interface_has_is_refused() {
    let mut other = Setting::find(&two_settings(), 0, 1, &[])
        .ok()
        .and_then(|setting| setting.endpoints().next().map(|found| found.endpoint));
    let own = other.into_iter().collect::<Vec<_>>();
    assert!(Setting::find(&two_settings(), 0, 1, &own).is_ok());
    if let Some(endpoint) = &mut other {
        endpoint.interface = 7;
    }
    let foreign = other.into_iter().collect::<Vec<_>>();
    assert_eq!(Setting::find(&two_settings(), 0, 1, &foreign).err(), Some(STATUS_INVALID_PARAMETER));
    assert!(Setting::find(&two_settings(), 0, 0, &foreign).is_ok());
}

impl ConfigurationCalls for Fake {
    type Bytes = Vec<u8>;
    type Opened = u8;

    fn is_function(_: FakeDevice, _: &mut FakePassive) -> bool {
        attempt("alone").is_err()
    }
    fn configuration_count(_: FakeDevice, _: &mut FakePassive) -> Result<u8, Status> {
        attempt("count").map(|()| 3)
    }
    fn read_configuration(
        _: FakeDevice,
        index: u8,
        length: u16,
        _: &mut FakePassive,
    ) -> Result<Vec<u8>, Status> {
        attempt(if length == 9 { "header" } else { "whole" })?;
        Ok(configuration(index + 1).into_iter().take(usize::from(length)).collect())
    }
    fn selected_configuration(_: FakeDevice, _: &mut FakePassive) -> Result<Option<Vec<u8>>, Status> {
        let is_selected = attempt("selected").is_ok();
        Ok(is_selected.then(|| configuration(1)))
    }
    fn open_configuration(
        _: FakeDevice,
        quiet: &Quiet,
        bytes: Vec<u8>,
        parsed: &Configuration,
        _: &mut FakePassive,
    ) -> Result<u8, Status> {
        assert_eq!((quiet.scope(), bytes), (Scope::Device, configuration(parsed.value())));
        log(format!("open({})", parsed.value()));
        attempt(if parsed.value() == 1 { "old" } else { "new" })?;
        Ok(parsed.value())
    }
    fn replace_all_pipes(_: FakeDevice, _: &Quiet, opened: Option<u8>, _: &mut FakePassive) {
        log(format!("replace({opened:?})"));
    }
}

fn configuration(value: u8) -> Vec<u8> {
    let mut bytes = two_settings();
    bytes[5] = value;
    bytes
}

const ALL_QUIET: &str = "hold(Device) cancel(Device) wait(Device) quiet there";

#[test]
fn a_configuration_is_found_by_its_value_and_selected_while_the_device_is_quiet() {
    assert_eq!(select_configuration::<Fake>(device(), 2, &mut passive()), Ok(()));
    let expected = format!(
        "alone selected count header header whole {ALL_QUIET} open(2) new replace(Some(2)) there resume(Device)"
    );
    assert_eq!(calls(), expected);
}

#[test]
fn a_refused_configuration_brings_the_old_one_back() {
    failing(&["new"]);
    assert_eq!(select_configuration::<Fake>(device(), 2, &mut passive()), Err(FAILURE));
    assert!(calls().ends_with("open(2) new there open(1) old replace(Some(1)) there resume(Device)"));
    failing(&["new", "old"]);
    assert_eq!(select_configuration::<Fake>(device(), 3, &mut passive()), Err(FAILURE));
    assert!(calls().ends_with("open(3) new there open(1) old replace(None) there resume(Device)"));
    failing(&["new", "selected"]);
    assert_eq!(select_configuration::<Fake>(device(), 3, &mut passive()), Err(FAILURE));
    assert!(calls().ends_with("open(3) new there replace(None) there resume(Device)"));
}

#[test]
fn a_configuration_that_is_not_there_disturbs_nothing() {
    assert_eq!(select_configuration::<Fake>(device(), 4, &mut passive()), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(calls(), "alone selected count header header header");
    for (step, so_far) in [
        ("count", "alone selected count"),
        ("header", "alone selected count header"),
        ("whole", "alone selected count header whole"),
    ] {
        failing(&[step]);
        assert_eq!(select_configuration::<Fake>(device(), 1, &mut passive()), Err(FAILURE));
        assert_eq!(calls(), so_far);
    }
}

#[test]
fn a_function_selects_no_configuration() {
    failing(&["alone"]);
    assert_eq!(select_configuration::<Fake>(device(), 2, &mut passive()), Err(STATUS_NOT_SUPPORTED));
    assert_eq!(calls(), "alone");
}

#[test]
fn a_function_is_known_by_the_interface_number_in_its_hardware_ids() {
    let ids = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    assert!(have_interface(&ids("USB\\VID_1209&PID_0001&REV_0100&MI_02\0USB\\VID_1209&PID_0001&MI_02\0\0")));
    assert!(have_interface(&ids("USB\\Vid_1209&Pid_0001&Mi_02\0\0")));
    assert!(have_interface(&ids("USB\\A&M&MI_00")));
    assert!(!have_interface(&ids("USB\\VID_1209&PID_0001&REV_0100\0USB\\VID_1209&PID_0001\0\0")));
    assert!(!have_interface(&ids("USB\\MI_02&M\0I_")));
    assert!(!have_interface(b""));
    assert!(!have_interface(b"&MI_"));
}

#[test]
fn endpoints_are_told_apart_by_number_and_direction() {
    let mut set = EndpointSet::NONE;
    assert!(!set.contains(0x00) && EndpointSet::ALL.contains(0x00) && EndpointSet::ALL.contains(0x8F));
    for address in [0x01, 0x8F] {
        set.insert(address);
    }
    let found: Vec<u8> = (0..=0x0F).chain(0x80..=0x8F).filter(|address| set.contains(*address)).collect();
    assert_eq!(found, [0x01, 0x8F]);
}

#[test]
fn endpoints_are_taken_out_of_a_set() {
    let mut set = EndpointSet::NONE;
    assert!(set.is_empty() && set.pop().is_none());
    for address in [0x8F, 0x00, 0x81, 0x01] {
        set.insert(address);
    }
    let taken: Vec<u8> = core::iter::from_fn(|| set.pop()).collect();
    assert_eq!(taken, [0x00, 0x01, 0x81, 0x8F]);
    assert!(set.is_empty());
    let mut all = EndpointSet::ALL;
    assert_eq!(core::iter::from_fn(|| all.pop()).count(), 32);
}

#[test]
fn resets_come_before_requests_and_reads_after_them() {
    let mut tasks = Tasks::NONE;
    assert!(tasks.is_empty());
    tasks.pump(0x81);
    tasks.close_streams();
    tasks.reset(0x82);
    tasks.reopen(0x83);
    tasks.reset(0x01);
    tasks.reset(0x82);
    let before: Vec<Task> = core::iter::from_fn(|| tasks.before_requests()).collect();
    assert_eq!(before, [Task::Reopen(0x83), Task::Reset(0x01), Task::Reset(0x82), Task::CloseStreams]);
    assert!(!tasks.is_empty());
    assert_eq!(tasks.after_requests(), Some(Task::Pump(0x81)));
    assert!(tasks.after_requests().is_none() && tasks.is_empty());
}
