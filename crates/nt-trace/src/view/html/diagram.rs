//! A sequence diagram: lanes, messages between them, and how long the driver's callbacks take.

use askama::Template;

use super::lane::{Cast, Lane};
use super::message::{Message, Style, message};
use crate::event::{Event, EventKind};
use crate::map::NumberMap;
use crate::names::DISPATCH_LEVEL;
use crate::view::timeline::clock;

/// Distance of two rows, in pixels; so all that follow.
const ROW: usize = 24;
/// Height of the lanes' headings.
const HEAD: usize = 34;
/// Width of what is left of the first lane: time, thread, processor, IRQL.
const GUTTER: usize = 222;
/// Distance of two lanes.
const LANE: usize = 214;
/// Distance of two callbacks that run at the same time.
const BESIDE: usize = 7;
/// Characters of a text that fit beside a note or over an arrow, and over all lanes.
const FITS: [usize; 2] = [72, 130];

/// A lane's line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What stands above it.
    pub name: &'static str,
    /// Where it is.
    pub x: usize,
    /// The driver's own.
    pub own: bool,
}

/// A row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it is.
    pub y: usize,
    /// When.
    pub time: String,
    /// Thread and processor.
    pub who: String,
    /// The IRQL is raised.
    pub raised: bool,
    /// Its class.
    pub class: &'static str,
    /// The IRP, to find what belongs to it.
    pub irp: String,
    /// Where the arrow begins, and where it ends; equal for a note.
    pub from: usize,
    /// See `from`.
    pub to: usize,
    /// Where the text is.
    pub text_x: usize,
    /// It goes from there to the left.
    pub leftwards: bool,
    /// What it says.
    pub text: String,
    /// All of it, if it was cut.
    pub title: String,
}

/// A callback of the driver, from its beginning to its end.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Where it is.
    pub x: usize,
    /// See `x`.
    pub y: usize,
    /// How long.
    pub height: usize,
    /// At `DISPATCH_LEVEL` or above.
    pub raised: bool,
}

/// A diagram. Its text is a piece of SVG.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "diagram.html")]
pub struct Diagram {
    /// Its size.
    pub width: usize,
    /// See `width`.
    pub height: usize,
    /// The lanes.
    pub lines: Vec<Line>,
    /// The callbacks.
    pub bars: Vec<Bar>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Adds event by event to a diagram.
pub struct Drawing<'a> {
    cast: &'a Cast,
    lanes: Vec<Lane>,
    calls: bool,
    rows: Vec<Row>,
    bars: Vec<Bar>,
    /// The callbacks that run, by thread: place and beginning.
    running: NumberMap<Vec<(usize, usize, bool)>>,
}

impl<'a> Drawing<'a> {
    /// Draws with these lanes. `calls`: the driver's kernel calls too.
    #[must_use]
    pub fn new(cast: &'a Cast, filter: bool, calls: bool) -> Self {
        let lanes = Lane::ALL.into_iter().filter(|lane| filter || *lane != Lane::Filter).collect();
        Self { cast, lanes, calls, rows: Vec::new(), bars: Vec::new(), running: NumberMap::default() }
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Draws an event, if it is something to draw.
    pub fn event(&mut self, event: &Event) {
        self.bars(event);
        if let Some(message) = message(event, self.cast, self.calls) {
            let irp = event.kind.irp();
            let irp = if irp.is_none() { String::new() } else { irp.to_string() };
            self.message(event, &message, irp);
        }
    }

    /// Draws something that concerns all.
    pub fn mark(&mut self, event: &Event, text: &str) {
        let (from, to) = (self.x(Lane::User), self.x(Lane::Device));
        let mut row = self.row(event, Style::Bad, text, String::new());
        (row.from, row.to, row.text_x, row.class) = (from, to, usize::midpoint(from, to), "violation");
        self.rows.push(row);
    }

    /// Says what was left out.
    pub fn left_out(&mut self, event: &Event, text: &str) {
        let x = self.x(Lane::Driver);
        let mut row = self.row(event, Style::Note, text, String::new());
        (row.from, row.to, row.text_x, row.class) = (x, x, x, "more");
        self.rows.push(row);
    }

    /// The diagram.
    #[must_use]
    pub fn finish(mut self) -> Diagram {
        let end = self.y();
        for (x, y, raised) in std::mem::take(&mut self.running).into_values().flatten() {
            self.bars.push(Bar { x, y, height: end.saturating_sub(y).max(ROW / 2), raised });
        }
        // Threads come in no order.
        self.bars.sort_by_key(|bar| (bar.y, bar.x));
        let width = GUTTER + LANE * self.lanes.len() + LANE / 2;
        let lines = self.lanes.iter().map(|lane| Line {
            name: lane.name(),
            x: self.x(*lane),
            own: *lane == Lane::Driver,
        });
        Diagram { width, height: end + ROW / 2, lines: lines.collect(), bars: self.bars, rows: self.rows }
    }

    fn x(&self, lane: Lane) -> usize {
        let place = self.lanes.iter().position(|other| *other == lane).unwrap_or(0);
        GUTTER + LANE / 4 + place * LANE
    }

    /// Where the next row is.
    const fn y(&self) -> usize {
        HEAD + ROW + self.rows.len() * ROW
    }

    fn bars(&mut self, event: &Event) {
        let now = self.y();
        match &event.kind {
            EventKind::CallbackEnter(_) => {
                let beside: usize = self.running.values().map(Vec::len).sum();
                let x = self.x(Lane::Driver) + beside * BESIDE;
                let raised = event.irql >= DISPATCH_LEVEL;
                let start = now.saturating_sub(ROW / 2);
                self.running.entry(event.thread).or_default().push((x, start, raised));
            }
            EventKind::CallbackLeave(_) => {
                let ended = self.running.get_mut(&event.thread).and_then(Vec::pop);
                if let Some((x, y, raised)) = ended {
                    let height = now.saturating_sub(ROW / 2).saturating_sub(y).max(ROW / 3);
                    self.bars.push(Bar { x, y, height, raised });
                }
            }
            _ => {}
        }
    }

    fn message(&mut self, event: &Event, message: &Message, irp: String) {
        let (from, to) = (self.x(message.from), self.x(message.to));
        let mut row = self.row(event, message.style, &message.text, irp);
        (row.from, row.to) = (from, to);
        row.text_x = if from == to { from + 14 } else { usize::midpoint(from, to) };
        if from == to && message.from == Lane::Device {
            (row.text_x, row.leftwards) = (from - 14, true);
        }
        self.rows.push(row);
    }

    fn row(&self, event: &Event, style: Style, text: &str, irp: String) -> Row {
        let [beside, over_all] = FITS;
        let fits = if style == Style::Bad { over_all } else { beside };
        let cut = text.chars().count() > fits;
        let shown: String =
            if cut { text.chars().take(fits).chain(['\u{2026}']).collect() } else { text.to_owned() };
        let who =
            if event.thread == 0 { String::new() } else { format!("t{} P{}", event.thread, event.processor) };
        let raised = event.irql >= DISPATCH_LEVEL;
        let y = self.y();
        Row {
            y,
            time: clock(event.time).trim().to_owned(),
            who,
            raised,
            class: style.class(),
            irp,
            from: 0,
            to: 0,
            text_x: 0,
            leftwards: false,
            text: shown,
            title: if cut { text.to_owned() } else { String::new() },
        }
    }
}
