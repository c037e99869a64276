//! Options of a simulated kernel.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::parse;

/// A simulated kernel instead of this system.
#[derive(Debug, Args)]
#[command(next_help_heading = "Simulation")]
pub struct Simulation {
    /// Run this driver file (usbclient.sys) in the simulated kernel
    #[arg(long = "sim", global = true, value_name = "FILE")]
    pub driver: Option<PathBuf>,
    /// Plug this model in; may be given several times [default: loopback-hs]
    #[arg(long = "device", global = true, value_name = "MODEL")]
    pub models: Vec<String>,
    /// Pull a device, by its number, after so much simulated time
    #[arg(long, global = true, value_name = "NUMBER@TIME", value_parser = unplug)]
    pub unplug: Vec<Unplug>,
    /// Another program has claimed this interface of a device
    #[arg(long, global = true, value_name = "NUMBER:INTERFACE", value_parser = claimed)]
    pub claimed: Vec<Claimed>,
}

/// A device is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unplug {
    /// Its number, from 1.
    pub number: usize,
    /// When.
    pub after: Duration,
}

/// Another program has claimed an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The device's number, from 1.
    pub number: usize,
    /// `bInterfaceNumber`
    pub interface: u8,
}

/// `NUMBER@TIME`.
fn unplug(text: &str) -> Result<Unplug, String> {
    let wrong = || format!("`{text}` is not NUMBER@TIME, such as 1@2s");
    let (number, after) = text.split_once('@').ok_or_else(wrong)?;
    let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    Ok(Unplug { number, after: parse::time(after)? })
}

/// `NUMBER:INTERFACE`.
fn claimed(text: &str) -> Result<Claimed, String> {
    let wrong = || format!("`{text}` is not NUMBER:INTERFACE, such as 1:0");
    let (number, interface) = text.split_once(':').ok_or_else(wrong)?;
    let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    Ok(Claimed { number, interface: parse::byte(interface)? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Claimed, Unplug, claimed, unplug};

    #[test]
    fn what_is_done_to_devices() {
        assert_eq!(unplug("2@1.5s"), Ok(Unplug { number: 2, after: Duration::from_millis(1500) }));
        assert_eq!(claimed("1:0x02"), Ok(Claimed { number: 1, interface: 2 }));
        for wrong in ["", "1", "@1s", "0@1s", "1@", "1:", "0:1", "1:256", "x:1"] {
            assert!(unplug(wrong).is_err() && claimed(wrong).is_err(), "{wrong}");
        }
    }
}
