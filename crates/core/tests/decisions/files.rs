//! Who may do what: claims, handles, privileges.

use proptest::prelude::*;
use usbclient_core::{
    descriptors::{Configuration, Endpoint},
    files::{
        File, Files, HANDLES, HANDLES_OF_A_FILE, HandleSlot, Object, OpenPipe, OpenStream, Operation,
        Recipient, Rights, Target,
    },
    request::{DeviceControl, Limits, Request, decode},
    status::{
        STATUS_ACCESS_DENIED, STATUS_BUFFER_TOO_SMALL, STATUS_CANCELLED, STATUS_INSUFFICIENT_RESOURCES,
        STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_HANDLE,
        STATUS_INVALID_PARAMETER, STATUS_SHARING_VIOLATION, Status,
    },
};
use usbclient_protocol::{
    ControlTransfer, DropPrivileges, HandleSelect, InterfaceSelect, PipeOpen, PipeSelect, PipeTransfer,
    PolicySet, SetupPacket, claim, control_code as code, operation, policy,
};

const fn endpoint(interface: u8, address: u8) -> Endpoint {
    Endpoint { interface, address, attributes: 2, interval: 0, max_packet_size: 512 }
}

const ENDPOINTS: [Endpoint; 4] = [endpoint(0, 0x81), endpoint(0, 0x02), endpoint(3, 0x83), endpoint(3, 0x04)];
const EVERY_INTERFACE: [u8; 32] = [0xFF; 32];

type Memory = Vec<HandleSlot>;

fn files() -> Files<Memory> {
    files_with(HANDLES)
}

fn files_with(count: usize) -> Files<Memory> {
    let mut files = Files::new(Vec::new());
    assert!(!files.has_room());
    let slots = std::iter::repeat_with(|| HandleSlot::FREE).take(count).collect();
    assert!(files.furnish(slots).is_ok());
    files
}

const fn open(files: &mut Files<Memory>) -> File {
    files.open().unwrap()
}

fn claim_free(files: &mut Files<Memory>, file: &File, interface: u8) -> Result<u32, Status> {
    files.claim(Some(file), interface, || false)
}

const fn limits<'a>(files: &'a Files<Memory>, file: Option<&'a File>) -> Limits<'a> {
    Limits {
        endpoints: &ENDPOINTS,
        places: &usbclient_core::places::Places::NONE,
        access: files.access(file),
        policies: const { &usbclient_core::policy::Policies::new() },
        control_maximum: 4096,
    }
}

fn send(
    files: &Files<Memory>,
    file: Option<&File>,
    code: u32,
    input: &[u8],
    output_length: usize,
) -> Result<Request, Status> {
    decode(DeviceControl { code, input, output_length }, limits(files, file))
}

#[test]
fn a_claim_is_for_one_file_and_nobody_else() {
    let mut files = files();
    let (mine, other) = (open(&mut files), open(&mut files));
    assert_ne!(mine.key(), other.key());
    let handle = claim_free(&mut files, &mine, 3).unwrap();
    assert_eq!(claim_free(&mut files, &mine, 3), Ok(handle), "the same again");
    assert_eq!(claim_free(&mut files, &other, 3), Err(STATUS_SHARING_VIOLATION));
    let states = |file| (0..4).map(|number| files.claim_state(file, number)).collect::<Vec<_>>();
    let free = [claim::FREE; 3];
    assert_eq!(states(Some(&mine)), [&free[..], &[claim::MINE]].concat());
    assert_eq!(states(Some(&other)), [&free[..], &[claim::OTHER]].concat());
    assert_eq!(states(None), [&free[..], &[claim::OTHER]].concat());

    assert_eq!(files.close_handle(Some(&other), handle, drop), Err(STATUS_INVALID_HANDLE));
    assert_eq!(files.close_handle(Some(&mine), handle, drop), Ok(()));
    assert_eq!(files.close_handle(Some(&mine), handle, drop), Err(STATUS_INVALID_HANDLE), "twice");
    assert!(claim_free(&mut files, &other, 3).is_ok());
}

#[test]
fn what_another_file_uses_cannot_be_claimed() {
    let mut files = files();
    let (mine, other) = (open(&mut files), open(&mut files));
    assert_eq!(files.claim(Some(&mine), 0, || true), Err(STATUS_SHARING_VIOLATION));
    // Streams need no claim.
    files.open_stream(Some(&other), ENDPOINTS[0], 1).unwrap();
    assert_eq!(claim_free(&mut files, &mine, 0), Err(STATUS_SHARING_VIOLATION));
    assert!(claim_free(&mut files, &mine, 3).is_ok());
    assert!(claim_free(&mut files, &other, 0).is_ok(), "one's own are no obstacle");
}

#[test]
fn without_a_file_nothing_is_owned() {
    let mut files = files();
    let mine = open(&mut files);
    let handle = claim_free(&mut files, &mine, 0).unwrap();
    assert_eq!(files.claim(None, 3, || false), Err(STATUS_INVALID_HANDLE));
    assert_eq!(files.open_pipe(None, handle, ENDPOINTS[0]), Err(STATUS_INVALID_HANDLE));
    assert_eq!(files.open_stream(None, ENDPOINTS[0], 1), Err(STATUS_INVALID_HANDLE));
    assert_eq!(files.close_handle(None, handle, drop), Err(STATUS_INVALID_HANDLE));
    let access = files.access(None);
    assert_eq!(access.target(&ENDPOINTS, handle), Err(STATUS_INVALID_HANDLE));
    assert_eq!(access.pipe(&ENDPOINTS, 0x81), Err(STATUS_SHARING_VIOLATION));
    assert_eq!(access.pipe(&ENDPOINTS, 0x83), Ok(ENDPOINTS[2]));
    assert_eq!(access.whole_device(), Err(STATUS_SHARING_VIOLATION));
    assert_eq!(files.access(Some(&mine)).whole_device(), Ok(()));
}

#[test]
fn targets() {
    let mut files = files();
    let (mine, other) = (open(&mut files), open(&mut files));
    let interface = claim_free(&mut files, &mine, 0).unwrap();
    let pipe = files.open_pipe(Some(&mine), interface, ENDPOINTS[0]).unwrap();
    let stream = files.open_stream(Some(&mine), ENDPOINTS[1], 7).unwrap();
    assert_eq!(
        files.open_pipe(Some(&mine), interface, ENDPOINTS[2]),
        Err(STATUS_INVALID_PARAMETER),
        "an endpoint of another interface"
    );
    assert_eq!(files.open_pipe(Some(&mine), pipe, ENDPOINTS[0]), Err(STATUS_INVALID_HANDLE));
    assert_eq!(files.open_pipe(Some(&other), interface, ENDPOINTS[0]), Err(STATUS_INVALID_HANDLE));

    let access = files.access(Some(&mine));
    let target = |endpoint, stream| Ok(Target { endpoint, stream });
    assert_eq!(access.target(&ENDPOINTS, pipe), target(ENDPOINTS[0], None));
    assert_eq!(access.target(&ENDPOINTS, stream), target(ENDPOINTS[1], Some(7)));
    assert_eq!(access.target(&ENDPOINTS, 0x81), target(ENDPOINTS[0], None));
    assert_eq!(access.pipe_address(pipe), Some(ENDPOINTS[0].address));
    assert_eq!(access.pipe_address(stream), Some(ENDPOINTS[1].address));
    assert_eq!(access.pipe_address(0x07), Some(0x07), "there may be such an endpoint later");
    assert_eq!(access.pipe_address(interface), None);
    assert_eq!(access.pipe_address(0x100), None);
    assert_eq!(access.target(&ENDPOINTS, interface), Err(STATUS_INVALID_HANDLE), "not a pipe's");
    assert_eq!(access.pipe(&ENDPOINTS, stream), Err(STATUS_INVALID_HANDLE), "not a pipe's own");
    assert_eq!(access.claimed_interface(pipe), Err(STATUS_INVALID_HANDLE), "not an interface's");
    assert_eq!(access.claimed_interface(interface).map(|claimed| claimed.number), Ok(0));
    for address in (0..0x100).filter(|a| !ENDPOINTS.iter().any(|e| u32::from(e.address) == *a)) {
        assert_eq!(access.target(&ENDPOINTS, address), Err(STATUS_INVALID_PARAMETER), "{address:#x}");
    }
    // The endpoint is not there in the settings that are selected now.
    assert_eq!(access.target(&ENDPOINTS[1..], pipe), Err(STATUS_INVALID_HANDLE));
    // It is there, and belongs to another interface.
    assert_eq!(access.target(&[endpoint(3, 0x81)], pipe), Err(STATUS_INVALID_HANDLE));

    let access = files.access(Some(&other));
    for handle in [interface, pipe, stream] {
        assert_eq!(access.target(&ENDPOINTS, handle), Err(STATUS_INVALID_HANDLE));
    }
    assert_eq!(access.target(&ENDPOINTS, 0x81), Err(STATUS_SHARING_VIOLATION));
    assert_eq!(access.target(&ENDPOINTS, 0x83), target(ENDPOINTS[2], None));
}

#[test]
fn control_transfers_to_an_interface_are_for_its_file() {
    let mut files = files();
    let (mine, other) = (open(&mut files), open(&mut files));
    claim_free(&mut files, &mine, 3).unwrap();
    let ask = |file, request_type, index| {
        let setup = SetupPacket { request_type, request: 9, value: 1, index, length: 4 };
        send(&files, Some(file), code::CONTROL_IN, &ControlTransfer::new(setup).encode(), 4).map(|_| ())
    };
    for kind in [0x80, 0xA0, 0xC0] {
        for index in [3, 0x0103, 0xFF03] {
            assert_eq!(ask(&other, kind | 1, index), Err(STATUS_SHARING_VIOLATION), "{kind:#x} {index:#x}");
            assert_eq!(ask(&mine, kind | 1, index), Ok(()));
        }
        for index in [0x83, 0x04, 0x0183, 0xF3, 0x74] {
            assert_eq!(ask(&other, kind | 2, index), Err(STATUS_SHARING_VIOLATION), "{kind:#x} {index:#x}");
            assert_eq!(ask(&mine, kind | 2, index), Ok(()));
        }
        // Another interface, its endpoints, one that is not there, the default pipe, the device, something else.
        for (recipient, index) in [(1, 0), (2, 0x81), (2, 0x8F), (2, 0), (2, 0x80), (0, 3), (3, 3)] {
            assert_eq!(ask(&other, kind | recipient, index), Ok(()), "{recipient} {index:#x}");
        }
    }
    assert_eq!(Recipient::new(0x21, 0x0605), Recipient::Interface(5));
    assert_eq!(Recipient::new(0x42, 0x00F1), Recipient::Endpoint(0x81));
    assert_eq!(Recipient::new(0x1F, 1), Recipient::Device);
}

#[test]
fn a_closed_file_has_nothing_and_gets_nothing() {
    let mut files = files();
    let (mut mine, other) = (open(&mut files), open(&mut files));
    let interface = claim_free(&mut files, &mine, 0).unwrap();
    let pipe = files.open_pipe(Some(&mine), interface, ENDPOINTS[0]).unwrap();
    files.open_stream(Some(&mine), ENDPOINTS[1], 2).unwrap();
    let others = claim_free(&mut files, &other, 3).unwrap();
    let mut released = Vec::new();
    files.close(&mut mine, |object| released.push(object));
    assert!(mine.is_closed());
    assert_eq!(released.len(), 3);
    assert!(released.contains(&Object::Stream(OpenStream { interface: 0, endpoint: 0x02, id: 2 })));
    assert_eq!(files.handle_count(), 1);
    assert_eq!(files.access(Some(&mine)).target(&ENDPOINTS, pipe), Err(STATUS_INVALID_HANDLE));
    assert!(files.access(Some(&other)).claimed_interface(others).is_ok(), "nobody else's");
    // What was under way arrives, and is turned away.
    for code in code::ALL {
        assert_eq!(files.access(Some(&mine)).request(code, &[]), Err(STATUS_CANCELLED));
    }
    assert_eq!(claim_free(&mut files, &mine, 0), Err(STATUS_INSUFFICIENT_RESOURCES));
    assert!(claim_free(&mut files, &other, 0).is_ok());
    files.close(&mut mine, |_| panic!("nothing is left"));
}

#[test]
fn with_the_interface_go_its_pipes_and_streams() {
    let mut files = files();
    let mine = open(&mut files);
    let (zero, three) =
        (claim_free(&mut files, &mine, 0).unwrap(), claim_free(&mut files, &mine, 3).unwrap());
    let pipe = files.open_pipe(Some(&mine), zero, ENDPOINTS[0]).unwrap();
    let stream = files.open_stream(Some(&mine), ENDPOINTS[1], 1).unwrap();
    let stays = files.open_pipe(Some(&mine), three, ENDPOINTS[2]).unwrap();
    let mut released = Vec::new();
    assert_eq!(files.close_handle(Some(&mine), zero, |object| released.push(object.interface())), Ok(()));
    assert_eq!(released, [0; 3]);
    let access = files.access(Some(&mine));
    for stale in [zero, pipe, stream] {
        assert_eq!(access.target(&ENDPOINTS, stale), Err(STATUS_INVALID_HANDLE));
    }
    assert!(access.target(&ENDPOINTS, stays).is_ok());
}

#[test]
fn what_outlives_a_stop() {
    let mut files = files();
    let (mine, other) = (open(&mut files), open(&mut files));
    let zero = claim_free(&mut files, &mine, 0).unwrap();
    let three = claim_free(&mut files, &other, 3).unwrap();
    let pipe = files.open_pipe(Some(&mine), zero, ENDPOINTS[0]).unwrap();
    let stream = files.open_stream(Some(&mine), ENDPOINTS[1], 1).unwrap();
    files.pipes_dropped();
    files.pipes_made(|_number| true, &ENDPOINTS);
    let access = files.access(Some(&mine));
    assert!(access.target(&ENDPOINTS, pipe).is_ok() && access.claimed_interface(zero).is_ok());
    assert_eq!(access.target(&ENDPOINTS, stream), Err(STATUS_INVALID_HANDLE));
    assert_eq!(claim_free(&mut files, &other, 0), Err(STATUS_SHARING_VIOLATION));

    // It starts with another configuration: interface 3 is gone, and 0 has lost an endpoint.
    files.pipes_made(|number| number == 0, &ENDPOINTS[1..2]);
    assert_eq!(files.access(Some(&mine)).target(&ENDPOINTS, pipe), Err(STATUS_INVALID_HANDLE));
    assert!(files.access(Some(&mine)).claimed_interface(zero).is_ok());
    assert_eq!(files.access(Some(&other)).claimed_interface(three), Err(STATUS_INVALID_HANDLE));
    assert_eq!(files.claim_state(Some(&other), 3), claim::FREE);
    assert_eq!(files.handle_count(), 1);
}

#[test]
fn what_another_setting_or_configuration_makes_stale() {
    let mut files = files();
    let mine = open(&mut files);
    let (zero, three) =
        (claim_free(&mut files, &mine, 0).unwrap(), claim_free(&mut files, &mine, 3).unwrap());
    let pipe = |files: &mut Files<Memory>, interface, endpoint| {
        files.open_pipe(Some(&mine), interface, endpoint).unwrap()
    };
    let (changed, stays) = (pipe(&mut files, zero, ENDPOINTS[0]), pipe(&mut files, three, ENDPOINTS[2]));
    let stream = files.open_stream(Some(&mine), ENDPOINTS[3], 1).unwrap();
    files.setting_changed(0);
    let access = files.access(Some(&mine));
    assert_eq!(access.target(&ENDPOINTS, changed), Err(STATUS_INVALID_HANDLE), "though it has the endpoint");
    assert!(access.claimed_interface(zero).is_ok() && access.target(&ENDPOINTS, stays).is_ok());
    files.streams_closed(ENDPOINTS[2].address);
    assert!(files.access(Some(&mine)).target(&ENDPOINTS, stream).is_ok(), "another endpoint's");
    files.streams_closed(ENDPOINTS[3].address);
    assert_eq!(files.access(Some(&mine)).target(&ENDPOINTS, stream), Err(STATUS_INVALID_HANDLE));
    files.configuration_changed(|number| number == 3);
    let access = files.access(Some(&mine));
    assert_eq!(access.target(&ENDPOINTS, stays), Err(STATUS_INVALID_HANDLE));
    assert_eq!(access.claimed_interface(zero), Err(STATUS_INVALID_HANDLE));
    assert!(access.claimed_interface(three).is_ok());
}

#[test]
fn no_file_takes_all_handles() {
    let mut files = files();
    let (mut mine, other) = (open(&mut files), open(&mut files));
    let interface = claim_free(&mut files, &mine, 0).unwrap();
    for _ in 1..HANDLES_OF_A_FILE {
        files.open_pipe(Some(&mine), interface, ENDPOINTS[0]).unwrap();
    }
    assert_eq!(files.open_pipe(Some(&mine), interface, ENDPOINTS[0]), Err(STATUS_INSUFFICIENT_RESOURCES));
    // What went stale by itself counts no more.
    let theirs = claim_free(&mut files, &other, 3).unwrap();
    for _ in HANDLES_OF_A_FILE + 1..HANDLES {
        files.open_pipe(Some(&other), theirs, ENDPOINTS[2]).unwrap();
    }
    assert_eq!(files.handle_count(), HANDLES);
    assert_eq!(files.open_pipe(Some(&other), theirs, ENDPOINTS[2]), Err(STATUS_INSUFFICIENT_RESOURCES));
    files.setting_changed(0);
    assert!(files.open_pipe(Some(&mine), interface, ENDPOINTS[0]).is_ok());
    files.close(&mut mine, drop);
    assert!(files.open_pipe(Some(&other), theirs, ENDPOINTS[2]).is_ok());
}

#[test]
fn a_device_cannot_have_more_claims_than_interfaces() {
    let mut files = files();
    let mine = open(&mut files);
    for number in 0..Configuration::MAX_INTERFACES {
        claim_free(&mut files, &mine, u8::try_from(number).unwrap() * 5).unwrap();
    }
    assert_eq!(claim_free(&mut files, &mine, 251), Err(STATUS_INSUFFICIENT_RESOURCES));
    let again = claim_free(&mut files, &mine, 5).unwrap();
    files.close_handle(Some(&mine), again, drop).unwrap();
    assert!(claim_free(&mut files, &mine, 251).is_ok());
}

#[test]
fn a_full_table_refuses_a_claim_and_keeps_nothing_of_it() {
    let mut files = files_with(1);
    let (mine, mut other) = (open(&mut files), open(&mut files));
    claim_free(&mut files, &other, 3).unwrap();
    assert_eq!(claim_free(&mut files, &mine, 0), Err(STATUS_INSUFFICIENT_RESOURCES));
    assert_eq!(files.claim_state(Some(&mine), 0), claim::FREE);
    files.close(&mut other, drop);
    assert!(claim_free(&mut files, &mine, 0).is_ok());
}

/// What a request of each code needs, as the documentation of the bits says.
const fn documented(name: code::Name) -> Option<Operation> {
    use code::Name as N;
    match name {
        N::PIPE_READ | N::ISOCH_READ | N::START_READER | N::STOP_READER | N::GET_READER_STATE => {
            Some(Operation::Read)
        }
        N::PIPE_WRITE | N::ISOCH_WRITE => Some(Operation::Write),
        N::GET_DESCRIPTOR | N::CONTROL_IN | N::CONTROL_OUT => Some(Operation::Control),
        N::ABORT_PIPE | N::RESET_PIPE | N::FLUSH_PIPE | N::SET_POLICY | N::GET_POLICY => {
            Some(Operation::Pipes)
        }
        N::CLAIM_INTERFACE | N::OPEN_PIPE => Some(Operation::Claim),
        N::SELECT_CONFIGURATION | N::SELECT_INTERFACE | N::OPEN_STREAMS | N::CLOSE_STREAMS => {
            Some(Operation::Configure)
        }
        N::RESET_PORT | N::CYCLE_PORT => Some(Operation::Reset),
        _ => None,
    }
}

fn keep(operations: u32, interfaces: [u8; 32]) -> Rights {
    Rights::from_request(&DropPrivileges { operations, reserved: 0, interfaces }).unwrap()
}

#[test]
fn every_code_needs_its_operation_and_no_other() {
    for kept in Operation::ALL.map(Some).into_iter().chain([None]) {
        let mut files = files();
        let mut file = open(&mut files);
        file.drop_privileges(keep(kept.map_or(0, Operation::bit), EVERY_INTERFACE));
        for code in code::TABLE {
            let needed = documented(code::Name::of(code.value).unwrap());
            let allowed = needed.is_none() || needed == kept;
            let answer = files.access(Some(&file)).request(code.value, &[]);
            assert_eq!(answer.is_ok(), allowed, "{} with {kept:?}", code.name);
            if !allowed {
                assert_eq!(answer, Err(STATUS_ACCESS_DENIED));
                // Before anything else is looked at.
                assert_eq!(send(&files, Some(&file), code.value, &[], 0), Err(STATUS_ACCESS_DENIED));
            }
        }
        assert_eq!(files.access(Some(&file)).request(0, &[]), Err(STATUS_INVALID_DEVICE_REQUEST));
    }
}

#[test]
fn the_policies_of_the_device_are_not_those_of_pipes() {
    let mut files = files();
    let (mut pipes, mut power) = (open(&mut files), open(&mut files));
    pipes.drop_privileges(keep(operation::PIPES, EVERY_INTERFACE));
    power.drop_privileges(keep(operation::POWER, EVERY_INTERFACE));
    let ask = |file, policy| {
        let input = PolicySet { target: 0, policy, value: 1 }.encode();
        let set = files.access(Some(file)).request(code::SET_POLICY, &input).is_ok();
        assert_eq!(files.access(Some(file)).request(code::GET_POLICY, &input[..8]).is_ok(), set);
        set
    };
    for number in [policy::AUTO_SUSPEND, policy::SUSPEND_DELAY] {
        assert!(!ask(&pipes, number) && ask(&power, number));
    }
    for number in [policy::SHORT_PACKET_TERMINATE, policy::RESET_PIPE_ON_RESUME, 0, 0x82, u32::MAX] {
        assert!(ask(&pipes, number) && !ask(&power, number));
    }
}

#[test]
fn interfaces_that_were_given_up() {
    let mut files = files();
    let mut mine = open(&mut files);
    let zero = claim_free(&mut files, &mine, 0).unwrap();
    let pipe = files.open_pipe(Some(&mine), zero, ENDPOINTS[0]).unwrap();
    let mut only_three = [0; 32];
    only_three[0] = 1 << 3;
    mine.drop_privileges(keep(operation::ALL, only_three));
    let access = files.access(Some(&mine));
    for target in [pipe, 0x81, 0x02] {
        assert_eq!(access.target(&ENDPOINTS, target), Err(STATUS_ACCESS_DENIED), "{target:#x}");
    }
    assert_eq!(access.claimed_interface(zero), Err(STATUS_ACCESS_DENIED));
    assert!(access.target(&ENDPOINTS, 0x83).is_ok());
    assert_eq!(access.interface(255), Err(STATUS_ACCESS_DENIED));
    assert_eq!(claim_free(&mut files, &mine, 64), Err(STATUS_ACCESS_DENIED));
    assert_eq!(files.close_handle(Some(&mine), zero, drop), Ok(()), "giving back is always allowed");
}

proptest! {
    /// However often a file drops privileges: it has what all the calls named.
    #[test]
    fn privileges_only_narrow(
        calls in prop::collection::vec((0..=operation::ALL, any::<[u8; 32]>()), 0..6),
        number in any::<u8>(),
    ) {
        let mut files = files_with(1);
        let mut file = open(&mut files);
        let mut rights = Rights::ALL;
        let (mut operations, mut has_interface) = (operation::ALL, true);
        for (kept, interfaces) in calls {
            operations &= kept;
            has_interface &= interfaces[usize::from(number / 8)] >> (number % 8) & 1 == 1;
            rights = rights.and(keep(kept, interfaces));
            file.drop_privileges(keep(kept, interfaces));
            for operation in Operation::ALL {
                prop_assert_eq!(rights.allows_operation(operation), operations & operation.bit() != 0);
            }
            prop_assert_eq!(rights.allows_interface(number), has_interface);
            prop_assert_eq!(files.access(Some(&file)).interface(number).is_ok(), has_interface);
        }
    }

    /// Numbers out of nowhere get nobody anything.
    #[test]
    fn forged_targets(values in prop::collection::vec(any::<u32>(), 100)) {
        let mut files = files();
        let (mine, other) = (open(&mut files), open(&mut files));
        let interface = claim_free(&mut files, &mine, 0).unwrap();
        let pipe = files.open_pipe(Some(&mine), interface, ENDPOINTS[0]).unwrap();
        for value in values.into_iter().chain(0x100..0x1200).chain(pipe ^ 1..pipe + 8) {
            let is_pipe = value == pipe;
            prop_assert_eq!(files.access(Some(&mine)).target(&ENDPOINTS, value).is_ok(), is_pipe || value == 0x81 || value == 0x02 || value == 0x83 || value == 0x04);
            if value >= 0x100 {
                prop_assert_eq!(files.access(Some(&other)).target(&ENDPOINTS, value), Err(STATUS_INVALID_HANDLE));
                prop_assert_eq!(files.close_handle(Some(&other), value, drop), Err(STATUS_INVALID_HANDLE));
            }
        }
    }
}

#[test]
fn requests_about_handles() {
    let mut files = files();
    let mine = open(&mut files);
    let interface = claim_free(&mut files, &mine, 0).unwrap();
    let pipe = files.open_pipe(Some(&mine), interface, ENDPOINTS[0]).unwrap();
    let ask = |code, input: &[u8], room| send(&files, Some(&mine), code, input, room);

    let claim = InterfaceSelect { number: 9, reserved: [0; 3] };
    assert_eq!(ask(code::CLAIM_INTERFACE, &claim.encode(), 4), Ok(Request::ClaimInterface { interface: 9 }));
    assert_eq!(ask(code::CLAIM_INTERFACE, &claim.encode(), 3), Err(STATUS_BUFFER_TOO_SMALL));
    let reserved = InterfaceSelect { reserved: [0, 1, 0], ..claim }.encode();
    assert_eq!(ask(code::CLAIM_INTERFACE, &reserved, 4), Err(STATUS_INVALID_PARAMETER));

    let open = PipeOpen { interface, endpoint: 0x02, reserved: [0; 3] };
    let endpoint = ENDPOINTS[1];
    assert_eq!(ask(code::OPEN_PIPE, &open.encode(), 4), Ok(Request::OpenPipe { interface, endpoint }));
    assert_eq!(ask(code::OPEN_PIPE, &open.encode(), 0), Err(STATUS_BUFFER_TOO_SMALL));
    let refused = |open: PipeOpen| ask(code::OPEN_PIPE, &open.encode(), 4).unwrap_err();
    assert_eq!(refused(PipeOpen { reserved: [1, 0, 0], ..open }), STATUS_INVALID_PARAMETER);
    assert_eq!(refused(PipeOpen { interface: pipe, ..open }), STATUS_INVALID_HANDLE);
    assert_eq!(refused(PipeOpen { endpoint: 0x83, ..open }), STATUS_INVALID_PARAMETER);
    assert_eq!(refused(PipeOpen { endpoint: 0x05, ..open }), STATUS_INVALID_PARAMETER);

    let close = HandleSelect { handle: 77 }.encode();
    assert_eq!(ask(code::CLOSE_HANDLE, &close, 0), Ok(Request::CloseHandle { handle: 77 }));
    assert_eq!(ask(code::CLOSE_HANDLE, &close, 1), Err(STATUS_INVALID_BUFFER_SIZE));

    let drop = DropPrivileges { operations: operation::READ, reserved: 0, interfaces: EVERY_INTERFACE };
    let rights = Request::DropPrivileges(keep(operation::READ, EVERY_INTERFACE));
    assert_eq!(ask(code::DROP_PRIVILEGES, &drop.encode(), 0), Ok(rights));
    for wrong in [DropPrivileges { operations: 0x100, ..drop }, DropPrivileges { reserved: 1, ..drop }] {
        assert_eq!(ask(code::DROP_PRIVILEGES, &wrong.encode(), 0), Err(STATUS_INVALID_PARAMETER));
    }

    // Handles serve wherever a target is asked for.
    let read = PipeTransfer::new(pipe).encode();
    assert!(matches!(ask(code::PIPE_READ, &read, 512), Ok(Request::Transfer { .. })));
    assert_eq!(ask(code::PIPE_WRITE, &read, 512), Err(STATUS_INVALID_PARAMETER), "the wrong direction");
    let select = PipeSelect::new(pipe).encode();
    assert_eq!(
        ask(code::ABORT_PIPE, &select, 0),
        Ok(Request::AbortPipe { endpoint: ENDPOINTS[0], stream: 0 })
    );
    assert!(OpenPipe { interface: 0, endpoint: 0x81 }.is(&ENDPOINTS[0]));
}
