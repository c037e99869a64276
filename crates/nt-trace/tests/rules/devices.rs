//! Traces that break the rules about device objects.

use crate::Case;
use crate::life::*;
use nt_trace::event::*;
use nt_trace::names::{mj, pnp};

pub const CASES: &[Case] = &[
    ("AddDevice", "", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.push(DeviceAttached { device: FDO, to: PDO, target: PDO, by: Actor::Driver });
        });
    }),
    ("PnpSameDeviceObject", "", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            let other = ObjectId::new(ObjectKind::Device, 7);
            life.create_device().push(DeviceAttached {
                device: FDO,
                to: PDO,
                target: other,
                by: Actor::Driver,
            });
            life.flags(0, 0);
        });
    }),
    ("AddDeviceUnwind", "", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, FAILED, |life| {
            life.create_device();
        });
    }),
    ("InitNotCleared", "0xC9/0x243", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().attach();
        });
    }),
    ("DeviceFlagsNotCopied", "0xC9/0x244", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().attach().flags(0, 0x10);
        });
    }),
    ("DeviceFlagsNotCopied", "0xC9/0x245", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().attach().flags(0x14, 0x10);
        });
    }),
    ("DeviceFlagsNotCopied", "0xC9/0x23F", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().attach().flags(0x10, 0x2010);
        });
    }),
    ("DeleteDevice", "0xC9/0x21D", |life| {
        removal(life, |_| {});
    }),
    ("DeleteDevice", "0xC9/0x21E", |life| {
        removal(life, |life| {
            life.detach();
        });
    }),
    ("DeleteDevice", "0xC9/0x201", |life| {
        removal(life, |life| {
            life.delete();
        });
    }),
    ("DeleteDevice", "0xC9/0x202", |life| {
        removal(life, |life| {
            life.detach().detach().delete();
        });
    }),
    ("DeleteDevice", "0xC9/0x240", |life| {
        removal(life, |life| {
            life.detach().delete().delete();
        });
    }),
    ("DeleteDevice", "", |life| {
        *life = Life::started();
        life.free_urb().remove_with(|life, irp| {
            life.acquire(irp).interface(false).close_handle();
            life.push(StackSkipped { irp })
                .send(irp, mj::PNP, pnp::REMOVE_DEVICE)
                .wait_for_lock(irp)
                .detach();
            life.completed(irp, Actor::Below, OK)
                .finished(irp, OK)
                .returned(irp, OK)
                .free_interface()
                .delete();
        });
    }),
    ("DeleteDevice", "0xC9/0x21E", |life| {
        life.load().create_device().unload();
    }),
    ("PnpSurpriseRemove", "0xC9/0x241", |life| {
        surprise(life, |life| {
            life.detach();
        });
    }),
    ("PnpSurpriseRemove", "0xC9/0x242", |life| {
        life.load().callback(Callback::AddDevice { pdo: PDO }, OK, |life| {
            life.create_device().flags(0, 0);
        });
        life.dispatch(mj::PNP, pnp::SURPRISE_REMOVAL, OK, |life, irp| {
            life.acquire(irp).pass_down(irp, mj::PNP, pnp::SURPRISE_REMOVAL, OK).release(irp).delete();
        });
    }),
    ("InterfaceEnabledAtRemove", "", |life| {
        *life = Life::started();
        life.free_urb().remove_with(|life, irp| {
            life.acquire(irp)
                .close_handle()
                .pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK)
                .wait_for_lock(irp);
            life.detach().free_interface().delete();
        });
    }),
];

/// A good removal with `take_down` in place of detach and delete.
fn removal(life: &mut Life, take_down: impl FnOnce(&mut Life)) {
    *life = Life::started();
    life.free_urb().remove_with(|life, irp| {
        life.acquire(irp).interface(false).close_handle();
        life.pass_down(irp, mj::PNP, pnp::REMOVE_DEVICE, OK).wait_for_lock(irp).free_interface();
        take_down(life);
    });
}

fn surprise(life: &mut Life, extra: impl FnOnce(&mut Life)) {
    *life = Life::started();
    life.dispatch(mj::PNP, pnp::SURPRISE_REMOVAL, OK, |life, irp| {
        life.acquire(irp).interface(false).pass_down(irp, mj::PNP, pnp::SURPRISE_REMOVAL, OK).release(irp);
        extra(life);
    });
}
