//! Descriptors, and what the driver knows.

use usbclient_user::{
    Claimed, DescriptorRequest, Error, ErrorKind, Language, Recipient, Speed, TransferType,
};

use crate::{Bench, kind};

#[test]
fn the_device_says_what_it_is() -> Result<(), Error> {
    let bench = Bench::with("loopback-hs")?;
    let device = &bench.device;
    let descriptor = device.device_descriptor().wait()?;
    assert_eq!((descriptor.vendor_id(), descriptor.product_id(), descriptor.class()), (0x1209, 1, 0xFF));
    assert_eq!((descriptor.configuration_count(), descriptor.bytes().len()), (1, 18));
    let (info, names) = (device.info(), device.languages().wait()?);
    assert_eq!((info.vendor_id(), info.product_id(), info.release()), (0x1209, 1, descriptor.release()));
    assert_eq!(names, [Language::ENGLISH_US]);
    let text = |index: Option<u8>| device.string(index.expect("it has one"), names[0]).wait();
    assert_eq!(text(descriptor.manufacturer_string())?, "usbclient");
    assert_eq!(text(descriptor.product_string())?, "Loopback");
    assert_eq!(text(descriptor.serial_number_string())?, "0001");
    assert_eq!(kind(device.string(77, names[0]).wait()), ErrorKind::Stall);
    bench.end()
}

#[test]
fn the_configuration_is_read_whole() -> Result<(), Error> {
    for model in ["loopback-hs", "composite-wide", "loopback-30"] {
        let bench = Bench::with(model)?;
        let configuration = bench.device.configuration_descriptor().wait()?;
        let total = usize::from(u16::from_le_bytes([configuration[2], configuration[3]]));
        assert_eq!(configuration.len(), total, "{model}");
        let same = DescriptorRequest {
            recipient: Recipient::Device,
            descriptor_type: 2,
            index: 0,
            language_or_number: 0,
            length: 4096,
        };
        assert_eq!(bench.device.descriptor(same).wait()?, configuration, "{model}");
        bench.end()?;
    }
    Ok(())
}

#[test]
fn interfaces_and_endpoints() -> Result<(), Error> {
    let bench = Bench::with("composite")?;
    let interfaces = bench.device.interfaces().wait()?;
    let numbers: Vec<_> =
        interfaces.iter().map(|one| (one.number(), one.alternate_count(), one.endpoint_count())).collect();
    assert_eq!(numbers, [(2, 1, 3), (5, 2, 0)]);
    assert!(interfaces.iter().all(|one| one.claimed() == Claimed::Free && one.class() == 0xFF));
    let endpoints = bench.device.endpoints().wait()?;
    let shown: Vec<_> =
        endpoints.iter().map(|one| (one.address(), one.transfer_type(), one.max_packet_size())).collect();
    assert_eq!(
        shown,
        [
            (0x01, TransferType::Bulk, 512),
            (0x81, TransferType::Bulk, 512),
            (0x82, TransferType::Interrupt, 64)
        ]
    );
    assert!(endpoints.iter().all(|one| one.interface() == 2 && one.max_streams() == 0));
    bench.end()
}

#[test]
fn more_endpoints_than_a_first_look_has_room_for() -> Result<(), Error> {
    let bench = Bench::with("loopback-30")?;
    assert_eq!(bench.device.endpoints().wait()?.len(), 30);
    bench.end()
}

#[test]
fn speed_limits_and_frames() -> Result<(), Error> {
    let bench = Bench::with("loopback-ss")?;
    let properties = bench.device.properties().wait()?;
    assert_eq!((properties.speed(), properties.configuration()), (Speed::Super, 1));
    assert!(!properties.is_function() && properties.max_control_transfer() >= 4096);
    let first = bench.device.frame_number().wait()?;
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert!(bench.device.frame_number().wait()? >= first);
    bench.end()
}

#[test]
fn a_function_of_a_composite_device_says_so() -> Result<(), Error> {
    let bench = Bench::with("composite-function")?;
    assert_eq!(bench.device.info().function(), Some(2));
    assert!(bench.device.properties().wait()?.is_function());
    assert_eq!(kind(bench.device.select_configuration(1).wait()), ErrorKind::NotSupported);
    bench.end()
}
