//! What `USBD_ValidateConfigurationDescriptor` finds fault with.

use std::collections::BTreeSet;

use super::parse::{
    CONFIGURATION, CONFIGURATION_SIZE, ENDPOINT, ENDPOINT_SIZE, Endpoint, INTERFACE, INTERFACE_SIZE,
    Interface,
};

/// The offset of the first fault at a level (1 to 3; each includes the ones below). None: no fault.
pub(super) fn fault(bytes: &[u8], level: u16) -> Option<usize> {
    header(bytes).or_else(|| if level >= 2 { Walk::new(bytes, level).run() } else { None })
}

/// Level 1: the configuration descriptor's own part.
fn header(bytes: &[u8]) -> Option<usize> {
    let [length, kind, low, high, ..] = *bytes else { return Some(0) };
    let total = usize::from(u16::from_le_bytes([low, high]));
    if bytes.len() < CONFIGURATION_SIZE || usize::from(length) < CONFIGURATION_SIZE || kind != CONFIGURATION {
        return Some(0);
    }
    (total < CONFIGURATION_SIZE || total > bytes.len()).then_some(2)
}

/// Levels 2 and 3: one pass over everything that follows.
struct Walk<'a> {
    bytes: &'a [u8],
    strict: bool,
    /// Alternate settings seen.
    settings: BTreeSet<(u8, u8)>,
    /// The setting that endpoints belong to, where it is, and the endpoints seen.
    current: Option<(Interface, usize)>,
    endpoints: BTreeSet<u8>,
    /// Endpoint descriptors of the current setting.
    count: u8,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], level: u16) -> Self {
        let total = super::parse::total_length(bytes).map_or(0, usize::from);
        Self {
            bytes: bytes.get(..total).unwrap_or(bytes),
            strict: level >= 3,
            settings: BTreeSet::new(),
            current: None,
            endpoints: BTreeSet::new(),
            count: 0,
        }
    }

    fn run(mut self) -> Option<usize> {
        let mut at = self.bytes.first().copied().map_or(0, usize::from);
        while at < self.bytes.len() {
            let rest = self.bytes.get(at..)?;
            let length = rest.first().copied().map_or(0, usize::from);
            let Some(descriptor) = rest.get(..length).filter(|descriptor| descriptor.len() >= 2) else {
                return Some(at);
            };
            let bad = match descriptor.get(1) {
                Some(&INTERFACE) => self.interface(descriptor, at),
                Some(&ENDPOINT) => self.endpoint(descriptor),
                // Descriptors of classes and vendors are their own business.
                _ => false,
            };
            if bad {
                return Some(at);
            }
            at += length;
        }
        if let Some(fault) = self.setting_ends() {
            return Some(fault);
        }
        let numbers: BTreeSet<u8> = self.settings.iter().map(|(number, _)| *number).collect();
        let told = self.bytes.get(4).copied().map_or(0, usize::from);
        (numbers.len() != told).then_some(4)
    }

    /// An interface descriptor: true if it is at fault, or the setting before it is.
    fn interface(&mut self, descriptor: &[u8], at: usize) -> bool {
        if self.setting_ends().is_some() {
            return true;
        }
        let Some(interface) = Interface::of(descriptor) else { return true };
        let length_fits = descriptor.len() == INTERFACE_SIZE || !self.strict;
        let in_order = self.current.is_none_or(|(before, _)| before.number <= interface.number);
        self.current = Some((interface, at));
        self.count = 0;
        self.endpoints.clear();
        let new = self.settings.insert((interface.number, interface.alternate));
        !new || !length_fits || (self.strict && !in_order)
    }

    fn endpoint(&mut self, descriptor: &[u8]) -> bool {
        let Some(endpoint) = Endpoint::of(descriptor) else { return true };
        self.count = self.count.saturating_add(1);
        let number_fits = endpoint.address & 0x0F != 0 && endpoint.address & 0x70 == 0;
        // Audio endpoints are two bytes longer.
        let length_fits = matches!(descriptor.len(), ENDPOINT_SIZE | 9) || !self.strict;
        let new = self.endpoints.insert(endpoint.address);
        self.current.is_none() || !number_fits || !length_fits || !new
    }

    /// Whether the setting that ends here has as many endpoints as it said; its offset if not.
    fn setting_ends(&self) -> Option<usize> {
        let (interface, at) = self.current?;
        (self.strict && interface.endpoints != self.count).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use usb_models::registry;

    use super::fault;

    fn descriptor_of(name: &str) -> Vec<u8> {
        let model = registry::by_name(name).expect("a model");
        model.configuration_descriptor(0).expect("a configuration").to_vec()
    }

    #[test]
    fn legal_descriptors_pass_the_strictest_level() {
        for name in ["loopback-hs", "loopback-fs", "loopback-ss", "composite", "interfaces-33"] {
            assert_eq!(fault(&descriptor_of(name), 3), None, "{name}");
        }
    }

    #[test]
    fn broken_ones_do_not() {
        let names = [
            "interface-length-0",
            "interface-length-1",
            "endpoint-length-0",
            "endpoint-length-255",
            "total-too-large",
            "truncated-8",
            "truncated-20",
            "endpoint-missing",
            "interface-missing",
            "endpoint-twice",
        ];
        for name in names {
            assert!(fault(&descriptor_of(name), 3).is_some(), "{name}");
        }
    }

    #[test]
    fn every_truncation_is_a_fault() {
        let whole = descriptor_of("loopback-hs");
        for length in 0..whole.len() {
            assert!(fault(whole.get(..length).unwrap_or(&[]), 1).is_some(), "{length} bytes");
        }
    }
}
