//! The page for a browser.

use super::*;
use nt_trace::Violation;
use nt_trace::view::html::{Fact, Page, Problem, Row, Section, around, sections};

fn page(events: &[Event], violations: &[Violation]) -> String {
    let page = Page {
        title: "driver.sys".into(),
        facts: vec![Fact::new("a < b", &"<script>")],
        problems: violations.iter().map(|violation| Problem::of(violation, events)).collect(),
        sections: sections(events, violations),
        ..Page::default()
    };
    let page = page.timeline(&view::timeline(events, violations, Detail::default()));
    page.html().expect("the page can be written")
}

/// A life in which the handle is closed after the forward.
fn closed_late() -> Vec<Event> {
    let mut life = Life::started();
    life.step("reads").read().free_urb();
    life.step("removal").remove_with(|life, irp| {
        life.acquire(irp).interface(false).pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK).close_handle();
        life.wait_for_lock(irp).detach().free_interface().delete();
    });
    life.events
}

fn shows(section: &Section, text: &str) -> bool {
    section.diagram.rows.iter().any(|row| row.text.contains(text))
}

#[test]
fn the_page_needs_nothing_else() {
    let events = closed_late();
    let html = page(&events, &RuleSet::judge(&events));
    for outside in ["src=", "<link", "@import", "url(http", "fetch("] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("a &#60; b") || html.contains("a &lt; b"), "text is escaped");
    assert!(!html.contains("<dd><script>"));
    assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
    assert_eq!(html.matches("<details").count(), html.matches("</details>").count());
}

#[test]
fn a_violation_is_marked_in_the_life_of_what_it_is_about() {
    let events = closed_late();
    let violations = RuleSet::judge(&events);
    let late = violations.iter().find(|it| it.rule == "CloseAfterForward").expect("it was closed late");
    let rows = around(late, &events).rows;
    assert!(rows.iter().any(|row| row.class == "violation" && row.text.contains("CloseAfterForward")));
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("created for")), "{texts:?}");
    for section in sections(&events, &violations) {
        assert_eq!(
            section.open,
            shows(&section, "\u{203c}"),
            "where it happened is open: {}",
            section.heading
        );
    }
}

#[test]
fn arrows_go_from_lane_to_lane() {
    let events = closed_late();
    let all = sections(&events, &[]);
    let removal = all.iter().find(|section| shows(section, "REMOVE_DEVICE")).expect("a section");
    let lanes: Vec<_> = removal.diagram.lines.iter().map(|line| (line.name, line.x)).collect();
    let x = |name: &str| lanes.iter().find(|(lane, _)| *lane == name).expect("a lane").1;
    let sent = |row: &&Row| row.class == "call" && row.text.contains("REMOVE_DEVICE");
    let sent: Vec<_> = removal.diagram.rows.iter().filter(sent).map(|row| (row.from, row.to)).collect();
    assert_eq!(sent, [(x("I/O manager"), x("driver")), (x("driver"), x("USB stack"))]);
    assert!(!removal.diagram.bars.is_empty());
    assert!(!lanes.iter().any(|(lane, _)| *lane == "filter above"), "nobody is there");
}

/// Ordinary transfers are counted and not drawn.
#[test]
fn a_long_life_stays_a_small_page() {
    let mut life = Life::started();
    life.step("read 2000 times 64 KiB");
    for _ in 0..2_000 {
        life.read();
    }
    assert!(life.events.len() > 10_000);
    let html = page(&life.events, &[]);
    assert!(html.len() < 200_000, "{} bytes", html.len());
    assert!(html.contains("1999 more bulk transfers"));
}
