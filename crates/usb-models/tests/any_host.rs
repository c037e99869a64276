//! Whatever a host does, in whatever order: every transfer ends at most once, nothing is lost when the device goes,
//! and time never runs backwards.

mod common;

use std::collections::BTreeSet;

use common::Host;
use proptest::prelude::*;
use usb_models::{Packet, Poke, Schedule, Setup, Time, Transfer, TransferId, registry};

#[derive(Clone, Debug)]
enum Act {
    Submit { endpoint: u8, length: u32 },
    Stream { endpoint: u8, stream: u16, length: u32 },
    Isochronous { endpoint: u8, packets: u32, size: u32, first: u32, period: u64 },
    Control { setup: [u8; 8] },
    Abort { which: prop::sample::Index },
    Poll { after: u64 },
    Configure { value: u8 },
    Interface { interface: u8, alternate: u8 },
    ResetEndpoint { endpoint: u8 },
    Halt { endpoint: u8 },
    Nak { endpoint: u8, on: bool },
    Report { endpoint: u8, length: usize },
    Reset,
    Mute,
}

fn endpoint() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![0x00, 0x01, 0x02, 0x03, 0x04, 0x81, 0x82, 0x83, 0x84, 0x80, 0x8F])
}

/// Requests of all kinds, the loopback device's own among them.
fn setup() -> impl Strategy<Value = [u8; 8]> {
    let kind = prop::sample::select(vec![0x00_u8, 0x01, 0x02, 0x40, 0x80, 0x81, 0x82, 0xC0, 0xA1]);
    (kind, 0..12_u8, any::<u16>(), 0..4_u16, 0..600_u16).prop_map(
        |(request_type, request, value, index, length)| {
            Setup { request_type, request, value, index, length }.to_bytes()
        },
    )
}

fn act() -> impl Strategy<Value = Act> {
    let packets = (endpoint(), 1..20_u32, 0..1500_u32, 0..4_u32, 0..8_u64);
    prop_oneof![
        4 => (endpoint(), 0..20_u16, 0..5000_u32)
            .prop_map(|(endpoint, stream, length)| Act::Stream { endpoint, stream, length }),
        4 => packets.prop_map(|(endpoint, packets, size, first, period)| {
            Act::Isochronous { endpoint, packets, size, first, period }
        }),
        8 => (endpoint(), 0..5000_u32).prop_map(|(endpoint, length)| Act::Submit { endpoint, length }),
        4 => setup().prop_map(|setup| Act::Control { setup }),
        2 => any::<prop::sample::Index>().prop_map(|which| Act::Abort { which }),
        6 => (0..30_000_u64).prop_map(|after| Act::Poll { after }),
        1 => (0..3_u8).prop_map(|value| Act::Configure { value }),
        1 => (0..6_u8, 0..2_u8).prop_map(|(interface, alternate)| Act::Interface { interface, alternate }),
        1 => endpoint().prop_map(|endpoint| Act::ResetEndpoint { endpoint }),
        1 => endpoint().prop_map(|endpoint| Act::Halt { endpoint }),
        1 => (endpoint(), any::<bool>()).prop_map(|(endpoint, on)| Act::Nak { endpoint, on }),
        1 => (endpoint(), 0..100_usize).prop_map(|(endpoint, length)| Act::Report { endpoint, length }),
        1 => Just(Act::Reset),
        1 => Just(Act::Mute),
    ]
}

/// The transfers that have not ended, and when the last one did.
#[derive(Default)]
struct Ledger {
    open: BTreeSet<TransferId>,
    last: u64,
}

impl Ledger {
    fn poll(&mut self, host: &mut Host) {
        while let Some(end) = host.model.poll(host.now, &mut host.memory) {
            assert!(self.open.remove(&end.id), "{end:?} ended twice");
            assert!(end.at.0 >= self.last && end.at <= host.now, "{end:?} after {}", self.last);
            assert!(end.length as usize <= host.memory.buffers[&end.id].len(), "{end:?}");
            self.last = end.at.0;
        }
    }
}

fn perform(host: &mut Host, ledger: &mut Ledger, next: &mut u64, act: &Act) {
    let now = host.now;
    match *act {
        Act::Submit { endpoint, length } => {
            let transfer = Transfer::bulk_or_interrupt(TransferId(*next), endpoint, length);
            submit(host, ledger, next, transfer);
        }
        Act::Stream { endpoint, stream, length } => {
            let transfer = Transfer::stream(TransferId(*next), endpoint, stream, length);
            submit(host, ledger, next, transfer);
        }
        Act::Isochronous { endpoint, packets, size, first, period } => {
            let id = TransferId(*next);
            let places = (0..packets).map(|index| (Packet { offset: index * size, length: size }, None));
            host.memory.packets.insert(id, places.collect());
            let schedule = Schedule { at: now, interval: period * Time::PER_MICROFRAME, first, packets };
            submit(host, ledger, next, Transfer::isochronous(id, endpoint, packets * size, schedule));
        }
        Act::Control { setup } => {
            let transfer = Transfer::control(TransferId(*next), Setup::from_bytes(setup));
            submit(host, ledger, next, transfer);
        }
        Act::Abort { which } => {
            // Of all ids that were ever used: most have ended.
            let id = TransferId(which.index(usize::try_from(*next).expect("small")) as u64);
            assert_eq!(host.model.abort(now, id).is_some(), ledger.open.remove(&id));
        }
        Act::Poll { after } => {
            host.now = Time(now.0 + after);
            ledger.poll(host);
        }
        Act::Configure { value } => _ = host.model.set_configuration(now, value),
        Act::Interface { interface, alternate } => _ = host.model.set_interface(now, interface, alternate),
        Act::ResetEndpoint { endpoint } => _ = host.model.reset_endpoint(now, endpoint),
        Act::Halt { endpoint } => _ = host.model.poke(now, Poke::Halt { endpoint }),
        Act::Nak { endpoint, on } => _ = host.model.poke(now, Poke::Nak { endpoint, on }),
        Act::Report { endpoint, length } => {
            _ = host.model.poke(now, Poke::Report { endpoint, data: &vec![7; length] });
        }
        Act::Reset => host.model.reset(now),
        Act::Mute => _ = host.model.poke(now, Poke::Mute),
    }
}

fn submit(host: &mut Host, ledger: &mut Ledger, next: &mut u64, transfer: Transfer) {
    *next += 1;
    host.memory.buffers.insert(transfer.id, vec![0; transfer.length as usize]);
    if host.model.submit(host.now, transfer).is_ok() {
        ledger.open.insert(transfer.id);
    }
}

proptest! {
    #[test]
    fn nothing_ends_twice_and_nothing_is_lost(
        name in prop::sample::select(registry::names().map(|(name, _)| name).collect::<Vec<_>>()),
        run in 1..3000_u32,
        acts in prop::collection::vec(act(), 0..120),
    ) {
        let mut host = Host::configured(name);
        host.memory.run = run;
        let (mut ledger, mut next) = (Ledger::default(), 1);
        for act in &acts {
            perform(&mut host, &mut ledger, &mut next, act);
        }
        host.model.unplug(host.now);
        ledger.poll(&mut host);
        prop_assert!(ledger.open.is_empty(), "lost: {:?}", ledger.open);
        prop_assert_eq!(host.model.next_event(), None);
    }
}
