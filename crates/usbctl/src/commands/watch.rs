//! `usbctl watch`: devices that come and go, and what the driver does, as it happens.

use std::{collections::BTreeMap, future::Future as _, pin::pin, task::Poll, time::Instant};

use serde_json::json;
use usbclient_user::{Change, DeviceId, DriverEvent, ErrorKind, Events, Keywords, Level};

use crate::{
    cli,
    failure::Failure,
    interrupt::{self, Waited},
    names,
    output::{self, safe, style},
    session::Session,
    trace,
};

/// One thing to tell.
enum News {
    Change(Change),
    Event(DriverEvent),
    /// Nothing will come any more.
    End,
}

/// Tells until the time is over, or Ctrl-C is pressed.
pub fn run(session: &Session, options: &cli::Watch) -> Result<(), Failure> {
    let context = session.context();
    let mut changes = context.watch()?;
    let mut events = events(session, options.transfers)?;
    let mut teller = Teller { session, names: BTreeMap::new() };
    for device in context.list_devices()? {
        teller.device("present", device.id())?;
    }
    let deadline = options.time.and_then(|time| Instant::now().checked_add(time));
    let mut left = options.count.unwrap_or(u64::MAX);
    while left > 0 {
        let waited = {
            let mut change = pin!(changes.next_change());
            interrupt::wait_until(deadline, |context| {
                if let Poll::Ready(change) = change.as_mut().poll(context) {
                    return Poll::Ready(change.map_or(News::End, News::Change));
                }
                let Some(events) = &mut events else { return Poll::Pending };
                pin!(events.next_event())
                    .as_mut()
                    .poll(context)
                    .map(|event| event.map_or(News::End, News::Event))
            })
        };
        match waited {
            Waited::Done(News::Change(Change::Arrived(id))) => teller.device("arrived", &id)?,
            Waited::Done(News::Change(Change::Removed(id))) => teller.device("removed", &id)?,
            Waited::Done(News::Event(event)) => teller.event(&event)?,
            Waited::Done(News::End) | Waited::Late => return Ok(()),
            Waited::Interrupted => return Err(Failure::interrupted()),
        }
        left -= 1;
    }
    Ok(())
}

/// The driver's events; none: this user may not listen to them, which is said.
fn events(session: &Session, with_transfers: bool) -> Result<Option<Events>, Failure> {
    let (level, keywords) = if with_transfers {
        (Level::Verbose, Keywords::ALL)
    } else {
        let keywords =
            Keywords::LIFECYCLE | Keywords::POWER | Keywords::ERROR | Keywords::FILE | Keywords::POLICY;
        (Level::Information, keywords)
    };
    match session.context().events(level, keywords) {
        Ok(events) => Ok(Some(events)),
        Err(error) if error.kind() == ErrorKind::AccessDenied => {
            session.output.note(
                "Only an administrator, or a member of the group Performance Log Users, is told what the driver does; \
                 devices that come and go are told all the same.",
            );
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

struct Teller<'a> {
    session: &'a Session,
    /// What devices were called while they were there.
    names: BTreeMap<DeviceId, Name>,
}

/// What a device is called.
#[derive(Clone, Debug, Default)]
struct Name {
    numbers: Option<(u16, u16)>,
    text: String,
}

impl Teller<'_> {
    fn name(&mut self, id: &DeviceId) -> Name {
        let Ok(info) = self.session.context().find(id) else {
            let unknown = || Name { numbers: None, text: id.path().to_owned() };
            return self.names.get(id).cloned().unwrap_or_else(unknown);
        };
        let (vendor, product) = (info.vendor_id(), info.product_id());
        let text = info.name().map(safe);
        let text = text.or_else(|| names::product(vendor, product).map(str::to_owned)).unwrap_or_default();
        let name = Name { numbers: Some((vendor, product)), text };
        self.names.insert(id.clone(), name.clone());
        name
    }

    fn device(&mut self, what: &str, id: &DeviceId) -> Result<(), Failure> {
        let Name { numbers, text } = self.name(id);
        if self.session.output.is_json() {
            let (vendor, product) = numbers.unzip();
            let line =
                json!({ "change": what, "path": id.path(), "vendor_id": vendor, "product_id": product });
            return Ok(output::json_line(&line)?);
        }
        let numbers =
            numbers.map(|(vendor, product)| format!("{vendor:04x}:{product:04x}  ")).unwrap_or_default();
        let padding = " ".repeat(24_usize.saturating_sub(what.len()));
        let time = style::paint(style::DIM, &trace::clock(self.session.now()));
        let what = style::paint(style::NOTE, what);
        Ok(output::line(&format!("{time}  {what}{padding}  {numbers}{text}"))?)
    }

    fn event(&self, event: &DriverEvent) -> Result<(), Failure> {
        if self.session.output.is_json() {
            let fields: serde_json::Map<_, _> =
                event.fields().iter().map(|field| (field.name.clone(), trace::json(&field.value))).collect();
            let line = json!({
                "event": event.name(),
                "seconds": event.time().as_secs_f64(),
                "level": format!("{:?}", event.level()).to_lowercase(),
                "fields": fields,
            });
            return Ok(output::json_line(&line)?);
        }
        Ok(output::line(&trace::line(event))?)
    }
}
