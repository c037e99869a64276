//! The policies of a pipe.

use std::{collections::BTreeMap, time::Duration};

use usbclient_user::{Bulk, Device, EndpointInfo, In, Interrupt, Operation, Out, TransferType};

use crate::{
    failure::{Exit, Failure},
    interrupt,
    output::units,
};

const TIMEOUT: &str = "timeout_ms";

/// What is set.
#[derive(Debug, Default)]
pub struct Policies {
    /// By name; switches are 0 and 1.
    pub values: BTreeMap<&'static str, u32>,
    /// Why nothing is known.
    pub problem: Option<String>,
}

/// Asks the driver for the policies of a bulk or interrupt endpoint; isochronous ones have none.
pub fn of(device: &Device, info: &EndpointInfo) -> Result<Policies, Failure> {
    match known(device, info) {
        Ok(values) => Ok(Policies { values, problem: None }),
        Err(failure) if failure.exit == Exit::InUse => {
            Ok(Policies { problem: Some("claimed by another program".to_owned()), ..Policies::default() })
        }
        Err(failure) => Err(failure),
    }
}

/// Endpoints of each kind and direction are of types of their own.
macro_rules! ask {
    ($device:expr, $info:expr, $kind:ty, $direction:ty, $($name:ident),*) => {{
        let endpoint = interrupt::wait($device.endpoint::<$kind, $direction>($info.address()))?;
        let mut values = BTreeMap::new();
        let timeout = interrupt::wait(endpoint.default_timeout())?;
        values.insert(TIMEOUT, timeout.map_or(0, milliseconds));
        $(values.insert(stringify!($name), switch(endpoint.$name())?);)*
        Ok(values)
    }};
}

fn known(device: &Device, info: &EndpointInfo) -> Result<BTreeMap<&'static str, u32>, Failure> {
    match (info.transfer_type(), info.is_in()) {
        (TransferType::Bulk, true) => ask!(
            device,
            info,
            Bulk,
            In,
            auto_clear_stall,
            reset_on_resume,
            ignore_short_packets,
            partial_reads,
            auto_flush,
            raw_io
        ),
        (TransferType::Interrupt, true) => ask!(
            device,
            info,
            Interrupt,
            In,
            auto_clear_stall,
            reset_on_resume,
            ignore_short_packets,
            partial_reads,
            auto_flush,
            raw_io
        ),
        (TransferType::Bulk, false) => {
            ask!(device, info, Bulk, Out, auto_clear_stall, reset_on_resume, short_packet_terminate)
        }
        (TransferType::Interrupt, false) => {
            ask!(device, info, Interrupt, Out, auto_clear_stall, reset_on_resume, short_packet_terminate)
        }
        (TransferType::Isochronous | TransferType::Control, _) => Ok(BTreeMap::new()),
    }
}

fn switch(operation: Operation<bool>) -> Result<u32, Failure> {
    interrupt::wait(operation).map(u32::from)
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// Those that are on, for people.
pub fn shown(values: &BTreeMap<&'static str, u32>) -> String {
    let on = values.iter().filter(|(_, value)| **value != 0).map(|(name, value)| match *name {
        TIMEOUT => format!("timeout {}", units::setting(Duration::from_millis(u64::from(*value)))),
        name => name.replace('_', " "),
    });
    let on: Vec<_> = on.collect();
    if on.is_empty() { "-".to_owned() } else { on.join(", ") }
}
