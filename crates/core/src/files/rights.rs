//! What a file may still do.

use usbclient_protocol::{
    DropPrivileges, operation,
    status::{STATUS_INVALID_PARAMETER, Status},
};

use super::{Need, Operation};

/// Operations and interfaces. Rights are only ever combined, and the combination has what both have: they cannot be
/// widened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    operations: u32,
    /// Bit N % 64 of word N / 64 is interface N.
    interfaces: [u64; 4],
}

impl Rights {
    /// Everything, as a file has it that was opened.
    pub const ALL: Self = Self { operations: operation::ALL, interfaces: [u64::MAX; 4] };

    /// What `DROP_PRIVILEGES` names.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER`: an undefined operation, or a reserved field that is not zero.
    pub fn from_request(request: &DropPrivileges) -> Result<Self, Status> {
        if request.reserved != 0 || request.operations & !operation::ALL != 0 {
            return Err(STATUS_INVALID_PARAMETER);
        }
        let mut interfaces = [0; 4];
        let (words, _rest) = request.interfaces.as_chunks::<8>();
        for (to, from) in interfaces.iter_mut().zip(words) {
            *to = u64::from_le_bytes(*from);
        }
        Ok(Self { operations: request.operations, interfaces })
    }

    /// What both have.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.interfaces, other.interfaces);
        Self {
            operations: self.operations & other.operations,
            interfaces: [a0 & b0, a1 & b1, a2 & b2, a3 & b3],
        }
    }

    /// The operations, as `DROP_PRIVILEGES` names them.
    #[must_use]
    pub const fn operations(&self) -> u32 {
        self.operations
    }

    /// Whether the file may do what a request needs.
    #[must_use]
    pub const fn allow(&self, need: Need) -> bool {
        match need {
            Need::Nothing => true,
            Need::One(operation) => self.allows_operation(operation),
        }
    }

    /// Whether the file may do this.
    #[must_use]
    pub const fn allows_operation(&self, operation: Operation) -> bool {
        self.operations & operation.bit() != 0
    }

    /// Whether the file may use the interface with this number.
    #[must_use]
    pub fn allows_interface(&self, number: u8) -> bool {
        self.interfaces.get(usize::from(number >> 6)).is_some_and(|word| word & (1_u64 << (number & 63)) != 0)
    }
}
