//! Which events somebody listens to.

use super::{ALL, Descriptor};

/// What an enable callback is told.
///
/// Page: [ETWENABLECALLBACK](https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nc-wdm-etwenablecallback)
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// `EVENT_CONTROL_CODE_*`
    pub code: u32,
    /// The highest level that a session wants; 0 is every level.
    pub level: u8,
    /// Keywords of which an event must have one.
    pub any: u64,
    /// Keywords of which an event must have all.
    pub all: u64,
}

const DISABLE_PROVIDER: u32 = 0;
const ENABLE_PROVIDER: u32 = 1;

/// The events that are to be written from now on, a bit each. `None`: as before (a session asks the provider to write its
/// state).
#[must_use]
pub fn enabled(control: Control) -> Option<u64> {
    match control.code {
        DISABLE_PROVIDER => Some(0),
        ENABLE_PROVIDER => Some(
            ALL.iter().filter(|event| is_wanted(event, control)).fold(0, |mask, event| mask | event.bit()),
        ),
        _ => None,
    }
}

const fn is_wanted(event: &Descriptor, control: Control) -> bool {
    let keyword = event.keyword.0;
    (control.level == 0 || event.level as u8 <= control.level)
        && keyword & control.any != 0
        && keyword & control.all == control.all
}
