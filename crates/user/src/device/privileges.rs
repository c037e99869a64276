//! What a file may do.

use usbclient_protocol::{DropPrivileges, operation};

/// Kinds of operations: combined with `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operations(u32);

impl Operations {
    /// Nothing but what tells what the driver knows.
    pub const NONE: Self = Self(0);
    /// Reads: bulk, interrupt, isochronous, streams, and reading continuously.
    pub const READ: Self = Self(operation::READ);
    /// Writes: bulk, interrupt, isochronous, streams.
    pub const WRITE: Self = Self(operation::WRITE);
    /// Control transfers, and descriptors that are asked from the device.
    pub const CONTROL: Self = Self(operation::CONTROL);
    /// Aborting, resetting and flushing pipes, and their policies.
    pub const PIPES: Self = Self(operation::PIPES);
    /// Claiming interfaces, and opening their pipes.
    pub const CLAIM: Self = Self(operation::CLAIM);
    /// Selecting alternate settings and configurations, opening and closing streams.
    pub const CONFIGURE: Self = Self(operation::CONFIGURE);
    /// Resetting and cycling the port.
    pub const RESET: Self = Self(operation::RESET);
    /// The device's own policies.
    pub const POWER: Self = Self(operation::POWER);
    /// Everything.
    pub const ALL: Self = Self(operation::ALL);
}

impl std::ops::BitOr for Operations {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Numbers of interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct InterfaceSet([u8; 32]);

impl InterfaceSet {
    /// Every interface.
    pub const ALL: Self = Self([0xFF; 32]);
    /// None.
    pub const NONE: Self = Self([0; 32]);

    /// With this one.
    pub const fn with(mut self, number: u8) -> Self {
        self.0[(number / 8) as usize] |= 1 << (number % 8);
        self
    }
}

/// What a file keeps when it drops its privileges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// What it may do.
    pub operations: Operations,
    /// With which interfaces.
    pub interfaces: InterfaceSet,
}

impl Privileges {
    pub(super) fn encode(self) -> [u8; DropPrivileges::SIZE] {
        let (operations, interfaces) = (self.operations.0, self.interfaces.0);
        DropPrivileges { operations, reserved: 0, interfaces }.encode()
    }
}
