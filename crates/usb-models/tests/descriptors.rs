//! What the builder makes is well-formed, whatever it is asked for, and what it refuses it refuses for a reason.

use proptest::prelude::*;
use usb_models::{
    Speed,
    descriptor::{
        BuildError, Class, Complaint, Configuration, ConfigurationBuilder, Flaw, SuperSpeedCapability,
        check_configuration,
    },
};

/// One request to the builder.
#[derive(Clone, Debug)]
enum Call {
    Interface(u8, u8),
    Bulk(u8, u8),
    Interrupt(u8, u16, u8),
    Association(u8, u8),
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        (0..6_u8, 0..3_u8).prop_map(|(number, alternate)| Call::Interface(number, alternate)),
        (address(), 0..20_u8).prop_map(|(address, streams)| Call::Bulk(address, streams)),
        (address(), 0..1100_u16, any::<u8>())
            .prop_map(|(address, packet, interval)| Call::Interrupt(address, packet, interval)),
        (any::<u8>(), any::<u8>()).prop_map(|(first, count)| Call::Association(first, count)),
    ]
}

fn address() -> impl Strategy<Value = u8> {
    prop_oneof![9 => (0..16_u8, any::<bool>()).prop_map(|(number, is_in)| number | u8::from(is_in) << 7), 1 => any::<u8>()]
}

fn speed() -> impl Strategy<Value = Speed> {
    prop::sample::select(vec![Speed::Low, Speed::Full, Speed::High, Speed::Super])
}

/// Makes what can be made: calls that are refused are left out.
fn build(speed: Speed, calls: &[Call]) -> Configuration {
    let mut kept: Vec<&Call> = Vec::new();
    let attempt = |calls: &[&Call]| -> Result<Configuration, BuildError> {
        let mut builder = ConfigurationBuilder::new(speed, 1)?;
        for call in calls {
            builder = match **call {
                Call::Interface(number, alternate) => builder.interface(number, alternate, Class::VENDOR)?,
                Call::Bulk(address, streams) => {
                    builder.bulk(address, SuperSpeedCapability { burst: streams, streams })?
                }
                Call::Interrupt(address, packet, interval) => builder.interrupt(address, packet, interval)?,
                Call::Association(first, count) => builder.association(first, count, Class::VENDOR)?,
            };
        }
        builder.finish()
    };
    for call in calls {
        kept.push(call);
        if attempt(&kept).is_err() {
            kept.pop();
        }
    }
    attempt(&kept).expect("only calls that were accepted")
}

proptest! {
    #[test]
    fn builder_output_is_well_formed(speed in speed(), calls in prop::collection::vec(call(), 0..40)) {
        let made = build(speed, &calls);
        prop_assert_eq!(check_configuration(&made.bytes), Ok(()));
        let interfaces: std::collections::BTreeSet<u8> = made.settings.iter().map(|setting| setting.0).collect();
        prop_assert_eq!(usize::from(made.bytes[4]), interfaces.len());
    }

    /// Cut anywhere, it is not.
    #[test]
    fn a_prefix_is_never_well_formed(calls in prop::collection::vec(call(), 1..20), cut in any::<prop::sample::Index>()) {
        let made = build(Speed::High, &calls);
        let prefix = &made.bytes[..cut.index(made.bytes.len())];
        prop_assert!(check_configuration(prefix).is_err());
    }

    #[test]
    fn the_judge_survives_anything(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = check_configuration(&bytes);
    }

    #[test]
    fn truncation_is_noticed_at_every_byte(length in 0..32_u16, speed in prop::sample::select(vec![Speed::Full, Speed::High])) {
        let made = Flaw::TruncatedAt(length).configuration(speed).expect("made");
        prop_assert_eq!(made.bytes.len(), usize::from(length));
        prop_assert!(check_configuration(&made.bytes).is_err());
    }
}

#[test]
fn thirty_three_interfaces_are_legal() {
    let made = Flaw::Interfaces(33).configuration(Speed::High).expect("made");
    assert_eq!(check_configuration(&made.bytes), Ok(()));
    assert_eq!(made.bytes[4], 33);
}

#[test]
fn refusals() {
    let begin = || ConfigurationBuilder::new(Speed::High, 1).expect("begun");
    let one = || begin().interface(0, 0, Class::VENDOR).expect("interface");
    let plain = SuperSpeedCapability::default();
    assert_eq!(ConfigurationBuilder::new(Speed::High, 0).err(), Some(BuildError::ValueZero));
    assert_eq!(begin().bulk(0x81, plain).err(), Some(BuildError::EndpointAddress));
    assert_eq!(one().bulk(0x80, plain).err(), Some(BuildError::EndpointAddress));
    assert_eq!(one().interrupt(0x81, 0, 1).err(), Some(BuildError::PacketSize));
    assert_eq!(one().interrupt(0x81, 8, 17).err(), Some(BuildError::Interval));
    assert_eq!(one().interface(0, 2, Class::VENDOR).err(), Some(BuildError::Setting));
    let twice = one().bulk(0x81, plain).and_then(|builder| builder.bulk(0x81, plain));
    assert_eq!(twice.err(), Some(BuildError::EndpointAddress));
    let shared = one()
        .bulk(0x81, plain)
        .and_then(|builder| builder.interface(1, 0, Class::VENDOR))
        .and_then(|builder| builder.bulk(0x81, plain));
    assert_eq!(shared.err(), Some(BuildError::EndpointShared));
    let slow =
        ConfigurationBuilder::new(Speed::Low, 1).and_then(|builder| builder.interface(0, 0, Class::VENDOR));
    assert_eq!(slow.and_then(|builder| builder.bulk(0x81, plain)).err(), Some(BuildError::PacketSize));
}

#[test]
fn a_stray_endpoint_is_noticed() {
    let stray = [9, 2, 16, 0, 0, 1, 0, 0x80, 50, 7, 5, 0x81, 2, 0, 2, 0];
    assert_eq!(check_configuration(&stray), Err(Complaint::StrayEndpoint));
}
