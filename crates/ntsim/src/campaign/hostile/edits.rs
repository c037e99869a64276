//! The false descriptors that a hostile device is given: each field with each interesting value, each length, and bits
//! at random.

use usb_models::{DeviceModel, registry};

use crate::sched::SplitMix;

/// Values that a byte of a descriptor has in turn: lengths and counts that are none, too few, too many, and the types
/// of descriptors and endpoints.
const VALUES: [u8; 13] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x09, 0x20, 0x7F, 0x80, 0x81, 0xFF];
/// Bits of a byte that are the other way.
const FLIPS: [u8; 2] = [0x01, 0x80];

/// Every model with one thing wrong, in order.
pub(super) fn structured(base: &str) -> Vec<String> {
    let Ok(model) = registry::by_name(base) else { return Vec::new() };
    let mut all: Vec<String> = ["short", "babble"].map(String::from).into();
    for (which, length) in lengths(&*model) {
        for at in 0..length {
            all.extend(VALUES.map(|value| format!("{which}{at}={value:02x}")));
            all.extend(FLIPS.map(|bits| format!("{which}{at}^{bits:02x}")));
        }
        all.extend((0..length).map(|at| format!("{which}<{at}")));
        all.extend([1, 7, 9, 200].map(|count| format!("{which}>{count}")));
    }
    // wTotalLength, and the counts with the types that go with them.
    for total in [0_u16, 8, 9, 0x7FFF, 0xFFFF] {
        let [low, high] = total.to_le_bytes();
        all.push(format!("c2={low:02x},c3={high:02x}"));
    }
    all.into_iter().map(|edit| format!("{base}:{edit}")).collect()
}

/// A model with some bits the other way.
pub(super) fn random(base: &str, random: &mut SplitMix) -> String {
    let Ok(model) = registry::by_name(base) else { return base.into() };
    let lengths = lengths(&*model);
    let mut edits = Vec::new();
    for _ in 0..=random.below(6) {
        // The configuration descriptor more often: there is more to it.
        let [device, configuration] = lengths;
        let (which, length) = if random.below(4) == 0 { device } else { configuration };
        let at = random.below(length.max(1) as u64);
        edits.push(if random.below(3) == 0 {
            format!("{which}{at}={:02x}", random.below(256))
        } else {
            format!("{which}{at}^{:02x}", 1_u16 << random.below(8))
        });
    }
    if random.below(8) == 0 {
        edits.push(["short", "babble"][usize::from(random.below(2) == 1)].into());
    }
    format!("{base}:{}", edits.join(","))
}

/// The descriptors of a model and their lengths.
fn lengths(model: &dyn DeviceModel) -> [(char, usize); 2] {
    let configuration = model.configuration_descriptor(0).map_or(0, <[u8]>::len);
    [('d', model.device_descriptor().len()), ('c', configuration)]
}

#[cfg(test)]
mod tests {
    use usb_models::registry;

    use super::{random, structured};
    use crate::sched::SplitMix;

    #[test]
    fn every_edit_can_be_made() {
        let all = structured("composite");
        assert!(all.len() > 1000, "{}", all.len());
        assert!(all.iter().all(|name| registry::by_name(name).is_ok()));
        let mut generator = SplitMix::new(3);
        for _ in 0..1000 {
            let name = random("loopback-ss", &mut generator);
            assert!(registry::by_name(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_device() {
        let make = || random("loopback-hs", &mut SplitMix::new(11));
        assert_eq!(make(), make());
    }
}
