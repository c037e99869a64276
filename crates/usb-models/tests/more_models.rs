//! The camera, the loudspeakers, the reports, the memory, the wide composite, and a device that goes by itself.

mod common;

use common::{Host, setup};
use usb_models::{
    Status, Time,
    models::{audio, camera, eeprom, hid, wide},
    timing,
};

#[test]
fn a_camera_sends_what_its_setting_has() {
    for (name, interval) in [
        ("camera-fs", Time::PER_FRAME),
        ("camera-hs", Time::PER_MICROFRAME),
        ("camera-ss", Time::PER_MICROFRAME),
    ] {
        let mut host = Host::configured(name);
        let shapes = camera::shapes(host.model.speed());
        for (alternate, shape) in (1..).zip(shapes) {
            host.model.set_interface(host.now, camera::INTERFACE, alternate).expect("a setting");
            let most = shape.per_interval(host.model.speed());
            let read = host.isochronous(camera::STREAM, &[most; 40], interval, &[]);
            assert_eq!(host.until(read).status, Status::Ok);
            let lengths: Vec<u32> = (0..40).map(|n| camera::length(most, n)).collect();
            assert_eq!(host.ends(read).iter().map(|(_, length)| *length).collect::<Vec<_>>(), lengths);
            let buffer = &host.memory.buffers[&read];
            for n in [0_u32, 7, 39] {
                let at = (n * most) as usize;
                let expected: Vec<u8> =
                    (0..camera::length(most, n)).map(|offset| camera::byte(n, offset)).collect();
                assert_eq!(buffer[at..at + expected.len()], expected, "{name}, packet {n}");
            }
            let end = host.control(setup(0xC0, camera::SENT, 0, 0, 4), &[]);
            assert_eq!(host.received(&end), 40_u32.to_le_bytes());
        }
    }
}

#[test]
fn loudspeakers_count_what_they_hear_and_say_what_they_want() {
    for (name, fast) in [("audio-fs", false), ("audio-hs", true)] {
        let mut host = Host::configured(name);
        host.model.set_interface(host.now, audio::INTERFACE, 1).expect("16 bits");
        let interval = if fast { Time::PER_MICROFRAME } else { Time::PER_FRAME };
        let sent = host.isochronous(audio::SAMPLES, &[24; 8], interval, &[2; 192]);
        host.until(sent);
        let end = host.control(setup(0xC0, audio::HEARD, 0, 0, 12), &[]);
        let heard: Vec<u8> = [8_u32, 192, 384].iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(host.received(&end), heard);
        let size: usize = if fast { 4 } else { 3 };
        let length = u32::try_from(size).expect("small");
        let read = host.isochronous(audio::FEEDBACK, &[length; 3], Time::PER_FRAME, &[]);
        assert_eq!(host.until(read).length, 3 * length);
        let wanted: Vec<u8> = (0..3).flat_map(|n| audio::feedback(fast, n)[..size].to_vec()).collect();
        assert_eq!(host.memory.buffers[&read], wanted);
    }
}

#[test]
fn reports_come_at_their_time_and_old_ones_are_lost() {
    for name in ["hid-ls", "hid-fs", "hid-hs"] {
        let mut host = Host::configured(name);
        for n in 0..5_u32 {
            let read = host.read(hid::REPORTS, 8);
            let end = host.until(read);
            assert_eq!(host.received(&end), hid::report(n), "{name}");
            assert!(end.at.0 >= u64::from(n) * hid::PERIOD, "{name}: not before its time");
        }
        // Nobody reads for a while.
        host.now = Time(host.now.0 + 100 * hid::PERIOD);
        let read = host.read(hid::REPORTS, 8);
        let end = host.until(read);
        let kept = u32::try_from(end.at.0 / hid::PERIOD + 1 - hid::DEPTH).expect("a number");
        assert_eq!(host.received(&end), hid::report(kept), "{name}");
        let read = host.read(hid::REPORTS, 8);
        let end = host.until(read);
        // At low speed the host asks less often than there are reports.
        let next = u32::try_from(end.at.0 / hid::PERIOD + 1 - hid::DEPTH).expect("a number").max(kept + 1);
        assert_eq!(host.received(&end), hid::report(next), "{name}: and then in order");
    }
}

#[test]
fn a_reader_that_is_always_there_loses_nothing() {
    let mut host = Host::configured("hid-hs");
    let mut reads: Vec<_> = (0..4).map(|_| host.read(hid::REPORTS, 8)).collect();
    for n in 0..200_u32 {
        let read = reads.remove(0);
        let end = host.until(read);
        assert_eq!(host.received(&end), hid::report(n));
        reads.push(host.read(hid::REPORTS, 8));
    }
    let expected = 199 * hid::PERIOD;
    assert!(host.now.0 >= expected && host.now.0 < expected + hid::PERIOD, "{:?}", host.now);
}

#[test]
fn the_memory_is_read_and_written_up_to_its_end() {
    let mut host = Host::configured("eeprom-hs");
    let data: Vec<u8> = (0..4096_u32).map(|at| u8::try_from(at % 253).expect("small")).collect();
    assert_eq!(host.control(setup(0x40, eeprom::ACCESS, 0xF000, 0, 4096), &data).status, Status::Ok);
    let end = host.control(setup(0xC0, eeprom::ACCESS, 0xF000, 0, 4096), &[]);
    assert_eq!(host.received(&end), data);
    assert_eq!(host.control(setup(0xC0, eeprom::ACCESS, 0xF001, 0, 4096), &[]).status, Status::Stall);
    assert_eq!(host.control(setup(0x40, eeprom::FILL, 0x5A, 0, 0), &[]).status, Status::Ok);
    let end = host.control(setup(0xC0, eeprom::ACCESS, 0, 0, 0xFFFF), &[]);
    assert!(host.received(&end).iter().all(|byte| *byte == 0x5A) && end.length == 0xFFFF);
    assert_eq!(host.control(setup(0xC0, eeprom::REFUSE, 0, 0, 4), &[]).status, Status::Stall);
}

#[test]
fn three_functions_on_one_device() {
    let mut host = Host::configured("composite-wide");
    host.model.set_interface(host.now, wide::STREAM_INTERFACE, 1).expect("setting 1");
    let stream = host.isochronous(wide::STREAM, &[256; 4], Time::PER_FRAME, &[]);
    let report = host.read(wide::REPORTS, 8);
    let sent = host.write(0x01, b"loop");
    let read = host.read(0x81, 512);
    let ends = host.run(None);
    assert_eq!(ends.iter().filter(|end| end.status == Status::Ok).count(), 4);
    assert_eq!(&host.memory.buffers[&read][..4], b"loop");
    assert_eq!(host.memory.buffers[&report], hid::report(0));
    assert_eq!(host.ends(stream)[3], (Status::Ok, camera::length(256, 3)));
    assert_eq!(host.ends(stream).len(), 4);
    assert!(ends.iter().any(|end| end.id == sent));
    host.model.set_interface(host.now, wide::LOOP_INTERFACE, 1).expect("nothing there");
    assert!(host.model.set_interface(host.now, 3, 0).is_err());
}

#[test]
fn a_device_goes_at_any_turn() {
    for turn in 1..12 {
        let mut host = Host::new(&format!("loopback-hs:gone={turn}"));
        let mut ended = 0;
        // The first turns are those of enumeration.
        let mut ask = |host: &mut Host, request, value, length| {
            let end =
                host.control(setup(if request == 9 { 0 } else { 0x80 }, request, value, 0, length), &[]);
            if end.status == Status::Ok {
                ended += 1;
            }
            end.status
        };
        let mut gone = false;
        for (request, value, length) in [(6, 0x0100, 18), (6, 0x0200, 9), (6, 0x0200, 32), (9, 1, 0)] {
            if host.model.is_gone() {
                gone = true;
                break;
            }
            gone |= ask(&mut host, request, value, length) == Status::Gone;
        }
        if gone {
            assert_eq!(ended, turn - 1);
        } else {
            let writes: Vec<_> = (0..20).map(|_| host.write(0x01, &[1; 512])).collect();
            let ends = host.run(None);
            assert_eq!(ends.len(), writes.len(), "all end");
            assert_eq!(ends.iter().filter(|end| end.status == Status::Ok).count() + ended, turn - 1);
        }
        assert!(host.model.is_gone());
    }
    let mut host = Host::configured("iso-loopback-hs:gone=3");
    let read = host.isochronous(0x82, &[64; 8], timing::window(usb_models::Speed::High), &[]);
    let end = host.until(read);
    assert_eq!((end.status, host.ends(read).len()), (Status::Gone, 2));
}

#[test]
fn a_high_speed_device_has_a_qualifier_and_others_do_not() {
    let mut host = Host::new("loopback-hs");
    let end = host.control(setup(0x80, 6, 0x0600, 0, 64), &[]);
    assert_eq!(host.received(&end), [10, 6, 0, 2, 0xFF, 0, 0, 64, 1, 0]);
    for name in ["loopback-fs", "loopback-ss"] {
        let mut host = Host::new(name);
        assert_eq!(host.control(setup(0x80, 6, 0x0600, 0, 10), &[]).status, Status::Stall, "{name}");
    }
    for name in ["stream-loopback-ss", "uas-ss", "camera-ss", "iso-loopback-ss", "eeprom-ss"] {
        let mut host = Host::new(name);
        let end = host.control(setup(0x80, 6, 0x0F00, 0, 255), &[]);
        assert_eq!(host.received(&end).len(), 22, "{name} has a BOS");
        let end = host.control(setup(0x80, 6, 0x0302, 0x0409, 255), &[]);
        assert!(host.received(&end).len() > 4, "{name} has a name");
    }
}
