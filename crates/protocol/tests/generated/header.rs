//! `include/usbclient.h`.

use std::fmt::Write as _;

use usbclient_protocol::{
    CONSTANTS, DEVICE_INTERFACE_GUID, FIRST_HANDLE, FieldKind, LAYOUTS, Layout, control_code,
};

use crate::text::{access, in_c, method, plain, structures, upper, wrap};

const WIDTH: usize = 100;

const HEAD: &str = "\
/*
 * usbclient.h: the device interface of usbclient, for C and C++.
 *
 * Made from the tables of crates/protocol; a test compares. Do not edit it.
 *
 * A program opens the device interface USBCLIENT_DEVICE_INTERFACE_GUID and sends these codes with DeviceIoControl:
 * the structure is the first buffer, data and replies are the second one. docs/interface.md tells the whole.
 *
 * The structures have no pointers and no padding, so that a 32-bit program sends the same bytes as a 64-bit one. All
 * numbers are little-endian. Fields have the names of docs/interface.md, but for class_ and interface_: class is a word of
 * C++, and the Windows headers define interface.
 */
#ifndef USBCLIENT_H
#define USBCLIENT_H

#include <stddef.h>
#include <stdint.h>

/* Stops the compiler if the condition is false. */
#define USBCLIENT_ASSERT(name, condition) typedef char usbclient_assert_##name[(condition) ? 1 : -1]

";

/// The whole file.
pub fn text() -> String {
    let mut text = HEAD.to_owned();
    guid(&mut text);
    text.push_str("/* The smallest target that is a handle. What is below is an endpoint address; zero is the default pipe. */\n");
    writeln!(text, "#define USBCLIENT_FIRST_HANDLE {FIRST_HANDLE:#X}u\n").unwrap();
    codes(&mut text);
    constants(&mut text);
    for layout in LAYOUTS {
        structure(&mut text, layout);
    }
    text.push_str("#endif\n");
    text
}

fn guid(text: &mut String) {
    let guid = DEVICE_INTERFACE_GUID;
    let rest: Vec<_> = guid.data4.iter().map(|byte| format!("0x{byte:02X}")).collect();
    text.push_str("/* The initialiser of a GUID. */\n");
    writeln!(
        text,
        "#define USBCLIENT_DEVICE_INTERFACE_GUID \\\n    {{ 0x{:08X}, 0x{:04X}, 0x{:04X}, {{ {} }} }}\n",
        guid.data1,
        guid.data2,
        guid.data3,
        rest.join(", ")
    )
    .unwrap();
}

fn comment(text: &mut String, about: &str) {
    let lines = wrap(about, " * ", WIDTH);
    match lines.lines().collect::<Vec<_>>().as_slice() {
        [] => {}
        [line] => writeln!(text, "/* {} */", line.trim_start_matches(" * ")).unwrap(),
        _ => writeln!(text, "/*\n{lines} */").unwrap(),
    }
}

fn codes(text: &mut String) {
    text.push_str("/* Control codes. */\n\n");
    for code in control_code::TABLE {
        let input =
            code.input.map_or_else(|| "none".to_owned(), |input| format!("USBCLIENT_{}", upper(input.name)));
        let facts = format!(
            "{} Access: {}; method: {}. Input: {input}. Output: {}.",
            plain(code.about),
            access(control_code::access(code.value)),
            method(control_code::method(code.value)),
            c_names(code.output)
        );
        comment(text, &facts);
        writeln!(text, "#define USBCLIENT_IOCTL_{} 0x{:08X}u\n", code.name, code.value).unwrap();
    }
}

/// A sentence with the names that structures have in C.
fn c_names(sentence: &str) -> String {
    let named = structures(sentence).fold(sentence.to_owned(), |text, name| {
        text.replace(&format!("`{name}`"), &format!("USBCLIENT_{}", upper(name)))
    });
    named.replace('`', "")
}

fn constants(text: &mut String) {
    for group in CONSTANTS {
        comment(text, &plain(group.about));
        for constant in group.constants {
            comment(text, &plain(constant.about));
            let name = format!("USBCLIENT_{}_{}", group.name.to_ascii_uppercase(), constant.name);
            writeln!(text, "#define {name} {:#X}u", constant.value).unwrap();
        }
        text.push('\n');
    }
}

fn structure(text: &mut String, layout: &Layout) {
    let name = format!("USBCLIENT_{}", upper(layout.name));
    comment(text, &plain(layout.about));
    writeln!(text, "typedef struct {name} {{").unwrap();
    for field in layout.fields {
        let lines = wrap(&plain(field.about), "     * ", WIDTH);
        writeln!(text, "    /*\n{lines}     */").unwrap();
        let (kind, count) = declared(field.kind);
        writeln!(text, "    {kind} {}{count};", in_c(field.name)).unwrap();
    }
    writeln!(text, "}} {name};\n").unwrap();
    let short = layout.name;
    writeln!(text, "USBCLIENT_ASSERT({short}, sizeof({name}) == {});", layout.size).unwrap();
    for field in layout.fields {
        let (field, offset) = (in_c(field.name), field.offset);
        writeln!(text, "USBCLIENT_ASSERT({short}_{field}, offsetof({name}, {field}) == {offset});").unwrap();
    }
    text.push('\n');
}

/// A field's type in C, and what follows its name.
fn declared(kind: FieldKind) -> (String, String) {
    let plain = |name: &str| (name.to_owned(), String::new());
    match kind {
        FieldKind::U8 => plain("uint8_t"),
        FieldKind::U16 => plain("uint16_t"),
        FieldKind::U32 => plain("uint32_t"),
        FieldKind::U64 => plain("uint64_t"),
        FieldKind::Bytes(count) => ("uint8_t".to_owned(), format!("[{count}]")),
        FieldKind::Structure(name) => plain(&format!("USBCLIENT_{}", upper(name))),
    }
}
