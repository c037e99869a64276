//! Building the C driver of tests/foreign with compilers that are not rustc: Debian's mingw-w64 gcc and clang.
//!
//! gcc has no `__try`, and its stack protector is not Windows', so that its driver has neither. clang compiles for
//! the MSVC target, with the headers of mingw-w64; lld-link links it against import libraries made from the lists in
//! tests/foreign/imports.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{failure::cannot_run, paths::Paths, pe_checksum, setup, tool};

/// The sources, in the order in which they are linked.
const SOURCES: [&str; 7] = ["driver", "pnp", "usb", "io", "probe", "guard", "defect"];

/// What both compilers are told.
const COMMON: &[&str] = &[
    "-D_WIN32_WINNT=0x0A00",
    "-DNTDDI_VERSION=0x0A000008",
    "-std=gnu11",
    "-O2",
    "-ffreestanding",
    "-fno-builtin",
    "-Wall",
    "-Werror",
    "-Wno-unknown-pragmas",
];

/// A way to compile it, by the variant's defect.
struct Variant {
    /// The image's name.
    name: &'static str,
    compiler: Compiler,
    /// The defect's macro, empty for none.
    defect: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compiler {
    Gcc,
    Clang,
}

const VARIANTS: &[Variant] = &[
    Variant { name: "gcc", compiler: Compiler::Gcc, defect: "" },
    Variant { name: "clang", compiler: Compiler::Clang, defect: "" },
    Variant { name: "missing_import", compiler: Compiler::Clang, defect: "DEFECT_IMPORT" },
    Variant { name: "paged_at_dispatch", compiler: Compiler::Clang, defect: "DEFECT_PAGED" },
    Variant { name: "init_after_entry", compiler: Compiler::Clang, defect: "DEFECT_INIT" },
    Variant { name: "init_after_entry_gcc", compiler: Compiler::Gcc, defect: "DEFECT_INIT" },
    Variant { name: "cookie_smashed", compiler: Compiler::Clang, defect: "DEFECT_COOKIE" },
    Variant { name: "exception_unhandled", compiler: Compiler::Clang, defect: "DEFECT_UNHANDLED" },
    Variant { name: "privileged", compiler: Compiler::Gcc, defect: "DEFECT_PRIVILEGED" },
];

/// Where the headers of mingw-w64 are.
const HEADERS: &str = "/usr/share/mingw-w64/include";
/// gcc's name.
pub const GCC: &str = "x86_64-w64-mingw32-gcc";

/// Builds every variant, and gives the paths of the images in `target/driver/foreign`.
///
/// # Errors
///
/// A compiler is missing (exit status 2), or it failed.
pub fn build(paths: &Paths) -> Result<Vec<PathBuf>> {
    let sources = paths.root.join("tests/foreign");
    let to = paths.driver().join("foreign");
    let libraries = to.join("lib");
    fs::create_dir_all(&libraries).with_context(|| format!("making {}", libraries.display()))?;
    let dlltool =
        setup::dlltool().ok_or_else(|| cannot_run("llvm-dlltool is not installed (Debian: llvm)"))?;
    for name in ["ntoskrnl", "usbd"] {
        let definition = sources.join("imports").join(name).with_extension("def");
        let mut command = Command::new(&dlltool);
        command.args(["-m", "i386:x86-64", "-d"]).arg(definition);
        tool::run(command.arg("-l").arg(libraries.join(name).with_extension("lib")))?;
    }
    VARIANTS.iter().map(|variant| variant.build(&sources, &to, &libraries)).collect()
}

impl Variant {
    fn build(&self, sources: &Path, to: &Path, libraries: &Path) -> Result<PathBuf> {
        let objects = to.join("objects").join(self.name);
        fs::create_dir_all(&objects).with_context(|| format!("making {}", objects.display()))?;
        let mut files = Vec::new();
        for source in SOURCES {
            let object = objects.join(source).with_extension("o");
            let mut command = self.compiler.command()?;
            if !self.defect.is_empty() {
                command.arg(format!("-D{}", self.defect));
            }
            command.arg("-c").arg(sources.join(source).with_extension("c")).arg("-o").arg(&object);
            tool::run(&mut command)?;
            files.push(object);
        }
        let image = to.join(self.name).with_extension("sys");
        tool::run(&mut self.compiler.link(&files, libraries, &image))?;
        let mut bytes = fs::read(&image).with_context(|| format!("reading {}", image.display()))?;
        if pe_checksum::set(&mut bytes) {
            fs::write(&image, bytes).with_context(|| format!("writing {}", image.display()))?;
        }
        Ok(image)
    }
}

impl Compiler {
    fn command(self) -> Result<Command> {
        let ddk = format!("{HEADERS}/ddk");
        let mut command = match self {
            Self::Gcc => {
                let mut command = Command::new(GCC);
                // gs:[…] is an address to gcc, and too low for its taste.
                command.args(["-isystem", &ddk, "-Wno-array-bounds"]);
                command
            }
            Self::Clang => {
                let mut command = Command::new("clang");
                command.args(["--target=x86_64-pc-windows-msvc", "-fno-ms-compatibility", "-fms-extensions"]);
                command.args([
                    "-fgnuc-version=4.2.1",
                    "-fasynchronous-unwind-tables",
                    "-fstack-protector-strong",
                ]);
                command.args(["-DHAS_SEH", "-DHAS_COOKIE"]);
                command
                    .arg("-isystem")
                    .arg(setup::clang_headers()?)
                    .args(["-isystem", HEADERS, "-isystem", &ddk]);
                command
            }
        };
        command.args(COMMON);
        Ok(command)
    }

    fn link(self, objects: &[PathBuf], libraries: &Path, image: &Path) -> Command {
        match self {
            Self::Gcc => {
                let mut command = Command::new(GCC);
                command.args(["-nostdlib", "-s", "-Wl,--subsystem,native", "-Wl,--entry,DriverEntry"]);
                command.args(["-Wl,--image-base,0x140000000", "-Wl,--dynamicbase", "-Wl,--nxcompat"]);
                command.args(["-Wl,--no-insert-timestamp", "-o"]).arg(image).args(objects);
                command.args(["-lntoskrnl", "-lhal", "-lusbd"]);
                command
            }
            Self::Clang => {
                let mut command = Command::new("lld-link");
                command.args([
                    "/nologo",
                    "/driver",
                    "/subsystem:native,10.00",
                    "/entry:DriverEntry",
                    "/nodefaultlib",
                ]);
                command.args([
                    "/dynamicbase",
                    "/nxcompat",
                    "/base:0x140000000",
                    "/Brepro",
                    "/section:INIT,ERD",
                ]);
                command.arg(format!("/out:{}", image.display())).args(objects);
                command.args(["ntoskrnl.lib", "usbd.lib"].map(|library| libraries.join(library)));
                command
            }
        }
    }
}
