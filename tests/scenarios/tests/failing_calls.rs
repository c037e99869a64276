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
    scenario::{DEVICE, Expected, Plug, Scenario, Step},
};
use scenarios::{assert_clean, demand_clean, live, machine, order};

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

fn sites(machine: &mut Machine) -> BTreeMap<FaultSite, u32> {
    let life = live(machine, &plugged(), Choices::InTurn);
    assert_clean(&life, "without a failure");
    machine.kernel().faults.seen().clone()
}

/// Each call of AddDevice and START that its documentation lets fail fails once, with each documented status.
#[test]
fn every_fallible_call_of_add_device_and_start() {
    let mut machine = machine();
    let sites = sites(&mut machine);
    assert!(sites.len() >= 8, "only {} calls can fail", sites.len());
    for (site, count) in sites {
        let export = exports::find_by_name(site.routine);
        let statuses = export.map(|export| export.failures).unwrap_or_default();
        for status in statuses {
            for occurrence in 1..=count {
                let fault = Fault { site, occurrence, status: NtStatus(*status) };
                fails_cleanly(&mut machine, fault);
            }
        }
    }
}

fn fails_cleanly(machine: &mut Machine, fault: Fault) {
    if let Err(stop) = machine.next_life(Choices::InTurn) {
        panic!("no new life: {stop}");
    }
    machine.kernel_mut().faults.plan.push(fault);
    let life = play(machine, &plugged());
    assert_clean(&life, &format!("{fault:?}"));
    assert_eq!(order::handles_are_closed_in_time(&life.events), Ok(()), "{fault:?}");
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
