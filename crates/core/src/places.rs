//! Where in a list of endpoints each address is, so that finding one does not take longer when there are more.

use crate::{
    descriptors::Endpoint,
    endpoint_set::{ADDRESSES, number},
};

/// A place for each address that an endpoint can have. It is a hint: what it says is looked at, and without a right one
/// the list is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places([u8; ADDRESSES]);

impl Places {
    /// Every list is searched.
    pub const NONE: Self = Self([u8::MAX; ADDRESSES]);

    /// The places of a list.
    #[must_use]
    pub fn of(endpoints: &[Endpoint]) -> Self {
        let mut places = Self::NONE;
        for (at, endpoint) in (0_u8..).zip(endpoints) {
            if let Some(place) = places.0.get_mut(usize::from(number(endpoint.address))) {
                *place = at;
            }
        }
        places
    }

    /// Where in the list the endpoint with this address is.
    #[must_use]
    pub fn find(&self, endpoints: &[Endpoint], address: u8) -> Option<usize> {
        let at = usize::from(*self.0.get(usize::from(number(address)))?);
        match endpoints.get(at) {
            Some(endpoint) if endpoint.address == address => Some(at),
            _ => search(endpoints, address),
        }
    }

    /// The part of the list in which a target is: the endpoint with that address, or the whole list for a handle.
    #[must_use]
    pub fn near<'a>(&self, endpoints: &'a [Endpoint], target: u32) -> &'a [Endpoint] {
        let at = u8::try_from(target).ok().and_then(|address| self.find(endpoints, address));
        let one = at.and_then(|at| endpoints.get(at)).map(core::slice::from_ref);
        one.unwrap_or(endpoints)
    }
}

#[cold]
fn search(endpoints: &[Endpoint], address: u8) -> Option<usize> {
    endpoints.iter().position(|endpoint| endpoint.address == address)
}
