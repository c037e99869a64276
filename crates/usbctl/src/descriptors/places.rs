//! Where the endpoints of a configuration are.

use super::walk::{Step, Walk};

/// An endpoint of some setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// `bInterfaceNumber`
    pub interface: u8,
    /// `bAlternateSetting`
    pub alternate: u8,
    /// `bEndpointAddress`
    pub address: u8,
    /// `bmAttributes`
    pub attributes: u8,
}

/// The endpoints of a configuration with all its settings, as far as it can be read.
pub fn places(configuration: &[u8]) -> Vec<Place> {
    let mut setting = None;
    let mut found = Vec::new();
    for step in Walk::new(configuration) {
        match (step, setting) {
            (Step::Descriptor([_, 4, interface, alternate, ..]), _) => {
                setting = Some((*interface, *alternate));
            }
            (Step::Descriptor([_, 5, address, attributes, ..]), Some((interface, alternate))) => {
                found.push(Place { interface, alternate, address: *address, attributes: *attributes });
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Place, places};

    #[test]
    fn endpoints_of_every_setting() {
        let bytes = [
            9, 2, 0, 0, 1, 1, 0, 0x80, 50, 7, 5, 0x05, 2, 0, 2, 0, 9, 4, 3, 0, 0, 255, 0, 0, 0, 9, 4, 3, 1,
            1, 255, 0, 0, 0, 7, 5, 0x81, 1, 0, 2, 1, 0, 5,
        ];
        assert_eq!(places(&bytes), [Place { interface: 3, alternate: 1, address: 0x81, attributes: 1 }]);
    }
}
