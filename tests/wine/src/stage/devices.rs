//! Steps that are about devices and the driver.

use anyhow::{Context, Result, bail};
use nt_trace::NtStatus;
use ntsim::{
    power::Sleep,
    scenario::{Expectation, Expected, Plug, PnpOperation, Poke, PowerOperation},
};
use usbclient_protocol::{DEVICE_INTERFACE_GUID, Guid};

use super::{State, check};
use crate::{chapters, protocol};

/// Phases of [`protocol::State`].
const GONE: u32 = 0;
const STARTED: u32 = 2;
const PULLED: u32 = 4;
/// `SYSTEM_POWER_STATE` of a system that works.
const WORKING: u32 = 1;

impl State {
    pub(super) fn plug(&mut self, plug: &Plug) -> Result<()> {
        if !self.is_installed {
            self.session.install()?;
            self.is_installed = true;
        }
        let instance = plug.instance.as_ref().unwrap_or(&plug.device);
        let next = u32::try_from(self.instances.len())? + 1;
        let number = *self.instances.entry(instance.clone()).or_insert(next);
        let mut model = [0; 32];
        let name = plug.model.as_bytes();
        model.get_mut(..name.len()).context("a name too long")?.copy_from_slice(name);
        let input = protocol::Plug { model, number, flags: 0 }.encode();
        let mark = self.session.mark()?;
        let (status, _) = self.session.bus(protocol::PLUG, &input, 0)?;
        if status != 0 {
            bail!("the bus refuses: {}", NtStatus(status));
        }
        self.devices.insert(plug.device.clone(), number);
        let status = self.session.until("the driver has not returned from START", |session| {
            let lines = session.lines()?.get(mark..).unwrap_or_default();
            Ok(chapters::last_status(lines, "1b", "0"))
        })?;
        check(&plug.expect, status, 0, &[])?;
        if status.is_success() {
            self.session.until("the PnP manager does not come back from START", |session| {
                Ok((session.state(number)?.phase == STARTED).then_some(()))
            })?;
        }
        let arrived = self.has_interface(&plug.device)?;
        if arrived != status.is_success() {
            bail!("its START ended with {status}, and whether it has an interface is {arrived}");
        }
        Ok(())
    }

    pub(super) fn unplug(&mut self, device: &str) -> Result<()> {
        let number = self.number(device)?;
        let (status, _) = self.session.bus(protocol::UNPLUG, &number.to_le_bytes(), 0)?;
        if status != 0 {
            bail!("the bus refuses: {}", NtStatus(status));
        }
        self.is_gone(device, number)
    }

    /// Waits until a device that was pulled has no interface, and, if no file is open, no stack.
    pub(super) fn is_gone(&mut self, device: &str, number: u32) -> Result<()> {
        let phase = if self.files.values().any(|file| file.device == device) { PULLED } else { GONE };
        self.session.until("its removal does not get on", |session| {
            Ok((session.state(number)?.phase == phase).then_some(()))
        })?;
        let path = instance(number);
        self.session.until("its interface stays", |session| {
            let paths = session.interfaces(class())?;
            Ok((!paths.iter().any(|found| found.contains(&path))).then_some(()))
        })
    }

    pub(super) fn pnp(&mut self, device: &str, operation: PnpOperation, expect: &Expected) -> Result<()> {
        let number = self.number(device)?;
        let code = match operation {
            PnpOperation::OrderlyRemove => protocol::EJECT,
            PnpOperation::CancelRemove => protocol::CANCEL_REMOVE,
            PnpOperation::Rebalance => protocol::REBALANCE,
            _ => bail!("this cannot be done under Wine"),
        };
        let (status, _) = self.session.bus(code, &number.to_le_bytes(), 0)?;
        check(expect, NtStatus(status), 0, &[])?;
        if operation == PnpOperation::OrderlyRemove && NtStatus(status).is_success() {
            self.is_gone(device, number)?;
        }
        Ok(())
    }

    pub(super) fn power(&mut self, operation: &PowerOperation, expect: &Expected) -> Result<()> {
        let state = match operation {
            PowerOperation::Sleep { state, .. } => system_state(*state),
            PowerOperation::Wake => WORKING,
            _ => bail!("this cannot be done under Wine"),
        };
        for number in self.devices.values() {
            let input = [number.to_le_bytes(), state.to_le_bytes()].concat();
            let (status, _) = self.session.bus(protocol::SYSTEM_POWER, &input, 0)?;
            check(expect, NtStatus(status), 0, &[])?;
        }
        Ok(())
    }

    pub(super) fn poke(&mut self, device: &str, poke: Poke) -> Result<()> {
        let number = self.number(device)?;
        let (what, endpoint, on) = match poke {
            Poke::Halt { endpoint } => (protocol::Poke::HALT, endpoint, false),
            Poke::Nak { endpoint, on } => (protocol::Poke::NAK, endpoint, on),
            Poke::Mute => (protocol::Poke::MUTE, 0, false),
            _ => bail!("this cannot be done under Wine"),
        };
        let input = protocol::Poke { number, what, endpoint: endpoint.into(), on: on.into() }.encode();
        let (status, _) = self.session.bus(protocol::POKE, &input, 0)?;
        check(&Expected::success(), NtStatus(status), 0, &[])
    }

    pub(super) fn expect(&mut self, expectation: &Expectation) -> Result<()> {
        match expectation {
            Expectation::Interface { device, arrived } => {
                let found = self.has_interface(device)?;
                if found != *arrived {
                    bail!("whether {device} has an interface is {found}");
                }
                Ok(())
            }
            Expectation::Calls { routine, count } => {
                let calls = self.session.calls(routine)?;
                if calls != *count {
                    bail!("{routine} was called {calls} times, not {count}");
                }
                Ok(())
            }
            _ => bail!("nobody can tell this under Wine"),
        }
    }

    pub(super) fn unload(&mut self) -> Result<()> {
        self.session.uninstall()?;
        self.is_installed = false;
        self.session.until("the driver is not unloaded", |session| {
            Ok(chapters::unloaded(session.lines()?).then_some(()))
        })
    }

    pub(super) fn has_interface(&mut self, device: &str) -> Result<bool> {
        let number = self.number(device)?;
        Ok(self.path(number)?.is_some())
    }

    pub(super) fn path(&mut self, number: u32) -> Result<Option<String>> {
        let instance = instance(number);
        Ok(self.session.interfaces(class())?.into_iter().find(|path| path.contains(&instance)))
    }

    pub(super) fn number(&self, device: &str) -> Result<u32> {
        self.devices.get(device).copied().with_context(|| format!("there is no device {device}"))
    }
}

/// How the path of a device with this number goes on after its hardware id.
fn instance(number: u32) -> String {
    format!("#{number}#")
}

/// The driver's device interface as the agent takes it.
fn class() -> [u32; 4] {
    let Guid { data1, data2, data3, data4 } = DEVICE_INTERFACE_GUID;
    let middle = u32::from(data2) << 16 | u32::from(data3);
    let word = |at| data4.iter().skip(at).take(4).fold(0, |word, byte| word << 8 | u32::from(*byte));
    [data1, middle, word(0), word(4)]
}

/// `SYSTEM_POWER_STATE`
const fn system_state(sleep: Sleep) -> u32 {
    match sleep {
        Sleep::S1 => 2,
        Sleep::S2 => 3,
        Sleep::S3 => 4,
        Sleep::S4 => 5,
    }
}
