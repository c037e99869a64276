//! How long a request may take.
//!
//! Times of callers are milliseconds in 32 bits; times of the kernel are units of 100 ns in 64 bits. All arithmetic
//! between them is done here, in 64 bits: a product in 32 bits would overflow after seven minutes.
//!
//! Pages: [KeSetTimer](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kesettimer),
//! [KeQueryUnbiasedInterruptTime](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-kequeryunbiasedinterrupttime)

use core::num::NonZeroU32;

/// Units of 100 ns in a millisecond.
const PER_MS: u64 = 10_000;

/// How long a request may take, from its arrival on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout(NonZeroU32);

impl Timeout {
    /// What the request itself asks for, or else what the policy says; zero milliseconds is no timeout.
    #[must_use]
    pub const fn of(request_ms: u32, policy_ms: u32) -> Option<Self> {
        let ms = if request_ms == 0 { policy_ms } else { request_ms };
        match NonZeroU32::new(ms) {
            Some(ms) => Some(Self(ms)),
            None => None,
        }
    }

    /// In milliseconds.
    #[must_use]
    pub const fn ms(self) -> u32 {
        self.0.get()
    }

    /// The due time for `KeSetTimer`: relative, so negative, in units of 100 ns.
    #[must_use]
    pub const fn relative(self) -> i64 {
        // At most 2^32 * 10^4, which is far from the end of 63 bits.
        (self.0.get() as i64).wrapping_mul(-PER_MS.cast_signed())
    }
}

/// When a request that waits is given up: a value of `KeQueryUnbiasedInterruptTime`.
///
/// That clock stands still while the system sleeps, as relative timers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(u64);

impl Deadline {
    /// It is not given up.
    pub const NEVER: Self = Self(u64::MAX);

    /// So long from `now`, in units of 100 ns.
    #[must_use]
    pub const fn after(now: u64, timeout: Timeout) -> Self {
        Self(now.saturating_add((timeout.ms() as u64).saturating_mul(PER_MS)))
    }

    /// Whether its time has come.
    #[must_use]
    pub const fn is_past(self, now: u64) -> bool {
        self.0 <= now && !self.is_never()
    }

    /// Whether it never comes.
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    /// What is left of the time, rounded up, and at least a millisecond: a request that is sent at its last moment is
    /// given up by its timer, and not here. `None`: it is not given up.
    #[must_use]
    pub const fn left(self, now: u64) -> Option<Timeout> {
        if self.is_never() {
            return None;
        }
        let ms = self.0.saturating_sub(now).div_ceil(PER_MS);
        #[expect(clippy::cast_possible_truncation, reason = "compared before")]
        let ms = if ms > u32::MAX as u64 { u32::MAX } else { ms as u32 };
        match NonZeroU32::new(ms) {
            Some(ms) => Some(Timeout(ms)),
            None => Some(Timeout(NonZeroU32::MIN)),
        }
    }

    /// The due time for `KeSetTimer`: relative, in units of 100 ns, and never zero or positive, which would be an
    /// absolute time.
    #[must_use]
    pub const fn relative(self, now: u64) -> i64 {
        let left = self.0.saturating_sub(now);
        let left = if left == 0 { 1 } else { left };
        match 0_i64.checked_sub_unsigned(left) {
            Some(due) => due,
            None => i64::MIN,
        }
    }
}
