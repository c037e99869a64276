//! What drivers report to the PnP manager.

use super::{NodeState, irp, node, remove};
use crate::{
    mem::Addr,
    sched::{Cpu, PASSIVE_LEVEL, Sched},
    stop::Stop,
};

/// Starts the thread that answers `IoInvalidateDeviceState` with a query for the device's state. A device that
/// says it has failed is removed.
///
/// Page: `wdm/nf-wdm-ioinvalidatedevicestate`.
pub fn serve(sched: &mut Sched) {
    sched.spawn("PnP manager: events", PASSIVE_LEVEL, |cpu| async move {
        loop {
            let reported = std::mem::take(&mut cpu.k().io.invalidated);
            for pdo in reported {
                query(&cpu, pdo).await?;
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
