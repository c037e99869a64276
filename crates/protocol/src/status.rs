//! NTSTATUS values: [`NtStatus`] is any, [`Status`] is one that fails, so that `Result<T, Status>` can only
//! carry a failure.
//!
//! Page: <https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/596a1078-e883-4972-9bbc-49e60bebca55>

use core::fmt;

/// Any NTSTATUS.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NtStatus(i32);

impl NtStatus {
    /// From the value a kernel routine returned.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Self {
        Self(raw)
    }

    /// The value to hand to the kernel.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// `NT_SUCCESS`: success and informational values, `STATUS_PENDING` among them.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 >= 0
    }

    /// Splits success from failure, so that `?` can carry the failure.
    ///
    /// # Errors
    /// The value itself when `NT_SUCCESS` is false.
    pub const fn check(self) -> Result<Self, Status> {
        if self.is_success() { Ok(self) } else { Err(Status(self.0)) }
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010X}", self.0)
    }
}

/// An NTSTATUS for which `NT_SUCCESS` is false: an error or a warning.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(i32);

impl Status {
    /// `raw` if it fails, else `None`.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Option<Self> {
        if raw < 0 { Some(Self(raw)) } else { None }
    }

    /// The value to hand to the kernel; always negative.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// The same value as an [`NtStatus`].
    #[must_use]
    pub const fn nt(self) -> NtStatus {
        NtStatus(self.0)
    }
}

impl From<Status> for NtStatus {
    fn from(status: Status) -> Self {
        status.nt()
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010X}", self.0)
    }
}

/// Declares failing statuses; a value that does not fail stops the build.
macro_rules! failing {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        $($(#[$doc])* pub const $name: Status = {
            let raw = u32::cast_signed($value);
            assert!(raw < 0);
            Status(raw)
        };)*

        /// Every failing status of this module with its name.
        pub const FAILING: &[(&str, Status)] = &[$((stringify!($name), $name)),*];
    };
}

/// The operation succeeded.
pub const STATUS_SUCCESS: NtStatus = NtStatus(0);
/// The IRP is marked pending and will be completed later.
pub const STATUS_PENDING: NtStatus = NtStatus(0x103);

failing! {
    /// A warning: the reply did not fit, what fitted was written.
    STATUS_BUFFER_OVERFLOW = 0x8000_0005_u32;
    /// No more specific error applies.
    STATUS_UNSUCCESSFUL = 0xC000_0001_u32;
    /// The routine or request is not implemented.
    STATUS_NOT_IMPLEMENTED = 0xC000_0002_u32;
    /// A handle is stale, forged, or another file's.
    STATUS_INVALID_HANDLE = 0xC000_0008_u32;
    /// A parameter is wrong: endpoint, direction, reserved field, flag.
    STATUS_INVALID_PARAMETER = 0xC000_000D_u32;
    /// No such device.
    STATUS_NO_SUCH_DEVICE = 0xC000_000E_u32;
    /// The request is unknown to this device.
    STATUS_INVALID_DEVICE_REQUEST = 0xC000_0010_u32;
    /// Stay with this IRP: a completion routine returns it to keep it.
    STATUS_MORE_PROCESSING_REQUIRED = 0xC000_0016_u32;
    /// The file was not opened for this access, or has given it up.
    STATUS_ACCESS_DENIED = 0xC000_0022_u32;
    /// A buffer is shorter than its structure.
    STATUS_BUFFER_TOO_SMALL = 0xC000_0023_u32;
    /// Another file has what is asked for.
    STATUS_SHARING_VIOLATION = 0xC000_0043_u32;
    /// Memory could not be allocated.
    STATUS_INSUFFICIENT_RESOURCES = 0xC000_009A_u32;
    /// The device has not started, or its start failed.
    STATUS_DEVICE_NOT_READY = 0xC000_00A3_u32;
    /// The device did not answer in time.
    STATUS_IO_TIMEOUT = 0xC000_00B5_u32;
    /// The request is not supported; the initial status of PnP and power IRPs.
    STATUS_NOT_SUPPORTED = 0xC000_00BB_u32;
    /// The request was cancelled.
    STATUS_CANCELLED = 0xC000_0120_u32;
    /// The IRQL does not allow the call.
    STATUS_INVALID_LEVEL = 0xC000_0148_u32;
    /// The device was removed.
    STATUS_DEVICE_NOT_CONNECTED = 0xC000_009D_u32;
    /// The device object is about to be deleted; `IoAcquireRemoveLock` answers it.
    STATUS_DELETE_PENDING = 0xC000_0056_u32;
    /// The state of the device does not allow the request.
    STATUS_INVALID_DEVICE_STATE = 0xC000_0184_u32;
    /// The device broke the protocol: a descriptor that cannot be used.
    STATUS_DEVICE_PROTOCOL_ERROR = 0xC000_0186_u32;
    /// A configuration of the device cannot be used.
    STATUS_DEVICE_CONFIGURATION_ERROR = 0xC000_0182_u32;
    /// A buffer is longer than allowed, or not a multiple of the packet size.
    STATUS_INVALID_BUFFER_SIZE = 0xC000_0206_u32;
}
