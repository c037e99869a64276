//! What happens around the driver, and how it ends.

use super::payload::payloads;
use crate::object::ObjectId;
use crate::value::{NtStatus, Site, Text};

payloads! {
    /// A step of the script.
    Step {
        /// The step in words.
        text: Text,
    }
    /// The driver's image is loaded.
    DriverLoaded {
        /// The driver object.
        driver: ObjectId,
        /// The image's name.
        name: Text,
    }
    /// DriverEntry has succeeded; what it left in the driver object.
    DispatchTable {
        /// The driver object.
        driver: ObjectId,
        /// One bit for each major function that has a routine of the driver's.
        majors: u32,
        /// Whether there is an `AddDevice`.
        add_device: bool,
    }
    /// The driver's image is unloaded.
    DriverUnloaded {
        /// The driver object.
        driver: ObjectId,
    }
    /// A device is plugged in.
    Plugged {
        /// Its physical device object.
        pdo: ObjectId,
        /// What it is.
        model: Text,
    }
    /// A device is pulled.
    Unplugged {
        /// Its physical device object.
        pdo: ObjectId,
    }
    /// The PnP manager moves a device to another state.
    PnpState {
        /// The physical device object.
        pdo: ObjectId,
        /// The state's name.
        state: Text,
    }
    /// A file object is opened.
    FileOpened {
        /// The file object.
        file: ObjectId,
        /// The device object opened.
        device: ObjectId,
        /// The result.
        status: NtStatus,
    }
    /// The last handle of a file object is closed.
    FileCleanup {
        /// The file object.
        file: ObjectId,
    }
    /// The last reference of a file object is gone.
    FileClosed {
        /// The file object.
        file: ObjectId,
    }
    /// The plan made a fallible call fail.
    FailureInjected {
        /// The routine.
        routine: Text,
        /// What it answers.
        status: NtStatus,
    }
    /// The machine stops.
    BugCheck {
        /// The bug check code.
        code: u32,
        /// Its parameters.
        parameters: [u64; 4],
        /// What it means, in words.
        text: Text,
    }
    /// Something is left when the driver unloads.
    Leak {
        /// What is left.
        object: ObjectId,
        /// In words: size and tag, or kind.
        what: Text,
        /// Where the driver got it.
        allocated_at: Option<Site>,
    }
    /// The driver unloads, and something may still call into its image: a timer, a DPC, a thread.
    PendingAtUnload {
        /// What may.
        object: ObjectId,
        /// In words.
        what: Text,
    }
    /// The driver touched memory that it may not touch.
    Fault {
        /// The object the address belongs to or lies next to.
        object: ObjectId,
        /// Offset from the object's start.
        offset: i64,
        /// A write; otherwise a read, or an instruction fetch if `execute`.
        write: bool,
        /// An instruction fetch.
        execute: bool,
        /// The driver gave the object to somebody else and does not have it back.
        #[serde(default)]
        given_away: bool,
        /// In words.
        text: Text,
    }
    /// Nobody can run and somebody waits.
    Deadlock {
        /// Who waits for what.
        text: Text,
    }
    /// A bound on simulated time, steps or processor time is passed.
    Livelock {
        /// What went on.
        text: Text,
    }
}
