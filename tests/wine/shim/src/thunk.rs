//! The way of every call: a thunk of a few instructions for each name, and one way from all of them.
//!
//! The way is the x64 calling convention's: four arguments in registers, the others on the stack, a result in rax. No
//! routine in the list takes a floating-point number. Twelve arguments from the stack are copied; none takes more.

use core::arch::naked_asm;

use crate::{callback, driver, own, tell::tell};

/// A routine whose parameters nobody here looks at.
type Routine = unsafe extern "C" fn();

/// Where the calls of a name go.
struct Entry {
    name: &'static str,
    routine: Routine,
}

macro_rules! routine {
    (own $name:ident) => {
        // SAFETY: the thunk calls it with the arguments that the driver gave, which are those of its page.
        unsafe { core::mem::transmute::<*const (), Routine>(own::$name as *const ()) }
    };
    (wine $name:ident) => {{
        unsafe extern "C" {
            fn $name();
        }
        $name as Routine
    }};
}

macro_rules! thunks {
    ($($index:literal $kind:ident $name:ident $thunk:ident $symbol:literal $text:literal;)*) => {
        static TABLE: &[Entry] = &[$(Entry { name: $text, routine: routine!($kind $name) }),*];

        $(
            #[doc = concat!("What the driver calls as `", $text, "`.")]
            // SAFETY: no other function has this name; the body keeps the calling convention.
            #[unsafe(naked)]
            #[unsafe(export_name = $symbol)]
            extern "C" fn $thunk() {
                naked_asm!("mov r11d, {index}", "jmp {way}", index = const $index, way = sym way)
            }
        )*
    };
}

include!(concat!(env!("OUT_DIR"), "/thunks.rs"));

/// From every thunk to the routine and back. r11 has the index.
// SAFETY: keeps rbp and the stack as they were, and uses no other register that a callee must keep.
#[unsafe(naked)]
extern "C" fn way() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 0xb0",
        // The caller's home space for the four register arguments: with those behind it they are one array.
        "mov [rbp + 0x10], rcx",
        "mov [rbp + 0x18], rdx",
        "mov [rbp + 0x20], r8",
        "mov [rbp + 0x28], r9",
        "mov [rbp - 8], r11",
        "mov ecx, r11d",
        "lea rdx, [rbp + 0x10]",
        "call {enter}",
        "mov r11, rax",
        "xor eax, eax",
        "2:",
        "mov r10, [rbp + 0x30 + rax * 8]",
        "mov [rsp + 0x20 + rax * 8], r10",
        "inc eax",
        "cmp eax, 12",
        "jne 2b",
        "mov rcx, [rbp + 0x10]",
        "mov rdx, [rbp + 0x18]",
        "mov r8, [rbp + 0x20]",
        "mov r9, [rbp + 0x28]",
        "call r11",
        "mov [rbp - 0x10], rax",
        "mov ecx, [rbp - 8]",
        "mov rdx, rax",
        "call {leave}",
        "mov rax, [rbp - 0x10]",
        "leave",
        "ret",
        enter = sym enter,
        leave = sym leave,
    )
}

/// Tells of a call, and says where it goes.
///
/// # Safety
/// `index` is one of the table's, and `arguments` are the call's.
unsafe extern "C" fn enter(index: u32, arguments: *mut [usize; 4]) -> Routine {
    // SAFETY: the caller's home space has room for four.
    let arguments = unsafe { &mut *arguments };
    let [a0, a1, a2, a3] = *arguments;
    let entry = entry(index);
    if entry.name == "IoCreateDevice" {
        driver::created(a0);
    }
    tell!("~c {} {a0:x} {a1:x} {a2:x} {a3:x}", entry.name);
    match entry.name {
        "IofCallDriver" => callback::sent(a1),
        "IoQueueWorkItem" => {
            let [_, routine, _, context] = arguments;
            callback::queued(routine, context);
        }
        _ => {}
    }
    entry.routine
}

extern "C" fn leave(index: u32, value: usize) {
    tell!("~r {} {value:x}", entry(index).name);
}

/// The entry with an index, which the thunks were made from.
fn entry(index: u32) -> &'static Entry {
    let index = usize::try_from(index).unwrap_or_default();
    TABLE.get(index).unwrap_or(&NOBODY)
}

/// What an index beyond the table would mean; the thunks have none.
static NOBODY: Entry = Entry { name: "?", routine: nothing };

const extern "C" fn nothing() {}
