//! What a C compiler thinks of the header: the sizes, the offsets and the values that the tables have.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use usbclient_protocol::{CONSTANTS, LAYOUTS, control_code};

use crate::{
    path,
    text::{in_c, upper},
};

static FILES: AtomicU32 = AtomicU32::new(0);

/// The tables once more, as a program that does not compile if the header says something else. `CTL_CODE` is written as
/// the Windows headers have it.
fn program() -> String {
    let mut text = String::from(
        "#include \"usbclient.h\"\n\
         #define CTL_CODE(type, function, method, access) \\\n\
         \x20   (((type) << 16) | ((access) << 14) | ((function) << 2) | (method))\n",
    );
    let mut claim = |condition: String| {
        writeln!(text, "{{ typedef char check[({condition}) ? 1 : -1]; (void)sizeof(check); }}").unwrap();
    };
    for code in control_code::TABLE {
        let (value, kind) = (code.value, control_code::method(code.value) as u32);
        let (access, function) = (control_code::access(value) as u32, (value >> 2) & 0xFFF);
        claim(format!("USBCLIENT_IOCTL_{} == {value}u", code.name));
        claim(format!("USBCLIENT_IOCTL_{} == CTL_CODE(0x8B5Cu, {function}u, {kind}u, {access}u)", code.name));
    }
    for (group, constant) in CONSTANTS.iter().flat_map(|g| g.constants.iter().map(move |c| (g.name, c))) {
        claim(format!("USBCLIENT_{}_{} == {}u", group.to_ascii_uppercase(), constant.name, constant.value));
    }
    for layout in LAYOUTS {
        let name = format!("USBCLIENT_{}", upper(layout.name));
        claim(format!("sizeof({name}) == {}", layout.size));
        for field in layout.fields {
            claim(format!("offsetof({name}, {}) == {}", in_c(field.name), field.offset));
        }
    }
    let start = text.find("{ typedef").unwrap();
    text.insert_str(start, "void check_all(void);\nvoid check_all(void)\n{\n");
    text + "}\n"
}

/// The compiler's answer; `None`: there is no compiler.
fn compile(language: &str, options: &[&str], program: &str) -> Option<Output> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    // Tests run at the same time.
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let name = format!("usbclient-header-{}-{number}.c", std::process::id());
    let file = std::env::temp_dir().join(name);
    fs::write(&file, program).unwrap();
    let output = Command::new(compiler)
        .args(["-x", language, "-Wall", "-Wextra", "-Werror", "-Wno-unused-local-typedefs", "-pedantic"])
        .args(["-fsyntax-only", "-ffreestanding"])
        .args(options)
        .arg("-I")
        .arg(path("include"))
        .arg(&file)
        .output()
        .ok();
    fs::remove_file(&file).unwrap();
    output
}

fn compiles(language: &str, options: &[&str]) {
    // Not what is wrong with the header, but whether there is a compiler that can do this at all.
    if !compile(language, options, "void nothing(void);\n").is_some_and(|output| output.status.success()) {
        eprintln!("not checked: there is no compiler for {language} with {options:?}");
        return;
    }
    let output = compile(language, options, &program()).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{language} {options:?}: {said}");
}

#[test]
fn c() {
    compiles("c", &["-std=c99"]);
    compiles("c", &["-std=c11"]);
}

#[test]
fn cpp() {
    compiles("c++", &["-std=c++11"]);
}

/// After the Windows headers, which have a macro of that name.
#[test]
fn c_where_interface_is_a_macro() {
    compiles("c", &["-std=c99", "-Dinterface=struct"]);
    compiles("c++", &["-std=c++11", "-Dinterface=struct"]);
}

/// A 32-bit program on a 64-bit Windows sends the same bytes.
#[test]
fn c_for_32_bits() {
    compiles("c", &["-std=c99", "-m32"]);
}

/// That the program above is able to refuse.
#[test]
fn a_wrong_size_does_not_compile() {
    if !compile("c", &["-std=c99"], "void nothing(void);\n").is_some_and(|output| output.status.success()) {
        eprintln!("not checked: there is no C compiler");
        return;
    }
    let wrong =
        program().replace("sizeof(USBCLIENT_SETUP_PACKET) == 8", "sizeof(USBCLIENT_SETUP_PACKET) == 9");
    assert!(!compile("c", &["-std=c99"], &wrong).unwrap().status.success());
    let wrong = program().replace("USBCLIENT_OPERATION_READ == 1u", "USBCLIENT_OPERATION_READ == 2u");
    assert!(!compile("c", &["-std=c99"], &wrong).unwrap().status.success());
}
