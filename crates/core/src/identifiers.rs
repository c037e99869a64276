//! What the identifiers of a device say.
//!
//! Page: <https://learn.microsoft.com/windows-hardware/drivers/install/standard-usb-identifiers>

/// Whether hardware IDs (a list of strings in UTF-16, little-endian) have an interface number: `&MI_` and two digits.
/// Only a function of a composite device has them.
#[must_use]
pub fn have_interface(ids: &[u8]) -> bool {
    const MARK: [u8; 4] = *b"&MI_";
    let mut matched = 0_usize;
    let (units, _odd) = ids.as_chunks::<2>();
    for unit in units {
        let [low, high] = *unit;
        let unit = if high == 0 { low.to_ascii_uppercase() } else { 0 };
        // `&` is only the first of the mark, so a mismatch starts anew there or not at all.
        matched = match MARK.get(matched) {
            Some(wanted) if *wanted == unit => matched.saturating_add(1),
            _ => usize::from(unit == b'&'),
        };
        if matched == MARK.len() {
            return true;
        }
    }
    false
}
