//! The kernel's structures as bindgen made them from the header tree, against the real ones.
//!
//! bindgen writes what clang computed as assertions, which rustc checks for the target; this reads them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{driver, failure::cannot_run, paths::Paths, tool};

/// Size, alignment and the offsets of the fields, in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Layout {
    size: u64,
    alignment: u64,
    fields: BTreeMap<String, u64>,
    /// Fields that may be missing.
    optional: BTreeSet<String>,
}

/// Compares what `target/driver` has with `wdk-linux/layout-x64.txt`, and gives the number of structures.
///
/// # Errors
///
/// A structure differs, is missing, or is used by the driver and not in the list.
pub fn check(paths: &Paths) -> Result<usize> {
    let bindings = tool::read(&newest_bindings(&paths.driver())?)?;
    let list = tool::read(&paths.wdk_linux().join("layout-x64.txt"))?;
    let expected = expected(&list)?;
    let bindings = Bindings::read(&bindings);
    let mut wrong: Vec<String> = expected
        .iter()
        .filter_map(|(path, layout)| Some((path, layout.as_ref()?)))
        .flat_map(|(path, layout)| differences(path, layout, &bindings))
        .collect();
    for name in used(&paths.root.join("src"), &bindings)? {
        if !expected.contains_key(&name) {
            wrong.push(format!(
                "{name} is used by the driver and not in layout-x64.txt: add its layout, or its name"
            ));
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(expected.values().filter(|layout| layout.is_some()).count())
}

/// wdk-sys's output for x64, the newest if there is more than one.
fn newest_bindings(driver: &Path) -> Result<PathBuf> {
    let build = driver.join(driver::X64).join("release/build");
    let mut found: Vec<(std::time::SystemTime, PathBuf)> = fs::read_dir(&build)
        .map_err(|error| cannot_run(format!("{} cannot be read: {error}", build.display())))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("wdk-sys-")))
        .map(|path| path.join("out/types.rs"))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    found.sort();
    found
        .pop()
        .map(|(_, path)| path)
        .ok_or_else(|| cannot_run(format!("{} has no bindings", build.display())))
}

/// Reads the list: `NAME size=N align=N FIELD@N…`. A name alone has no reference to be compared with.
fn expected(list: &str) -> Result<BTreeMap<String, Option<Layout>>> {
    let mut layouts = BTreeMap::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let mut layout = Layout::default();
        let mut known = false;
        for word in words {
            known = true;
            if let Some((field, offset)) = word.split_once('@') {
                let number = offset.trim_end_matches('?');
                if number != offset {
                    layout.optional.insert(field.to_owned());
                }
                layout.fields.insert(field.to_owned(), number.parse().with_context(|| line.to_owned())?);
            } else if let Some(size) = word.strip_prefix("size=") {
                layout.size = size.parse().with_context(|| line.to_owned())?;
            } else if let Some(alignment) = word.strip_prefix("align=") {
                layout.alignment = alignment.parse().with_context(|| line.to_owned())?;
            } else {
                bail!("{line}: {word} is neither a size nor a field");
            }
        }
        layouts.insert(name, known.then_some(layout));
    }
    Ok(layouts)
}

/// What bindgen wrote.
struct Bindings {
    layouts: BTreeMap<String, Layout>,
    /// The types of the members that are structures, by structure and member.
    members: BTreeMap<(String, String), String>,
    /// Other names of a type.
    aliases: BTreeMap<String, String>,
}

impl Bindings {
    fn read(text: &str) -> Self {
        let mut bindings =
            Self { layouts: BTreeMap::new(), members: BTreeMap::new(), aliases: BTreeMap::new() };
        bindings.read_assertions(text);
        bindings.read_declarations(text);
        bindings
    }

    /// `["Size of X"][::core::mem::size_of::<X>() - 8usize];` and its like, over several lines or one.
    fn read_assertions(&mut self, text: &str) {
        for assertion in text.split("[\"").chain(text.split("[\n        \"")).skip(1) {
            let Some((what, rest)) = assertion.split_once('"') else { continue };
            let Some(value) = rest
                .split_once("- ")
                .and_then(|(_, number)| number.split_once("usize"))
                .and_then(|(number, _)| number.parse().ok())
            else {
                continue;
            };
            if let Some(name) = what.strip_prefix("Size of ") {
                self.layouts.entry(name.into()).or_default().size = value;
            } else if let Some(name) = what.strip_prefix("Alignment of ") {
                self.layouts.entry(name.into()).or_default().alignment = value;
            } else if let Some((name, field)) =
                what.strip_prefix("Offset of field: ").and_then(|field| field.split_once("::"))
            {
                self.layouts.entry(name.into()).or_default().fields.insert(field.into(), value);
            }
        }
    }

    fn read_declarations(&mut self, text: &str) {
        let mut inside = None;
        for line in text.lines() {
            if let Some(declaration) =
                line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub union "))
            {
                inside = declaration.split([' ', '{', '(']).next().map(String::from);
            } else if line == "}" {
                inside = None;
            } else if let Some((alias, name)) =
                line.strip_prefix("pub type ").and_then(|alias| alias.split_once(" = "))
            {
                self.aliases.insert(alias.into(), name.trim_end_matches(';').into());
            } else if let Some(structure) = &inside
                && let Some((member, kind)) =
                    line.trim().strip_prefix("pub ").and_then(|member| member.split_once(": "))
            {
                self.members.insert((structure.clone(), member.into()), kind.trim_end_matches(',').into());
            }
        }
    }

    /// The type of a member of a member: `_IRP.Tail.Overlay`.
    fn resolve(&self, path: &str) -> Option<String> {
        let mut parts = path.split('.');
        let mut name = self.canonical(parts.next()?);
        for member in parts {
            name = self.canonical(self.members.get(&(name, member.to_owned()))?);
        }
        Some(name)
    }

    fn canonical(&self, name: &str) -> String {
        let mut name = name;
        while let Some(of) = self.aliases.get(name) {
            name = of;
        }
        name.to_owned()
    }
}

fn differences(path: &str, expected: &Layout, bindings: &Bindings) -> Vec<String> {
    let Some(found) = bindings.resolve(path).and_then(|name| bindings.layouts.get(&name)) else {
        return vec![format!("{path} is missing")];
    };
    let mut wrong = Vec::new();
    if found.size != expected.size {
        wrong.push(format!("{path} has {} bytes, not {}", found.size, expected.size));
    }
    if found.alignment != expected.alignment {
        wrong.push(format!("{path} is aligned to {}, not {}", found.alignment, expected.alignment));
    }
    for (field, offset) in &expected.fields {
        match found.fields.get(field) {
            Some(at) if at == offset => {}
            Some(at) => wrong.push(format!("{path}.{field} is at {at}, not {offset}")),
            None if expected.optional.contains(field) => {}
            None => wrong.push(format!("{path}.{field} is missing")),
        }
    }
    wrong
}

/// The structures of the bindings that sources name.
fn used(folder: &Path, bindings: &Bindings) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            names.extend(used(&path, bindings)?);
        } else {
            names.extend(used_in(&tool::read(&path)?, bindings));
        }
    }
    Ok(names)
}

fn used_in(source: &str, bindings: &Bindings) -> BTreeSet<String> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let mut names = BTreeSet::new();
    for line in code {
        for word in line.split(|character: char| !(character.is_alphanumeric() || character == '_')) {
            // Kernel structures are written in capitals.
            if !word.contains(|character: char| character.is_lowercase()) {
                let name = bindings.canonical(word);
                if bindings.layouts.contains_key(&name) {
                    names.insert(name);
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "pub struct _A {\n    pub First: ULONG,\n    pub Tail: _A__bindgen_ty_1,\n}\n\
        pub union _A__bindgen_ty_1 {\n    pub Overlay: _B,\n}\npub type A = _A;\n\
        const _: () = {\n    [\"Size of _A\"][::core::mem::size_of::<_A>() - 16usize];\n    \
        [\n        \"Alignment of _A\",\n    ][::core::mem::align_of::<_A>() - 8usize];\n    \
        [\"Offset of field: _A::First\"][::core::mem::offset_of!(_A, First) - 0usize];\n    \
        [\n        \"Offset of field: _A::Tail\",\n    ][::core::mem::offset_of!(_A, Tail) - 8usize];\n    \
        [\"Size of _B\"][::core::mem::size_of::<_B>() - 8usize];\n    \
        [\"Alignment of _B\"][::core::mem::align_of::<_B>() - 8usize];\n};\n";

    fn wrong(list: &str) -> Vec<String> {
        let bindings = Bindings::read(TEXT);
        let expected = expected(list).expect("the list can be read");
        expected
            .iter()
            .flat_map(|(path, layout)| differences(path, layout.as_ref().expect("a layout"), &bindings))
            .collect()
    }

    #[test]
    fn what_is_equal_passes() {
        assert_eq!(wrong("_A size=16 align=8 First@0 Tail@8\n"), Vec::<String>::new());
        assert_eq!(wrong("_A.Tail.Overlay size=8 align=8\n"), Vec::<String>::new());
        assert_eq!(wrong("_A size=16 align=8 Other@4?\n"), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_named() {
        assert_eq!(wrong("_A size=24 align=8\n"), ["_A has 16 bytes, not 24"]);
        assert_eq!(wrong("_A size=16 align=16\n"), ["_A is aligned to 8, not 16"]);
        assert_eq!(wrong("_A size=16 align=8 Tail@4\n"), ["_A.Tail is at 8, not 4"]);
        assert_eq!(wrong("_A size=16 align=8 Other@4\n"), ["_A.Other is missing"]);
        assert_eq!(wrong("_A.Tail.Apc size=8 align=8\n"), ["_A.Tail.Apc is missing"]);
    }

    #[test]
    fn a_structure_that_a_source_names_is_found_by_either_name() {
        let bindings = Bindings::read(TEXT);
        let names = used_in("use wdk_sys::{A, ULONG}; // _B is in a comment\n", &bindings);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["_A"]);
    }
}
