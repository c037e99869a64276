//! The tables beside the list of rules: Driver Verifier's codes, the types, and what is never called.

const VERIFIER: &str = include_str!("verifier.txt");
const TYPES: &str = include_str!("types.txt");
const UNREACHABLE: &str = include_str!("unreachable.txt");

/// One code of Driver Verifier or of a USB stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Bug check and first parameter, for instance `0xC9/0x201`.
    pub code: &'static str,
    /// What it is on Windows.
    pub what: &'static str,
    /// What becomes of it here.
    pub how: How,
}

/// What becomes of a code here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// These rules report it: names with commas between them.
    Rules(&'static str),
    /// The simulated kernel stops, with this code or another.
    Stop(&'static str),
    /// It cannot occur, or is not judged, because of this.
    No(&'static str),
}

impl How {
    fn of(text: &'static str) -> Option<Self> {
        if let Some(names) = text.strip_prefix("rule ") {
            return Some(Self::Rules(names));
        }
        if let Some(why) = text.strip_prefix("stop: ") {
            return Some(Self::Stop(why));
        }
        text.strip_prefix("no: ").map(Self::No)
    }

    /// The rules that report it.
    pub fn rules(self) -> impl Iterator<Item = &'static str> {
        let names = if let Self::Rules(names) = self { names } else { "" };
        names.split(", ").filter(|name| !name.is_empty())
    }
}

/// Every code of Driver Verifier's and of the USB stacks that this project knows, in the order of its table.
pub fn codes() -> impl Iterator<Item = Code> {
    super::lines(VERIFIER).filter_map(|line| {
        let mut parts = line.splitn(3, " | ");
        let (code, what, how) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Code { code, what, how: How::of(how)? })
    })
}

/// Rules that the core's types make unwritable, each with the compile-fail test that shows it: a path from the
/// repository's root, without its ending.
pub fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    super::lines(TYPES).filter_map(|line| line.split_once(" | "))
}

/// Rules about routines that usbclient never calls, each with the routines.
pub fn unreachable() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    super::lines(UNREACHABLE).filter_map(|line| {
        let (rule, routines) = line.split_once(" | ")?;
        Some((rule, routines.split(", ").filter(|routine| *routine != "inline").collect()))
    })
}
