//! Tells cargo how the module is linked: as a driver is, but entered as a DLL, with the routines of usbdex.txt exported.

use std::{env, error::Error, fs, path::PathBuf};

/// What wdk-build tells the linker of a driver, with another entry point.
const ARGUMENTS: &[&str] = &[
    "/DRIVER",
    "/NODEFAULTLIB",
    "/SUBSYSTEM:NATIVE",
    "/ENTRY:usbdex_main",
    "/NXCOMPAT",
    "/DYNAMICBASE",
    "/OPT:REF,ICF",
    "/MANIFEST:NO",
];

fn main() -> Result<(), Box<dyn Error>> {
    let list = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../../wdk-linux/imports/usbdex.txt");
    println!("cargo::rerun-if-changed={}", list.display());
    println!("cargo::rerun-if-changed=build.rs");
    for path in wdk_build::Config::from_env_auto()?.library_paths()? {
        println!("cargo::rustc-link-search={}", path.display());
    }
    for argument in ARGUMENTS {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
    let list = fs::read_to_string(&list)?;
    let names = list.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    for name in names.filter(|name| !name.is_empty()) {
        println!("cargo::rustc-cdylib-link-arg=/EXPORT:{name}");
    }
    Ok(())
}
