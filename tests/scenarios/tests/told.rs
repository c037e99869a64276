//! Event tracing: what events say of claims, policies, changes of the device and power.

use scenarios::traced::{line, traced, written};

/// The events of these names, each in a line.
fn told(scenario: &str, wanted: &[&str]) -> Vec<String> {
    let life = traced(scenario);
    written(&life.events)
        .into_iter()
        .filter(|event| wanted.contains(&event.name.as_ref()))
        .map(line)
        .collect()
}

#[test]
fn claims_are_told_with_who_may_not_and_when_they_end() {
    assert_eq!(
        told("claim_is_enforced", &["InterfaceClaim", "InterfaceRelease", "FileCleanup"]),
        [
            "InterfaceClaim, 0, STATUS_SUCCESS",
            // The same file again.
            "InterfaceClaim, 0, STATUS_SUCCESS",
            "InterfaceClaim, 0, STATUS_SHARING_VIOLATION",
            // By CLOSE_HANDLE.
            "InterfaceRelease, 0",
            "InterfaceClaim, 0, STATUS_SUCCESS",
            "InterfaceClaim, 0, STATUS_SHARING_VIOLATION",
            // With the file.
            "FileCleanup",
            "InterfaceRelease, 0",
            "FileCleanup",
        ]
    );
}

#[test]
fn policies_are_told_with_pipe_number_and_value() {
    let told = told("policies", &["PolicySet"]);
    for expected in [
        "PolicySet, 0x81, 8, 1, STATUS_INVALID_PARAMETER",
        "PolicySet, 0x0, 7, 1, STATUS_INVALID_PARAMETER",
        "PolicySet, 0x1, 1, 1, STATUS_SUCCESS",
        "PolicySet, 0x81, 5, 1, STATUS_SUCCESS",
    ] {
        assert_eq!(told.iter().filter(|line| *line == expected).count(), 1, "{expected} in {told:#?}");
    }
}

#[test]
fn what_a_file_gave_up_is_told_by_what_is_left() {
    let told = told("privileges", &["PrivilegesDropped"]);
    assert!(!told.is_empty());
    let left = |line: &String| {
        let number = line.strip_prefix("PrivilegesDropped, 0x").unwrap();
        u32::from_str_radix(number, 16).unwrap()
    };
    let mut before = u32::MAX;
    for left in told.iter().map(left) {
        assert!(left & !before == 0, "{left:#x} is more than {before:#x}");
        before = left;
    }
}

#[test]
fn changes_of_the_device_are_told_with_their_names() {
    for (scenario, change) in [
        ("setting_with_io", "select interface"),
        ("configuration_with_io", "select configuration"),
        ("streams_loopback", "open streams"),
        ("streams_loopback", "close streams"),
        ("reset_pipe_with_io", "reset pipe"),
        ("auto_clear_stall", "reset pipe"),
        ("reset_port_with_io", "reset port"),
        ("cycle_port", "cycle port"),
    ] {
        let told = told(scenario, &["DeviceChange"]);
        let expected = format!("DeviceChange, STATUS_SUCCESS, {change}");
        assert!(told.contains(&expected), "{scenario}: {expected} is not in {told:#?}");
    }
}

const POWER: [&str; 3] = ["PowerTransition", "PowerStep", "PowerFailed"];

#[test]
fn an_idle_device_is_told_step_by_step() {
    let told = told("idle_device", &POWER);
    assert_eq!(
        told[..6],
        [
            "PowerStep, STATUS_SUCCESS, wake armed",
            "PowerStep, STATUS_SUCCESS, idle submitted",
            "PowerStep, STATUS_SUCCESS, idle callback",
            // PowerDeviceD2, and D0 for the next request.
            "PowerTransition, 3, STATUS_SUCCESS, device set",
            "PowerStep, STATUS_SUCCESS, idle ended",
            "PowerTransition, 1, STATUS_SUCCESS, device set",
        ]
    );
}

#[test]
fn a_device_that_does_not_come_back_from_sleep_is_told() {
    assert_eq!(
        told("pulled_while_the_system_sleeps", &POWER),
        [
            // PowerSystemSleeping3, PowerDeviceD2; PowerSystemWorking, and no D0.
            "PowerTransition, 4, STATUS_SUCCESS, system query",
            "PowerTransition, 4, STATUS_SUCCESS, system set",
            "PowerTransition, 3, STATUS_SUCCESS, device set",
            "PowerTransition, 1, STATUS_SUCCESS, system set",
            "PowerTransition, 1, STATUS_NO_SUCH_DEVICE, device set",
            "PowerFailed, STATUS_NO_SUCH_DEVICE, reach D0",
        ]
    );
}
