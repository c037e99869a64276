//! `DbgPrint` and its siblings.

use nt_trace::event::DebugPrint;

use super::{
    Kernel, answer,
    export::{Args, Export, HIGH_LEVEL, Handler, Returns},
    format::Family,
};
use crate::{abi::status::STATUS_SUCCESS, stop::Stop};

/// The routines.
pub const EXPORTS: &[Export] = &[
    Export::new("DbgPrint", "wdm/nf-wdm-dbgprint", HIGH_LEVEL, Returns::Status, &[], Handler::Sync(print)),
    Export::new(
        "DbgPrintEx",
        "wdm/nf-wdm-dbgprintex",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(print_ex),
    ),
    Export::new(
        "vDbgPrintEx",
        "wdm/nf-wdm-vdbgprintex",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(print_list),
    ),
    Export::new(
        "vDbgPrintExWithPrefix",
        "wdm/nf-wdm-vdbgprintexwithprefix",
        HIGH_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(print_with_prefix),
    ),
];

fn print(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    print_from(kernel, args, 0)
}

/// The component and the level come before the format.
fn print_ex(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    print_from(kernel, args, 2)
}

fn print_from(kernel: &mut Kernel, args: Args, index: u64) -> Result<u64, Stop> {
    let format = kernel.c_string(args.pointer(kernel, index)?)?;
    say(kernel, &format, args, index + 1)
}

/// `vDbgPrintEx`: component, level, format, and the arguments as an array.
fn print_list(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let format = kernel.c_string(args.pointer(kernel, 2)?)?;
    let list = Args { base: args.pointer(kernel, 3)?, site: args.site };
    say(kernel, &format, list, 0)
}

/// `vDbgPrintExWithPrefix`: a text that stands before the message comes first.
fn print_with_prefix(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let mut format = kernel.c_string(args.pointer(kernel, 0)?)?;
    format = format.iter().flat_map(|byte| if *byte == b'%' { vec![b'%'; 2] } else { vec![*byte] }).collect();
    format.extend(kernel.c_string(args.pointer(kernel, 3)?)?);
    let list = Args { base: args.pointer(kernel, 4)?, site: args.site };
    say(kernel, &format, list, 0)
}

fn say(kernel: &mut Kernel, format: &[u8], args: Args, next: u64) -> Result<u64, Stop> {
    let format: String = format.iter().map(|byte| char::from(*byte)).collect();
    let text = kernel.format(&format, Family::Message, args, next)?;
    kernel.emit(DebugPrint { text: text.trim_end().to_owned().into() });
    Ok(answer(STATUS_SUCCESS))
}
