//! Makes calls fail that may fail, one call site at a time.

use std::{collections::BTreeMap, fmt, str::FromStr};

use nt_trace::{NtStatus, event::FailureInjected};
use serde::{Deserialize, Serialize};

use super::{Kernel, exports};
use crate::mem::Addr;

/// A place in the driver that calls a routine which may fail, with the way that led there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultSite {
    /// The routine.
    pub routine: &'static str,
    /// Return address of the call, as an offset into the image.
    pub offset: u64,
    /// A digest of the return addresses below it on the stack, up to the routine that the kernel called; 0 when
    /// there are none. A wrapper has a site for each of its callers.
    pub path: u32,
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
        write!(f, "{}+{:#x}", self.routine, self.offset)?;
        if self.path == 0 { Ok(()) } else { write!(f, "@{:08x}", self.path) }
    }
}

/// As `IoAllocateIrp+0x1a2b@5f3c09aa:2:0xc000009a`: routine, return address, path, occurrence, status. Can be read
/// again.
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
        let wrong = || format!("{text} is no failure: ROUTINE+0xOFFSET[@PATH]:OCCURRENCE:0xSTATUS");
        let hexadecimal = |part: &str| u64::from_str_radix(part.strip_prefix("0x")?, 16).ok();
        let (routine, rest) = text.split_once('+').ok_or_else(wrong)?;
        let (offset, rest) = rest.split_once(':').ok_or_else(wrong)?;
        let (offset, path) = offset.split_once('@').unwrap_or((offset, "0"));
        let path = u32::from_str_radix(path, 16).map_err(|_| wrong())?;
        let (occurrence, status) = rest.split_once(':').ok_or_else(wrong)?;
        let export = exports::find_by_name(routine);
        let export = export.ok_or_else(|| format!("the kernel has no routine {routine}"))?;
        let offset = hexadecimal(offset).ok_or_else(wrong)?;
        let occurrence = occurrence.parse().map_err(|_| wrong())?;
        let status = hexadecimal(status).and_then(|status| u32::try_from(status).ok()).ok_or_else(wrong)?;
        let site = FaultSite { routine: export.name, offset, path };
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
    /// Notes every fallible call in this life. A life with a plan always does.
    pub watch: bool,
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
        self.watch = false;
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
        let counted = self.faults.count_down(routine);
        let planned = if self.faults.watch || !self.faults.plan.is_empty() {
            let site = FaultSite { routine, offset, path: self.path() };
            let count = self.faults.seen.entry(site).or_insert(0);
            *count += 1;
            let occurrence = *count;
            self.faults.planned(site, occurrence)
        } else {
            None
        };
        let status = planned.or(counted)?;
        self.emit(FailureInjected { routine: routine.into(), status });
        Some(status)
    }

    /// [`FaultSite::path`] of the kernel call that is answered.
    fn path(&mut self) -> u32 {
        let Some(place) = self.snapshots.innermost(self.sched.current()).map(|args| self.place_of(args))
        else {
            return 0;
        };
        let Self { unwind: Some(unwind), mem, .. } = self else { return 0 };
        let frames = unwind.frames(place, |address| mem.read(address).ok());
        digest(frames.get(1..).unwrap_or_default())
    }

    fn image_offset(&self, address: Addr) -> Option<u64> {
        let (base, size) = self.mem.image()?;
        address.0.checked_sub(base.0).filter(|offset| *offset < size)
    }
}

/// FNV-1a over the frames; 0 for none.
fn digest(frames: &[u32]) -> u32 {
    let add = |digest: u32, byte: u8| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let bytes = frames.iter().flat_map(|frame| frame.to_le_bytes());
    if frames.is_empty() { 0 } else { bytes.fold(0x811C_9DC5, add) }
}

#[cfg(test)]
mod tests {
    use nt_trace::NtStatus;

    use super::{Fault, FaultSite};

    #[test]
    fn a_failure_can_be_written_down_and_read_again() {
        for (path, written) in [(0, ""), (0x5F3_C09A, "@05f3c09a")] {
            let site = FaultSite { routine: "IoAllocateIrp", offset: 0x1A2B, path };
            let fault = Fault { site, occurrence: 2, status: NtStatus(0xC000_009A) };
            let text = fault.to_string();
            assert_eq!(text, format!("IoAllocateIrp+0x1a2b{written}:2:0xc000009a"));
            assert_eq!(text.parse(), Ok(fault));
        }
        for wrong in
            ["", "IoAllocateIrp", "IoAllocateIrp+0x1:2", "Nothing+0x1:2:0x3", "IoAllocateIrp+1:2:0x3"]
        {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}
