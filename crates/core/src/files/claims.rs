//! Which file has claimed which interface.

use super::FileKey;
use crate::descriptors::Configuration;

/// A claimed interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    /// `bInterfaceNumber`
    interface: u8,
    /// The handle that stands for the claim.
    pub handle: u32,
    /// Who has it.
    pub owner: FileKey,
}

/// The claims of a device: at most one for each interface that a configuration can have, in no order.
#[derive(Debug)]
pub(super) struct Claims {
    claims: [Option<Claim>; Configuration::MAX_INTERFACES],
    count: usize,
}

impl Claims {
    pub const NONE: Self = Self { claims: [None; Configuration::MAX_INTERFACES], count: 0 };

    /// The claims: those that there are come first, so that a device without claims has nothing to look through.
    fn all(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().take(self.count).flatten()
    }

    pub fn get(&self, interface: u8) -> Option<Claim> {
        self.all().find(|claim| claim.interface == interface).copied()
    }

    pub fn owner(&self, interface: u8) -> Option<FileKey> {
        self.get(interface).map(|claim| claim.owner)
    }

    /// Whether a file other than this one has claimed anything.
    pub fn any_but_of(&self, key: Option<FileKey>) -> bool {
        self.all().any(|claim| Some(claim.owner) != key)
    }

    pub const fn has_room(&self) -> bool {
        self.count < Configuration::MAX_INTERFACES
    }

    /// Adds a claim of an interface that has none, where there is room.
    pub fn add(&mut self, interface: u8, owner: FileKey, handle: u32) {
        if let Some(place) = self.claims.get_mut(self.count) {
            *place = Some(Claim { interface, handle, owner });
            self.count = self.count.saturating_add(1);
        }
    }

    pub fn remove(&mut self, interface: u8) {
        self.retain(|claim| claim.interface != interface);
    }

    pub fn remove_all_of(&mut self, owner: FileKey) {
        self.retain(|claim| claim.owner != owner);
    }

    /// Forgets claims of interfaces that are not there.
    pub fn keep(&mut self, interfaces: impl Fn(u8) -> bool) {
        self.retain(|claim| interfaces(claim.interface));
    }

    fn retain(&mut self, wanted: impl Fn(&Claim) -> bool) {
        let before = core::mem::replace(self, Self::NONE);
        for claim in before.all().filter(|claim| wanted(claim)) {
            self.add(claim.interface, claim.owner, claim.handle);
        }
    }
}
