//! How much of a driver's code was reached: its basic blocks, by function.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    ops::Range,
};

use super::flow::Flow;

/// The basic blocks of one function, and which were reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCoverage {
    /// Its name, or its offset where nobody knows one.
    pub name: String,
    /// Its place, as offsets from the image's base.
    pub range: Range<u32>,
    /// How many of its blocks were reached.
    pub hit: usize,
    /// How many it has.
    pub total: usize,
    /// The blocks that were not reached, as offsets from the image's base.
    pub unreached: Vec<u32>,
}

/// What was reached of an image, and what of it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every function that has blocks, in order of address.
    pub functions: Vec<FunctionCoverage>,
    /// Bytes of the instructions that blocks were looked for in.
    pub decoded_bytes: u64,
    /// Bytes of the executable sections, padding included.
    pub code_bytes: u64,
    /// Jumps through a register that could not be followed.
    pub unresolved_jumps: u32,
    /// Functions that were not understood.
    pub left_alone: usize,
}

impl Coverage {
    /// What these hits, from any number of processes, come to. `name` knows the function that begins at an offset.
    #[must_use]
    pub fn new(flow: &Flow, hits: &BTreeSet<u32>, name: impl Fn(u32) -> Option<String>) -> Self {
        let mut functions: Vec<FunctionCoverage> = Vec::new();
        for leader in &flow.leaders {
            let range = flow.function_at(*leader).cloned();
            let inside = functions.last().is_some_and(|last| last.range.contains(leader));
            // Code without unwind data is a function of its own, up to the next one with unwind data.
            let alone = range.is_none() && functions.last().is_some_and(|last| last.range.end > *leader);
            if !inside && !alone {
                let range = range.unwrap_or_else(|| *leader..flow.next_function(*leader));
                let name = name(range.start).unwrap_or_else(|| format!("+{:#x}", range.start));
                functions.push(FunctionCoverage { name, range, hit: 0, total: 0, unreached: Vec::new() });
            }
            let Some(function) = functions.last_mut() else { continue };
            function.total += 1;
            if hits.contains(leader) {
                function.hit += 1;
            } else {
                function.unreached.push(*leader);
            }
        }
        Self {
            functions,
            decoded_bytes: flow.decoded_bytes(),
            code_bytes: flow.code_bytes,
            unresolved_jumps: flow.unresolved_jumps,
            left_alone: flow.left_alone.len(),
        }
    }

    /// Blocks reached.
    #[must_use]
    pub fn hit(&self) -> usize {
        self.functions.iter().map(|function| function.hit).sum()
    }

    /// Blocks in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.functions.iter().map(|function| function.total).sum()
    }

    /// The sum, in a line.
    #[must_use]
    pub fn summary(&self) -> String {
        let entered = self.functions.iter().filter(|function| function.hit > 0).count();
        let mut line = format!(
            "{} of {} basic blocks reached, in {entered} of {} functions; {} of {} bytes of code decoded",
            self.hit(),
            self.total(),
            self.functions.len(),
            self.decoded_bytes,
            self.code_bytes
        );
        if self.unresolved_jumps > 0 {
            let _ = write!(line, "; {} jumps not followed", self.unresolved_jumps);
        }
        if self.left_alone > 0 {
            let _ = write!(line, "; {} functions not understood", self.left_alone);
        }
        line
    }
}

impl fmt::Display for Coverage {
    /// The sum, then each function that was not reached in full, with its unreached blocks as offsets into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary())?;
        for function in self.functions.iter().filter(|function| function.hit < function.total) {
            write!(f, "  {:4} of {:4}  {}", function.hit, function.total, function.name)?;
            if function.hit == 0 {
                writeln!(f, ": never entered")?;
                continue;
            }
            f.write_str(":")?;
            for block in &function.unreached {
                write!(f, " +{:#x}", block - function.range.start)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Coverage;
    use crate::image::flow::Flow;

    #[test]
    fn blocks_are_counted_in_their_functions() {
        let flow = Flow {
            leaders: BTreeSet::from([0x10, 0x18, 0x20, 0x50, 0x54, 0x60]),
            functions: vec![0x10..0x30, 0x60..0x70],
            ..Flow::default()
        };
        let hits = BTreeSet::from([0x10, 0x20, 0x54]);
        let coverage = Coverage::new(&flow, &hits, |place| (place == 0x10).then(|| "first".into()));
        assert_eq!((coverage.hit(), coverage.total()), (3, 6));
        let sums: Vec<_> =
            coverage.functions.iter().map(|it| (it.name.as_str(), it.hit, it.unreached.clone())).collect();
        assert_eq!(sums, [("first", 2, vec![0x18]), ("+0x50", 1, vec![0x50]), ("+0x60", 0, vec![0x60])]);
        let text = coverage.to_string();
        assert!(text.starts_with("3 of 6 basic blocks reached, in 2 of 3 functions"), "{text}");
        assert!(text.contains("first: +0x8\n") && text.contains("+0x60: never entered"), "{text}");
    }
}
