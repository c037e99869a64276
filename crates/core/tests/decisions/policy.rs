//! Policies: which pipe has which, and what they make of a transfer.

use usbclient_core::{
    descriptors::Endpoint,
    files::Files,
    policy::{PipePolicies, Policies, decode_get, decode_set},
    request::Limits,
    status::{STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER},
    transfer::Rules,
};
use usbclient_protocol::{PolicyGet, PolicySet, policy::*};

const fn endpoint(address: u8, attributes: u8) -> Endpoint {
    Endpoint { interface: 0, address, attributes, interval: 1, max_packet_size: 64 }
}

const BULK_IN: Endpoint = endpoint(0x81, 2);
const BULK_OUT: Endpoint = endpoint(0x01, 2);
const INTERRUPT_IN: Endpoint = endpoint(0x82, 3);
const ISOCHRONOUS_IN: Endpoint = endpoint(0x83, 1);

#[test]
fn which_pipe_has_which_policy() {
    let both = [AUTO_CLEAR_STALL, PIPE_TRANSFER_TIMEOUT, RESET_PIPE_ON_RESUME];
    let only_in = [IGNORE_SHORT_PACKETS, ALLOW_PARTIAL_READS, AUTO_FLUSH, RAW_IO];
    let only_out = [SHORT_PACKET_TERMINATE];
    for policy in 0..40 {
        let mut set = PipePolicies::default();
        let is_both = both.contains(&policy);
        for (endpoint, own) in [(BULK_IN, &only_in[..]), (INTERRUPT_IN, &only_in), (BULK_OUT, &only_out)] {
            let allowed = is_both || own.contains(&policy);
            assert_eq!(set.set(endpoint, policy, 1).is_ok(), allowed, "{policy} of {:#x}", endpoint.address);
        }
        assert_eq!(set.set(ISOCHRONOUS_IN, policy, 1), Err(STATUS_INVALID_PARAMETER));
    }
}

#[test]
fn values() {
    let mut set = PipePolicies::default();
    assert_eq!(set.set(BULK_IN, RAW_IO, 2), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(set.set(BULK_IN, MAXIMUM_TRANSFER_SIZE, 1), Err(STATUS_INVALID_PARAMETER));
    assert_eq!(set.get(BULK_IN, MAXIMUM_TRANSFER_SIZE, 4096), Ok(4096));
    assert_eq!(set.get(BULK_IN, SHORT_PACKET_TERMINATE, 0), Err(STATUS_INVALID_PARAMETER));
    set.set(BULK_IN, PIPE_TRANSFER_TIMEOUT, u32::MAX).unwrap();
    assert_eq!(set.timeout_ms(), u32::MAX);
    assert_eq!(set.get(BULK_IN, PIPE_TRANSFER_TIMEOUT, 0), Ok(u32::MAX));
    set.set(BULK_IN, AUTO_FLUSH, 1).unwrap();
    assert!(set.auto_flush());
    set.set(BULK_IN, AUTO_FLUSH, 0).unwrap();
    assert!(!set.auto_flush());
}

#[test]
fn raw_io_overrides() {
    let mut set = PipePolicies::default();
    for policy in [IGNORE_SHORT_PACKETS, ALLOW_PARTIAL_READS] {
        set.set(BULK_IN, policy, 1).unwrap();
    }
    let all = Rules { packet: 64, ignores_short: true, has_tail: true, may_chain: true, ..Rules::NONE };
    assert_eq!(set.rules(BULK_IN, true), all);
    assert!(set.allows_partial_reads());
    set.set(BULK_IN, RAW_IO, 1).unwrap();
    assert_eq!(set.rules(BULK_IN, true), Rules { packet: 64, ..Rules::NONE });
    assert!(!set.allows_partial_reads() && set.raw_io());
}

#[test]
fn each_pipe_has_its_own() {
    let mut policies = Policies::new();
    policies.of_mut(0x81).unwrap().set(BULK_IN, PIPE_TRANSFER_TIMEOUT, 7).unwrap();
    for address in 0..=u8::MAX {
        let expected = if address & 0x8F == 0x81 { 7 } else { 0 };
        assert_eq!(policies.of(address).timeout_ms(), expected, "{address:#x}");
    }
    assert_eq!(policies.timeout_ms(0), 5000);
    assert_eq!(policies.set_default_pipe(RAW_IO, 1), Err(STATUS_INVALID_PARAMETER));
    policies.set_default_pipe(PIPE_TRANSFER_TIMEOUT, 0).unwrap();
    assert_eq!(policies.default_pipe(PIPE_TRANSFER_TIMEOUT, 64), Ok(0));
    assert_eq!(policies.default_pipe(MAXIMUM_TRANSFER_SIZE, 64), Ok(64));
    assert_eq!(policies.default_pipe(RAW_IO, 64), Err(STATUS_INVALID_PARAMETER));
}

#[test]
fn decoding() {
    let (files, policies) = (Files::new(Vec::new()), Policies::new());
    let limits = Limits {
        endpoints: &[BULK_IN],
        places: &usbclient_core::places::Places::NONE,
        access: files.access(None),
        policies: &policies,
        control_maximum: 64,
    };
    let set = PolicySet { target: 0x81, policy: RAW_IO, value: 1 };
    assert_eq!(decode_set(&set.encode(), 0, limits), Ok((Some(BULK_IN), set)));
    assert_eq!(decode_set(&set.encode(), 1, limits), Err(STATUS_INVALID_BUFFER_SIZE));
    let nowhere = PolicySet { target: 0x82, ..set };
    assert_eq!(decode_set(&nowhere.encode(), 0, limits), Err(STATUS_INVALID_PARAMETER));
    let get = PolicyGet { target: 0, policy: RAW_IO };
    assert_eq!(decode_get(&get.encode(), 4, limits), Ok((None, get)));
    assert_eq!(decode_get(&get.encode(), 3, limits), Err(STATUS_BUFFER_TOO_SMALL));
    assert_eq!(decode_get(&get.encode()[1..], 4, limits), Err(STATUS_BUFFER_TOO_SMALL));
}
