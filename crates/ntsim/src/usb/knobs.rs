//! The settings of the USB client driver verifier, by the names of its registry values.

use std::collections::BTreeMap;

use crate::sched::SplitMix;

/// The most static streams that the stack ever answers (page `usbcon/how-to-open-streams-in-a-usb-endpoint`).
pub(super) const MOST_STREAMS: u16 = 255;
/// The largest N with a meaning: a setting hits at least once in so many calls.
const RAREST: u32 = 0x7FF;

/// What is made to fail. Each setting but the first and the stream count: 0 off, 1 always, N once in N (at random,
/// from a seed).
///
/// Page: `usbcon/how-to-send-a-usb-device-to-select-suspend`, which is the page of the USB client driver verifier.
#[derive(Clone, Debug)]
#[expect(non_snake_case, reason = "the names are Microsoft's")]
pub struct Knobs {
    /// A handle or URB that is left when the device is removed is bug check 0x144/0x804.
    pub UsbVerifierEnabled: bool,
    /// `USBD_CreateHandle` fails.
    pub UsbVerifierFailRegistration: u32,
    /// The query for chained MDLs fails.
    pub UsbVerifierFailChainedMdlSupport: u32,
    /// The query for static streams fails.
    pub UsbVerifierFailStaticStreamsSupport: u32,
    /// Another number of static streams than the controller has: 1 a random one, N this one, 255 at most.
    pub UsbVerifierStaticStreamCountOverride: u32,
    /// The request to open static streams fails.
    pub UsbVerifierFailEnableStaticStreams: u32,
    /// Values that were written to the registry and are read when the next device is enumerated.
    written: BTreeMap<&'static str, u32>,
    random: SplitMix,
}

impl Default for Knobs {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Knobs {
    /// Everything off; `seed` decides which calls a setting of N hits.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            UsbVerifierEnabled: false,
            UsbVerifierFailRegistration: 0,
            UsbVerifierFailChainedMdlSupport: 0,
            UsbVerifierFailStaticStreamsSupport: 0,
            UsbVerifierStaticStreamCountOverride: 0,
            UsbVerifierFailEnableStaticStreams: 0,
            written: BTreeMap::new(),
            random: SplitMix::new(seed),
        }
    }

    /// Writes a value to the service's `Parameters` key. Like the stack itself, the knobs look at it when a device
    /// is enumerated. False: the USB client driver verifier reads no value of this name.
    pub fn write(&mut self, name: &str, value: u32) -> bool {
        let Some(name) = Self::NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
            return false;
        };
        self.written.insert(name, value);
        true
    }

    /// A device is enumerated: the registry is read.
    pub(super) fn read_registry(&mut self) {
        for (name, value) in std::mem::take(&mut self.written) {
            self.set(name, value);
        }
    }

    /// The values that the USB client driver verifier reads.
    pub const NAMES: [&'static str; 6] = [
        "UsbVerifierEnabled",
        "UsbVerifierFailRegistration",
        "UsbVerifierFailChainedMdlSupport",
        "UsbVerifierFailStaticStreamsSupport",
        "UsbVerifierStaticStreamCountOverride",
        "UsbVerifierFailEnableStaticStreams",
    ];

    fn set(&mut self, name: &str, value: u32) {
        match name {
            "UsbVerifierEnabled" => self.UsbVerifierEnabled = value != 0,
            "UsbVerifierFailRegistration" => self.UsbVerifierFailRegistration = value,
            "UsbVerifierFailChainedMdlSupport" => self.UsbVerifierFailChainedMdlSupport = value,
            "UsbVerifierFailStaticStreamsSupport" => self.UsbVerifierFailStaticStreamsSupport = value,
            "UsbVerifierStaticStreamCountOverride" => self.UsbVerifierStaticStreamCountOverride = value,
            _ => self.UsbVerifierFailEnableStaticStreams = value,
        }
    }

    /// How many static streams the query for them answers, of a controller that has `supported`.
    pub(super) fn streams(&mut self, supported: u16) -> u16 {
        match self.UsbVerifierStaticStreamCountOverride {
            0 => supported,
            1 => u16::try_from(self.random.below(supported.into()) + 1).unwrap_or(supported),
            wanted => u16::try_from(wanted).map_or(MOST_STREAMS, |wanted| wanted.min(MOST_STREAMS)),
        }
    }

    /// Whether a setting hits this time.
    pub(super) fn hits(&mut self, setting: u32) -> bool {
        match setting {
            0 => false,
            1 => true,
            several => self.random.below(u64::from(several.min(RAREST))) == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Knobs;

    #[test]
    fn a_value_is_read_when_a_device_is_enumerated() {
        let mut knobs = Knobs::new(1);
        assert!(knobs.write("usbverifierfailregistration", 1));
        assert!(!knobs.write("UsbVerifierFailEverything", 1));
        assert_eq!(knobs.UsbVerifierFailRegistration, 0);
        knobs.read_registry();
        assert_eq!(knobs.UsbVerifierFailRegistration, 1);
    }

    #[test]
    fn a_setting_of_n_hits_about_once_in_n() {
        let mut knobs = Knobs::new(7);
        let hits = (0..10_000).filter(|_| knobs.hits(10)).count();
        assert!((800..1200).contains(&hits), "{hits}");
        assert!((0..100).all(|_| knobs.hits(1)) && !(0..100).any(|_| knobs.hits(0)));
    }

    #[test]
    fn the_number_of_streams_is_overridden() {
        let mut knobs = Knobs::new(3);
        assert_eq!(knobs.streams(255), 255);
        knobs.UsbVerifierStaticStreamCountOverride = 1;
        assert!((0..100).map(|_| knobs.streams(255)).all(|count| (1..=255).contains(&count)));
        knobs.UsbVerifierStaticStreamCountOverride = 7;
        assert_eq!(knobs.streams(255), 7);
        knobs.UsbVerifierStaticStreamCountOverride = 70_000;
        assert_eq!(knobs.streams(255), 255);
    }

    #[test]
    fn every_name_sets_something() {
        for name in Knobs::NAMES {
            let (mut knobs, before) = (Knobs::new(0), format!("{:?}", Knobs::new(0)));
            knobs.set(name, 1);
            assert_ne!(format!("{knobs:?}"), before, "{name}");
        }
    }
}
