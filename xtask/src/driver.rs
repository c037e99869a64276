//! Building `usbclient.sys` and the specimen drivers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{
    failure::cannot_run,
    foreign,
    paths::Paths,
    pe_checksum,
    setup::{self, CoreLibrary, Environment},
    tool, wine,
};

/// The target that tests load.
pub const X64: &str = "x86_64-pc-windows-msvc";

/// `cargo xtask build`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command")]
pub struct Arguments {
    /// Build the specimen drivers into target/driver/specimens instead.
    #[arg(long)]
    specimens: bool,
    /// Build the C driver of tests/foreign in all its variants into target/driver/foreign instead.
    #[arg(long, conflicts_with = "specimens")]
    foreign: bool,
    /// Build what the driver needs under Wine into target/driver/wine instead.
    #[arg(long, conflicts_with_all = ["specimens", "foreign"])]
    wine: bool,
    /// The cargo profile; another than release goes to a folder of its name.
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
    /// The default profile, for those who type it.
    #[arg(long, conflicts_with = "profile")]
    release: bool,
}

/// A cargo profile.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// What ships.
    Release,
    /// With debug assertions, which bring panics in; not what is tested.
    Dev,
}

impl Profile {
    /// cargo's name for its output folder.
    const fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }
}

/// `cargo xtask build`.
///
/// # Errors
///
/// Set-up or the build failed.
pub fn command(paths: &Paths, arguments: &Arguments) -> Result<ExitCode> {
    if arguments.foreign {
        setup::install_c_compilers()?;
        for image in foreign::build(paths)? {
            println!("{}", image.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let environment = setup::prepare(paths)?;
    if arguments.wine {
        for image in wine::build_kernel_side(paths, &environment)? {
            println!("{}", image.display());
        }
    } else if arguments.specimens {
        for image in build_specimens(paths, &environment)? {
            println!("{}", image.display());
        }
    } else {
        println!("{}", build(paths, &environment, arguments.profile)?.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the driver and gives the path of its image: `target/driver/usbclient.sys`, its .pdb beside it.
///
/// # Errors
///
/// The build failed.
pub fn build(paths: &Paths, environment: &Environment, profile: Profile) -> Result<PathBuf> {
    let mut command = cargo(paths, environment, "build", X64);
    command.args(["--package", "usbclient", "--features", "usbdex-imports"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    tool::run(&mut command)?;
    let folder = match profile {
        Profile::Release => paths.driver(),
        Profile::Dev => paths.driver().join("dev"),
    };
    let built = paths.driver().join(X64).join(profile.folder());
    publish(&built.join("usbclient.dll"), &folder.join("usbclient.sys"))
}

/// Builds every specimen, and gives the paths of their images in `target/driver/specimens`.
///
/// # Errors
///
/// The build failed.
pub fn build_specimens(paths: &Paths, environment: &Environment) -> Result<Vec<PathBuf>> {
    let names = specimen_names(&tool::read(&paths.root.join("tests/specimens/Cargo.toml"))?);
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = cargo(paths, environment, "build", X64);
    command.args(["--package", "specimens", "--examples", "--release"]);
    tool::run(&mut command)?;
    let built = paths.driver().join(X64).join("release/examples");
    let to = paths.driver().join("specimens");
    names
        .iter()
        .map(|name| publish(&built.join(format!("{name}.dll")), &to.join(format!("{name}.sys"))))
        .collect()
}

/// The names of the `[[example]]` tables of a manifest, in its order.
fn specimen_names(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut in_example = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            in_example = line == "[[example]]";
        } else if let Some(value) = line.strip_prefix("name").filter(|_| in_example) {
            names.extend(value.split('"').nth(1).map(String::from));
        }
    }
    names
}

/// Copies an image and its .pdb to where tests look for them, with the checksum set.
pub fn publish(built: &Path, image: &Path) -> Result<PathBuf> {
    let mut file = fs::read(built)
        .map_err(|error| cannot_run(format!("{} cannot be read: {error}", built.display())))?;
    if !pe_checksum::set(&mut file) {
        bail!("{} is not a PE file", built.display());
    }
    tool::write_if_changed(image, &file)?;
    let name = built.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // rustc names the .pdb of a library after the file it links, hyphens and hash included.
    let folder = built.parent().unwrap_or_else(|| Path::new("."));
    for extension in ["pdb", "map"] {
        for from in [folder.to_path_buf(), folder.join("deps")] {
            let from = from.join(format!("{name}.{extension}"));
            if from.is_file() {
                let to = image.with_extension(extension);
                fs::copy(&from, &to)
                    .with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
                break;
            }
        }
    }
    Ok(image.to_path_buf())
}

/// A cargo command for a driver target.
pub fn cargo(paths: &Paths, environment: &Environment, subcommand: &str, target: &str) -> Command {
    let mut command = tool::cargo();
    command.current_dir(&paths.root).arg(subcommand);
    command.args(["--target", target, "--target-dir"]).arg(paths.driver());
    command.args(["--config", &format!("paths={}", toml_list(&environment.overrides))]);
    command.args(["--config", &format!("target.{target}.linker=\"rust-lld\"")]);
    command.args(["--config", &format!("target.{target}.rustflags={}", toml_list(&rust_flags(paths)))]);
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
    command.env("WDKContentRoot", &environment.wdk_content_root).env("LIBCLANG_PATH", &environment.libclang);
    if let Some(version) = environment.sdk_version {
        command.env("Version_Number", version);
    }
    if let Some([x64, arm64]) = &environment.clang_arguments {
        command.env("BINDGEN_EXTRA_CLANG_ARGS", if target == X64 { x64 } else { arm64 });
    }
    if let CoreLibrary::Source(folder) = &environment.core_library {
        command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core,alloc");
        if let Some(folder) = folder {
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", folder);
        }
    }
    command
}

/// Flags for everything that is built for a driver target, beside `.cargo/config.toml`'s.
fn rust_flags(paths: &Paths) -> Vec<String> {
    let cargo_home = std::env::var("CARGO_HOME")
        .ok()
        .or_else(|| Some(format!("{}/.cargo", std::env::var("HOME").ok()?)))
        .unwrap_or_else(|| "/usr/local/cargo".into());
    vec![
        // No path of the machine that built it in the image. The last one that fits is taken.
        format!("--remap-path-prefix={cargo_home}/registry/src=crates"),
        format!("--remap-path-prefix={}=usbclient", paths.root.display()),
        format!("--remap-path-prefix={}=rust", paths.root.join("target/core-library").display()),
        "-Clink-arg=/PDBALTPATH:%_PDB%".into(),
        // lld keeps this section, and a driver that had it failed to load (windows-drivers-rs 182).
        "-Clink-arg=/MERGE:.retplne=.rdata".into(),
        // A digest in place of the time of linking, so that building again gives the same file.
        "-Clink-arg=/Brepro".into(),
    ]
}

fn toml_list<T: AsRef<std::ffi::OsStr>>(items: &[T]) -> String {
    let items: Vec<String> =
        items.iter().map(|item| format!("{:?}", item.as_ref().to_string_lossy())).collect();
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_named_in_order() {
        let manifest = "[package]\nname = \"specimens\"\n\n[[example]]\nname = \"a\"\ncrate-type = [\"cdylib\"]\n\
                        [[example]]\ncrate-type = [\"cdylib\"]\nname = \"b\"\n[dependencies]\nname = \"c\"\n";
        assert_eq!(specimen_names(manifest), ["a", "b"]);
    }

    #[test]
    fn lists_are_toml() {
        assert_eq!(toml_list(&["a", "b\"c"]), r#"["a","b\"c"]"#);
    }
}
