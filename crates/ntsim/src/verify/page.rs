//! The same as a page for a browser.

use nt_trace::{
    RuleSet,
    view::{
        self, Detail,
        html::{Fact, Page, Problem, Table, sections},
    },
};

use super::{Explained, Report, Symbols, explain, report::Violation, table};
use crate::{campaign::Wrong, life::Life};

/// A whole life.
#[must_use]
pub fn life_page(driver: &str, scenario: &str, life: &Life, symbols: &Symbols) -> Page {
    let summary = life.summary();
    let good = life.is_clean();
    let with_names = |violation: &nt_trace::Violation| Problem {
        stack: symbols.stack(violation.site.as_slice()),
        ..Problem::of(violation, &life.events)
    };
    let mut problems: Vec<Problem> = summary.errors().map(with_names).collect();
    problems.extend(life.cut_short.clone().map(|text| Problem {
        rule: "The life was cut short".into(),
        text,
        ..Problem::default()
    }));
    let (whole, rest) = (summary.time / 10_000, summary.time % 10_000);
    let facts = vec![
        Fact::new("events", &summary.events),
        Fact::new("simulated time", &format!("{whole}.{rest:04} ms")),
        Fact::new("requests to the driver", &summary.irps),
        Fact::new("kernel calls by it", &summary.calls),
        Fact::new("transfers", &summary.moved.transfers),
        Fact::new("moved to the host", &view::bytes(summary.moved.bytes_in)),
        Fact::new("moved to the device", &view::bytes(summary.moved.bytes_out)),
        Fact::new("USBD handles given back", &pair(summary.handles)),
        Fact::new("URBs given back", &pair(summary.urbs)),
        Fact::new("pool blocks given back", &pair(summary.pool)),
        Fact::new("rule names checked", &summary.rules),
    ];
    let page = Page {
        title: driver.to_owned(),
        subtitle: format!("{scenario}, in a simulated NT kernel"),
        good,
        verdict: verdict(good, problems.len()),
        facts,
        problems,
        sections: sections(&life.events, &life.violations),
        open_ends: summary.not_checked.iter().map(|what| Fact::new("not checked", what)).collect(),
        ..Page::default()
    };
    page.timeline(&view::timeline(&life.events, &life.violations, Detail::default()))
}

fn pair((taken, given): (u64, u64)) -> String {
    format!("{given} of {taken}")
}

fn verdict(good: bool, problems: usize) -> String {
    match (good, problems) {
        (true, _) => "no violation, no leak".into(),
        (false, 1) => "1 violation".into(),
        (false, count) => format!("{count} violations"),
    }
}

/// A run of the campaigns. `explained` are violations with their lives and the commands that replay them.
#[must_use]
pub fn report_page(report: &Report, explained: &[(Violation, Explained, String)], symbols: &Symbols) -> Page {
    let good = report.is_clean();
    let identity = report.identity.clone().unwrap_or_default();
    let caught = report.specimens.values().filter(|played| played.caught).count();
    let mut facts = vec![
        Fact::new("lives", &report.lives()),
        Fact::new("rule names checked", &RuleSet::all().names().len()),
        Fact::new("specimens as their table says", &format!("{caught} of {}", report.specimens.len())),
        Fact::new(
            "places of which a call failed",
            &format!("{} of {}", report.failed.len(), report.seen.len()),
        ),
        Fact::new("schedules", &report.rows.values().map(|row| row.schedules).sum::<u64>()),
        Fact::new("scripts", &report.rows.values().map(|row| row.scripts).sum::<u64>()),
        Fact::new("violations", &report.violations.len()),
    ];
    let blocks = |it: &crate::image::blocks::Coverage| format!("{} of {}", it.hit(), it.total());
    facts.extend(report.coverage.as_ref().map(|it| Fact::new("basic blocks reached", &blocks(it))));
    let mut open_ends: Vec<Fact> = report.not_run.iter().map(|it| Fact::new("not run", it)).collect();
    open_ends.extend(table::not_checked().iter().map(|what| Fact::new("not checked", what)));
    let lost = report.lost.iter().map(|(piece, reason)| Problem {
        rule: format!("lost: {} of {}", piece.campaign, piece.subject),
        text: reason.clone(),
        ..Problem::default()
    });
    let told = |other: &&Violation| explained.iter().any(|(violation, ..)| violation == *other);
    let others = report.violations.iter().filter(|it| !told(it)).map(|violation| Problem {
        rule: format!("{}: {}", violation.piece.campaign, violation.piece.subject),
        text: explain::title(&violation.wrong),
        ..Problem::default()
    });
    let problems: Vec<Problem> = explained
        .iter()
        .map(|(violation, explained, command)| problem(violation, explained, command, symbols))
        .chain(others)
        .chain(lost)
        .collect();
    Page {
        title: format!("ntsim verify {}", identity.driver),
        subtitle: format!("SHA-256 {}, seed {}", identity.sha256, identity.plan.seed),
        good,
        verdict: if good { "no violation".into() } else { verdict(good, report.violations.len()) },
        facts,
        tables: vec![campaigns(report)],
        problems,
        open_ends,
        ..Page::default()
    }
}

fn campaigns(report: &Report) -> Table {
    let columns = ["campaign", "pieces", "lives", "kernel calls", "schedules", "scripts", "violations"];
    let row = |(name, row): (&String, &super::report::Row)| {
        let numbers = [row.pieces, row.lives, row.calls, row.schedules, row.scripts, row.violations];
        std::iter::once(name.clone()).chain(numbers.iter().map(ToString::to_string)).collect()
    };
    let mut rows: Vec<Vec<String>> = report.rows.iter().map(row).collect();
    rows.push(row((&"all".to_owned(), &report.all())));
    Table { heading: "Campaigns".into(), columns: columns.map(String::from).to_vec(), rows }
}

fn problem(violation: &Violation, explained: &Explained, command: &str, symbols: &Symbols) -> Problem {
    let wrong = &violation.wrong;
    let said = same(wrong, explained);
    let mut problem = said.map_or_else(Problem::default, |said| Problem::of(said, &explained.life.events));
    if said.is_none() {
        problem.rule = wrong.rule.clone().unwrap_or_else(|| "no rule".into());
        problem.text.clone_from(&wrong.text);
    }
    problem.stack = symbols.stack(&explain::stack(wrong));
    problem.command = Some(command.to_owned());
    let recipe = &violation.finding.recipe;
    problem.facts = vec![
        Fact::new("campaign", &violation.piece.campaign),
        Fact::new("scenario", &recipe.scenario.name),
        Fact::new("found", &format!("{} times", violation.times)),
    ];
    problem.facts.extend(recipe.faults.iter().map(|fault| Fact::new("made fail", fault)));
    problem
}

/// The violation of the life that was lived again.
fn same<'a>(wrong: &Wrong, explained: &'a Explained) -> Option<&'a nt_trace::Violation> {
    explained.life.violations.iter().find(|violation| {
        wrong.rule.as_deref() == Some(&*violation.rule) && violation.seqs.last().copied() == wrong.event
    })
}
