//! `docs/interface.md`.

use std::fmt::Write as _;

use usbclient_protocol::{CONSTANTS, DEVICE_INTERFACE_GUID, FieldKind, LAYOUTS, Layout, control_code};

use crate::text::{access, method, plain};

const HEAD: &str = "\
# The device interface

What a program sends to usbclient, in any language. Made from the tables of `crates/protocol`, and a test compares; so is
[usbclient.h](../crates/protocol/include/usbclient.h), which says the same to a C compiler.

";

const USE: &str = "\
A program finds the device by this GUID
([`SetupDiGetClassDevs`](https://learn.microsoft.com/windows/win32/api/setupapi/nf-setupapi-setupdigetclassdevsw),
[`CM_Get_Device_Interface_List`](https://learn.microsoft.com/windows/win32/api/cfgmgr32/nf-cfgmgr32-cm_get_device_interface_listw)),
opens it with `CreateFile`, for overlapped I/O if it wants more than one request at a time, and sends control codes with
[`DeviceIoControl`](https://learn.microsoft.com/windows/win32/api/ioapiset/nf-ioapiset-deviceiocontrol). The first buffer
(`lpInBuffer`) is the structure that the code takes. The second one (`lpOutBuffer`) is the reply; or, with the two direct
methods, the data: the device moves its bytes from or to these very pages.

- Numbers are little-endian. Structures have no pointers and no padding: a 32-bit program sends the same bytes.
- The input has exactly the size of its structure. What is reserved is zero.
- `Information` (`lpBytesReturned`) is the number of bytes that moved, also when a transfer ended early.
- Any number of files may be open, and any number of requests at a time.

## Who may open the device

The INF says so: administrators and the system with every right, whoever is logged on to read and write. How to change it
is written beside the security descriptor in [usbclient.inx](../inf/usbclient.inx). Each code needs the access in its row; a
file that was opened without it gets `STATUS_ACCESS_DENIED` from the I/O manager.

## Targets

A request that is for a pipe names a `target`:

| value | means |
|---|---|
| 0 | the default pipe, where the code allows it (policies) |
| 1 to 0xFF | the endpoint with this address: the pipe that it has now. Refused if another file has claimed its interface |
| 0x100 and more | a handle of `OPEN_PIPE` or `OPEN_STREAMS`, of this file |

Handles are numbers for one file. A handle that was given back, that another file has, or that was made up is
`STATUS_INVALID_HANDLE`; a number is not given out again before a million others. They end with `CLOSE_HANDLE`; with the
file; and

| what happens | claims (`CLAIM_INTERFACE`) | pipes (`OPEN_PIPE`) | streams (`OPEN_STREAMS`) |
|---|---|---|---|
| the device is stopped and started again | stay | stay, if the endpoint is there again | end |
| another alternate setting is selected | stay | end, of that interface | end, of that interface |
| another configuration is selected | stay, if the interface is there | end | end |
| the interface's handle is closed | | end, of that interface | end, of that interface |
| the file is closed, or its process ends | end | end | end |

Requests that were sent through a handle before it ended go on. When a file is closed its requests are cancelled.

## Claims

A file that has claimed an interface has it for itself: other files' transfers to its endpoints, their control transfers
to the interface or its endpoints, and what hits the whole device (reset, cycle, another configuration) are refused with
`STATUS_SHARING_VIOLATION`. Nobody has to claim: an interface that nobody has claimed is everybody's. It can be claimed
while no other file has requests on its pipes or streams of it.

## Privileges

`DROP_PRIVILEGES` restricts a file to operations and interfaces for ever; what it gave up is `STATUS_ACCESS_DENIED`. Each
code counts as one operation. Codes that only tell what the driver knows, and `CLOSE_HANDLE`, are always allowed.

## What every code can end with

| status | when |
|---|---|
| `STATUS_ACCESS_DENIED` | the file was not opened for the access, or has given the operation or the interface up |
| `STATUS_INVALID_DEVICE_REQUEST` | unknown code |
| `STATUS_BUFFER_TOO_SMALL` | the input is shorter than its structure, or the output has no room for the smallest reply |
| `STATUS_INVALID_BUFFER_SIZE` | the input is longer than its structure, or a buffer was given where there is none |
| `STATUS_INVALID_PARAMETER` | a reserved field or an undefined flag is not zero |
| `STATUS_DEVICE_NOT_READY` | the device has not started, or its start failed; opening also while its removal is being asked for |
| `STATUS_DEVICE_NOT_CONNECTED` | the device was removed |
| `STATUS_INSUFFICIENT_RESOURCES` | there is no memory |
| `STATUS_CANCELLED` | the caller cancelled, closed its last handle, or aborted the pipe |

A transfer that fails on the bus ends with the USB driver stack's own status. `GetLastError` gives the Win32 error that
`RtlNtStatusToDosError` makes of a status.

";

/// The whole page.
pub fn text() -> String {
    let mut text = HEAD.to_owned();
    let guid = DEVICE_INTERFACE_GUID;
    let [a, b, rest @ ..] = guid.data4;
    let rest = rest.map(|byte| format!("{byte:02X}")).concat();
    writeln!(
        text,
        "The device interface: `{{{:08X}-{:04X}-{:04X}-{a:02X}{b:02X}-{rest}}}`\n",
        guid.data1, guid.data2, guid.data3
    )
    .unwrap();
    text.push_str(USE);
    overview(&mut text);
    details(&mut text);
    text.push_str("## Structures\n\n");
    for layout in LAYOUTS {
        structure(&mut text, layout);
    }
    constants(&mut text);
    text
}

fn overview(text: &mut String) {
    text.push_str("## Codes\n\n| code | value | access | method | input |\n|---|---|---|---|---|\n");
    for code in control_code::TABLE {
        let input = code.input.map_or_else(|| "none".to_owned(), |input| link(input.name));
        let (name, value) = (code.name, code.value);
        let (access, method) = (access(control_code::access(value)), method(control_code::method(value)));
        let anchor = name.to_ascii_lowercase();
        writeln!(text, "| [`{name}`](#{anchor}) | `0x{value:08X}` | {access} | {method} | {input} |")
            .unwrap();
    }
    text.push('\n');
}

fn details(text: &mut String) {
    for code in control_code::TABLE {
        writeln!(text, "### `{}`\n\n{}\n", code.name, plain(code.about)).unwrap();
        if let Some(input) = code.input {
            writeln!(text, "- input: {}", link(input.name)).unwrap();
        }
        writeln!(text, "- second buffer: {}", code.output).unwrap();
        for (status, when) in code.statuses {
            writeln!(text, "- `STATUS_{status}`: {when}").unwrap();
        }
        text.push('\n');
    }
}

fn link(structure: &str) -> String {
    format!("[`{structure}`](#{})", structure.to_ascii_lowercase())
}

fn structure(text: &mut String, layout: &Layout) {
    writeln!(text, "### `{}`\n\n{} {} bytes.\n", layout.name, plain(layout.about), layout.size).unwrap();
    text.push_str("| offset | field | type | |\n|---|---|---|---|\n");
    for field in layout.fields {
        let kind = match field.kind {
            FieldKind::U8 => "u8".to_owned(),
            FieldKind::U16 => "u16".to_owned(),
            FieldKind::U32 => "u32".to_owned(),
            FieldKind::U64 => "u64".to_owned(),
            FieldKind::Bytes(count) => format!("{count} bytes"),
            FieldKind::Structure(name) => link(name),
        };
        writeln!(text, "| {} | `{}` | {kind} | {} |", field.offset, field.name, plain(field.about)).unwrap();
    }
    text.push('\n');
}

fn constants(text: &mut String) {
    text.push_str("## Values\n\n");
    for group in CONSTANTS {
        writeln!(text, "### `{}`\n\n{}\n\n| name | value | |\n|---|---|---|", group.name, plain(group.about))
            .unwrap();
        for constant in group.constants {
            writeln!(text, "| `{}` | {:#X} | {} |", constant.name, constant.value, plain(constant.about))
                .unwrap();
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
}
