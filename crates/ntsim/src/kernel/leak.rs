//! What a driver left behind when it was unloaded.

use nt_trace::{
    ObjectId, PoolTag,
    event::{IrpOrigin, Leak},
};

use super::Kernel;
use crate::mem::Addr;

/// One thing that was not given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it is.
    pub object: ObjectId,
    /// In words.
    pub what: String,
    /// Where the call that gave it returns to.
    pub site: Addr,
}

impl Kernel {
    /// Looks for what the driver did not give back, and records each thing as a leak.
    pub fn check_leaks(&mut self) -> Vec<Left> {
        let mut left = self.left_memory();
        left.extend(self.left_objects());
        left.extend(self.usb.left());
        left.extend(self.ndis.left());
        for one in &left {
            let allocated_at = self.site_of(one.site);
            self.emit_at(None, Leak { object: one.object, what: one.what.clone().into(), allocated_at });
        }
        left
    }

    /// Pool, IRPs, MDLs, work items, interface strings.
    fn left_memory(&self) -> Vec<Left> {
        let blocks = self.pool.blocks.values();
        let blocks = blocks.filter_map(|block| {
            let what = if block.id.kind == nt_trace::ObjectKind::Interface {
                "symbolic link string of a device interface".to_owned()
            } else if block.of_driver {
                format!("{} bytes of pool, tag {}", block.size, PoolTag(block.tag))
            } else {
                return None;
            };
            Some(Left { object: block.id, what, site: block.site })
        });
        let own = |origin| {
            matches!(
                origin,
                IrpOrigin::Allocated
                    | IrpOrigin::BuiltDeviceControl
                    | IrpOrigin::BuiltAsynchronous
                    | IrpOrigin::BuiltSynchronous
            )
        };
        let irps = self.io.irps.values().filter(|irp| own(irp.origin));
        let irps = irps.map(|irp| Left { object: irp.id, what: "IRP".into(), site: irp.site });
        let mdls = self.io.mdls.values().filter(|mdl| mdl.of_driver);
        let mdls = mdls.map(|mdl| Left { object: mdl.id, what: "MDL".into(), site: mdl.site });
        let items = self.io.work_items.values();
        let items = items.map(|item| Left { object: item.id, what: "work item".into(), site: item.site });
        blocks.chain(irps).chain(mdls).chain(items).collect()
    }

    /// Device objects, references, handles, trace providers, resources.
    fn left_objects(&mut self) -> Vec<Left> {
        let mut left = Vec::new();
        for device in self.io.devices.values() {
            if device.by == nt_trace::event::Actor::Driver && !device.deleted {
                left.push(Left { object: device.id, what: "device object".into(), site: device.site });
            }
            if device.driver_references > 0 {
                let what = format!("{} references to a device object", device.driver_references);
                left.push(Left { object: device.id, what, site: device.referenced_at });
            }
        }
        for file in self.io.user.files.values() {
            if file.driver_references > 0 {
                let what = format!("{} references to a file object", file.driver_references);
                left.push(Left { object: file.id, what, site: file.referenced_at });
            }
        }
        for key in self.io.registry.handles.values() {
            left.push(Left { object: key.id, what: "handle of a registry key".into(), site: key.site });
        }
        for provider in self.etw.providers.values() {
            let what = format!("registration of trace provider {}", provider.guid);
            left.push(Left { object: provider.id, what, site: provider.site });
        }
        for (object, site) in self.open_thread_handles() {
            left.push(Left { object, what: "handle of a thread".into(), site });
        }
        for (object, count, site) in self.referenced_threads() {
            left.push(Left { object, what: format!("{count} references to a thread"), site });
        }
        for link in self.links_left() {
            left.push(Left {
                object: ObjectId::NONE,
                what: format!("symbolic link {link}"),
                site: Addr::NULL,
            });
        }
        for (resource, site) in self.resources_left() {
            let object = self.name_of(resource, nt_trace::ObjectKind::Lock);
            left.push(Left { object, what: "resource that was not deleted".into(), site });
        }
        left
    }
}
