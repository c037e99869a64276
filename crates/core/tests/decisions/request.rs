//! Device control requests: every refusal, and what passes.

use proptest::prelude::*;
use usbclient_core::{
    descriptors::Endpoint,
    files::{Files, HandleSlot},
    policy::Policies,
    request::{DeviceControl, Direction, Limits, Request, decode},
    status::{
        STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_REQUEST,
        STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER, Status,
    },
};
use usbclient_protocol::{
    ControlTransfer, FIRST_HANDLE, IsochTransfer, PipeSelect, PipeTransfer, SetupPacket, StreamsOpen,
    control_code::*,
};

const fn endpoint(address: u8, attributes: u8, max_packet_size: u16) -> Endpoint {
    Endpoint { interface: 0, address, attributes, interval: 1, max_packet_size }
}

const BULK_IN: Endpoint = endpoint(0x81, 2, 512);
const BULK_OUT: Endpoint = endpoint(0x02, 2, 512);
const INTERRUPT_IN: Endpoint = endpoint(0x83, 3, 64);
const ISOCHRONOUS_IN: Endpoint = endpoint(0x84, 1, 0);
const ENDPOINTS: [Endpoint; 4] = [BULK_IN, BULK_OUT, INTERRUPT_IN, ISOCHRONOUS_IN];

fn send(code: u32, input: &[u8], output_length: usize) -> Result<Request, Status> {
    let (files, policies) = (Files::new(Vec::new()), Policies::new());
    let limits = Limits {
        endpoints: &ENDPOINTS,
        places: &usbclient_core::places::Places::NONE,
        access: files.access(None),
        policies: &policies,
        control_maximum: 4096,
    };
    decode(DeviceControl { code, input, output_length }, limits)
}

#[test]
fn unknown_codes() {
    for code in [0, GET_PIPES ^ 3, GET_PIPES ^ 0xC000, u32::MAX] {
        assert_eq!(send(code, &[], 0), Err(STATUS_INVALID_DEVICE_REQUEST));
    }
}

#[test]
fn replies() {
    let cases = [
        (GET_DEVICE_DESCRIPTOR, 18, Request::GetDeviceDescriptor),
        (GET_CONFIGURATION_DESCRIPTOR, 9, Request::GetConfigurationDescriptor { room: 9 }),
        (GET_PIPES, 4, Request::GetPipes { room: 4 }),
    ];
    for (code, smallest, request) in cases {
        assert_eq!(send(code, &[], smallest), Ok(request));
        assert_eq!(send(code, &[], smallest - 1), Err(STATUS_BUFFER_TOO_SMALL));
        assert_eq!(send(code, &[0], smallest), Err(STATUS_INVALID_BUFFER_SIZE));
    }
    assert_eq!(
        send(GET_CONFIGURATION_DESCRIPTOR, &[], 4096),
        Ok(Request::GetConfigurationDescriptor { room: 4096 })
    );
}

#[test]
fn inputs_of_the_wrong_size() {
    for (code, size) in [
        (CONTROL_IN, 16),
        (CONTROL_OUT, 16),
        (PIPE_READ, 16),
        (PIPE_WRITE, 16),
        (ABORT_PIPE, 4),
        (RESET_PIPE, 4),
    ] {
        for short in 0..size {
            assert_eq!(send(code, &vec![0; short], 0), Err(STATUS_BUFFER_TOO_SMALL), "{code:#x} {short}");
        }
        assert_eq!(send(code, &vec![0; size + 1], 0), Err(STATUS_INVALID_BUFFER_SIZE), "{code:#x}");
    }
}

#[test]
fn reads() {
    let read = |address, length| send(PIPE_READ, &PipeTransfer::new(u32::from(address)).encode(), length);
    for (endpoint, length) in [(BULK_IN, 512), (BULK_IN, 1 << 20), (INTERRUPT_IN, 64)] {
        let length_32 = u32::try_from(length).unwrap();
        let request = Request::Transfer {
            endpoint,
            direction: Direction::In,
            length: length_32,
            timeout_ms: 0,
            stream: 0,
        };
        assert_eq!(read(endpoint.address, length), Ok(request));
    }
    for length in [0, 1, 511, 513] {
        assert_eq!(read(BULK_IN.address, length), Err(STATUS_INVALID_BUFFER_SIZE), "{length}");
    }
    // Not there, OUT, control, isochronous.
    for address in [0x85, 0x02, 0x01, 0x00, 0x80, 0xFF, ISOCHRONOUS_IN.address] {
        assert_eq!(read(address, 512), Err(STATUS_INVALID_PARAMETER), "{address:#x}");
    }
}

#[test]
fn writes() {
    let write = |address, length| send(PIPE_WRITE, &PipeTransfer::new(u32::from(address)).encode(), length);
    for length in [0_u32, 1, 512, 1000] {
        let request = Request::Transfer {
            endpoint: BULK_OUT,
            direction: Direction::Out,
            length,
            timeout_ms: 0,
            stream: 0,
        };
        assert_eq!(write(BULK_OUT.address, length as usize), Ok(request));
    }
    assert_eq!(write(BULK_IN.address, 512), Err(STATUS_INVALID_PARAMETER));
    let too_long = usize::try_from(1_u64 << 32).unwrap();
    assert_eq!(write(BULK_OUT.address, too_long), Err(STATUS_INVALID_BUFFER_SIZE));
}

#[test]
fn reserved_fields() {
    // The flags, and what is reserved; the timeout may be anything.
    for at in (4..8).chain(12..16) {
        let mut input = PipeTransfer::new(BULK_IN.address.into()).encode();
        input[at] = 1;
        assert_eq!(send(PIPE_READ, &input, 512), Err(STATUS_INVALID_PARAMETER), "{at}");
    }
    // With more than its lowest byte a target is a handle.
    for at in 1..4 {
        let mut input = PipeTransfer::new(BULK_IN.address.into()).encode();
        input[at] = 1;
        assert_eq!(send(PIPE_READ, &input, 512), Err(STATUS_INVALID_HANDLE), "{at}");
        let mut input = PipeSelect::new(BULK_IN.address.into()).encode();
        input[at] = 1;
        assert_eq!(send(ABORT_PIPE, &input, 0), Err(STATUS_INVALID_HANDLE), "{at}");
    }
}

#[test]
fn pipes() {
    for endpoint in ENDPOINTS {
        let input = PipeSelect::new(endpoint.address.into()).encode();
        assert_eq!(send(ABORT_PIPE, &input, 0), Ok(Request::AbortPipe { endpoint, stream: 0 }));
        assert_eq!(send(RESET_PIPE, &input, 0), Ok(Request::ResetPipe { endpoint }));
        assert_eq!(send(RESET_PIPE, &input, 1), Err(STATUS_INVALID_BUFFER_SIZE));
    }
    assert_eq!(send(ABORT_PIPE, &PipeSelect::new(9).encode(), 0), Err(STATUS_INVALID_PARAMETER));
}

const fn setup(request_type: u8, request: u8, value: u16, length: u16) -> SetupPacket {
    SetupPacket { request_type, request, value, index: 0, length }
}

fn control(setup: SetupPacket) -> [u8; ControlTransfer::SIZE] {
    ControlTransfer::new(setup).encode()
}

#[test]
fn control_transfers() {
    let cases = [
        (CONTROL_IN, setup(0xC0, 1, 0, 64), Direction::In),
        (CONTROL_IN, setup(0x80, 6, 0x100, 18), Direction::In),
        (CONTROL_OUT, setup(0x40, 1, 0, 64), Direction::Out),
        (CONTROL_OUT, setup(0x40, 1, 0, 0), Direction::Out),
        (CONTROL_IN, setup(0xC0, 1, 0, 4096), Direction::In),
        // A vendor's own request may have the number of a standard one.
        (CONTROL_OUT, setup(0x40, 9, 0, 0), Direction::Out),
        (CONTROL_OUT, setup(0x00, 3, 1, 0), Direction::Out),
    ];
    for (code, setup, direction) in cases {
        let length = usize::from(setup.length);
        assert_eq!(
            send(code, &control(setup), length),
            Ok(Request::Control { setup, direction, timeout_ms: 0 })
        );
        assert_eq!(send(code, &control(setup), length + 1), Err(STATUS_INVALID_BUFFER_SIZE));
        let other = if code == CONTROL_IN { CONTROL_OUT } else { CONTROL_IN };
        assert_eq!(send(other, &control(setup), length), Err(STATUS_INVALID_PARAMETER));
    }
    let long = setup(0xC0, 1, 0, 4097);
    assert_eq!(send(CONTROL_IN, &control(long), 4097), Err(STATUS_INVALID_BUFFER_SIZE));
}

#[test]
fn requests_of_the_usb_stack() {
    let cases = [setup(0x00, 5, 3, 0), setup(0x00, 9, 1, 0), setup(0x01, 11, 1, 0), setup(0x02, 1, 0, 0)];
    for setup in cases {
        assert_eq!(send(CONTROL_OUT, &control(setup), 0), Err(STATUS_INVALID_PARAMETER), "{setup:?}");
    }
    assert!(send(CONTROL_OUT, &control(setup(0x00, 1, 1, 0)), 0).is_ok());
}

proptest! {
    /// Whatever is sent, a transfer that passes is on an endpoint that exists, in its direction.
    #[test]
    fn what_passes_is_sound(
        code in prop::sample::select(ALL.to_vec()),
        input in prop::collection::vec(any::<u8>(), 0..20),
        output_length in 0..5000_usize,
    ) {
        match send(code, &input, output_length) {
            Ok(Request::Transfer { endpoint, direction, length, timeout_ms: _, stream: _ }) => {
                prop_assert!(ENDPOINTS.contains(&endpoint));
                prop_assert_eq!(endpoint.direction(), direction);
                prop_assert_eq!(length as usize, output_length);
            }
            Ok(Request::Control { setup, direction, timeout_ms: _ }) => {
                prop_assert_eq!(setup.is_in(), direction == Direction::In);
                prop_assert_eq!(usize::from(setup.length), output_length);
            }
            _ => {}
        }
    }
}

#[test]
fn the_frame_number() {
    assert_eq!(send(GET_FRAME_NUMBER, &[], 4), Ok(Request::GetFrameNumber));
    assert_eq!(send(GET_FRAME_NUMBER, &[], 3), Err(STATUS_BUFFER_TOO_SMALL));
    assert_eq!(send(GET_FRAME_NUMBER, &[0], 4), Err(STATUS_INVALID_BUFFER_SIZE));
}

#[test]
fn isochronous_endpoints() {
    let isoch = |code, target| {
        let header = IsochTransfer { target, ..IsochTransfer::default() };
        send(code, &header.encode(), 0)
    };
    let read = Request::Isoch { endpoint: ISOCHRONOUS_IN, direction: Direction::In };
    assert_eq!(isoch(ISOCH_READ, ISOCHRONOUS_IN.address.into()), Ok(read));
    assert_eq!(isoch(ISOCH_WRITE, ISOCHRONOUS_IN.address.into()), Err(STATUS_INVALID_PARAMETER));
    for endpoint in [BULK_IN, INTERRUPT_IN] {
        assert_eq!(isoch(ISOCH_READ, endpoint.address.into()), Err(STATUS_INVALID_PARAMETER));
    }
    assert_eq!(isoch(ISOCH_READ, 0x85), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(isoch(ISOCH_READ, FIRST_HANDLE), Err(STATUS_INVALID_HANDLE));
    for short in 0..IsochTransfer::SIZE {
        assert_eq!(send(ISOCH_READ, &vec![0; short], 0), Err(STATUS_BUFFER_TOO_SMALL), "{short}");
    }
}

#[test]
fn streams_are_opened_and_closed_on_bulk_endpoints() {
    let open = |target: u32, count, room| send(OPEN_STREAMS, &StreamsOpen { target, count }.encode(), room);
    let bulk = u32::from(BULK_IN.address);
    assert_eq!(open(bulk, 4, 20), Ok(Request::OpenStreams { endpoint: BULK_IN, count: 4 }));
    assert_eq!(open(bulk, 4, 19), Err(STATUS_BUFFER_TOO_SMALL));
    // How many there can be is known later, so these are well-formed.
    for count in [0, 256, u32::MAX] {
        assert_eq!(open(bulk, count, 4), Ok(Request::OpenStreams { endpoint: BULK_IN, count }));
    }
    for endpoint in [INTERRUPT_IN, ISOCHRONOUS_IN] {
        assert_eq!(open(endpoint.address.into(), 4, 20), Err(STATUS_INVALID_PARAMETER));
    }
    assert_eq!(open(0, 4, 20), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(open(FIRST_HANDLE, 4, 20), Err(STATUS_INVALID_HANDLE));
    let close = PipeSelect::new(bulk).encode();
    assert_eq!(send(CLOSE_STREAMS, &close, 0), Ok(Request::CloseStreams { endpoint: BULK_IN }));
    assert_eq!(send(CLOSE_STREAMS, &close, 1), Err(STATUS_INVALID_BUFFER_SIZE));
    assert_eq!(send(CLOSE_STREAMS, &close[..3], 0), Err(STATUS_BUFFER_TOO_SMALL));
}

#[test]
fn a_stream_is_the_target_of_transfers_and_of_cancelling() {
    let mut files = Files::new(Vec::new());
    assert!(files.furnish(vec![HandleSlot::FREE]).is_ok());
    let file = files.open().unwrap();
    let handle = files.open_stream(Some(&file), BULK_IN, 3).unwrap();
    let limits = Limits {
        endpoints: &ENDPOINTS,
        places: &usbclient_core::places::Places::NONE,
        access: files.access(Some(&file)),
        policies: const { &usbclient_core::policy::Policies::new() },
        control_maximum: 4096,
    };
    let send =
        |code, input: &[u8], output_length| decode(DeviceControl { code, input, output_length }, limits);
    let read = PipeTransfer::new(handle).encode();
    let request = Request::Transfer {
        endpoint: BULK_IN,
        direction: Direction::In,
        length: 512,
        timeout_ms: 0,
        stream: 3,
    };
    assert_eq!(send(PIPE_READ, &read, 512), Ok(request));
    assert_eq!(send(PIPE_WRITE, &read, 512), Err(STATUS_INVALID_PARAMETER));
    let select = PipeSelect::new(handle).encode();
    assert_eq!(send(ABORT_PIPE, &select, 0), Ok(Request::AbortPipe { endpoint: BULK_IN, stream: 3 }));
    // There is no such request for one stream.
    for code in [RESET_PIPE, CLOSE_STREAMS] {
        assert_eq!(send(code, &select, 0), Err(STATUS_INVALID_HANDLE));
    }
    let open = StreamsOpen { target: handle, count: 1 }.encode();
    assert_eq!(send(OPEN_STREAMS, &open, 8), Err(STATUS_INVALID_HANDLE));
}

#[test]
fn a_handle_that_is_no_stream_is_refused() {
    for target in [FIRST_HANDLE, 0x8000_8103, u32::MAX] {
        let input = PipeTransfer::new(target).encode();
        assert_eq!(send(PIPE_READ, &input, 512), Err(STATUS_INVALID_HANDLE), "{target:#x}");
    }
}

#[test]
fn what_is_in_memory_does_not_wake_a_device() {
    for request in [Request::GetDeviceDescriptor, Request::GetPipes { room: 4 }, Request::GetInterfaces] {
        assert!(request.is_answered_from_memory(), "{request:?}");
    }
    let endpoint = ENDPOINTS[0];
    assert!(Request::GetReaderState { endpoint }.is_answered_from_memory());
    for request in [
        Request::GetFrameNumber,
        Request::ResetPipe { endpoint },
        Request::StopReader { endpoint },
        Request::ResetPort,
        Request::SelectConfiguration { value: 1 },
    ] {
        assert!(!request.is_answered_from_memory(), "{request:?}");
    }
}
