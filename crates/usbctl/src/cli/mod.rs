//! The command line.

pub mod parse;
mod selector;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod simulation;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use selector::Selector;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use simulation::{Claimed, Simulation, Unplug};

/// The heading of options that every command has.
const EVERY: &str = "For every command";

const AFTER: &str = "\
DEVICE is its number in `usbctl list`, vendor:product (1209:0001), its serial number or its path. It may be left out when \
there is only one.

Exit codes: 0 done, 1 failed, 2 usage, 3 no such device, 4 not installed, 5 access denied, 6 in use, 7 unplugged, \
8 timed out, 9 refused by the device (STALL), 10 the simulator found a broken rule, 130 Ctrl-C.";

/// Looks at devices of usbclient, and talks to them.
#[derive(Debug, Parser)]
#[command(name = "usbctl", version, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// Options for every command.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// Options for every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Write JSON, for programs
    #[arg(long, global = true, help_heading = EVERY)]
    pub json: bool,
    /// Use colours: auto, always or never
    #[arg(long, global = true, help_heading = EVERY, value_enum, default_value_t = Color::Auto, hide_possible_values = true, value_name = "WHEN")]
    pub color: Color,
    /// Tell the driver's own events on stderr while the command runs
    #[arg(long, global = true, help_heading = EVERY)]
    pub trace: bool,
    /// Open the device for reading only
    #[arg(long, global = true, help_heading = EVERY)]
    pub read_only: bool,
    /// A simulated kernel instead of this system.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[command(flatten)]
    pub simulation: Simulation,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where the output is a terminal, and `NO_COLOR` is not set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List devices, their interfaces and endpoints, and who has claimed them
    List(One),
    /// Show everything that a device says about itself, decoded
    Show(One),
    /// Make a control transfer
    Control(Control),
    /// Read from a bulk or interrupt endpoint
    Read(Read),
    /// Write to a bulk or interrupt endpoint
    Write(Write),
    /// Read from or write to an isochronous endpoint, or the streams of a bulk endpoint
    Stream(Stream),
    /// Tell of devices that come and go, and of what the driver does, as it happens
    Watch(Watch),
    /// Measure throughput and latency of an endpoint
    Bench(Bench),
    /// Reset a device, a pipe, or let the device appear anew
    Reset(Reset),
    /// Show power policies, and change them
    Power(Power),
    /// Print the completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// One device.
#[derive(Debug, Args)]
pub struct One {
    /// Which device
    pub device: Option<Selector>,
}

/// A control transfer.
#[derive(Debug, Args)]
pub struct Control {
    /// Which device
    pub device: Option<Selector>,
    /// The setup packet: 8 bytes as they go over the wire, such as C0 04 0000 0000 0400
    #[arg(long, value_parser = parse::setup, value_name = "HEX", conflicts_with_all = ["request", "kind", "recipient", "value", "index", "length"])]
    pub setup: Option<[u8; 8]>,
    /// bRequest
    #[arg(long, value_parser = parse::byte, required_unless_present = "setup", value_name = "NUMBER")]
    pub request: Option<u8>,
    /// Who defines the request: standard, class or vendor
    #[arg(long = "type", value_enum, default_value_t = RequestType::Vendor, hide_possible_values = true, value_name = "TYPE")]
    pub kind: RequestType,
    /// Whom it is for: device, interface, endpoint or other
    #[arg(long, value_enum, default_value_t = Recipient::Device, hide_possible_values = true, value_name = "WHOM")]
    pub recipient: Recipient,
    /// wValue
    #[arg(long, value_parser = parse::word, default_value = "0", value_name = "NUMBER")]
    pub value: u16,
    /// wIndex
    #[arg(long, value_parser = parse::word, default_value = "0", value_name = "NUMBER")]
    pub index: u16,
    /// Read so many bytes; without it the transfer goes out
    #[arg(long, value_parser = parse::size, value_name = "SIZE", conflicts_with_all = ["data", "input"])]
    pub length: Option<u64>,
    /// The data to send
    #[arg(long, value_parser = parse::bytes, value_name = "HEX", conflicts_with = "input")]
    pub data: Option<parse::Bytes>,
    /// Send what is in this file; - is stdin
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Write what was read to this file; - is stdout
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write a dump of bytes, as to a terminal
    #[arg(long, conflicts_with = "output")]
    pub hex: bool,
    /// Give it up after this time
    #[arg(long, value_parser = parse::time, value_name = "TIME")]
    pub timeout: Option<Duration>,
}

/// Who defines a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RequestType {
    /// The USB specification
    Standard,
    /// A device class
    Class,
    /// The vendor
    Vendor,
}

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Recipient {
    /// The device
    Device,
    /// The interface in wIndex
    Interface,
    /// The endpoint in wIndex
    Endpoint,
    /// Something else
    Other,
}

/// How transfers are made.
#[derive(Debug, Args)]
pub struct Transfers {
    /// The endpoint: 0x81, or 1in. May be left out when only one fits
    #[arg(long, short, value_parser = parse::address, value_name = "ADDRESS")]
    pub endpoint: Option<u8>,
    /// Bytes of one transfer
    #[arg(long, value_parser = parse::size, default_value = "64K", value_name = "SIZE")]
    pub size: u64,
    /// Transfers in flight at a time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64), value_name = "COUNT")]
    pub in_flight: u8,
    /// Give up when a transfer takes longer
    #[arg(long, value_parser = parse::time, value_name = "TIME")]
    pub timeout: Option<Duration>,
    /// Select this setting of the endpoint's interface first
    #[arg(long, value_parser = parse::byte, value_name = "NUMBER")]
    pub setting: Option<u8>,
    /// Share the interface with other programs instead of claiming it
    #[arg(long)]
    pub share: bool,
}

/// Reading.
#[derive(Debug, Args)]
pub struct Read {
    /// Which device
    pub device: Option<Selector>,
    /// How transfers are made.
    #[command(flatten)]
    pub transfers: Transfers,
    /// Stop after so many bytes; without it, go on until Ctrl-C
    #[arg(long, short, value_parser = parse::size, value_name = "SIZE")]
    pub length: Option<u64>,
    /// Stop at the first short packet
    #[arg(long)]
    pub until_short: bool,
    /// Write to this file; - is stdout, also to a terminal
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write a dump of bytes, as to a terminal
    #[arg(long, conflicts_with = "output")]
    pub hex: bool,
}

/// Writing.
#[derive(Debug, Args)]
pub struct Write {
    /// Which device
    pub device: Option<Selector>,
    /// How transfers are made.
    #[command(flatten)]
    pub transfers: Transfers,
    /// The data to send, instead of a file
    #[arg(long, value_parser = parse::bytes, value_name = "HEX", conflicts_with = "input")]
    pub data: Option<parse::Bytes>,
    /// Send what is in this file; - is stdin [default: -]
    #[arg(long, short, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Send so many bytes at most
    #[arg(long, short, value_parser = parse::size, value_name = "SIZE")]
    pub length: Option<u64>,
    /// End with a packet of no bytes when the data end with a whole packet
    #[arg(long)]
    pub zero_packet: bool,
}

/// Streaming.
#[derive(Debug, Args)]
pub struct Stream {
    /// Which device
    pub device: Option<Selector>,
    /// The endpoint: 0x81, or 1in. May be left out when only one fits
    #[arg(long, short, value_parser = parse::address, value_name = "ADDRESS")]
    pub endpoint: Option<u8>,
    /// Select this setting of the endpoint's interface first
    #[arg(long, value_parser = parse::byte, value_name = "NUMBER")]
    pub setting: Option<u8>,
    /// Open so many streams of a bulk endpoint
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub streams: Option<u16>,
    /// Use this stream of them, from 1
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "streams", value_parser = clap::value_parser!(u16).range(1..))]
    #[expect(clippy::struct_field_names, reason = "it is the option's name")]
    pub stream: u16,
    /// Stop after so many bytes
    #[arg(long, short, value_parser = parse::size, value_name = "SIZE")]
    pub length: Option<u64>,
    /// Stop after so many packets of an isochronous endpoint
    #[arg(long, value_name = "COUNT", conflicts_with = "streams")]
    pub packets: Option<u64>,
    /// Bytes of one transfer on a stream
    #[arg(long, value_parser = parse::size, default_value = "64K", value_name = "SIZE")]
    pub size: u64,
    /// Give up when a transfer takes longer
    #[arg(long, value_parser = parse::time, value_name = "TIME")]
    pub timeout: Option<Duration>,
    /// For OUT: send what is in this file; - is stdin [default: -]
    #[arg(long, short, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// For IN: write to this file; - is stdout, also to a terminal
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write a dump of bytes, as to a terminal
    #[arg(long, conflicts_with = "output")]
    pub hex: bool,
}

/// Watching.
#[derive(Debug, Args)]
pub struct Watch {
    /// Tell of transfers too: many
    #[arg(long)]
    pub transfers: bool,
    /// Stop after this time; without it, go on until Ctrl-C
    #[arg(long = "for", value_parser = parse::time, value_name = "TIME")]
    pub time: Option<Duration>,
    /// Stop after so many lines
    #[arg(long, value_name = "COUNT")]
    pub count: Option<u64>,
}

/// Measuring.
#[derive(Debug, Args)]
pub struct Bench {
    /// Which device
    pub device: Option<Selector>,
    /// How transfers are made.
    #[command(flatten)]
    pub transfers: Transfers,
    /// Read back what was written to a loop-back device on this endpoint, and compare it
    #[arg(long, value_parser = parse::address, value_name = "ADDRESS")]
    pub back: Option<u8>,
    /// Move so many bytes
    #[arg(long, short, value_parser = parse::size, value_name = "SIZE", conflicts_with = "time")]
    pub length: Option<u64>,
    /// Measure for this time [default: 3s]
    #[arg(long, value_parser = parse::time, value_name = "TIME")]
    pub time: Option<Duration>,
}

/// Resetting.
#[derive(Debug, Args)]
pub struct Reset {
    /// Which device
    pub device: Option<Selector>,
    /// Reset the pipe of this endpoint, and clear its halt
    #[arg(long, value_parser = parse::address, value_name = "ADDRESS")]
    pub pipe: Option<u8>,
    /// Let the device appear anew, as if it were unplugged and plugged in
    #[arg(long, conflicts_with = "pipe")]
    pub cycle: bool,
}

/// Power policies.
#[derive(Debug, Args)]
pub struct Power {
    /// Which device
    pub device: Option<Selector>,
    /// Suspend the device when it is idle: on or off
    #[arg(long, value_enum, hide_possible_values = true, value_name = "ON-OFF")]
    pub auto_suspend: Option<Switch>,
    /// Suspend it after this time without a request
    #[arg(long, value_parser = parse::time, value_name = "TIME")]
    pub delay: Option<Duration>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On
    On,
    /// Off
    Off,
}
