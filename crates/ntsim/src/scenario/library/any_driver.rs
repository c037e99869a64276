//! A life that every driver can play, whatever its interface to programs is.

use super::super::{Bytes, DEVICE, Expected, Ioctl, Open, Plug, PnpOperation, Scenario, Step};

const FILE: &str = "file";
/// A control code that no driver defines: `CTL_CODE(FILE_DEVICE_UNKNOWN, 0xFFE, METHOD_BUFFERED, FILE_ANY_ACCESS)`.
const UNKNOWN_CODE: u32 = 0x0022_3FF8;
/// `PowerDeviceD3` and `PowerDeviceD0`
const SLEEP: [u32; 2] = [4, 1];

/// A life for a driver that nothing is known of.
///
/// The device is plugged in, opened, asked what it does not know, queried, rebalanced, put to sleep and woken, disabled and enabled,
/// pulled while open; plugged in again and removed in order. How a request ends is the driver's own business; that
/// it starts is not.
#[must_use]
pub fn any_driver(model: &str) -> Scenario {
    let mut steps = vec![Step::Plug(Plug::new(DEVICE, model)), open()];
    steps.extend([
        Step::Ioctl { ioctl: unknown(), expect: Expected::anything() },
        Step::ReadFile { file: FILE.into(), length: 64, expect: Expected::anything() },
        close(),
    ]);
    steps.extend(
        [
            PnpOperation::QueryCapabilities,
            PnpOperation::QueryPnpDeviceState,
            PnpOperation::QueryBusRelations,
            PnpOperation::UsageNotification { in_path: true },
            PnpOperation::SystemControl { minor: 8 },
            PnpOperation::Minor { minor: 0x7F },
            PnpOperation::CancelStop,
            PnpOperation::Rebalance,
            PnpOperation::CancelRemove,
        ]
        .map(pnp),
    );
    steps.extend(SLEEP.map(|state| pnp(PnpOperation::DevicePower { state, query: false })));
    steps.extend([PnpOperation::Disable, PnpOperation::Enable].map(pnp));
    steps.extend([open(), Step::Submit { request: "request".into(), ioctl: unknown() }]);
    steps.push(Step::Unplug { device: DEVICE.into() });
    steps.extend([Step::Wait { request: "request".into(), expect: Expected::anything() }, close()]);
    steps.push(Step::Plug(Plug::new("again", model)));
    steps.push(Step::Pnp {
        device: "again".into(),
        operation: PnpOperation::OrderlyRemove,
        expect: Expected::anything(),
    });
    steps.push(Step::Unplug { device: "again".into() });
    steps.push(Step::Unload);
    let about = "what the PnP manager, the power manager and user mode do to every device";
    Scenario { name: "any_driver".into(), about: about.into(), steps }
}

fn open() -> Step {
    Step::Try { step: Box::new(Step::Open(Open { expect: Expected::anything(), ..Open::new(DEVICE, FILE) })) }
}

fn close() -> Step {
    Step::Try { step: Box::new(Step::Close { file: FILE.into() }) }
}

fn pnp(operation: PnpOperation) -> Step {
    Step::Pnp { device: DEVICE.into(), operation, expect: Expected::anything() }
}

fn unknown() -> Ioctl {
    Ioctl::new(FILE, UNKNOWN_CODE, Bytes::room(16), Bytes::room(16))
}
