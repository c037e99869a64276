//! The orders that every run must show, whatever it plays.

use std::collections::BTreeMap;

use crate::line::{Line, Told};

const CREATE: &str = "0";
const CLOSE: &str = "2";
const CLEANUP: &str = "12";
const PNP: &str = "1b";
const REMOVE: &str = "2";
/// `IRP_MN_REMOVE_DEVICE` as the bus prints it.
const REMOVE_AT_THE_BUS: &str = "02";

/// Something that the driver was called for and has not returned from.
struct Inside {
    major: String,
    device: String,
}

/// What one thread is in the middle of.
#[derive(Default)]
struct Thread {
    /// The innermost is the last.
    inside: Vec<Inside>,
    /// Handles closed since REMOVE came, if this thread brings it.
    closed: Option<u32>,
}

impl Thread {
    fn is_adding(&self) -> bool {
        self.inside.iter().any(|inside| inside.major == "add")
    }
}

/// Files of one device object.
#[derive(Default)]
struct Files {
    open: u32,
    cleaned: u32,
}

/// Looks for what must not be.
///
/// * `USBD_CreateHandle` is called in `AddDevice` only; `USBD_CloseHandle` once for each handle, in REMOVE before the bus
///   gets it, or in `AddDevice` after something failed.
/// * CLOSE comes after CLEANUP, and REMOVE after the last CLOSE.
///
/// # Errors
/// What was.
pub fn check(lines: &[Line]) -> Result<(), String> {
    let mut threads: BTreeMap<&str, Thread> = BTreeMap::new();
    let mut files: BTreeMap<String, Files> = BTreeMap::new();
    let mut handles = 0_i64;
    for line in lines {
        let Line::Told { thread, told } = line else { continue };
        let thread = threads.entry(thread).or_default();
        match told {
            Told::Enter(words) => entered(words, thread, &mut files)?,
            Told::Leave(words) => left(words, thread, &mut files),
            Told::Return { routine, value: 0 } if routine == "USBD_CreateHandle" => {
                handles += 1;
                if !thread.is_adding() {
                    return Err("USBD_CreateHandle was called outside of AddDevice".into());
                }
            }
            Told::Call { routine, .. } if routine == "USBD_CloseHandle" => {
                handles -= 1;
                let is_adding = thread.is_adding();
                match &mut thread.closed {
                    Some(closed) => *closed += 1,
                    None if is_adding => {}
                    None => return Err("USBD_CloseHandle was called outside of REMOVE".into()),
                }
            }
            Told::Around { who, words } if who == "bus" => at_the_bus(words, thread)?,
            _ => {}
        }
    }
    if handles == 0 { Ok(()) } else { Err(format!("{handles} USBD handles were not closed")) }
}

fn entered(words: &[String], thread: &mut Thread, files: &mut BTreeMap<String, Files>) -> Result<(), String> {
    let word = |at: usize| words.get(at).cloned().unwrap_or_default();
    let (major, minor, device) = (word(0), word(1), word(2));
    // The first AddDevice has no end of its own; the next PnP request is its end.
    if major == PNP {
        thread.inside.retain(|inside| inside.major != "add");
    }
    let of = files.entry(device.clone()).or_default();
    match (major.as_str(), minor.as_str()) {
        (PNP, REMOVE) => {
            if of.open != 0 {
                return Err(format!("REMOVE came with {} files open", of.open));
            }
            thread.closed = Some(0);
        }
        (CLEANUP, _) => of.cleaned += 1,
        (CLOSE, _) => {
            of.cleaned = of.cleaned.checked_sub(1).ok_or("CLOSE came without CLEANUP")?;
            of.open = of.open.saturating_sub(1);
        }
        _ => {}
    }
    thread.inside.push(Inside { major, device });
    Ok(())
}

fn left(words: &[String], thread: &mut Thread, files: &mut BTreeMap<String, Files>) {
    let Some(Inside { major, device }) = thread.inside.pop() else { return };
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    if major == PNP && word(1) == REMOVE {
        thread.closed = None;
    }
    if major == CREATE && word(2) == "0" {
        files.entry(device).or_default().open += 1;
    }
}

fn at_the_bus(words: &[String], thread: &Thread) -> Result<(), String> {
    let [kind, number, minor, ..] = words else { return Ok(()) };
    if kind != "pnp" || minor != REMOVE_AT_THE_BUS {
        return Ok(());
    }
    match thread.closed {
        // Without the driver's REMOVE around it, the device has no driver.
        Some(1) | None => Ok(()),
        Some(closed) => {
            Err(format!("{closed} USBD handles were closed before the bus got REMOVE of device {number}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    const LIFE: &[&str] = &[
        "d add",
        "r USBD_CreateHandle 0",
        "d 1b 0 ff 1 0",
        "e 1b 0 0 1",
        "d 0 0 ff 2 0",
        "e 0 0 0 2",
        "d 12 0 ff 3 0",
        "e 12 0 0 3",
        "d 2 0 ff 4 0",
        "e 2 0 0 4",
        "d 1b 2 ff 5 0",
        "c USBD_CloseHandle 1 2 3 4",
        "bus pnp 1 02 00000000",
        "e 1b 2 0 5",
    ];

    fn checked(told: &[&str]) -> Result<(), String> {
        let lines: Vec<Line> =
            told.iter().map(|said| line::read(&format!("0050:warn:debugstr:x: ~{said}"))).collect();
        check(&lines)
    }

    fn without(left_out: &str) -> Result<(), String> {
        let told: Vec<&str> = LIFE.iter().copied().filter(|said| !said.starts_with(left_out)).collect();
        checked(&told)
    }

    #[test]
    fn a_life_in_order_is_in_order() {
        assert_eq!(checked(LIFE), Ok(()));
    }

    #[test]
    fn a_handle_that_is_not_closed_in_remove_is_told() {
        assert!(without("c USBD_CloseHandle").is_err());
        let mut late = LIFE.to_vec();
        late.swap(11, 12);
        assert!(checked(&late).is_err());
        let mut outside = LIFE.to_vec();
        outside.swap(10, 11);
        assert!(checked(&outside).is_err());
    }

    #[test]
    fn a_handle_that_is_made_elsewhere_is_told() {
        assert!(without("d add").is_err());
    }

    #[test]
    fn files_are_cleaned_up_then_closed_then_removed() {
        assert!(without("d 12").is_err());
        assert!(without("d 2 ").is_err());
    }
}
