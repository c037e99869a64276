//! Everything that a driver can import, by name.

use super::{
    c_runtime, contiguous, counted_strings, debug_print, etw, ex, export::Export, interruption, io, ke,
    memory, misc, mm, object, pool, process, registry, registry_keys, registry_values, rtl, system,
    system_thread, variables,
};

/// The tables of this kernel's routines. A module that adds routines adds its table here.
pub const TABLES: &[&[&[Export]]] = &[
    &[
        c_runtime::EXPORTS,
        contiguous::EXPORTS,
        counted_strings::EXPORTS,
        debug_print::EXPORTS,
        etw::EXPORTS,
        memory::EXPORTS,
        misc::EXPORTS,
        mm::EXPORTS,
        object::EXPORTS,
        pool::EXPORTS,
        crate::power::EXPORTS,
        process::EXPORTS,
        registry::EXPORTS,
        registry_keys::EXPORTS,
        registry_values::EXPORTS,
        rtl::EXPORTS,
        system::EXPORTS,
        system_thread::EXPORTS,
        variables::EXPORTS,
    ],
    io::EXPORTS,
    ke::EXPORTS,
    interruption::EXPORTS,
    ex::EXPORTS,
    crate::usb::EXPORTS,
    crate::ndis::EXPORTS,
];

/// Every export.
pub fn all() -> impl Iterator<Item = &'static Export> {
    TABLES.iter().copied().flatten().copied().flatten()
}

/// The export that an image means by module and name. The kernel's routines are found under the names of the
/// modules that they once were in, too.
#[must_use]
pub fn find(module: &str, name: &str) -> Option<&'static Export> {
    let kernel = |module: &str| matches!(module, "ntoskrnl.exe" | "ntkrnlmp.exe" | "hal.dll");
    let wanted = module.to_ascii_lowercase();
    all().find(|export| {
        export.name == name && (export.module == wanted || kernel(export.module) && kernel(&wanted))
    })
}

/// A routine by its name alone, for `MmGetSystemRoutineAddress`.
#[must_use]
pub fn find_by_name(name: &str) -> Option<&'static Export> {
    all().find(|export| export.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{all, find};

    #[test]
    fn names_are_unique() {
        let mut seen = BTreeSet::new();
        for export in all() {
            assert!(seen.insert((export.module, export.name)), "{} is listed twice", export.name);
        }
    }

    #[test]
    fn what_known_drivers_import_exists() {
        let names = include_str!("known-imports.txt").lines().filter(|line| !line.starts_with('#'));
        let missing: Vec<&str> = names.filter(|name| find("ntoskrnl.exe", name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
