//! References to objects.

use nt_trace::event::{Actor, ObjectDereferenced, ObjectReferenced};

use super::{
    Kernel, answer,
    bug_check::{REFERENCE_BY_POINTER, bug_check},
    export::{Args, Export, Handler, Returns},
};
use crate::{
    abi::{
        UNICODE_STRING,
        status::{STATUS_INFO_LENGTH_MISMATCH, STATUS_SUCCESS},
    },
    mem::Addr,
    sched::{DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `ObfReferenceObject` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "ObfReferenceObject",
        REFERENCE,
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(reference),
    ),
    Export::new(
        "ObReferenceObject",
        REFERENCE,
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(reference),
    ),
    Export::new(
        "ObfDereferenceObject",
        DEREFERENCE,
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(dereference),
    ),
    Export::new(
        "ObDereferenceObject",
        DEREFERENCE,
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(dereference),
    ),
    Export::new(
        "ObQueryNameString",
        "ntifs/nf-ntifs-obquerynamestring",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_INFO_LENGTH_MISMATCH.0],
        Handler::Sync(query_name),
    ),
];

const REFERENCE: &str = "wdm/nf-wdm-obreferenceobject";
const DEREFERENCE: &str = "wdm/nf-wdm-obdereferenceobject";

impl Kernel {
    /// The driver takes a reference to a device or file object.
    ///
    /// # Errors
    /// When it is neither.
    pub fn driver_reference(&mut self, object: Addr) -> Result<u32, Stop> {
        let site = self.site();
        let count = if let Some(device) = self.io.devices.get_mut(&object) {
            device.references += 1;
            device.referenced_at = site;
            device.driver_references += 1;
            device.driver_references
        } else if let Some(file) = self.io.user.files.get_mut(&object) {
            file.references += 1;
            file.referenced_at = site;
            file.driver_references += 1;
            file.driver_references
        } else {
            return self.reference_thread(object).ok_or_else(|| self.no_object(object));
        };
        let object = self.object(object);
        self.emit(ObjectReferenced { object, by: Actor::Driver, count });
        Ok(count)
    }

    /// The driver gives a reference back.
    ///
    /// # Errors
    /// When it has none, or the object is neither a device nor a file object.
    pub fn driver_dereference(&mut self, object: Addr) -> Result<u32, Stop> {
        let held = if let Some(device) = self.io.devices.get_mut(&object) {
            &mut device.driver_references
        } else if let Some(file) = self.io.user.files.get_mut(&object) {
            &mut file.driver_references
        } else {
            let count = self.dereference_thread(object)?;
            return count.ok_or_else(|| self.no_object(object));
        };
        let Some(count) = held.checked_sub(1) else {
            let text = format!("{} is dereferenced more often than referenced", self.object(object));
            return Err(bug_check(REFERENCE_BY_POINTER, 0, text));
        };
        *held = count;
        let name = self.object(object);
        self.emit(ObjectDereferenced { object: name, by: Actor::Driver, count });
        if self.io.devices.contains_key(&object) {
            self.reference_device(object, false)?;
        } else {
            self.release_file(object);
        }
        Ok(count)
    }

    fn no_object(&self, object: Addr) -> Stop {
        let text = format!("{object} ({}) is no object that can be referenced", self.object(object));
        bug_check(REFERENCE_BY_POINTER, 0, text)
    }
}

fn reference(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let object = args.pointer(kernel, 0)?;
    kernel.driver_reference(object).map(u64::from)
}

fn dereference(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let object = args.pointer(kernel, 0)?;
    kernel.driver_dereference(object).map(u64::from)
}

/// No object here has a name, and the answer to that is an empty one.
fn query_name(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (information, length) = (args.pointer(kernel, 1)?, args.ulong(kernel, 2)?);
    let out = args.pointer(kernel, 3)?;
    let needed = size_of::<UNICODE_STRING>() as u32;
    kernel.mem.write(out, &needed)?;
    if length < needed {
        return Ok(answer(STATUS_INFO_LENGTH_MISMATCH));
    }
    kernel.mem.write(information, &UNICODE_STRING::new(0, 0, Addr::NULL))?;
    Ok(answer(STATUS_SUCCESS))
}
