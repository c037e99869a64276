//! Tells cargo how a WDM driver is linked, and which USB libraries to link with it.

fn main() -> Result<(), wdk_build::ConfigError> {
    // wdk-build links no USB library at all.
    println!("cargo::rustc-link-lib=usbd");
    if std::env::var_os("CARGO_FEATURE_USBDEX_IMPORTS").is_none() {
        // The WDK's static library of the USBD handle API, and the one that it needs itself.
        println!("cargo::rustc-link-lib=usbdex");
        println!("cargo::rustc-link-lib=ntstrsafe");
    }
    wdk_build::configure_wdk_binary_build()
}
