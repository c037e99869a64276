//! The steps of a script.

use serde::{Deserialize, Serialize};

use super::{
    Bytes, Code, Expectation, Expected, Ioctl, Loopback, Open, Plug, PnpOperation, PowerOperation, Race,
};
use crate::pnp::FilterFailure;

/// One thing that a script does or expects. Devices, files and requests have names that the script gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Says something in the trace.
    Say {
        /// What.
        text: String,
    },
    /// Plugs a device in. Goes on when the PnP manager is done with it.
    Plug(Plug),
    /// Pulls a device. Goes on when every driver had `IRP_MN_SURPRISE_REMOVAL`, and `IRP_MN_REMOVE_DEVICE`
    /// too if no file is open.
    Unplug {
        /// The device.
        device: String,
    },
    /// Opens the device.
    Open(Open),
    /// Makes a second handle for the file of another.
    Duplicate {
        /// The handle that exists.
        file: String,
        /// The name of the new one.
        handle: String,
    },
    /// Closes a handle.
    Close {
        /// The handle.
        file: String,
    },
    /// Ends a process: its requests are cancelled, its handles closed.
    ExitProcess {
        /// Its name.
        process: String,
    },
    /// Makes a device control request and waits for its end.
    Ioctl {
        /// What is asked.
        #[serde(flatten)]
        ioctl: Ioctl,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// Starts a device control request and goes on.
    Submit {
        /// The name of the request.
        request: String,
        /// What is asked.
        #[serde(flatten)]
        ioctl: Ioctl,
    },
    /// `ReadFile`, and waits for its end.
    ReadFile {
        /// The handle.
        file: String,
        /// How many bytes.
        length: u32,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// `WriteFile`, and waits for its end.
    WriteFile {
        /// The handle.
        file: String,
        /// What.
        data: Bytes,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// Waits for the end of a request.
    Wait {
        /// The request.
        request: String,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// `CancelIoEx` for a request.
    Cancel {
        /// The request.
        request: String,
    },
    /// `CancelIoEx` for every request of a handle's file.
    CancelFile {
        /// The handle.
        file: String,
    },
    /// Sends pseudo-random bytes through the device and compares what comes back, byte for byte.
    Loopback(Loopback),
    /// The PnP manager does something with a device.
    Pnp {
        /// The device.
        device: String,
        /// What.
        operation: PnpOperation,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// A driver above sends a request that user mode cannot make, or that has no file.
    Send {
        /// The device.
        device: String,
        /// `IRP_MJ_*`
        major: u8,
        /// The control code, for a major code that has one.
        #[serde(default = "no_code")]
        code: Code,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// The system shuts down: every stack that asked for it gets `IRP_MJ_SHUTDOWN`. What follows on Windows does
    /// not.
    Shutdown,
    /// Something happens to the power of the system or of a device.
    Power {
        /// What.
        operation: PowerOperation,
        /// How it must end.
        #[serde(default)]
        expect: Expected,
    },
    /// The filter above the driver answers one PnP IRP of a kind with a failure, once. May be said before the
    /// device is plugged in.
    FilterFails {
        /// The device.
        device: String,
        /// Which, and where.
        failure: FilterFailure,
    },
    /// Turns one of the USB stack's verifier settings on or off.
    Knob {
        /// Which.
        knob: Knob,
        /// On or off.
        on: bool,
    },
    /// Writes a value to the `Parameters` key of the driver's service. Read when a device is enumerated.
    Registry {
        /// One of [`crate::usb::Knobs::NAMES`].
        value: String,
        /// The `REG_DWORD`.
        data: u32,
    },
    /// Puts a file on the disk, where a miniport driver finds it, in place of what was there under this name.
    File {
        /// Its whole name in the system's object namespace.
        name: String,
        /// What is in it.
        contents: Bytes,
    },
    /// A session begins to listen to event providers, or listens to other events from now on.
    Trace {
        /// The highest level that it wants, `TRACE_LEVEL_*`; without it, every level.
        #[serde(default)]
        level: u8,
        /// Keywords of which an event must have one; without it, any.
        #[serde(default = "every_keyword")]
        keywords: u64,
    },
    /// The session ends.
    EndTrace,
    /// Does a step as far as it can be done now: what the PnP manager refuses, and a name that nothing has, are no
    /// difference from the script.
    Try {
        /// The step.
        step: Box<Self>,
    },
    /// Makes a call of a routine fail.
    FailCall {
        /// The routine's documented name.
        routine: String,
        /// Which call, counted from now on, from 1.
        nth: u32,
        /// The status it fails with; without it, the first that its documentation names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<nt_trace::NtStatus>,
    },
    /// Somebody does something to the device itself.
    Poke {
        /// The device.
        device: String,
        /// What.
        poke: Poke,
    },
    /// Lets time pass.
    Sleep {
        /// How long, in microseconds of simulated time.
        microseconds: u64,
    },
    /// Looks whether something is as it must be.
    Expect(Expectation),
    /// Does several things at once.
    Race(Race),
    /// Unloads the driver, which must have no devices left, and looks for leaks.
    Unload,
}

/// Settings with Microsoft's names that make the USB stack fail requests, and what Driver Verifier does to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Knob {
    /// `UsbVerifierFailRegistration`: `USBD_CreateHandle` fails.
    UsbVerifierFailRegistration,
    /// `UsbVerifierFailChainedMdlSupport`: the capability is denied.
    UsbVerifierFailChainedMdlSupport,
    /// `UsbVerifierFailStaticStreamsSupport`: the capability is denied.
    UsbVerifierFailStaticStreamsSupport,
    /// `UsbVerifierEnabled`: what is left when a device is removed stops the machine.
    UsbVerifierEnabled,
    /// `UsbVerifierStaticStreamCountOverride`: another number of streams.
    UsbVerifierStaticStreamCountOverride,
    /// `UsbVerifierFailEnableStaticStreams`: the request to open streams fails.
    UsbVerifierFailEnableStaticStreams,
    /// Enhanced I/O verification of Driver Verifier: the status of PnP and power IRPs that succeed is another
    /// success, and the filter above sends requests that nobody knows.
    EnhancedIoVerification,
}

/// What somebody can do to a device that is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Poke {
    /// The endpoint answers STALL until it is reset.
    Halt {
        /// The endpoint's address.
        endpoint: u8,
    },
    /// The endpoint answers NAK for as long as this is on.
    Nak {
        /// The endpoint's address.
        endpoint: u8,
        /// On or off.
        on: bool,
    },
    /// The device answers nothing any more.
    Mute,
    /// The cable is out, and the PnP manager does not know yet: an `Unplug` tells it.
    Pull,
    /// The hub cycles the port, as `IOCTL_INTERNAL_USB_CYCLE_PORT` makes it.
    CyclePort,
}

impl Step {
    /// The step in a few words, for the trace.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Say { text } => text.clone(),
            Self::Plug(plug) => format!("plug {}, {}", plug.device, plug.model),
            Self::Unplug { device } => format!("unplug {device}"),
            Self::Open(open) => format!("open {} as {}", open.device, open.file),
            Self::Duplicate { file, handle } => format!("duplicate {file} as {handle}"),
            Self::Close { file } => format!("close {file}"),
            Self::ExitProcess { process } => format!("{process} ends"),
            Self::Ioctl { ioctl, .. } => format!("{} of {}", name(ioctl), ioctl.file),
            Self::Submit { request, ioctl } => format!("{} of {}: {request}", name(ioctl), ioctl.file),
            Self::ReadFile { file, length, .. } => format!("read {length} bytes of {file}"),
            Self::WriteFile { file, data, .. } => format!("write {} bytes to {file}", data.len()),
            Self::Wait { request, .. } => format!("wait for {request}"),
            Self::Cancel { request } => format!("cancel {request}"),
            Self::CancelFile { file } => format!("cancel everything of {file}"),
            Self::Loopback(run) => format!("loopback of {}", nt_trace::view::bytes(run.bytes)),
            Self::Pnp { device, operation, .. } => format!("{operation:?} of {device}"),
            Self::Send { device, major, .. } => {
                format!("{} from above to {device}", nt_trace::names::request(*major, 0))
            }
            Self::Shutdown => "the system shuts down".into(),
            Self::Power { operation, .. } => operation.text(),
            Self::FilterFails { device, failure } => {
                format!("the filter above {device} will fail {:?}", failure.what)
            }
            Self::Knob { knob, on } => format!("{knob:?} {}", if *on { "on" } else { "off" }),
            Self::Registry { value, data } => format!("{value} is {data:#x}"),
            Self::File { name, contents } => format!("{name} is on the disk, {} bytes", contents.len()),
            Self::Trace { level, keywords } => {
                format!("a session listens to level {level}, keywords {keywords:#x}")
            }
            Self::EndTrace => "the session ends".into(),
            Self::Try { step } => format!("if possible: {}", step.text()),
            Self::FailCall { routine, nth, .. } => format!("call {nth} of {routine} will fail"),
            Self::Poke { device, poke } => format!("{device}: {poke:?}"),
            Self::Sleep { microseconds } => format!("{microseconds} us pass"),
            Self::Expect(expectation) => format!("expected: {}", expectation.text()),
            Self::Race(race) => format!("{} things at once", race.branches.len()),
            Self::Unload => "unload the driver".into(),
        }
    }
}

const fn every_keyword() -> u64 {
    u64::MAX
}

const fn no_code() -> Code {
    Code(0)
}

fn name(ioctl: &Ioctl) -> String {
    ioctl.code.name().map_or_else(|| format!("control code {:#x}", ioctl.code.0), Into::into)
}
