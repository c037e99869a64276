//! The power state, the mapping, the settings, and who ends an IRP that may be cancelled.

use std::collections::{HashSet, VecDeque};

use usbclient_core::power::{
    Admission, Capabilities, Device, DeviceState, Entered, Facts, Job, Outstanding, Power, Settings,
    SystemState, SystemTarget, outstanding::Arrival, policy::IdleEnd,
};

use crate::power_world::{CAPABLE, EAGER};

#[test]
fn states_of_the_system_are_mapped() {
    use DeviceState::{D0, D2, D3};
    use SystemState::{S0, S1, S2, S3, S4, S5};
    // System state, armed and allowed, device state, stays armed.
    let table = [
        (S0, false, D0, true),
        (S1, false, D2, false),
        (S2, false, D2, false),
        (S3, false, D3, false),
        (S4, false, D3, false),
        (S5, false, D3, false),
        (S0, true, D0, true),
        (S1, true, D2, true),
        (S2, true, D2, true),
        (S3, true, D2, true),
        (S4, true, D3, false),
        (S5, true, D3, false),
    ];
    for (system, armed, device, stays) in table {
        let mapped = CAPABLE.map(SystemTarget::plain(system), armed);
        assert_eq!((mapped.device, mapped.stays_armed), (device, stays), "{system:?}, armed {armed}");
    }
}

#[test]
fn a_fast_startup_is_one_from_cold() {
    let deep = Capabilities { system_wake: Some(SystemState::S4), ..CAPABLE };
    let hibernate = SystemTarget::plain(SystemState::S4);
    assert!(deep.map(hibernate, true).stays_armed);
    let mapped = deep.map(SystemTarget { is_fast_startup: true, ..hibernate }, true);
    assert_eq!((mapped.device, mapped.stays_armed), (DeviceState::D3, false));
    // What was refused before is asked for again, as after START.
    let mut power = Power::new();
    power.wake_refused();
    power.idle_over(IdleEnd::NotSupported);
    let (capabilities, settings) = (deep, EAGER);
    (power.capabilities, power.settings) = (capabilities, settings);
    assert!(!power.wants_wake());
    let _ = power.system(SystemTarget { state: SystemState::S0, is_fast_startup: true });
    assert!(power.wants_wake());
}

#[test]
fn no_device_wakes_from_d3_and_none_stays_in_d0() {
    let boasts = Capabilities { device_wake: Some(DeviceState::D3), ..CAPABLE };
    assert_eq!(boasts.wake_state(), Some(DeviceState::D2));
    for silent in [None, Some(DeviceState::D0)] {
        let unable = Capabilities { device_wake: silent, device_state: [silent; 7], ..CAPABLE };
        assert_eq!(unable.wake_state(), None);
        let mapped = unable.map(SystemTarget::plain(SystemState::S1), true);
        assert_eq!((mapped.device, mapped.stays_armed), (DeviceState::D3, false));
    }
}

#[test]
fn requests_wait_from_the_d_irp_to_d0() {
    let mut power = Power::new();
    let busy = Facts { has_users: true, ..Facts::default() };
    assert_eq!(power.admit(), Admission::Admit);
    assert!(power.leave(DeviceState::D2, busy).is_none());
    assert_eq!((power.admit(), power.is_leaving()), (Admission::Hold, true));
    let quiet = power.leave(DeviceState::D2, Facts::default()).expect("nothing is in flight");
    assert_eq!(quiet.to(), DeviceState::D2);
    assert_eq!((power.admit(), power.is_leaving()), (Admission::Hold, false));
    power.enter();
    assert_eq!(power.admit(), Admission::Hold);
    assert_eq!(power.entered(true), Entered::Resume);
    assert_eq!(power.admit(), Admission::Admit);
    // D0 for a device in D0 changes nothing, whether it succeeds or not.
    power.enter();
    assert_eq!(power.admit(), Admission::Admit);
    assert_eq!(power.entered(false), Entered::Nothing);
    assert_eq!(power.device(), Device::Working);
}

#[test]
fn a_failed_d0_fails_the_device_until_one_succeeds_or_it_starts_again() {
    let mut failed = Power::new();
    assert!(failed.leave(DeviceState::D3, Facts::default()).is_some());
    failed.enter();
    assert_eq!(failed.entered(false), Entered::Fail);
    assert_eq!((failed.admit(), failed.has_failed()), (Admission::Refuse, true));
    let mut again = failed;
    again.enter();
    assert_eq!(again.entered(true), Entered::Resume);
    assert!(!again.has_failed());
    failed.started();
    assert_eq!(failed.admit(), Admission::Admit);
}

#[test]
fn a_device_is_without_power_from_s4_to_d0() {
    let slept = |state| {
        let mut power = Power::new();
        let _ = power.system(SystemTarget::plain(state));
        let _ = power.system(SystemTarget::plain(SystemState::S0));
        power
    };
    assert!(!slept(SystemState::S3).take_lost_power());
    let mut power = slept(SystemState::S4);
    assert!(power.take_lost_power());
    assert!(!power.take_lost_power(), "told once");
    let mut started = slept(SystemState::S4);
    started.started();
    assert!(!started.take_lost_power(), "configured anew");
}

#[test]
fn reads_of_a_ring_do_not_keep_a_device_awake() {
    let mut power = Power::new();
    power.settings = Settings { ignores_wake: true, ..EAGER };
    let reading = Facts { is_started: true, is_due: true, has_users: true, ..Facts::default() };
    assert_eq!(power.next_job(reading), Some(Job::SubmitIdle));
    let _ = power.idle.arrived();
    assert!(power.idle_called(reading));
    // They are called back first.
    assert!(power.leave(power.idle_state(), reading).is_none());
    assert!(power.leave(power.idle_state(), Facts { has_users: false, ..reading }).is_some());
}

#[test]
fn time_is_taken_only_while_an_idle_device_would_be_suspended() {
    let mut power = Power::new();
    power.settings = Settings { ignores_wake: true, ..EAGER };
    let idle = Facts { is_started: true, ..Facts::default() };
    assert!(power.watches_idleness(idle));
    assert!(power.watches_idleness(Facts { has_users: true, ..idle }), "a reader's");
    assert!(!power.watches_idleness(Facts { is_busy: true, has_users: true, ..idle }));
    assert!(!power.watches_idleness(Facts { has_held: true, ..idle }));
    assert!(!power.watches_idleness(Facts { is_started: false, ..idle }));
    let unable = |change: fn(&mut Power)| {
        let mut power = power;
        change(&mut power);
        !power.watches_idleness(idle)
    };
    assert!(unable(|power| power.settings.ignores_wake = false), "not armed");
    assert!(unable(|power| power.settings.auto_suspend = false));
    assert!(unable(|power| power.idle_over(IdleEnd::NotSupported)));
    assert!(unable(Power::up_asked));
    assert!(unable(|power| _ = power.idle.ask()));
    assert!(unable(|power| _ = power.system(SystemTarget::plain(SystemState::S3))));
    assert!(unable(|power| _ = power.leave(DeviceState::D2, Facts::default())));
}

#[test]
fn a_device_that_may_not_be_suspended_any_more_comes_up() {
    let mut power = Power::new();
    power.settings = Settings { ignores_wake: true, ..EAGER };
    let idle = Facts { is_started: true, ..Facts::default() };
    assert!(power.idle_called(idle));
    assert!(power.leave(DeviceState::D2, idle).is_some());
    assert_eq!(power.next_job(idle), None);
    power.settings.auto_suspend = false;
    assert_eq!(power.next_job(idle), Some(Job::RequestUp));
    assert_eq!(power.next_job(idle), None, "asked for");
}

#[test]
fn user_and_registry_both_allow_suspending() {
    let suspends = |change: fn(&mut Settings)| {
        let mut settings = EAGER;
        change(&mut settings);
        settings.suspends()
    };
    assert!(!Settings::OFF.suspends());
    assert!(suspends(|_| {}));
    assert!(!suspends(|s| s.idle_enabled = false));
    assert!(!suspends(|s| s.auto_suspend = false));
    assert!(!suspends(|s| (s.user_sets_idle, s.user_allows_idle) = (true, false)));
    // The user's word counts only where the INF offers the check box.
    assert!(suspends(|s| (s.user_sets_idle, s.user_allows_idle) = (false, false)));
}

#[test]
fn policies_of_the_device_are_two() {
    use usbclient_core::status::STATUS_INVALID_PARAMETER;
    let mut settings = EAGER;
    assert_eq!(settings.set_policy(0x81, 0), Some(Ok(())));
    assert_eq!((settings.policy(0x81), settings.suspends()), (Some(0), false));
    assert_eq!(settings.set_policy(0x81, 2), Some(Err(STATUS_INVALID_PARAMETER)));
    assert_eq!(settings.set_policy(0x83, 250), Some(Ok(())));
    assert_eq!(settings.policy(0x83), Some(250));
    assert_eq!((settings.set_policy(3, 1), settings.policy(3)), (None, None));
}

/// Every order of asking, arriving, cancelling and coming back: the IRP is ended by exactly one.
#[test]
fn exactly_one_ends_a_cancellable_irp() {
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    struct World {
        state: Outstanding,
        /// 0: not made; 1: on its way to the driver; 2: below; 3: over
        irp: u8,
        canceller: bool,
        ended: u8,
        cancels: u8,
    }
    let start = World { state: Outstanding::None, irp: 0, canceller: false, ended: 0, cancels: 0 };
    let mut seen = HashSet::from([start]);
    let mut open = VecDeque::from([start]);
    let mut ends = 0;
    while let Some(world) = open.pop_front() {
        let mut next = Vec::new();
        let mut step = |change: &dyn Fn(&mut World)| {
            let mut world = world;
            change(&mut world);
            next.push(world);
        };
        match world.irp {
            0 => step(&|w| (assert!(w.state.ask()), w.irp = 1).1),
            1 => {
                step(&|w| match w.state.arrived() {
                    Arrival::Send => w.irp = 2,
                    Arrival::End => (w.irp, w.ended) = (3, w.ended + 1),
                    Arrival::Foreign => panic!("it was asked for"),
                });
                // A filter above ended it.
                step(&|w| (w.state.never_came(), w.irp = 3, w.ended += 1).1);
            }
            2 => step(&|w| {
                w.irp = 3;
                if w.state.came_back() {
                    w.ended += 1;
                }
            }),
            _ => {}
        }
        if world.cancels < 2 && !world.canceller && world.irp != 0 {
            step(&|w| (w.cancels += 1, w.canceller = w.state.cancel()).1);
        }
        if world.canceller {
            step(&|w| {
                w.canceller = false;
                if w.state.cancelled() {
                    w.ended += 1;
                }
            });
        }
        if next.is_empty() {
            assert_eq!((world.ended, world.state), (1, Outstanding::None));
            ends += 1;
        }
        for world in next {
            assert!(world.ended <= 1);
            if seen.insert(world) {
                open.push_back(world);
            }
        }
    }
    assert!(ends > 0);
}
