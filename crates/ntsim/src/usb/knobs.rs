//! The settings of the USB client driver verifier, by the names of its registry values.

use crate::sched::SplitMix;

/// What is made to fail. Each setting but the first: 0 off, 1 always, N once in N (at random, from a seed).
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
    /// The request to open static streams fails.
    pub UsbVerifierFailEnableStaticStreams: u32,
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
            UsbVerifierFailEnableStaticStreams: 0,
            random: SplitMix::new(seed),
        }
    }

    /// Whether a setting hits this time.
    pub(super) const fn hits(&mut self, setting: u32) -> bool {
        match setting {
            0 => false,
            1 => true,
            several => self.random.below(several as u64) == 0,
        }
    }
}
