//! Makes a thunk and an export for each name that the driver may import from ntoskrnl.exe, and tells cargo how the
//! module is linked.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

/// What wdk-build tells the linker of a driver; a test in tests/scenarios compares the specimens' copy with it.
const ARGUMENTS: &[&str] = &[
    "/DRIVER",
    "/NODEFAULTLIB",
    "/SUBSYSTEM:NATIVE",
    "/ENTRY:shim_main",
    "/NXCOMPAT",
    "/DYNAMICBASE",
    "/OPT:REF,ICF",
    "/MANIFEST:NO",
];

/// What the shim does itself, because Wine 8 lacks it or only has its name. `src/own` has them.
const OWN: &[&str] = &[
    "EtwRegister",
    "EtwSetInformation",
    "EtwUnregister",
    "EtwWriteTransfer",
    "ExAllocatePool2",
    "IoBuildPartialMdl",
    "IoInvalidateDeviceState",
    "KeFlushQueuedDpcs",
    "KeGetCurrentIrql",
    "KeInitializeDpc",
    "KeQueryInterruptTimePrecise",
    "KeQuerySystemTimePrecise",
    "KeQueryUnbiasedInterruptTime",
    "MmBuildMdlForNonPagedPool",
    "MmMapLockedPagesSpecifyCache",
    "MmUnmapLockedPages",
    "PoRequestPowerIrp",
    "PoSetPowerState",
];

/// What is passed on untold: moving memory is nothing to tell, and the stack probe has a convention of its own.
const FORWARDED: &[&str] = &["__chkstk", "memcmp", "memcpy", "memmove", "memset"];

fn main() -> Result<(), Box<dyn Error>> {
    let list = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../../wdk-linux/imports/ntoskrnl.txt");
    println!("cargo::rerun-if-changed={}", list.display());
    println!("cargo::rerun-if-changed=build.rs");
    for path in wdk_build::Config::from_env_auto()?.library_paths()? {
        println!("cargo::rustc-link-search={}", path.display());
    }
    for argument in ARGUMENTS {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    let list = fs::read_to_string(&list)?;
    let names = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty());
    for name in FORWARDED {
        println!("cargo::rustc-cdylib-link-arg=/EXPORT:{name}=ntoskrnl.exe.{name}");
    }
    let told: Vec<&str> = names.filter(|name| !FORWARDED.contains(name)).collect();
    for name in &told {
        println!("cargo::rustc-cdylib-link-arg=/EXPORT:{name}=told_{name}");
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("thunks.rs"), thunks(&told)?)?;
    Ok(())
}

/// The table of the names, where each goes, and the thunk that the driver calls.
fn thunks(names: &[&str]) -> Result<String, std::fmt::Error> {
    let mut text = String::from("thunks! {\n");
    for (index, name) in names.iter().enumerate() {
        let kind = if OWN.contains(name) { "own" } else { "wine" };
        writeln!(text, "    {index} {kind} {name} thunk_{index} \"told_{name}\" \"{name}\";")?;
    }
    text.push_str("}\n");
    Ok(text)
}
