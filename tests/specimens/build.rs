//! Tells cargo how a WDM driver is linked.
//!
//! wdk-build's own arguments reach libraries only; examples need the plain form, so they are repeated here. A test
//! in tests/scenarios compares them with the pinned wdk-build's text.

fn main() -> Result<(), wdk_build::ConfigError> {
    let config = wdk_build::Config::from_env_auto()?;
    for path in config.library_paths()? {
        println!("cargo::rustc-link-search={}", path.display());
    }
    for argument in ARGUMENTS {
        println!("cargo::rustc-link-arg={argument}");
    }
    Ok(())
}

const ARGUMENTS: &[&str] = &[
    "/DRIVER",
    "/NODEFAULTLIB",
    "/SUBSYSTEM:NATIVE",
    "/KERNEL",
    "/ENTRY:DriverEntry",
    "/IGNORE:4257",
    "/IGNORE:4216",
    "/NXCOMPAT",
    "/DYNAMICBASE",
    "/OPT:REF,ICF",
    "/INTEGRITYCHECK",
    "/MANIFEST:NO",
];
