//! The models by name.

use alloc::boxed::Box;

use crate::{
    DeviceModel, Speed,
    descriptor::{BuildError, Flaw, mutation},
    fallible,
    function::Function,
    models::{
        audio, camera, composite, eeprom, hid, hostile, iso_loopback, loopback,
        obstinate::{self, Obstinate},
        settings, stream_loopback, uas, wide,
    },
};

/// Why there is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No model has this name; [`names`] lists those that exist.
    UnknownName,
    /// What follows the name is no edit; [`mutation`] has those that there are.
    UnknownEdit,
    /// Memory ran out.
    OutOfMemory,
}

/// One entry.
struct Entry {
    name: &'static str,
    about: &'static str,
    make: fn(&str) -> Made,
}

type Made = Result<Box<dyn DeviceModel>, ModelError>;

fn made<F: Function + 'static>(edits: &str, device: Result<crate::device::Device<F>, BuildError>) -> Made {
    // The models here are legal, so nothing but memory can be missing; a test makes every one of them.
    let mut device = device.map_err(|_| ModelError::OutOfMemory)?;
    for edit in mutation::edits(edits) {
        device.edit(edit.ok_or(ModelError::UnknownEdit)?).map_err(|_| ModelError::OutOfMemory)?;
    }
    fallible::boxed(device).map_err(|_| ModelError::OutOfMemory)
}

fn flawed(edits: &str, flaw: Flaw) -> Made {
    made(edits, hostile::device(Speed::High, flaw))
}

fn stubborn(edits: &str, how: Obstinate) -> Made {
    made(edits, obstinate::device(Speed::High, how))
}

const ENTRIES: &[Entry] = &[
    Entry {
        name: "loopback-hs",
        about: "bulk loopback, high speed",
        make: |edits| made(edits, loopback::device(Speed::High)),
    },
    Entry {
        name: "loopback-fs",
        about: "bulk loopback, full speed",
        make: |edits| made(edits, loopback::device(Speed::Full)),
    },
    Entry {
        name: "loopback-ss",
        about: "bulk loopback, SuperSpeed",
        make: |edits| made(edits, loopback::device(Speed::Super)),
    },
    Entry {
        name: "loopback-30",
        about: "bulk loopback with 27 more endpoints, high speed",
        make: |edits| made(edits, loopback::device_of_30(Speed::High)),
    },
    Entry {
        name: "iso-loopback-fs",
        about: "isochronous loopback, full speed",
        make: |edits| made(edits, iso_loopback::device(Speed::Full)),
    },
    Entry {
        name: "iso-loopback-hs",
        about: "isochronous loopback, high speed",
        make: |edits| made(edits, iso_loopback::device(Speed::High)),
    },
    Entry {
        name: "iso-loopback-ss",
        about: "isochronous loopback, SuperSpeed",
        make: |edits| made(edits, iso_loopback::device(Speed::Super)),
    },
    Entry {
        name: "stream-loopback-ss",
        about: "bulk loopback with 32 streams, SuperSpeed",
        make: |edits| made(edits, stream_loopback::device()),
    },
    Entry {
        name: "uas-ss",
        about: "mass storage with 16 streams (UAS shape, in setting 1), SuperSpeed",
        make: |edits| made(edits, uas::device()),
    },
    Entry {
        name: "camera-fs",
        about: "isochronous IN in three bandwidths, full speed",
        make: |edits| made(edits, camera::device(Speed::Full)),
    },
    Entry {
        name: "camera-hs",
        about: "isochronous IN in three bandwidths, high speed",
        make: |edits| made(edits, camera::device(Speed::High)),
    },
    Entry {
        name: "camera-ss",
        about: "isochronous IN in three bandwidths, SuperSpeed",
        make: |edits| made(edits, camera::device(Speed::Super)),
    },
    Entry {
        name: "audio-fs",
        about: "isochronous OUT with feedback, full speed",
        make: |edits| made(edits, audio::device(Speed::Full)),
    },
    Entry {
        name: "audio-hs",
        about: "isochronous OUT with feedback, high speed",
        make: |edits| made(edits, audio::device(Speed::High)),
    },
    Entry {
        name: "hid-ls",
        about: "a report every 4 ms, low speed",
        make: |edits| made(edits, hid::device(Speed::Low)),
    },
    Entry {
        name: "hid-fs",
        about: "a report every 4 ms, full speed",
        make: |edits| made(edits, hid::device(Speed::Full)),
    },
    Entry {
        name: "hid-hs",
        about: "a report every 4 ms, high speed",
        make: |edits| made(edits, hid::device(Speed::High)),
    },
    Entry {
        name: "eeprom-fs",
        about: "64 KiB behind vendor requests, full speed",
        make: |edits| made(edits, eeprom::device(Speed::Full)),
    },
    Entry {
        name: "eeprom-hs",
        about: "64 KiB behind vendor requests, high speed",
        make: |edits| made(edits, eeprom::device(Speed::High)),
    },
    Entry {
        name: "eeprom-ss",
        about: "64 KiB behind vendor requests, SuperSpeed",
        make: |edits| made(edits, eeprom::device(Speed::Super)),
    },
    Entry {
        name: "composite-wide",
        about: "three functions with associations on interfaces 1, 2, 5 and 9",
        make: |edits| made(edits, wide::device(Speed::High)),
    },
    Entry {
        name: "composite",
        about: "two functions, interface numbers 2 and 5",
        make: |edits| made(edits, composite::device(Speed::High)),
    },
    Entry {
        name: "composite-function",
        about: "the part of a composite device that one function's driver sees: interface 2 alone",
        make: |edits| made(edits, composite::function(Speed::High)),
    },
    Entry {
        name: "settings",
        about: "bulk loopback with three configurations and four settings; one of each is refused",
        make: |edits| made(edits, settings::device(Speed::High)),
    },
    Entry { name: "nak", about: "answers NAK for ever", make: |edits| stubborn(edits, Obstinate::Nak) },
    Entry {
        name: "stall",
        about: "answers STALL on every endpoint",
        make: |edits| stubborn(edits, Obstinate::Stall),
    },
    Entry {
        name: "short",
        about: "ends every read after 5 bytes",
        make: |edits| stubborn(edits, Obstinate::Short(5)),
    },
    Entry {
        name: "empty",
        about: "ends every read after 0 bytes",
        make: |edits| stubborn(edits, Obstinate::Short(0)),
    },
    Entry {
        name: "babble",
        about: "sends whole packets to any read",
        make: |edits| stubborn(edits, Obstinate::TooMuch),
    },
    Entry {
        name: "control-stall",
        about: "answers STALL to every vendor request",
        make: |edits| stubborn(edits, Obstinate::ControlStall),
    },
    Entry {
        name: "interface-length-0",
        about: "interface descriptor with bLength 0",
        make: |edits| flawed(edits, Flaw::InterfaceLength(0)),
    },
    Entry {
        name: "interface-length-1",
        about: "interface descriptor with bLength 1",
        make: |edits| flawed(edits, Flaw::InterfaceLength(1)),
    },
    Entry {
        name: "endpoint-length-0",
        about: "endpoint descriptor with bLength 0",
        make: |edits| flawed(edits, Flaw::EndpointLength(0)),
    },
    Entry {
        name: "endpoint-length-255",
        about: "endpoint descriptor that goes past the end",
        make: |edits| flawed(edits, Flaw::EndpointLength(255)),
    },
    Entry {
        name: "total-too-large",
        about: "wTotalLength 1000 bytes too large",
        make: |edits| flawed(edits, Flaw::TotalTooLarge(1000)),
    },
    Entry {
        name: "total-too-small",
        about: "wTotalLength cuts the last endpoint",
        make: |edits| flawed(edits, Flaw::TotalTooSmall(4)),
    },
    Entry {
        name: "interfaces-33",
        about: "33 interfaces, which is legal",
        make: |edits| flawed(edits, Flaw::Interfaces(33)),
    },
    Entry {
        name: "empty-packet",
        about: "endpoint with packet size 0",
        make: |edits| flawed(edits, Flaw::EmptyPacket),
    },
    Entry {
        name: "truncated-0",
        about: "no configuration descriptor at all",
        make: |edits| flawed(edits, Flaw::TruncatedAt(0)),
    },
    Entry {
        name: "truncated-8",
        about: "configuration descriptor ends in its header",
        make: |edits| flawed(edits, Flaw::TruncatedAt(8)),
    },
    Entry {
        name: "truncated-20",
        about: "configuration descriptor ends in an endpoint",
        make: |edits| flawed(edits, Flaw::TruncatedAt(20)),
    },
    Entry {
        name: "changing",
        about: "other descriptors at every second read",
        make: |edits| flawed(edits, Flaw::ChangesBetweenReads),
    },
    Entry {
        name: "endpoint-missing",
        about: "bNumEndpoints one too large",
        make: |edits| flawed(edits, Flaw::EndpointMissing),
    },
    Entry {
        name: "interface-missing",
        about: "bNumInterfaces one too large",
        make: |edits| flawed(edits, Flaw::InterfaceMissing),
    },
    Entry {
        name: "endpoint-twice",
        about: "the same endpoint address twice",
        make: |edits| flawed(edits, Flaw::EndpointTwice),
    },
];

/// Makes the model with this name, attached and not configured. A colon and edits of its descriptors may follow the
/// name, as [`mutation`] says: `loopback-hs:c12=ff`.
///
/// # Errors
///
/// [`ModelError`].
pub fn by_name(name: &str) -> Made {
    let (name, edits) = name.split_once(':').unwrap_or((name, ""));
    let entry = ENTRIES.iter().find(|entry| entry.name == name).ok_or(ModelError::UnknownName)?;
    (entry.make)(edits)
}

/// The names that [`by_name`] knows, each with a line that says what the device is.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENTRIES.iter().map(|entry| (entry.name, entry.about))
}
