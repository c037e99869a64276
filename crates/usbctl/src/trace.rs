//! The driver's own events on stderr, while a command runs.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use usbclient_user::{Context, DriverEvent, Keywords, Level, Value};

use crate::{
    failure::Failure,
    output::{safe, style},
};

/// How long to wait until looking whether the command is over.
const LOOK: Duration = Duration::from_millis(20);

/// Listens on a thread of its own. Dropping it tells what is left, and ends it.
#[derive(Debug)]
pub struct Tracer {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tracer {
    /// Begins.
    ///
    /// # Errors
    /// The system does not let this user listen.
    pub fn start(context: &Context) -> Result<Self, Failure> {
        let mut events = context.events(Level::Verbose, Keywords::ALL)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let listen = move || {
            loop {
                let is_last = over.load(Ordering::Acquire);
                while let Some(event) = events.next_within(LOOK) {
                    // Nobody is there to be told when stderr is closed.
                    let _ = writeln!(anstream::stderr().lock(), "{}", line(&event));
                }
                if is_last {
                    return;
                }
            }
        };
        Ok(Self { is_over, thread: Some(thread::spawn(listen)) })
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            drop(thread.join());
        }
    }
}

/// An event on a line: its time, its name, its fields.
pub fn line(event: &DriverEvent) -> String {
    let fields: Vec<_> = event
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name, safe(&field.value.to_string())))
        .collect();
    let name = match event.level() {
        Level::Critical | Level::Error | Level::Warning => style::paint(style::WRONG, event.name()),
        _ => event.name().to_owned(),
    };
    let padding = " ".repeat(24_usize.saturating_sub(event.name().len()));
    let time = style::paint(style::DIM, &clock(event.time()));
    format!("{time}  {name}{padding}  {}", fields.join(", ")).trim_end().to_owned()
}

/// A time of the day on Windows (UTC), or since the simulated machine was switched on.
pub fn clock(time: Duration) -> String {
    let (seconds, micros) = (time.as_secs(), time.subsec_micros());
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{micros:06}", seconds % 60)
}

/// The value of a field as JSON.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(number) | Value::Hex(number) => (*number).into(),
        Value::Bool(is_true) => (*is_true).into(),
        other => other.to_string().into(),
    }
}
