//! A life on a device that is elsewhere.

use usbclient_protocol::{SetupPacket, control_code};

use super::build::{FILE, cancel, close, ioctl, open, scenario, unplug, wait};
use crate::{
    scenario::{Bytes, DEVICE, Expected, Ioctl, Plug, Scenario, Step},
    usbip::Identity,
};

/// How long a device has for an answer that it may not have: microseconds.
const MOMENT: u64 = 200_000;
const GET_DESCRIPTOR: u8 = 6;
const DEVICE_DESCRIPTOR: u16 = 0x0100;

/// The life of usbclient on a device whose descriptors are known and that is somebody's.
///
/// It is started and opened, its descriptors are compared, and each of its bulk and interrupt IN endpoints is read from
/// for a moment. Nothing is written to it. `model` is the name that it is plugged in by.
#[must_use]
pub fn life_elsewhere(model: &str, identity: &Identity) -> Scenario {
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, model)), open()];
    steps.extend(descriptors(identity));
    for (address, packet) in identity.configurations.first().map(|bytes| readable(bytes)).unwrap_or_default()
    {
        let request = format!("a read of endpoint {address:#04x}");
        steps.push(Step::Submit { request: request.clone(), ioctl: Ioctl::read(FILE, address, packet) });
        steps.push(Step::Sleep { microseconds: MOMENT });
        steps.push(cancel(&request));
        steps.push(wait(&request, Expected::anything()));
    }
    steps.push(close());
    // It may have gone by itself.
    steps.push(Step::Try { step: Box::new(unplug()) });
    steps.push(Step::Unload);
    scenario("life_elsewhere", "a device on another machine is started, compared, read and pulled", steps)
}

fn descriptors(identity: &Identity) -> Vec<Step> {
    let ask = |code| Ioctl::new(FILE, code, Bytes::none(), Bytes::room(0x1_0000));
    let is = |bytes: &[u8]| Expected::success().moved(bytes.len() as u64).bytes(Bytes::of(bytes));
    let setup = SetupPacket {
        request_type: 0x80,
        request: GET_DESCRIPTOR,
        value: DEVICE_DESCRIPTOR,
        index: 0,
        length: 18,
    };
    let mut steps = vec![
        ioctl(ask(control_code::GET_DEVICE_DESCRIPTOR), is(&identity.device)),
        ioctl(Ioctl::control_in(FILE, setup), is(&identity.device)),
        ioctl(ask(control_code::GET_PIPES), Expected::success()),
    ];
    if let Some(configuration) = identity.configurations.first() {
        steps.push(ioctl(ask(control_code::GET_CONFIGURATION_DESCRIPTOR), is(configuration)));
    }
    steps
}

/// The bulk and interrupt IN endpoints of alternate setting 0, with the size of a packet.
fn readable(configuration: &[u8]) -> Vec<(u8, u32)> {
    let mut found = Vec::new();
    let (mut rest, mut is_first_setting) = (configuration, false);
    while let Some(&length) = rest.first() {
        let Some((one, others)) = rest.split_at_checked(usize::from(length).max(2)) else { break };
        rest = others;
        match *one {
            [_, 4, _, alternate, ..] => is_first_setting = alternate == 0,
            [_, 5, address, attributes, low, high, ..] if is_first_setting && address & 0x80 != 0 => {
                let packet = u32::from(u16::from_le_bytes([low, high]) & 0x7FF);
                if matches!(attributes & 3, 2 | 3) && packet > 0 {
                    found.push((address, packet));
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn endpoints_that_can_be_read() {
        let bytes = [
            &[9, 2, 0, 0, 1, 1, 0, 0x80, 50][..],
            &[9, 4, 0, 0, 4, 0xFF, 0, 0, 0],
            &[7, 5, 0x81, 3, 8, 0, 10],
            &[7, 5, 0x82, 2, 0, 2, 0],
            &[7, 5, 0x02, 2, 0, 2, 0],
            &[7, 5, 0x83, 1, 0, 4, 1],
            &[9, 4, 0, 1, 1, 0xFF, 0, 0, 0],
            &[7, 5, 0x84, 2, 0, 2, 0],
            &[7, 5, 0x85],
        ]
        .concat();
        assert_eq!(readable(&bytes), [(0x81, 8), (0x82, 512)]);
        assert_eq!(readable(&[]), []);
        assert_eq!(readable(&[0, 4]), []);
    }
}
