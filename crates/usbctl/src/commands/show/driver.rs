//! The driver's view of a device: its pipes, limits and policies.

use std::collections::BTreeMap;

use serde::Serialize;
use usbclient_user::{Device, Properties};

use super::policies::{self, Policies};
use crate::{
    commands::{list, power},
    descriptors::address_text,
    failure::Failure,
    interrupt,
    output::{style, table::Table, units},
    speed::Speed,
};

/// What the driver knows, as `--json` writes it.
#[derive(Debug, Serialize)]
pub struct Driver {
    speed: Option<Speed>,
    configuration: u8,
    is_function: bool,
    has_chained_mdls: bool,
    has_streams: bool,
    max_streams: u16,
    max_control_transfer: u32,
    interfaces: Vec<Interface>,
    pipes: Vec<Pipe>,
    power: power::State,
}

/// An interface.
#[derive(Debug, Serialize)]
struct Interface {
    number: u8,
    setting: u8,
    setting_count: u8,
    claimed: &'static str,
}

/// A pipe of a selected setting.
#[derive(Debug, Serialize)]
struct Pipe {
    endpoint: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    interface: u8,
    setting: u8,
    max_packet_size: usize,
    max_transfer_size: u32,
    max_streams: u16,
    policies: BTreeMap<&'static str, u32>,
    /// Why they are not known: another program has claimed the interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Driver {
    /// Asks the driver.
    pub fn of(device: &Device, properties: &Properties) -> Result<Self, Failure> {
        let interfaces = interrupt::wait(device.interfaces())?;
        let interfaces = interfaces.iter().map(|one| Interface {
            number: one.number(),
            setting: one.alternate(),
            setting_count: one.alternate_count(),
            claimed: list::claimed(one.claimed()),
        });
        let mut pipes = Vec::new();
        for info in interrupt::wait(device.endpoints())? {
            let Policies { values, problem } = policies::of(device, &info)?;
            pipes.push(Pipe {
                endpoint: info.address(),
                kind: list::kind(info.transfer_type()),
                interface: info.interface(),
                setting: info.alternate(),
                max_packet_size: info.max_packet_size(),
                max_transfer_size: info.max_transfer_size(),
                max_streams: info.max_streams(),
                policies: values,
                problem,
            });
        }
        Ok(Self {
            speed: list::speed(properties),
            configuration: properties.configuration(),
            is_function: properties.is_function(),
            has_chained_mdls: properties.has_chained_mdls(),
            has_streams: properties.has_streams(),
            max_streams: properties.max_streams(),
            max_control_transfer: properties.max_control_transfer(),
            interfaces: interfaces.collect(),
            pipes,
            power: power::State::of(device)?,
        })
    }

    /// For people.
    pub fn text(&self, path: &str) -> String {
        let yes = |is_true| if is_true { "yes" } else { "no" }.to_owned();
        let mut facts = vec![
            ("path", path.to_owned()),
            ("speed", self.speed.map_or("unknown", Speed::shown).to_owned()),
            ("configuration", self.configuration.to_string()),
            ("control transfers", format!("up to {}", units::size(self.max_control_transfer.into()))),
            (
                "streams",
                if self.has_streams { format!("up to {}", self.max_streams) } else { "no".to_owned() },
            ),
            ("chained MDLs", yes(self.has_chained_mdls)),
        ];
        if self.is_function {
            facts.push(("it is", "one function of a composite device".to_owned()));
        }
        facts.extend(self.power.lines());
        let mut lines = vec![style::paint(style::TITLE, "Driver")];
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let fact = |(name, value): &(&str, String)| {
            format!("  {}  {value}", style::paint(style::DIM, &format!("{name:<width$}")))
        };
        lines.extend(facts.iter().map(fact));
        let mut interfaces = Table::new(&["interface", "setting", "of", ""]);
        for one in &self.interfaces {
            let numbers = [one.number, one.setting, one.setting_count].map(|number| number.to_string());
            interfaces.row(numbers.into_iter().chain([one.claimed.to_owned()]).collect());
        }
        lines.push(String::new());
        lines.extend(interfaces.lines(2));
        if !self.pipes.is_empty() {
            lines.push(String::new());
            lines.extend(self.pipes().lines(2));
        }
        lines.join("\n") + "\n"
    }

    fn pipes(&self) -> Table {
        let mut table = Table::new(&["pipe", "", "interface", "packet", "transfer", "policies that are on"]);
        for pipe in &self.pipes {
            table.row(vec![
                address_text(pipe.endpoint),
                pipe.kind.to_owned(),
                pipe.interface.to_string(),
                pipe.max_packet_size.to_string(),
                units::size(pipe.max_transfer_size.into()),
                pipe.problem.clone().unwrap_or_else(|| policies::shown(&pipe.policies)),
            ]);
        }
        table
    }
}
