//! Every model in the registry, and the ones that misbehave.

mod common;

use common::{Host, setup};
use usb_models::{
    Status,
    descriptor::{Complaint, check_configuration},
    models::composite::{LOOPBACK_INTERFACE, SOURCE_IN, SOURCE_INTERFACE},
    registry::{self, ModelError},
};

#[test]
fn every_name_makes_a_model_that_can_be_enumerated() {
    for (name, about) in registry::names() {
        assert!(!about.is_empty());
        let mut host = Host::new(name);
        let end = host.control(setup(0x80, 6, 0x0100, 0, 18), &[]);
        assert_eq!(host.received(&end).len(), 18, "{name}");
        assert_eq!(host.control(setup(0x80, 6, 0x0200, 0, 0xFFFF), &[]).status, Status::Ok, "{name}");
        assert_eq!(host.control(setup(0x00, 9, 1, 0, 0), &[]).status, Status::Ok, "{name}");
    }
    assert_eq!(registry::by_name("toaster").err(), Some(ModelError::UnknownName));
}

#[test]
fn flaws_are_what_their_names_say() {
    let complaints: Vec<_> = registry::names()
        .map(|(name, _)| {
            let model = registry::by_name(name).expect("a model");
            (name, check_configuration(model.configuration_descriptor(0).expect("one")).err())
        })
        .filter_map(|(name, complaint)| complaint.map(|complaint| (name, complaint)))
        .collect();
    assert_eq!(
        complaints,
        [
            ("interface-length-0", Complaint::Length),
            ("interface-length-1", Complaint::Length),
            ("endpoint-length-0", Complaint::Length),
            ("endpoint-length-255", Complaint::Length),
            ("total-too-large", Complaint::TotalLength),
            ("total-too-small", Complaint::Length),
            ("empty-packet", Complaint::EmptyPacket),
            ("truncated-0", Complaint::NoConfiguration),
            ("truncated-8", Complaint::NoConfiguration),
            ("truncated-20", Complaint::TotalLength),
            ("endpoint-missing", Complaint::EndpointCount),
            ("interface-missing", Complaint::InterfaceCount),
            ("endpoint-twice", Complaint::EndpointAddress),
        ]
    );
}

#[test]
fn a_changing_device_does_not_say_the_same_thing_twice() {
    let mut host = Host::new("changing");
    let lengths: Vec<_> = (0..4).map(|_| host.control(setup(0x80, 6, 0x0200, 0, 255), &[]).length).collect();
    assert_eq!(lengths, [32, 46, 32, 46]);
}

#[test]
fn obstinate_endpoints() {
    let mut host = Host::configured("nak");
    host.write(0x01, &[1; 512]);
    host.read(0x81, 512);
    assert_eq!(host.run(None), []);

    let mut host = Host::configured("stall");
    let write = host.write(0x01, &[1; 512]);
    assert_eq!(host.until(write).status, Status::Stall);
    host.model.reset_endpoint(host.now, 0x01).expect("reset");
    let write = host.write(0x01, &[1; 512]);
    assert_eq!(host.until(write).status, Status::Stall);

    let mut host = Host::configured("short");
    let read = host.read(0x81, 4096);
    assert_eq!((host.until(read).status, host.until_length(0x81)), (Status::Ok, 5));

    let mut host = Host::configured("babble");
    let read = host.read(0x81, 700);
    let end = host.until(read);
    assert_eq!((end.status, end.length), (Status::Overrun, 700));

    let mut host = Host::configured("control-stall");
    assert_eq!(host.control(setup(0xC0, 1, 0, 0, 8), &[]).status, Status::Stall);
}

impl Host {
    fn until_length(&mut self, endpoint: u8) -> u32 {
        let read = self.read(endpoint, 4096);
        self.until(read).length
    }
}

#[test]
fn composite_interfaces_have_gaps_and_alternate_settings() {
    let mut host = Host::configured("composite");
    assert!(host.model.set_interface(host.now, 0, 0).is_err());
    assert!(host.model.set_interface(host.now, LOOPBACK_INTERFACE, 1).is_err());
    let gone = usb_models::Transfer::bulk_or_interrupt(usb_models::TransferId(90), SOURCE_IN, 512);
    assert!(host.model.submit(host.now, gone).is_err());
    host.model.set_interface(host.now, SOURCE_INTERFACE, 1).expect("setting 1");
    let read = host.read(SOURCE_IN, 1024);
    let end = host.until(read);
    assert_eq!(host.received(&end), [0; 1024]);
    let end = host.control(setup(0x81, 10, 0, SOURCE_INTERFACE.into(), 1), &[]);
    assert_eq!(host.received(&end), [1]);
    let read = host.read(SOURCE_IN, 1 << 20);
    assert_eq!(host.control(setup(0x01, 11, 0, SOURCE_INTERFACE.into(), 0), &[]).status, Status::Ok);
    assert!(host.run(None).iter().any(|end| end.id == read && end.status == Status::Gone));
}

#[test]
fn a_name_can_carry_edits_of_the_descriptors() {
    let bytes = |name: &str| {
        let model = registry::by_name(name).expect("a model");
        (model.device_descriptor().to_vec(), model.configuration_descriptor(0).expect("one").to_vec())
    };
    let (device, configuration) = bytes("loopback-hs");
    let (changed, other) = bytes("loopback-hs:c12=ff,c4^03,d7=08,c<20");
    assert_eq!((changed[7], other[12], other[4]), (8, 0xFF, configuration[4] ^ 3));
    assert_eq!((changed.len(), other.len()), (device.len(), 20));
    let (_, longer) = bytes("composite:c>16,c999=01");
    let length = u16::try_from(longer.len()).expect("a length").to_le_bytes();
    assert_eq!(longer[2..4], length);
    for wrong in
        ["loopback-hs:x", "loopback-hs:c=1", "loopback-hs:c1=fff", "loopback-hs:c5<2", "loopback-hs:c9"]
    {
        assert_eq!(registry::by_name(wrong).err(), Some(ModelError::UnknownEdit), "{wrong}");
    }
}

#[test]
fn answers_can_be_too_short_and_too_long() {
    let ask = |name, length| {
        let mut host = Host::new(name);
        let end = host.control(setup(0x80, 6, 0x0100, 0, length), &[]);
        (end.status, end.length)
    };
    assert_eq!(ask("loopback-hs", 8), (Status::Ok, 8));
    assert_eq!(ask("loopback-hs:short", 18), (Status::Ok, 17));
    assert_eq!(ask("loopback-hs:babble", 18), (Status::Ok, 18));
    assert_eq!(ask("loopback-hs:babble", 8), (Status::Overrun, 8));
}
