//! What all pieces come to, added up in their order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Only, Symbols, work::Identity};
use crate::{
    campaign::{Finding, Piece, Record, Told, Wrong, specimens},
    image::{blocks::Coverage, flow::Flow},
};

/// What a campaign did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Pieces.
    pub pieces: u64,
    /// Lives.
    pub lives: u64,
    /// Kernel calls of the driver in them.
    pub calls: u64,
    /// Schedules explored.
    pub schedules: u64,
    /// Scripts and requests made up.
    pub scripts: u64,
    /// Distinct violations that it found first.
    pub violations: u64,
}

/// A specimen that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The rule that must catch it.
    pub rule: Option<String>,
    /// Whether it was caught as its table says.
    pub caught: bool,
    /// It was lost with its process.
    pub lost: bool,
}

/// The schedules of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// How many.
    pub schedules: u64,
    /// The parts that were all explored within so many preemptions.
    pub exhaustive: BTreeMap<u32, u32>,
    /// How many parts there are.
    pub parts: u32,
}

impl Explored {
    /// The number of preemptions within which every schedule was explored.
    #[must_use]
    pub fn bound(&self) -> Option<u32> {
        let whole = self.exhaustive.len() == self.parts as usize;
        self.exhaustive.values().min().copied().filter(|_| whole)
    }
}

/// Something that was wrong, with everything that found the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What was wrong, as it was found first.
    pub wrong: Wrong,
    /// The finding that it is part of.
    pub finding: Finding,
    /// The piece that found it first.
    pub piece: Piece,
    /// How often it was found.
    pub times: u64,
}

/// What tells violations apart: the rule and the driver's call stack. Where there is no rule, the words
/// without numbers.
type Key = (String, Vec<u32>);

/// What a run, or several runs of shares of the same work, found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the run is; none before [`Self::of`].
    pub identity: Option<Identity>,
    /// What each campaign did.
    pub rows: BTreeMap<String, Row>,
    /// The specimens that were played, by name.
    pub specimens: BTreeMap<String, Played>,
    /// Places whose calls may fail.
    pub seen: BTreeSet<String>,
    /// Those of which a call failed.
    pub failed: BTreeSet<String>,
    /// Schedules by campaign and scenario.
    pub schedules: BTreeMap<(String, String), Explored>,
    /// Basic blocks reached, as offsets into the image.
    pub blocks: BTreeSet<u32>,
    /// What these blocks are of the driver's code; see [`Self::cover`].
    pub coverage: Option<Coverage>,
    /// Violations in the order in which they were found.
    pub violations: Vec<Violation>,
    /// Findings that were not kept.
    pub dropped: u64,
    /// Pieces that were lost with their process, and how.
    pub lost: Vec<(Piece, String)>,
    /// What was not done, and why; once each.
    pub not_run: Vec<String>,
    keys: BTreeMap<Key, usize>,
    rule: Option<String>,
}

impl Report {
    /// Adds up what pieces told.
    #[must_use]
    pub fn of(identity: &Identity, not_run: &[String], told: &BTreeMap<u64, Told>) -> Self {
        let rule = identity.only.as_ref().and_then(Only::rule).map(ToOwned::to_owned);
        let mut report = Self { identity: Some(identity.clone()), rule, ..Self::default() };
        for reason in not_run {
            report.not_run(reason.clone());
        }
        for told in told.values() {
            report.add(told);
        }
        let missing = identity.pieces.saturating_sub(told.len() as u64);
        if missing > 0 {
            report.not_run(format!("{missing} of {} pieces: they belong to other shares", identity.pieces));
        }
        report
    }

    /// Lives of all campaigns.
    #[must_use]
    pub fn lives(&self) -> u64 {
        self.rows.values().map(|row| row.lives).sum()
    }

    /// What all campaigns did together.
    #[must_use]
    pub fn all(&self) -> Row {
        self.rows.values().fold(Row::default(), |sum, row| Row {
            pieces: sum.pieces + row.pieces,
            lives: sum.lives + row.lives,
            calls: sum.calls + row.calls,
            schedules: sum.schedules + row.schedules,
            scripts: sum.scripts + row.scripts,
            violations: sum.violations + row.violations,
        })
    }

    /// Nothing was violated, every specimen was caught, no piece was lost.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
            && self.dropped == 0
            && self.lost.is_empty()
            && self.specimens.values().all(|played| played.caught)
    }

    /// Says what the blocks that were reached are of the driver's code.
    #[must_use]
    pub fn cover(mut self, flow: &Flow, symbols: &Symbols) -> Self {
        if !self.blocks.is_empty() {
            let names: BTreeMap<u32, String> =
                symbols.functions().into_iter().map(|function| (function.start, function.name)).collect();
            self.coverage = Some(Coverage::new(flow, &self.blocks, |start| names.get(&start).cloned()));
        }
        self
    }

    fn add(&mut self, told: &Told) {
        let piece = &told.piece;
        self.row(piece).pieces += 1;
        for record in &told.records {
            self.record(piece, record);
        }
    }

    fn row(&mut self, piece: &Piece) -> &mut Row {
        self.rows.entry(piece.campaign.clone()).or_default()
    }

    fn record(&mut self, piece: &Piece, record: &Record) {
        match record {
            Record::Lives { lives, calls } => {
                let row = self.row(piece);
                row.lives += lives;
                row.calls += calls;
            }
            Record::Sites { seen, failed } => {
                self.seen.extend(seen.iter().cloned());
                self.failed.extend(failed.iter().cloned());
            }
            Record::Schedules { explored, exhaustive } => {
                self.row(piece).schedules += explored;
                let key = (piece.campaign.clone(), piece.subject.clone());
                let entry = self.schedules.entry(key).or_default();
                entry.schedules += explored;
                entry.parts = piece.share.of;
                entry.exhaustive.extend(exhaustive.map(|bound| (piece.share.number, bound)));
            }
            Record::Scripts { scripts } => self.row(piece).scripts += scripts,
            Record::Specimen { rule, caught } => {
                let played = Played { rule: rule.clone(), caught: *caught, lost: false };
                self.specimens.insert(piece.subject.clone(), played);
            }
            Record::Blocks { hit } => self.blocks.extend(hit),
            Record::NotRun { reason } => self.not_run(format!("{}: {reason}", piece.campaign)),
            Record::Finding(finding) => self.finding(piece, finding),
            Record::More { findings } => self.dropped += findings,
            Record::Died { reason } => self.died(piece, reason),
        }
    }

    fn died(&mut self, piece: &Piece, reason: &str) {
        self.lost.push((piece.clone(), reason.to_owned()));
        if piece.campaign == specimens::NAME {
            self.specimens.insert(piece.subject.clone(), Played { rule: None, caught: false, lost: true });
        }
    }

    fn not_run(&mut self, reason: String) {
        if !self.not_run.contains(&reason) {
            self.not_run.push(reason);
        }
    }

    fn finding(&mut self, piece: &Piece, finding: &Finding) {
        // What no rule says follows from a rule that was broken, if one was.
        let by_rule = finding.wrong.iter().any(|wrong| wrong.rule.is_some());
        for wrong in finding.wrong.iter().filter(|wrong| !by_rule || wrong.rule.is_some()) {
            if self.rule.is_some() && wrong.rule != self.rule && piece.campaign != specimens::NAME {
                continue;
            }
            let key = key(piece, wrong);
            if let Some(known) = self.keys.get(&key).and_then(|index| self.violations.get_mut(*index)) {
                known.times += 1;
                continue;
            }
            self.keys.insert(key, self.violations.len());
            let (wrong, finding, piece) = (wrong.clone(), finding.clone(), piece.clone());
            self.row(&piece).violations += 1;
            self.violations.push(Violation { wrong, finding, piece, times: 1 });
        }
    }
}

fn key(piece: &Piece, wrong: &Wrong) -> Key {
    let site = || wrong.site.iter().map(|site| site.offset).collect();
    let stack: Vec<u32> = wrong.stack.iter().map(|site| site.offset).collect();
    let stack = if stack.is_empty() { site() } else { stack };
    // A specimen is another driver: its offsets mean something else.
    let whose = if piece.campaign == specimens::NAME { piece.subject.as_str() } else { "" };
    let what = wrong.rule.clone().unwrap_or_else(|| without_numbers(&wrong.text));
    (format!("{whose} {what}"), stack)
}

/// Words without the numbers of objects and addresses, which differ from life to life.
fn without_numbers(text: &str) -> String {
    let is_word = |word: &&str| !word.starts_with("0x");
    let words: Vec<&str> = text.split_whitespace().filter(is_word).collect();
    words.join(" ").chars().filter(|character| !character.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nt_trace::Site;

    use super::Report;
    use crate::{
        campaign::{Finding, Piece, Plan, Recipe, Record, Share, Told, Wrong},
        scenario::Scenario,
        verify::work::Identity,
    };

    fn identity(pieces: u64) -> Identity {
        let plan = Plan::default();
        Identity { driver: "a.sys".into(), sha256: String::new(), plan, only: None, pieces }
    }

    fn told(share: Share, records: Vec<Record>) -> Told {
        Told { piece: Piece::new("schedules", "small", &Plan::default()).share(share), records }
    }

    fn finding(rule: Option<&str>, text: &str, stack: &[u32]) -> Record {
        let stack = stack.iter().map(|offset| Site::new("a.sys", *offset)).collect();
        let wrong = Wrong { rule: rule.map(Into::into), stack, ..Wrong::said(text.into()) };
        let scenario = Scenario { name: "small".into(), about: String::new(), steps: Vec::new() };
        Finding { wrong: vec![wrong], recipe: Recipe::new(scenario) }.record()
    }

    fn report(told: Vec<Told>) -> Report {
        let told: BTreeMap<u64, Told> = (0..).zip(told).collect();
        Report::of(&identity(told.len() as u64), &[], &told)
    }

    #[test]
    fn the_same_rule_at_the_same_place_is_one_violation() {
        let records = vec![
            finding(Some("RuleA"), "irp#1", &[1, 2]),
            finding(Some("RuleA"), "irp#7", &[1, 2]),
            finding(Some("RuleA"), "irp#1", &[1, 3]),
            finding(None, "pool#1 is left", &[]),
            finding(None, "pool#22 is left", &[]),
            finding(None, "trapped at 0x12ab, after 3", &[]),
            finding(None, "trapped at 0x34cd, after 4", &[]),
        ];
        let report = report(vec![told(Share::default(), records)]);
        let times: Vec<u64> = report.violations.iter().map(|violation| violation.times).collect();
        assert_eq!(times, [2, 1, 2, 2]);
        assert!(!report.is_clean());
    }

    #[test]
    fn schedules_are_exhaustive_when_every_part_is() {
        let part = |number, exhaustive| {
            told(Share { number, of: 2 }, vec![Record::Schedules { explored: 5, exhaustive }])
        };
        let bound = |told| report(told).schedules.values().map(super::Explored::bound).collect::<Vec<_>>();
        assert_eq!(bound(vec![part(0, Some(2)), part(1, Some(2))]), [Some(2)]);
        assert_eq!(bound(vec![part(0, Some(2)), part(1, None)]), [None]);
        assert_eq!(bound(vec![part(0, Some(2))]), [None]);
    }

    #[test]
    fn a_lost_piece_is_not_clean() {
        let report = report(vec![told(Share::default(), vec![Record::Died { reason: "gone".into() }])]);
        assert!(!report.is_clean());
        assert_eq!(report.lost.len(), 1);
    }
}
