//! Devices of the machine: plugged in, pulled, listed and opened.

use ntsim::{
    kernel::io::user::{Handle, Process, READ, WRITE},
    mem::Addr,
    pnp::{self, NewDevice},
    usb,
};
use usb_models::{DeviceModel, registry};
use usbclient_protocol::DEVICE_INTERFACE_GUID;

use super::World;
use crate::{
    device_info::{Access, Description, DeviceId},
    error::{Error, ErrorKind, SystemCode},
};

impl World {
    /// Plugs a device in. Gives the name by which it is pulled.
    pub(in crate::transport::sim) fn plug(&mut self, model: &str) -> Result<String, Error> {
        const DOING: &str = "plugging in a simulated device";
        let made: Box<dyn DeviceModel> = registry::by_name(model).map_err(|error| {
            Error::new(ErrorKind::NotFound, DOING).because(format!("the model {model}: {error:?}"))
        })?;
        self.plugged += 1;
        let name = format!("device{}", self.plugged);
        let (new_name, model) = (name.clone(), model.to_owned());
        self.ask(DOING, async move |cpu| {
            let function = (model == "composite-function").then_some(2);
            let options = usb::Options { function, ..usb::Options::default() };
            let pdo = usb::plug(&mut cpu.k(), made, options)?;
            let new = NewDevice { name: new_name.clone(), instance: new_name, model, pdo, filter: false };
            pnp::plug(&cpu, &new, true).await
        })?;
        self.settle();
        Ok(name)
    }

    /// Pulls a device.
    pub(in crate::transport::sim) fn unplug(&mut self, name: &str) -> Result<(), Error> {
        const DOING: &str = "pulling a simulated device";
        self.pdo(name, DOING)?;
        let name = name.to_owned();
        self.ask(DOING, async move |cpu| {
            {
                let mut kernel = cpu.k();
                let pdo = kernel.node(&name)?.pdo;
                usb::unplug(&mut kernel, pdo)?;
            }
            pnp::surprise_removal(&cpu, &name, true).await.map(drop)
        })?;
        self.settle();
        Ok(())
    }

    /// Does something to a device from outside.
    pub(in crate::transport::sim) fn poke(
        &self,
        name: &str,
        poke: usb_models::Poke<'_>,
    ) -> Result<(), Error> {
        const DOING: &str = "doing something to a simulated device";
        let pdo = self.pdo(name, DOING)?;
        let done = usb::poke(&mut self.machine.kernel_mut(), pdo, poke);
        done.map_err(|stop| Error::new(ErrorKind::Simulator, DOING).because(stop.to_string()))
    }

    fn pdo(&self, name: &str, doing: &'static str) -> Result<Addr, Error> {
        let kernel = self.machine.kernel();
        let node = kernel.pnp.nodes.get(name).filter(|node| node.state.has_stack());
        let missing = || Error::new(ErrorKind::NotFound, doing).because(name.to_owned());
        node.map(|node| node.pdo).ok_or_else(missing)
    }

    /// The devices whose interface is enabled.
    pub(in crate::transport::sim) fn devices(&self) -> Vec<Description> {
        let kernel = self.machine.kernel();
        let guid = DEVICE_INTERFACE_GUID;
        let class =
            ntsim::abi::GUID { Data1: guid.data1, Data2: guid.data2, Data3: guid.data3, Data4: guid.data4 };
        let mut found: Vec<_> = kernel
            .enabled_interfaces(class)
            .into_iter()
            .map(|(link, pdo)| {
                let ids = kernel.io.properties.get(&(pdo, 1)).map(Vec::as_slice).unwrap_or_default();
                let node = kernel.node_of(pdo);
                let place = node.map(|(name, _)| name.to_owned());
                let model = node.map(|(_, node)| node.model.clone());
                Description::new(DeviceId::new(link), &wide(ids), place, model)
            })
            .collect();
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found
    }

    /// Opens a file in a process of its own.
    pub(in crate::transport::sim) fn open(&mut self, id: &DeviceId, access: Access) -> Result<Handle, Error> {
        const DOING: &str = "opening a device";
        let known = self.devices().into_iter().find(|one| one.id == *id);
        let name = known.and_then(|one| one.place);
        let name = name.ok_or_else(|| Error::new(ErrorKind::NotFound, DOING))?;
        let wanted = match access {
            Access::Read => READ,
            Access::Write => WRITE,
            Access::ReadWrite => READ | WRITE,
        };
        self.processes += 1;
        match self.machine.open(&name, Process(self.processes), wanted) {
            Some(Ok(file)) => {
                self.files.push(file);
                Ok(file)
            }
            Some(Err(status)) => Err(Error::of_code(SystemCode::NtStatus(status.0), DOING)),
            None => Err(self.stop_error(DOING)),
        }
    }
}

/// UTF-16 text as it is in memory; a NUL ends a line of it.
fn wide(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16_lossy(&units)
}
