//! Calls that fail: one after the other, everywhere.

use std::collections::BTreeMap;

use nt_trace::NtStatus;
use ntsim::{
    kernel::{
        exports,
        fault::{Fault, FaultSite},
    },
    life::play,
    machine::{Choices, Machine},
    pnp::NodeState,
    scenario::{Bytes, DEVICE, Expectation, Expected, Ioctl, Open, Plug, PnpOperation, Scenario, Step},
};
use scenarios::{assert_clean, demand_clean, machine, order};
use usb_models::models::loopback::{BULK_IN, BULK_OUT, LEVEL};
use usbclient_protocol::SetupPacket;

/// Plugs a device in, whatever comes of it, and pulls it.
fn plugged() -> Scenario {
    Scenario {
        name: "plugged".into(),
        about: "plug, unplug, unload".into(),
        steps: vec![
            Step::Plug(Plug { expect: Expected::anything(), ..Plug::new(DEVICE, "loopback-hs") }),
            Step::Unplug { device: DEVICE.into() },
            Step::Unload,
        ],
    }
}

/// Opens a device and closes it.
fn opened() -> Scenario {
    let mut scenario = plugged();
    let open_and_close = [Step::Open(Open::new(DEVICE, "file")), Step::Close { file: "file".into() }];
    scenario.steps.splice(1..1, open_and_close);
    scenario
}

/// Uses a device in every way, whatever comes of it: more requests at a time than a pipe's pool has slots, one
/// that is split, a rebalance.
fn used() -> Scenario {
    let anything = Expected::anything;
    let file = || "file".to_owned();
    let names: Vec<String> = (0..24).map(|number| format!("read {number}")).collect();
    let submit =
        |name: &String| Step::Submit { request: name.clone(), ioctl: Ioctl::read("file", BULK_IN, 1024) };
    let wait = |name: &String| Step::Wait { request: name.clone(), expect: anything() };
    let setup = SetupPacket { request_type: 0xC0, request: LEVEL, value: 0, index: 0, length: 4 };
    let mut steps = vec![
        Step::Plug(Plug::new(DEVICE, "loopback-hs")),
        Step::Open(Open::new(DEVICE, "file")),
        Step::Ioctl { ioctl: Ioctl::control_in("file", setup), expect: anything() },
        Step::Submit { request: "large".into(), ioctl: Ioctl::write("file", BULK_OUT, Bytes::room(9 << 20)) },
    ];
    steps.extend(names.iter().map(submit));
    steps.extend([
        Step::Ioctl { ioctl: Ioctl::abort("file", BULK_IN), expect: anything() },
        Step::Ioctl { ioctl: Ioctl::reset("file", BULK_IN), expect: anything() },
        Step::Pnp { device: DEVICE.into(), operation: PnpOperation::Rebalance, expect: anything() },
        Step::CancelFile { file: file() },
        Step::Wait { request: "large".into(), expect: anything() },
    ]);
    steps.extend(names.iter().map(wait));
    steps.extend([
        Step::Close { file: file() },
        Step::Unplug { device: DEVICE.into() },
        Step::Expect(Expectation::State { device: DEVICE.into(), state: NodeState::Deleted }),
        Step::Unload,
    ]);
    Scenario { name: "used".into(), about: "plug, use, stop, start, unplug, unload".into(), steps }
}

fn sites(machine: &mut Machine, scenario: &Scenario) -> BTreeMap<FaultSite, u32> {
    if let Err(stop) = machine.next_life(Choices::InTurn) {
        panic!("no new life: {stop}");
    }
    machine.kernel_mut().faults.watch = true;
    let life = play(machine, scenario);
    assert_clean(&life, "without a failure");
    machine.kernel().faults.seen().clone()
}

/// Every call that can fail, as often as it is made after `skipped` calls, each with every documented status.
fn every_fault(sites: &BTreeMap<FaultSite, u32>, skipped: &BTreeMap<FaultSite, u32>) -> Vec<Fault> {
    let of_site = |(site, count): (&FaultSite, &u32)| {
        let export = exports::find_by_name(site.routine);
        let statuses = export.map(|export| export.failures).unwrap_or_default();
        let first = skipped.get(site).copied().unwrap_or(0) + 1;
        let (site, count) = (*site, *count);
        statuses.iter().flat_map(move |status| {
            (first..=count).map(move |occurrence| Fault { site, occurrence, status: NtStatus(*status) })
        })
    };
    sites.iter().flat_map(of_site).collect()
}

fn fails_cleanly(machine: &mut Machine, scenario: &Scenario, fault: Fault) {
    if let Err(stop) = machine.next_life(Choices::InTurn) {
        panic!("no new life: {stop}");
    }
    machine.kernel_mut().faults.plan.push(fault);
    let life = play(machine, scenario);
    assert_clean(&life, &format!("{fault:?}"));
    assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{fault:?}");
}

/// Each call of AddDevice and START that its documentation lets fail fails once, with each documented status.
#[test]
fn every_fallible_call_of_add_device_and_start() {
    let mut machine = machine();
    let scenario = plugged();
    let faults = every_fault(&sites(&mut machine, &scenario), &BTreeMap::new());
    assert!(faults.len() >= 20, "only {} failures", faults.len());
    for fault in faults {
        fails_cleanly(&mut machine, &scenario, fault);
    }
}

/// The same for the calls that come later: transfers, pools that grow, a rebalance.
#[test]
fn every_fallible_call_of_a_device_in_use() {
    let mut machine = machine();
    let scenario = used();
    // What an open calls has scenarios of its own: without a file there is nothing to use.
    let before = sites(&mut machine, &opened());
    let faults = every_fault(&sites(&mut machine, &scenario), &before);
    assert!(faults.len() >= 10, "only {} failures", faults.len());
    for fault in faults {
        fails_cleanly(&mut machine, &scenario, fault);
    }
}

#[test]
fn add_device_without_io_create_device() {
    demand_clean("add_device_without_iocreatedevice", 1);
}

#[test]
fn add_device_without_io_attach_device_to_device_stack() {
    demand_clean("add_device_without_ioattachdevicetodevicestack", 1);
}

#[test]
fn add_device_without_usbd_create_handle() {
    demand_clean("add_device_without_usbd_createhandle", 1);
}

#[test]
fn add_device_without_io_register_device_interface() {
    demand_clean("add_device_without_ioregisterdeviceinterface", 1);
}

#[test]
fn registration_fails() {
    demand_clean("registration_fails", 1);
}
