//! What drivers and the bus report to the PnP manager.

use super::{NewDevice, NodeState, irp, node, remove, start};
use crate::{
    kernel::Kernel,
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL, Sched},
    stop::Stop,
    usb, usbip,
};

/// Starts the thread that serves what is reported to the PnP manager: `IoInvalidateDeviceState` with a query for
/// the device's state (a device that says it has failed is removed), and cycled ports.
///
/// Page: `wdm/nf-wdm-ioinvalidatedevicestate`.
pub fn serve(sched: &mut Sched) {
    sched.spawn("PnP manager: events", PASSIVE_LEVEL, |cpu| async move {
        loop {
            let reported = std::mem::take(&mut cpu.k().io.invalidated);
            for pdo in reported {
                query(&cpu, pdo).await?;
            }
            let (cycled, vanished) = {
                let mut kernel = cpu.k();
                (kernel.usb.take_cycled(), kernel.usb.take_vanished())
            };
            for pdo in cycled {
                cycle(&cpu, pdo, true);
            }
            for pdo in vanished {
                cycle(&cpu, pdo, false);
            }
            if cpu.look().io.invalidated.is_empty() {
                node::may_wait_for_ever(&cpu, true);
                node::changed(&cpu, "events").await;
                node::may_wait_for_ever(&cpu, false);
            }
        }
    });
}

async fn query(cpu: &Cpu, pdo: Addr) -> Result<(), Stop> {
    let Some(name) = cpu.look().node_of(pdo).map(|(name, _)| name.to_owned()) else { return Ok(()) };
    let (pdo, state) = node::begin(cpu, &name).await?;
    let result = query_within(cpu, &name, pdo, state).await;
    node::end(cpu, &name, result)
}

async fn query_within(cpu: &Cpu, name: &str, pdo: Addr, state: NodeState) -> Result<(), Stop> {
    if state != NodeState::Started {
        return Ok(());
    }
    let (_, bits) = irp::device_state(cpu, pdo).await?;
    if bits & (irp::PNP_DEVICE_FAILED | irp::PNP_DEVICE_REMOVED) != 0 {
        remove::surprise(cpu, name, pdo, NodeState::RemovePendingCloses).await?;
    }
    Ok(())
}

/// A port was cycled: the device on it is removed by surprise, and when its stack is gone it is found anew. One that has
/// gone by itself does not come back.
///
/// Page: `usbioctl/ni-usbioctl-ioctl_internal_usb_cycle_port`.
fn cycle(cpu: &Cpu, pdo: Addr, comes_back: bool) {
    cpu.k().sched.spawn("USB hub: cycled port", PASSIVE_LEVEL, move |cpu| async move {
        let Some(back) = pull(&cpu, pdo)? else { return Ok(()) };
        let name = back.name.clone();
        match remove::surprise_removal(&cpu, &name, true).await {
            // It is gone already.
            Ok(_) | Err(Stop::Script(_)) => {}
            Err(stop) => return Err(stop),
        }
        if !comes_back {
            return Ok(());
        }
        node::may_wait_for_ever(&cpu, true);
        node::reached(&cpu, &name, NodeState::Deleted).await?;
        node::may_wait_for_ever(&cpu, false);
        if let Some(new) = come_back(&cpu, back)? {
            start::plug(&cpu, &new, true).await?;
        }
        Ok(())
    });
}

/// A device whose port was cycled.
struct Back {
    name: String,
    instance: String,
    model: String,
    filter: bool,
    options: usb::Options,
}

/// The device goes from its port. None: nobody knows it.
fn pull(cpu: &Cpu, pdo: Addr) -> Result<Option<Back>, Stop> {
    let mut kernel = cpu.k();
    let Some(options) = usb::options_of(&kernel, pdo) else { return Ok(None) };
    let back = kernel.node_of(pdo).map(|(name, node)| Back {
        name: name.into(),
        instance: node.instance.clone(),
        model: node.model.clone(),
        filter: node.filter,
        options,
    });
    usb::unplug(&mut kernel, pdo)?;
    Ok(back)
}

/// The device is on its port again. None: it is not to come back.
fn come_back(cpu: &Cpu, back: Back) -> Result<Option<NewDevice>, Stop> {
    let mut kernel = cpu.k();
    let known = kernel.node(&back.name)?.state;
    if kernel.pnp.ending || kernel.pnp.driver.is_null() || known != NodeState::Deleted {
        return Ok(None);
    }
    let Ok(model) = usbip::model(&mut kernel, &back.model) else { return Ok(None) };
    let pdo = usb::plug(&mut kernel, model, back.options)?;
    let Back { name, instance, model, filter, .. } = back;
    Ok(Some(NewDevice { name, instance, model, pdo, filter }))
}

/// A device that is elsewhere is no more: the bus finds it missing, and the PnP manager removes it by surprise.
pub fn device_is_gone(kernel: &mut Kernel, pdo: Addr) {
    kernel.sched.spawn("USB hub: lost device", PASSIVE_LEVEL, move |cpu| async move {
        let name = {
            let mut kernel = cpu.k();
            usb::unplug(&mut kernel, pdo)?;
            kernel.node_of(pdo).map(|(name, _)| name.to_owned())
        };
        let Some(name) = name else { return Ok(()) };
        match remove::surprise_removal(&cpu, &name, true).await {
            // A script was faster.
            Ok(_) | Err(Stop::Script(_)) => Ok(()),
            Err(stop) => Err(stop),
        }
    });
}
