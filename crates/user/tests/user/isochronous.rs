//! Isochronous transfers.

use usbclient_user::{Error, ErrorKind, In, IsochBuffer, Isochronous, Out, Start};

use crate::{Bench, kind, run};

const OUT: u8 = 0x02;
const IN: u8 = 0x82;

#[test]
fn packets_come_back_as_they_went() -> Result<(), Error> {
    let bench = Bench::with("iso-loopback-hs")?;
    let interface = bench.device.claim_interface(0).wait()?;
    let mut out = interface.endpoint::<Isochronous, Out>(OUT).wait()?;
    let mut back = interface.endpoint::<Isochronous, In>(IN).wait()?;
    let mut packets = IsochBuffer::default();
    for number in 1..=32_u8 {
        packets.push(&[number; 100]);
    }
    out.submit_write(packets, Start::AsSoonAsPossible);
    let went = out.wait_next_packets().expect("one was submitted");
    assert_eq!((went.error_count(), went.packets().count()), (Some(0), 32));
    assert!(went.packets().all(|packet| packet.status.is_success() && packet.data.len() == 100));

    back.submit_read(IsochBuffer::new(32, 1024), Start::AsSoonAsPossible);
    back.submit_read(IsochBuffer::new(32, 1024), Start::AsSoonAsPossible);
    let mut came = Vec::new();
    while let Some(completion) = run(back.next_packets()) {
        assert!(completion.start_frame().is_some(), "{:?}", completion.result);
        came.extend(
            completion.packets().filter(|packet| !packet.data.is_empty()).map(|packet| packet.data.to_vec()),
        );
    }
    let expected: Vec<Vec<u8>> = (1..=32).map(|number| vec![number; 100]).collect();
    assert_eq!(came, expected);
    drop((out, back, interface));
    bench.end()
}

#[test]
fn a_buffer_is_used_again_and_a_frame_is_named() -> Result<(), Error> {
    let bench = Bench::with("iso-loopback-fs")?;
    let mut back = bench.device.endpoint::<Isochronous, In>(IN).wait()?;
    let mut buffer = IsochBuffer::new(8, 200);
    assert!(buffer.packet_mut(7).is_some() && buffer.packet_mut(8).is_none());
    for _ in 0..3 {
        let frame = bench.device.frame_number().wait()? + 16;
        back.submit_read(buffer, Start::Frame(frame));
        let completion = back.wait_next_packets().expect("one was submitted");
        assert_eq!(completion.start_frame(), Some(frame), "{:?}", completion.result);
        buffer = completion.buffer;
    }
    drop(back);
    bench.end()
}

#[test]
fn packets_of_a_number_that_the_period_does_not_allow() -> Result<(), Error> {
    let bench = Bench::with("iso-loopback-hs")?;
    let mut back = bench.device.endpoint::<Isochronous, In>(IN).wait()?;
    back.submit_read(IsochBuffer::new(3, 1024), Start::AsSoonAsPossible);
    let completion = back.wait_next_packets().expect("one was submitted");
    assert_eq!((completion.packets().count(), completion.start_frame()), (0, None));
    assert_eq!(kind(completion.result), ErrorKind::InvalidArgument);
    drop(back);
    bench.end()
}

#[test]
fn what_is_in_flight_is_cancelled() -> Result<(), Error> {
    let bench = Bench::with("camera-hs")?;
    let interface = bench.device.claim_interface(1).wait()?;
    interface.select_setting(1).wait()?;
    let address = interface.endpoints().wait()?[0].address();
    let mut back = interface.endpoint::<Isochronous, In>(address).wait()?;
    let length = back.max_packet_size();
    for _ in 0..4 {
        back.submit_read(IsochBuffer::new(256, length), Start::AsSoonAsPossible);
    }
    back.cancel_all();
    let mut ends = 0;
    while let Some(completion) = back.wait_next_packets() {
        assert!(completion.result.is_ok() || kind(completion.result) == ErrorKind::Cancelled);
        ends += 1;
    }
    assert_eq!(ends, 4);
    drop((back, interface));
    bench.end()
}
