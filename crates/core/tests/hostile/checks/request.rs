//! Device control requests. What must hold comes out of the table of the interface, so a new code is covered when it
//! is in the table.

use usbclient_core::{
    descriptors::Endpoint,
    files::{Files, HandleSlot},
    isoch::{Isoch, IsochPipe},
    policy::Policies,
    request::{DeviceControl, Limits, Request, decode},
    status::{
        FAILING, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_DEVICE_REQUEST,
        STATUS_INVALID_PARAMETER, Status,
    },
    transfer::Speed,
};
use usbclient_protocol::control_code::{Code, TABLE};

/// Every direction and kind.
pub const ENDPOINTS: [Endpoint; 7] = [
    endpoint(0x81, 2, 512),
    endpoint(0x02, 2, 512),
    endpoint(0x83, 3, 64),
    endpoint(0x04, 3, 1024),
    endpoint(0x85, 1, 0x1400),
    endpoint(0x06, 1, 192),
    endpoint(0x87, 1, 0),
];

/// Bytes of a case before the input: the low byte of the code's function, and the length of the output.
const HEADER: usize = 5;
/// In place of a function: a code that is not in the table.
pub const UNKNOWN: u8 = 0xFF;

const fn endpoint(address: u8, attributes: u8, max_packet_size: u16) -> Endpoint {
    Endpoint { interface: 0, address, attributes, interval: 4, max_packet_size }
}

/// A sender in the kernel, which has no file: it may do what no file has claimed.
static FILES: Files<[HandleSlot; 0]> = Files::new([]);

const fn limits() -> Limits<'static> {
    const POLICIES: Policies = Policies::new();
    Limits {
        endpoints: &ENDPOINTS,
        places: &usbclient_core::places::Places::NONE,
        access: FILES.access(None),
        policies: &POLICIES,
        control_maximum: 4096,
    }
}

/// The low byte of a code's function, which no other code has: it stays when codes are added.
pub const fn function(code: &Code) -> u8 {
    (code.value >> 2).to_le_bytes()[0]
}

/// `case`: the function of a code in the table (or [`UNKNOWN`]: the input starts with one that is not in it), four bytes
/// of output length, the input.
pub fn request(case: &[u8]) {
    let Some((&[wanted, l0, l1, l2, l3], input)) = case.split_first_chunk::<HEADER>() else { return };
    let output_length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if wanted == UNKNOWN {
        if let Some((value, input)) = input.split_first_chunk::<4>() {
            unknown(u32::from_le_bytes(*value), input, output_length);
        }
    } else if let Some(code) = TABLE.iter().find(|code| function(code) == wanted) {
        known(code, input, output_length);
    }
}

fn unknown(value: u32, input: &[u8], output_length: usize) {
    if TABLE.iter().all(|code| code.value != value) {
        let answer = decode(DeviceControl { code: value, input, output_length }, limits());
        assert_eq!(answer, Err(STATUS_INVALID_DEVICE_REQUEST));
    }
}

fn known(code: &Code, input: &[u8], output_length: usize) {
    let answer = decode(DeviceControl { code: code.value, input, output_length }, limits());
    let Err(status) = answer.and_then(|request| packets(&request, input, output_length)) else {
        return passes(code, input);
    };
    assert!(is_documented(code, status), "{} ends with {status:?}, which its table has not", code.name);
    let expected = code.input.map_or(0, |layout| layout.size);
    if status == STATUS_BUFFER_TOO_SMALL && code.output == "none" {
        assert!(input.len() < expected, "{} finds {} bytes too few", code.name, input.len());
    }
}

/// An isochronous transfer is looked at in two steps: its packets are checked against what its pipe takes.
fn packets(request: &Request, input: &[u8], output_length: usize) -> Result<(), Status> {
    let Request::Isoch { endpoint, direction } = request else { return Ok(()) };
    let pipe = IsochPipe::new(endpoint, None, endpoint.max_packet_size, Speed::High, true);
    let isoch = Isoch::decode(input, output_length, *direction, &pipe)?;
    assert!(isoch.data_length() <= pipe.max_bytes() && isoch.second_length() <= output_length);
    assert!(isoch.packet_count() <= pipe.max_packets());
    Ok(())
}

/// What no request that passes may have.
fn passes(code: &Code, input: &[u8]) {
    let Some(layout) = code.input else {
        assert!(input.is_empty(), "{} takes input that it has no use for", code.name);
        return;
    };
    assert!(input.len() >= layout.size, "{} takes {} bytes of {}", code.name, input.len(), layout.size);
    for (at, field) in layout.fields.iter().enumerate() {
        let end = layout.fields.get(at + 1).map_or(layout.size, |next| next.offset);
        let is_zero = input[field.offset..end].iter().all(|byte| *byte == 0);
        assert!(is_zero || !field.name.starts_with("reserved"), "{}: {} is not zero", code.name, field.name);
    }
}

/// Whether the table, or the list of what every code can end with, has the status.
fn is_documented(code: &Code, status: Status) -> bool {
    const EVERY_CODE: [Status; 4] = [
        STATUS_INVALID_DEVICE_REQUEST,
        STATUS_BUFFER_TOO_SMALL,
        STATUS_INVALID_BUFFER_SIZE,
        STATUS_INVALID_PARAMETER,
    ];
    let is_its_own = |name: &str| {
        let named = FAILING.iter().find(|(full, _)| full.strip_prefix("STATUS_") == Some(name));
        named.unwrap_or_else(|| panic!("{}: no status has the name {name}", code.name)).1 == status
    };
    code.statuses.iter().any(|(name, _)| is_its_own(name)) || EVERY_CODE.contains(&status)
}
