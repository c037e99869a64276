//! Why an access is refused.

use nt_trace::ObjectId;
use thiserror::Error;

use super::Addr;

/// An access that the driver (or a routine on its behalf) had no right to.
#[derive(Clone, Debug, Error)]
pub enum BadAccess {
    /// The address is in no object, image or stack.
    #[error("{address} ({length} bytes) is not allocated")]
    Wild {
        /// Where.
        address: Addr,
        /// How many bytes.
        length: u64,
    },
    /// The range leaves the object that it starts in.
    #[error("{length} bytes at {address} leave {object}")]
    OutOfBounds {
        /// Where.
        address: Addr,
        /// How many bytes.
        length: u64,
        /// The object that it starts in.
        object: ObjectId,
    },
    /// The object was freed.
    #[error("{address} is in {object}, which was freed by the call that returns to {freed_at}")]
    Freed {
        /// Where.
        address: Addr,
        /// The freed object.
        object: ObjectId,
        /// Return address of the freeing call.
        freed_at: Addr,
    },
    /// It may be paged out, and cannot be reached now.
    #[error("{address} is in {place}, which may be paged out and cannot be reached now")]
    PagedOut {
        /// Where.
        address: Addr,
        /// The pool block or the section, by name.
        place: String,
    },
    /// The type wants an alignment that the address has not.
    #[error("{address} is not aligned for what is read there")]
    Misaligned {
        /// Where.
        address: Addr,
    },
}
