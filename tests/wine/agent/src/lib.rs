//! What the runner asks the agent, and what the agent answers: one line of JSON each.
//!
//! The agent is a Windows program that has a device open, as many programs may. It decides nothing: files, requests
//! and what is expected of them are the runner's.

use serde::{Deserialize, Serialize};

/// What the agent is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Installs a device that the system has no bus for, and the driver that an INF file names for it.
    InstallRoot {
        /// The INF file.
        inf: String,
        /// The device's hardware id.
        id: String,
    },
    /// Removes the device of the last [`Command::InstallRoot`].
    RemoveRoot,
    /// Copies an INF file to where the system looks for drivers of new devices.
    CopyInf {
        /// The INF file.
        inf: String,
    },
    /// Stops a service.
    StopService {
        /// Its name.
        name: String,
    },
    /// Whether a service runs.
    Service {
        /// Its name.
        name: String,
    },
    /// The paths of the device interfaces of a class that are enabled.
    Interfaces {
        /// The class.
        class: [u32; 4],
    },
    /// Opens a file by its Win32 path, for requests that may pend.
    Open {
        /// The path.
        path: String,
        /// For reading.
        read: bool,
        /// For writing.
        write: bool,
    },
    /// `CloseHandle`, whatever the value stands for.
    Close {
        /// The value.
        handle: u64,
    },
    /// `DuplicateHandle` in this process.
    Duplicate {
        /// The handle.
        handle: u64,
    },
    /// Starts a request.
    Start {
        /// The file.
        handle: u64,
        /// What is asked.
        io: Io,
    },
    /// Waits for a request's end.
    Wait {
        /// The request.
        request: u64,
        /// Milliseconds at most.
        milliseconds: u32,
    },
    /// `CancelIoEx`
    Cancel {
        /// The file.
        handle: u64,
        /// The request; without it, every one of the file.
        request: Option<u64>,
    },
    /// How many handles the process has.
    Handles,
    /// Ends the process at once, whatever is open or pending.
    Exit,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Io {
    /// `DeviceIoControl`
    Control {
        /// The control code.
        code: u32,
        /// The first buffer.
        input: Vec<u8>,
        /// The second buffer as it is before.
        output: Vec<u8>,
    },
    /// `ReadFile`
    Read {
        /// How many bytes.
        length: u32,
    },
    /// `WriteFile`
    Write {
        /// What.
        data: Vec<u8>,
    },
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// It failed with a Win32 error.
    Failed(u32),
    /// It failed with a status.
    Refused(u32),
    /// A handle, a request, a number.
    Number(u64),
    /// Yes or no.
    Bool(bool),
    /// Paths.
    Paths(Vec<String>),
    /// A request has ended.
    Ended {
        /// Its NTSTATUS.
        status: u32,
        /// `Information`.
        information: u64,
        /// The second buffer afterwards, or what was read.
        output: Vec<u8>,
    },
    /// A request has not ended.
    Pending,
    /// The command was no command, or names what is not there.
    Confused(String),
}
