//! The models by name.

use alloc::boxed::Box;

use crate::{
    DeviceModel, Speed,
    descriptor::{BuildError, Flaw},
    fallible,
    function::Function,
    models::{
        composite, hostile, loopback,
        obstinate::{self, Obstinate},
    },
};

/// Why there is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No model has this name; [`names`] lists those that exist.
    UnknownName,
    /// Memory ran out.
    OutOfMemory,
}

/// One entry.
struct Entry {
    name: &'static str,
    about: &'static str,
    make: fn() -> Made,
}

type Made = Result<Box<dyn DeviceModel>, ModelError>;

fn made<F: Function + 'static>(device: Result<crate::device::Device<F>, BuildError>) -> Made {
    // The models here are legal, so nothing but memory can be missing; a test makes every one of them.
    let device = device.map_err(|_| ModelError::OutOfMemory)?;
    fallible::boxed(device).map_err(|_| ModelError::OutOfMemory)
}

fn flawed(flaw: Flaw) -> Made {
    made(hostile::device(Speed::High, flaw))
}

fn stubborn(how: Obstinate) -> Made {
    made(obstinate::device(Speed::High, how))
}

const ENTRIES: &[Entry] = &[
    Entry {
        name: "loopback-hs",
        about: "bulk loopback, high speed",
        make: || made(loopback::device(Speed::High)),
    },
    Entry {
        name: "loopback-fs",
        about: "bulk loopback, full speed",
        make: || made(loopback::device(Speed::Full)),
    },
    Entry {
        name: "loopback-ss",
        about: "bulk loopback, SuperSpeed",
        make: || made(loopback::device(Speed::Super)),
    },
    Entry {
        name: "composite",
        about: "two functions, interface numbers 2 and 5",
        make: || made(composite::device(Speed::High)),
    },
    Entry { name: "nak", about: "answers NAK for ever", make: || stubborn(Obstinate::Nak) },
    Entry { name: "stall", about: "answers STALL on every endpoint", make: || stubborn(Obstinate::Stall) },
    Entry { name: "short", about: "ends every read after 5 bytes", make: || stubborn(Obstinate::Short(5)) },
    Entry { name: "empty", about: "ends every read after 0 bytes", make: || stubborn(Obstinate::Short(0)) },
    Entry { name: "babble", about: "sends whole packets to any read", make: || stubborn(Obstinate::TooMuch) },
    Entry {
        name: "control-stall",
        about: "answers STALL to every vendor request",
        make: || stubborn(Obstinate::ControlStall),
    },
    Entry {
        name: "interface-length-0",
        about: "interface descriptor with bLength 0",
        make: || flawed(Flaw::InterfaceLength(0)),
    },
    Entry {
        name: "interface-length-1",
        about: "interface descriptor with bLength 1",
        make: || flawed(Flaw::InterfaceLength(1)),
    },
    Entry {
        name: "endpoint-length-0",
        about: "endpoint descriptor with bLength 0",
        make: || flawed(Flaw::EndpointLength(0)),
    },
    Entry {
        name: "endpoint-length-255",
        about: "endpoint descriptor that goes past the end",
        make: || flawed(Flaw::EndpointLength(255)),
    },
    Entry {
        name: "total-too-large",
        about: "wTotalLength 1000 bytes too large",
        make: || flawed(Flaw::TotalTooLarge(1000)),
    },
    Entry {
        name: "total-too-small",
        about: "wTotalLength cuts the last endpoint",
        make: || flawed(Flaw::TotalTooSmall(4)),
    },
    Entry {
        name: "interfaces-33",
        about: "33 interfaces, which is legal",
        make: || flawed(Flaw::Interfaces(33)),
    },
    Entry { name: "empty-packet", about: "endpoint with packet size 0", make: || flawed(Flaw::EmptyPacket) },
    Entry {
        name: "truncated-0",
        about: "no configuration descriptor at all",
        make: || flawed(Flaw::TruncatedAt(0)),
    },
    Entry {
        name: "truncated-8",
        about: "configuration descriptor ends in its header",
        make: || flawed(Flaw::TruncatedAt(8)),
    },
    Entry {
        name: "truncated-20",
        about: "configuration descriptor ends in an endpoint",
        make: || flawed(Flaw::TruncatedAt(20)),
    },
    Entry {
        name: "changing",
        about: "other descriptors at every second read",
        make: || flawed(Flaw::ChangesBetweenReads),
    },
    Entry {
        name: "endpoint-missing",
        about: "bNumEndpoints one too large",
        make: || flawed(Flaw::EndpointMissing),
    },
    Entry {
        name: "interface-missing",
        about: "bNumInterfaces one too large",
        make: || flawed(Flaw::InterfaceMissing),
    },
    Entry {
        name: "endpoint-twice",
        about: "the same endpoint address twice",
        make: || flawed(Flaw::EndpointTwice),
    },
];

/// Makes the model with this name, attached and not configured.
///
/// # Errors
///
/// [`ModelError`].
pub fn by_name(name: &str) -> Made {
    let entry = ENTRIES.iter().find(|entry| entry.name == name).ok_or(ModelError::UnknownName)?;
    (entry.make)()
}

/// The names that [`by_name`] knows, each with a line that says what the device is.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENTRIES.iter().map(|entry| (entry.name, entry.about))
}
