//! Routines that answer a question about the system, or a small wish.

use super::{
    Kernel, answer,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
};
use crate::{
    abi::status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS},
    mem::{Addr, Fill},
    sched::{APC_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

/// `PsGetVersion` and what has no place elsewhere.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "PsGetVersion",
        "ntddk/nf-ntddk-psgetversion",
        PASSIVE_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(ps_get_version),
    ),
    Export::new(
        "RtlGetVersion",
        "wdm/nf-wdm-rtlgetversion",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(rtl_get_version),
    ),
    Export::new(
        "IoIsWdmVersionAvailable",
        "wdm/nf-wdm-ioiswdmversionavailable",
        PASSIVE_LEVEL,
        Returns::Boolean,
        &[],
        Handler::Sync(wdm_version),
    ),
    Export::new(
        "IoGetConfigurationInformation",
        "ntddk/nf-ntddk-iogetconfigurationinformation",
        PASSIVE_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(configuration),
    ),
    Export::new(
        "IoGetDeviceToVerify",
        "ntddk/nf-ntddk-iogetdevicetoverify",
        DISPATCH_LEVEL,
        Returns::Pointer,
        &[],
        Handler::Sync(|_, _| Ok(0)),
    ),
    Export::new(
        "ExUuidCreate",
        "ntddk/nf-ntddk-exuuidcreate",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(uuid_create),
    ),
    Export::new(
        "ObGetObjectSecurity",
        "ntifs/nf-ntifs-obgetobjectsecurity",
        APC_LEVEL,
        Returns::Status,
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Sync(get_security),
    ),
    Export::new(
        "ObReleaseObjectSecurity",
        "ntifs/nf-ntifs-obreleaseobjectsecurity",
        APC_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|_, _| Ok(0)),
    ),
    Export::new(
        "KeQuerySystemTimePrecise",
        "wdm/nf-wdm-kequerysystemtimeprecise",
        HIGH_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(system_time),
    ),
    Export::new(
        "KeQueryTimeIncrement",
        "wdm/nf-wdm-kequerytimeincrement",
        HIGH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(|_, _| Ok(TIME_INCREMENT)),
    ),
    Export::new(
        "KeQueryActiveProcessorCount",
        "wdm/nf-wdm-kequeryactiveprocessorcount",
        DISPATCH_LEVEL,
        Returns::Number,
        &[],
        Handler::Sync(processors),
    ),
];

/// Windows 10, version 2004: the oldest that the driver is for.
const VERSION: (u32, u32, u32) = (10, 0, 19041);
/// Units of 100 ns that the system's clock is moved on by.
pub(super) const TIME_INCREMENT: u64 = 156_250;

/// Arguments: major, minor and build number, a counted string for the service pack. Each may be NULL.
fn ps_get_version(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (major, minor, build) = VERSION;
    for (index, value) in [(0, major), (1, minor), (2, build)] {
        let at = args.pointer(kernel, index)?;
        if !at.is_null() {
            kernel.mem.write(at, &value)?;
        }
    }
    // A free build.
    Ok(0)
}

/// `RTL_OSVERSIONINFOW`: its size, three numbers, the platform, the service pack.
fn rtl_get_version(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    const PLATFORM_NT: u32 = 2;
    let at = args.pointer(kernel, 0)?;
    let (major, minor, build) = VERSION;
    kernel.mem.write(at.add(4), &[major, minor, build, PLATFORM_NT])?;
    Ok(answer(STATUS_SUCCESS))
}

/// WDM 6.0, which is Windows Vista's, is the last version.
fn wdm_version(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let wanted = (args.byte(kernel, 0)?, args.byte(kernel, 1)?);
    Ok(u64::from(wanted <= (6, 0)))
}

/// `CONFIGURATION_INFORMATION`: how many disks and other devices of old kinds there are, which is none.
fn configuration(kernel: &mut Kernel, _: Args) -> Result<u64, Stop> {
    const SIZE: u32 = 48;
    if kernel.configuration_information.is_null() {
        kernel.configuration_information = kernel.system_allocate(u64::from(SIZE), Fill::Zero)?;
        kernel.mem.write(kernel.configuration_information, &SIZE)?;
        kernel.mem.write(kernel.configuration_information.add(4), &[0_u32; 4])?;
    }
    Ok(kernel.configuration_information.0)
}

/// The same in every run: a number that counts, marked as a random one.
fn uuid_create(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let now = kernel.sched.now;
    kernel.mem.write(at, &now)?;
    kernel.mem.write(at.add(6), &0x4000_u16)?;
    kernel.mem.write(at.add(8), &u64::from(kernel.sched.current().0).to_be().wrapping_add(0x80))?;
    Ok(answer(STATUS_SUCCESS))
}

/// Objects here have no security descriptor, for which the page asks for success and NULL.
fn get_security(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (descriptor, allocated) = (args.pointer(kernel, 1)?, args.pointer(kernel, 2)?);
    if let Some(status) = kernel.fault("ObGetObjectSecurity") {
        return Ok(answer(status));
    }
    kernel.mem.write(descriptor, &Addr::NULL)?;
    kernel.mem.write(allocated, &0_u8)?;
    Ok(answer(STATUS_SUCCESS))
}

fn system_time(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let at = args.pointer(kernel, 0)?;
    let now = kernel.system_time();
    kernel.mem.write(at, &now)?;
    Ok(0)
}

fn processors(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let out = args.pointer(kernel, 0)?;
    let count = u32::from(kernel.sched.processors());
    if !out.is_null() {
        // KAFFINITY: one bit each.
        kernel.mem.write(out, &((1_u64 << count) - 1))?;
    }
    Ok(u64::from(count))
}
