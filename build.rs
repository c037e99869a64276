//! Tells cargo how a WDM driver is linked, and which USB libraries and which version resource with it.

#[path = "build/version_resource.rs"]
mod version_resource;

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    // wdk-build links no USB library at all.
    println!("cargo::rustc-link-lib=usbd");
    if env::var_os("CARGO_FEATURE_USBDEX_IMPORTS").is_none() {
        // The WDK's static library of the USBD handle API, and the one that it needs itself.
        println!("cargo::rustc-link-lib=usbdex");
        println!("cargo::rustc-link-lib=ntstrsafe");
    }
    link_version_resource()?;
    wdk_build::configure_wdk_binary_build()?;
    Ok(())
}

/// Both linkers take a resource file as it is.
fn link_version_resource() -> Result<(), Box<dyn Error>> {
    let version = ["MAJOR", "MINOR", "PATCH"]
        .map(|part| env::var(format!("CARGO_PKG_VERSION_{part}")).unwrap_or_default().parse().unwrap_or(0));
    let file = PathBuf::from(env::var("OUT_DIR")?).join("version.res");
    fs::write(&file, version_resource::file(version, &env::var("CARGO_PKG_DESCRIPTION")?))?;
    println!("cargo::rustc-cdylib-link-arg={}", file.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/version_resource.rs");
    Ok(())
}
