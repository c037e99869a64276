//! Sets of endpoints, and the numbers of their addresses.

/// How many endpoint addresses there are. The default pipe is endpoint 0.
pub const ADDRESSES: usize = 32;

/// The number of a `bEndpointAddress` among the [`ADDRESSES`]: bits 0 to 3 are the endpoint's number and bit 7 is the
/// direction.
#[must_use]
pub const fn number(address: u8) -> u8 {
    address & 0x0F | (address >> 3) & 0x10
}

/// A set of endpoints by address. The default pipe is endpoint 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EndpointSet(u32);

impl EndpointSet {
    /// No endpoint.
    pub const NONE: Self = Self(0);
    /// Every endpoint, the default pipe too.
    pub const ALL: Self = Self(u32::MAX);

    const fn bit(address: u8) -> u32 {
        1_u32.rotate_left(number(address) as u32)
    }

    /// Adds an endpoint.
    pub const fn insert(&mut self, address: u8) {
        self.0 |= Self::bit(address);
    }

    /// Whether the endpoint is in it.
    #[must_use]
    pub const fn contains(self, address: u8) -> bool {
        self.0 & Self::bit(address) != 0
    }

    /// Whether there is no endpoint in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Takes the first endpoint out.
    pub const fn pop(&mut self) -> Option<u8> {
        if self.is_empty() {
            return None;
        }
        let [place, ..] = self.0.trailing_zeros().to_le_bytes();
        let address = place & 0x0F | (place & 0x10).rotate_left(3);
        self.0 &= !Self::bit(address);
        Some(address)
    }
}
