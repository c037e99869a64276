//! Imports against the allow-list, retired routines, and exports.

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;

use super::{Build, Finding, image::Image};
use crate::{setup::names, tool};

/// Names that wdk-sys exports beside the entry point: its symbols are `no_mangle`, and a library exports
/// those (windows-drivers-rs 294).
const STRAY_EXPORTS: [&str; 4] =
    ["_fltused", "__CxxFrameHandler3", "__CxxFrameHandler4", "__GSHandlerCheck_EH4"];

/// The lists of `wdk-linux/imports`.
pub struct Lists {
    /// Module and routine, the module in lower case.
    allowed: BTreeSet<(String, String)>,
    /// Routines that the documentation calls deprecated, obsolete or reserved.
    retired: BTreeSet<String>,
}

impl Lists {
    /// Reads the lists for one kind of build.
    ///
    /// # Errors
    ///
    /// A list cannot be read (exit status 2).
    pub fn read(folder: &Path, build: Build) -> Result<Self> {
        let mut allowed = BTreeSet::new();
        let mut allow = |module: &str, list: &str| -> Result<()> {
            let list = tool::read(&folder.join(list))?;
            allowed.extend(names(&list).map(|name| (module.to_owned(), name.to_owned())));
            Ok(())
        };
        allow("ntoskrnl.exe", "ntoskrnl.txt")?;
        allow("usbd.sys", "usbd.txt")?;
        match build {
            Build::Linux => allow("usbdex.sys", "usbdex.txt")?,
            Build::Wdk => allow("ntoskrnl.exe", "ntoskrnl-wdk.txt")?,
        }
        let retired = tool::read(&folder.join("retired.txt"))?;
        Ok(Self { allowed, retired: names(&retired).map(String::from).collect() })
    }
}

/// Every import must be in the list.
pub fn allowed(image: &Image, lists: &Lists) -> Finding {
    let breaches = image
        .imports
        .iter()
        .filter(|import| !lists.allowed.contains(&(import.module.to_lowercase(), import.name.clone())))
        .map(|import| format!("{} from {} is not in the allow-list", import.name, import.module))
        .collect();
    let modules: BTreeSet<&str> = image.imports.iter().map(|import| import.module.as_str()).collect();
    let modules: Vec<&str> = modules.into_iter().collect();
    Finding {
        subject: "imports",
        found: format!("{} from {}", image.imports.len(), modules.join(", ")),
        breaches,
    }
}

/// No import may be a routine that was retired.
pub fn retired(image: &Image, lists: &Lists) -> Finding {
    let breaches: Vec<String> = image
        .imports
        .iter()
        .filter(|import| lists.retired.contains(&import.name))
        .map(|import| format!("{} is retired", import.name))
        .collect();
    Finding { subject: "retired routines", found: breaches.len().to_string(), breaches }
}

/// The entry point is exported, and nothing else but the known strays.
pub fn exports(image: &Image) -> Finding {
    let mut breaches: Vec<String> = image
        .exports
        .iter()
        .filter(|name| *name != "DriverEntry" && !STRAY_EXPORTS.contains(&name.as_str()))
        .map(|name| format!("{name} is exported"))
        .collect();
    if !image.exports.iter().any(|name| name == "DriverEntry") {
        breaches.push("DriverEntry is not exported".into());
    }
    Finding { subject: "exports", found: image.exports.join(", "), breaches }
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::Fixture, *};

    fn lists() -> Lists {
        let allowed = ["IofCallDriver", "KeSetEvent"];
        Lists {
            allowed: allowed.map(|name| ("ntoskrnl.exe".to_owned(), name.to_owned())).into_iter().collect(),
            retired: BTreeSet::from(["ExAllocatePoolWithTag".to_owned()]),
        }
    }

    #[test]
    fn listed_imports_pass_whatever_the_case_of_the_module() {
        let file = Fixture::default().import("NTOSKRNL.exe", "IofCallDriver").build();
        let image = Image::parse(&file).expect("the fixture is an image");
        assert_eq!(image.imports.len(), 1);
        assert!(allowed(&image, &lists()).breaches.is_empty());
        assert!(retired(&image, &lists()).breaches.is_empty());
    }

    #[test]
    fn an_import_that_is_not_listed_is_a_breach() {
        let file = Fixture::default().import("ntoskrnl.exe", "KeBugCheckEx").build();
        let image = Image::parse(&file).expect("the fixture is an image");
        assert_eq!(allowed(&image, &lists()).breaches.len(), 1);
    }

    #[test]
    fn a_listed_name_from_another_module_is_a_breach() {
        let file = Fixture::default().import("other.sys", "IofCallDriver").build();
        let image = Image::parse(&file).expect("the fixture is an image");
        assert_eq!(allowed(&image, &lists()).breaches.len(), 1);
    }

    #[test]
    fn a_retired_routine_is_a_breach() {
        let file = Fixture::default().import("ntoskrnl.exe", "ExAllocatePoolWithTag").build();
        let image = Image::parse(&file).expect("the fixture is an image");
        assert_eq!(retired(&image, &lists()).breaches, ["ExAllocatePoolWithTag is retired"]);
    }

    #[test]
    fn only_the_entry_point_and_the_known_strays_are_exported() {
        let file = Fixture::default().export("_fltused").build();
        assert!(exports(&Image::parse(&file).expect("an image")).breaches.is_empty());
        let file = Fixture::default().export("rust_eh_personality").build();
        assert_eq!(
            exports(&Image::parse(&file).expect("an image")).breaches,
            ["rust_eh_personality is exported"]
        );
        let file = Fixture::default().without_entry_export().build();
        assert_eq!(
            exports(&Image::parse(&file).expect("an image")).breaches,
            ["DriverEntry is not exported"]
        );
    }
}
