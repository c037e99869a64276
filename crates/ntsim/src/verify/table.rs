//! The table at the end of a run.

use std::{collections::BTreeMap, fmt};

use nt_trace::{RuleSet, catalogue};

use super::{
    Only, Report,
    report::{Played, Row},
};
use crate::{campaign::Extent, life::NOT_CHECKED};

/// What lies in front of a line's text.
fn head(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    write!(f, "{name:<12} ")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.title(f)?;
        writeln!(
            f,
            "{:<12} {:>8} {:>9} {:>10} {:>9} {:>11}",
            "campaign", "pieces", "lives", "schedules", "scripts", "violations"
        )?;
        for (name, row) in &self.rows {
            line(f, name, row)?;
        }
        line(f, "all", &self.all())?;
        writeln!(f)?;
        self.rules(f)?;
        self.coverage(f)?;
        self.verdict(f)?;
        self.open_ends(f)
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, row: &Row) -> fmt::Result {
    let dash = |number: u64| if number == 0 { "-".to_owned() } else { number.to_string() };
    let (schedules, scripts) = (dash(row.schedules), dash(row.scripts));
    writeln!(
        f,
        "{name:<12} {:>8} {:>9} {schedules:>10} {scripts:>9} {:>11}",
        row.pieces, row.lives, row.violations
    )
}

impl Report {
    fn title(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(identity) = &self.identity else { return Ok(()) };
        let extent = match identity.plan.extent {
            Extent::Quick => "quick",
            Extent::Normal => "normal",
            Extent::Full => "full",
        };
        let hash: String = identity.sha256.chars().take(12).collect();
        write!(f, "{} ({hash}\u{2026}), {extent}, seed {}", identity.driver, identity.plan.seed)?;
        if let Some(device) = &identity.plan.device {
            write!(f, ", with the device {device}")?;
        }
        match &identity.only {
            Some(Only::Rule(rule)) => write!(f, ", only what {rule} says")?,
            Some(Only::Campaign(campaign)) => write!(f, ", only {campaign}")?,
            None => {}
        }
        writeln!(f, "\n")
    }

    fn rules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = RuleSet::all().names();
        head(f, "rules")?;
        writeln!(f, "{} rule names judge every life (docs/rules.md)", rules.len())?;
        if self.specimens.is_empty() {
            return Ok(());
        }
        let broken = self.specimens.values().filter(|played| played.rule.is_some());
        let whole = self.specimens.values().filter(|played| played.rule.is_none() && !played.lost);
        let count = |all: &mut dyn Iterator<Item = &Played>| {
            all.fold((0, 0), |(good, all), played| (good + u64::from(played.caught), all + 1))
        };
        let (caught, of) = count(&mut broken.clone());
        let (quiet, of_whole) = count(&mut whole.clone());
        head(f, "specimens")?;
        write!(f, "{caught} of {of} caught by their own rule and no other; ")?;
        writeln!(f, "{quiet} of {of_whole} that break nothing caught by none")?;
        for (name, played) in self.specimens.iter().filter(|(_, played)| !played.caught && !played.lost) {
            head(f, "")?;
            match &played.rule {
                Some(rule) => writeln!(f, "{name}: not caught by {rule} alone")?,
                None => writeln!(f, "{name}: caught, though it breaks nothing")?,
            }
        }
        Ok(())
    }

    fn coverage(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.seen.is_empty() {
            head(f, "sites")?;
            let (seen, failed) = (self.seen.len(), self.failed.len());
            writeln!(f, "{seen} places call what may fail; of {failed} a call did fail")?;
            for site in self.seen.difference(&self.failed) {
                head(f, "")?;
                writeln!(f, "no call failed at {site}")?;
            }
        }
        if let Some(coverage) = &self.coverage {
            head(f, "blocks")?;
            writeln!(f, "{}", coverage.summary())?;
        } else if !self.blocks.is_empty() {
            head(f, "blocks")?;
            writeln!(f, "{} basic blocks of the driver reached", self.blocks.len())?;
        }
        self.schedules(f)
    }

    /// Where every order within a bound was to be tried, whether it was; otherwise how many were tried.
    fn schedules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut at_random: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for ((campaign, scenario), explored) in &self.schedules {
            if explored.exhaustive.is_empty() {
                let (schedules, scenarios) = at_random.entry(campaign).or_default();
                *schedules += explored.schedules;
                *scenarios += 1;
                continue;
            }
            head(f, campaign)?;
            write!(f, "{scenario}: {} schedules", explored.schedules)?;
            match explored.bound() {
                Some(1) => writeln!(f, ", all within 1 preemption")?,
                Some(bound) => writeln!(f, ", all within {bound} preemptions")?,
                None => writeln!(f, ", not all")?,
            }
        }
        for (campaign, (schedules, scenarios)) in at_random {
            head(f, campaign)?;
            writeln!(f, "{schedules} schedules of {scenarios} scenarios: not all there are")?;
        }
        Ok(())
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, "violations")?;
        let found: u64 = self.violations.iter().map(|violation| violation.times).sum();
        match self.violations.len() {
            0 => writeln!(f, "none")?,
            kinds => writeln!(f, "{kinds} by rule and call stack, found {found} times")?,
        }
        if self.dropped > 0 {
            head(f, "")?;
            writeln!(f, "{} more findings were not kept", self.dropped)?;
        }
        for (piece, reason) in &self.lost {
            head(f, "lost")?;
            let share = piece.share;
            writeln!(
                f,
                "{} of {}, part {} of {}, seed {}: {reason}",
                piece.campaign,
                piece.subject,
                share.number + 1,
                share.of,
                piece.seed
            )?;
        }
        Ok(())
    }

    fn open_ends(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for reason in &self.not_run {
            head(f, "not run")?;
            writeln!(f, "{reason}")?;
        }
        for what in not_checked() {
            head(f, "not checked")?;
            writeln!(f, "{what}")?;
        }
        Ok(())
    }
}

/// What no life of the simulator checks.
#[must_use]
pub fn not_checked() -> Vec<String> {
    let rules = RuleSet::all().names();
    let mut all: Vec<_> = catalogue::not_checked_yet(&rules).into_iter().collect();
    all.extend(NOT_CHECKED.iter().map(|what| (*what).to_owned()));
    all
}
