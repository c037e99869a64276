//! Makes calls fail that may fail, one call site at a time.

use std::{collections::BTreeMap, fmt, str::FromStr};

use nt_trace::{NtStatus, event::FailureInjected};
use serde::{Deserialize, Serialize};

use super::{Kernel, exports};
use crate::mem::Addr;

/// A place in the driver that calls a routine which may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultSite {
    /// The routine.
    pub routine: &'static str,
    /// Return address of the call, as an offset into the image.
    pub offset: u64,
}

/// One failure to inject. Is written as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fault {
    /// Where.
    pub site: FaultSite,
    /// At which call from there, from 1.
    pub occurrence: u32,
    /// What the call answers. A routine that answers with a pointer answers NULL.
    pub status: NtStatus,
}

impl fmt::Display for FaultSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x}", self.routine, self.offset)
    }
}

/// As `IoAllocateIrp+0x1a2b:2:0xc000009a`: routine, return address, occurrence, status. Can be read again.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{:#x}", self.site, self.occurrence, self.status.0)
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

impl TryFrom<String> for Fault {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no failure: ROUTINE+0xOFFSET:OCCURRENCE:0xSTATUS");
        let hexadecimal = |part: &str| u64::from_str_radix(part.strip_prefix("0x")?, 16).ok();
        let (routine, rest) = text.split_once('+').ok_or_else(wrong)?;
        let (offset, rest) = rest.split_once(':').ok_or_else(wrong)?;
        let (occurrence, status) = rest.split_once(':').ok_or_else(wrong)?;
        let export = exports::find_by_name(routine);
        let export = export.ok_or_else(|| format!("the kernel has no routine {routine}"))?;
        let offset = hexadecimal(offset).ok_or_else(wrong)?;
        let occurrence = occurrence.parse().map_err(|_| wrong())?;
        let status = hexadecimal(status).and_then(|status| u32::try_from(status).ok()).ok_or_else(wrong)?;
        let site = FaultSite { routine: export.name, offset };
        Ok(Self { site, occurrence, status: NtStatus(status) })
    }
}

/// One failure to inject, wherever the call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutineFault {
    /// The routine's name.
    pub routine: String,
    /// How many more calls there are up to the one that fails, that one included.
    pub countdown: u32,
    /// What the call answers.
    pub status: NtStatus,
}

/// Which calls fail, and which could have.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The failures of this life.
    pub plan: Vec<Fault>,
    /// The failures of this life that are not bound to a place; those that happened are gone from it.
    pub by_routine: Vec<RoutineFault>,
    seen: BTreeMap<FaultSite, u32>,
    happened: Vec<Fault>,
    seen_before: BTreeMap<FaultSite, u32>,
}

impl Faults {
    /// Every fallible call site that was reached, and how often.
    #[must_use]
    pub const fn seen(&self) -> &BTreeMap<FaultSite, u32> {
        &self.seen
    }

    /// The failures of the plan that happened, in order.
    #[must_use]
    pub fn happened(&self) -> &[Fault] {
        &self.happened
    }

    /// As [`Self::seen`], at the time of the first failure of the plan, that call included.
    #[must_use]
    pub const fn seen_before(&self) -> &BTreeMap<FaultSite, u32> {
        &self.seen_before
    }

    /// The planned failure of this call, if there is one; it has happened then.
    fn planned(&mut self, site: FaultSite, occurrence: u32) -> Option<NtStatus> {
        let hit = |fault: &&Fault| fault.site == site && fault.occurrence == occurrence;
        let fault = *self.plan.iter().find(hit)?;
        if self.happened.is_empty() {
            self.seen_before.clone_from(&self.seen);
        }
        self.happened.push(fault);
        Some(fault.status)
    }

    /// Counts a call of a routine; the status to fail with when its turn has come.
    fn count_down(&mut self, routine: &str) -> Option<NtStatus> {
        let mut due = None;
        self.by_routine.retain_mut(|fault| {
            if fault.routine != routine {
                return true;
            }
            fault.countdown = fault.countdown.saturating_sub(1);
            if fault.countdown == 0 {
                due = Some(fault.status);
            }
            fault.countdown > 0
        });
        due
    }

    /// Forgets what was seen and planned.
    pub fn reset(&mut self) {
        self.plan.clear();
        self.by_routine.clear();
        self.seen.clear();
        self.happened.clear();
        self.seen_before.clear();
    }
}

impl Kernel {
    /// Asked by a fallible routine before it does anything: the status to fail with, if it shall fail.
    pub fn fault(&mut self, routine: &'static str) -> Option<NtStatus> {
        let offset = self.image_offset(self.site())?;
        let site = FaultSite { routine, offset };
        let count = self.faults.seen.entry(site).or_insert(0);
        *count += 1;
        let occurrence = *count;
        let counted = self.faults.count_down(routine);
        let status = self.faults.planned(site, occurrence).or(counted)?;
        self.emit(FailureInjected { routine: routine.into(), status });
        Some(status)
    }

    fn image_offset(&self, address: Addr) -> Option<u64> {
        let (base, size) = self.mem.image()?;
        address.0.checked_sub(base.0).filter(|offset| *offset < size)
    }
}

#[cfg(test)]
mod tests {
    use nt_trace::NtStatus;

    use super::{Fault, FaultSite};

    #[test]
    fn a_failure_can_be_written_down_and_read_again() {
        let site = FaultSite { routine: "IoAllocateIrp", offset: 0x1A2B };
        let fault = Fault { site, occurrence: 2, status: NtStatus(0xC000_009A) };
        let text = fault.to_string();
        assert_eq!(text, "IoAllocateIrp+0x1a2b:2:0xc000009a");
        assert_eq!(text.parse(), Ok(fault));
        for wrong in
            ["", "IoAllocateIrp", "IoAllocateIrp+0x1:2", "Nothing+0x1:2:0x3", "IoAllocateIrp+1:2:0x3"]
        {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}
