//! The processor on hand-written machine code: calls, returns, imports, traps, loops.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::significant_drop_tightening, reason = "a bench holds the arena for the whole test")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use ntsim::{
    cpu::{
        Breakpoints, Call, Cause, DriverStack, Left, Register, Resume, TrapKind, go_on_with,
        install_handlers, interruption, stub, thunk_address,
    },
    mem::{Addr, Gate, Mem, Mode, Protection},
};

/// The arena lies at a fixed address, so there is one at a time in a process.
static ONE_MACHINE: Mutex<()> = Mutex::new(());

struct Bench {
    mem: Mem,
    stack: DriverStack,
    code: Addr,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    fn with(code: &[u8]) -> Self {
        let alone = ONE_MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
        install_handlers().unwrap();
        let mut mem = Mem::new(Mode::Guarded, Gate::Best).unwrap();
        let base = mem.place_image(4096).unwrap();
        mem.bytes_mut(base, code.len() as u64).unwrap().copy_from_slice(code);
        mem.protect_image(base, 4096, Protection::ReadExecute).unwrap();
        let (bottom, top) = mem.add_stack().unwrap();
        Self { mem, stack: DriverStack::new(bottom, top), code: base, _alone: alone }
    }

    fn call(&mut self, arguments: [u64; 6]) -> Left {
        self.mem.settle().unwrap();
        let mut all = [0; 7];
        all[..6].copy_from_slice(&arguments);
        self.stack.resume(Resume::Call(Call { routine: self.code, arguments: all }))
    }

    fn trap(&mut self) -> ntsim::cpu::Trap {
        match self.call([0; 6]) {
            Left::Trapped(trap) => trap,
            Left::Interrupted => interruption().trap,
            other => panic!("no trap but {other:?}"),
        }
    }
}

#[test]
fn a_routine_gets_its_arguments_and_returns() {
    // lea rax, [rcx + rdx]; add rax, [rsp + 0x28]; ret
    let mut bench = Bench::with(&[0x48, 0x8D, 0x04, 0x11, 0x48, 0x03, 0x44, 0x24, 0x28, 0xC3]);
    let left = bench.call([1, 20, 0, 0, 300, 0]);
    assert!(matches!(left, Left::Returned(321)), "{left:?}");
    let left = bench.call([5, 6, 0, 0, 0, 0]);
    assert!(matches!(left, Left::Returned(11)), "the stack is used again: {left:?}");
}

/// sub rsp, 0x38; mov ecx, 7; mov edx, 8; mov qword [rsp + 0x20], 9; mov rax, thunk; call rax;
/// add rsp, 0x38; ret
fn code_that_calls_import(index: usize) -> Vec<u8> {
    let mut code = vec![0x48, 0x83, 0xEC, 0x38, 0xB9, 7, 0, 0, 0, 0xBA, 8, 0, 0, 0];
    code.extend([0x48, 0xC7, 0x44, 0x24, 0x20, 9, 0, 0, 0, 0x48, 0xB8]);
    code.extend(thunk_address(index).0.to_le_bytes());
    code.extend([0xFF, 0xD0, 0x48, 0x83, 0xC4, 0x38, 0xC3]);
    code
}

#[test]
fn an_import_suspends_with_number_arguments_and_site() {
    let mut bench = Bench::with(&code_that_calls_import(3));
    let Left::Import { index, arguments, site } = bench.call([0; 6]) else { panic!("no import") };
    assert_eq!(index, 3);
    assert_eq!(bench.mem.read::<u64>(arguments).unwrap(), 7);
    assert_eq!(bench.mem.read::<u64>(arguments.add(8)).unwrap(), 8);
    assert_eq!(bench.mem.read::<u64>(arguments.add(32)).unwrap(), 9, "the fifth argument is on the stack");
    assert_eq!(site, bench.code.add(35));
    let left = bench.stack.resume(Resume::Return(99));
    assert!(matches!(left, Left::Returned(99)), "{left:?}");
}

#[test]
fn callbacks_nest_on_one_stack() {
    let mut bench = Bench::with(&code_that_calls_import(0));
    let Left::Import { arguments: outer, .. } = bench.call([0; 6]) else { panic!("no import") };
    let Left::Import { arguments: inner, .. } = bench.call([0; 6]) else { panic!("no nested import") };
    assert!(inner < outer, "the inner call is further down the same stack");
    assert!(matches!(bench.stack.resume(Resume::Return(1)), Left::Returned(1)));
    assert!(matches!(bench.stack.resume(Resume::Return(2)), Left::Returned(2)));
}

#[test]
fn registers_that_windows_preserves_survive_an_import() {
    // mov rsi, 0x1234; mov rdi, 0x10; movq xmm6, rsi; sub rsp, 0x28; mov rax, thunk; call rax;
    // add rsp, 0x28; movq rax, xmm6; add rax, rsi; add rax, rdi; ret
    let mut code = vec![0x48, 0xC7, 0xC6, 0x34, 0x12, 0, 0, 0x48, 0xC7, 0xC7, 0x10, 0, 0, 0];
    code.extend([0x66, 0x48, 0x0F, 0x6E, 0xF6, 0x48, 0x83, 0xEC, 0x28, 0x48, 0xB8]);
    code.extend(thunk_address(0).0.to_le_bytes());
    code.extend([0xFF, 0xD0, 0x48, 0x83, 0xC4, 0x28, 0x66, 0x48, 0x0F, 0x7E, 0xF0]);
    code.extend([0x48, 0x01, 0xF0, 0x48, 0x01, 0xF8, 0xC3]);
    let mut bench = Bench::with(&code);
    assert!(matches!(bench.call([0; 6]), Left::Import { index: 0, .. }));
    let left = bench.stack.resume(Resume::Return(0));
    assert!(matches!(left, Left::Returned(0x2478)), "{left:?}");
}

#[test]
fn a_wild_read_is_a_trap_with_its_address() {
    // xor eax, eax; mov rax, [rax + 0x40]; ret
    let mut bench = Bench::with(&[0x31, 0xC0, 0x48, 0x8B, 0x40, 0x40, 0xC3]);
    let trap = bench.trap();
    assert_eq!((trap.kind, trap.address), (TrapKind::Read, Addr(0x40)));
    assert_eq!(trap.instruction, bench.code.add(2));
}

#[test]
fn a_write_to_code_is_a_trap() {
    // lea rax, [rip]; mov byte [rax], 1; ret
    let mut bench = Bench::with(&[0x48, 0x8D, 0x05, 0, 0, 0, 0, 0xC6, 0x00, 0x01, 0xC3]);
    assert_eq!(bench.trap().kind, TrapKind::Write);
}

#[test]
fn illegal_instructions_and_calls_of_null_are_traps() {
    assert_eq!(Bench::with(&[0x0F, 0x0B]).trap().kind, TrapKind::IllegalInstruction);
    // xor eax, eax; call rax
    let trap = Bench::with(&[0x31, 0xC0, 0xFF, 0xD0]).trap();
    assert_eq!((trap.kind, trap.address), (TrapKind::Execute, Addr::NULL));
}

#[test]
fn a_stack_that_runs_over_is_a_trap_at_its_guard_page() {
    // push rax; jmp back to the push
    let mut bench = Bench::with(&[0x50, 0xEB, 0xFD]);
    assert_eq!(bench.trap().kind, TrapKind::Write);
}

#[test]
fn a_loop_without_a_kernel_call_is_cut() {
    let mut bench = Bench::with(&[0xEB, 0xFE]);
    let trap = bench.trap();
    assert_eq!((trap.kind, trap.instruction), (TrapKind::Hang, bench.code));
}

#[test]
fn objects_end_at_an_inaccessible_page_and_stay_so_when_freed() {
    use nt_trace::ObjectKind;
    use ntsim::mem::{Fill, Request};
    // mov rax, [rcx]; ret
    let mut bench = Bench::with(&[0x48, 0x8B, 0x01, 0xC3]);
    let request =
        Request { kind: ObjectKind::Pool, length: 32, tag: 0, fill: Fill::Poison, site: Addr::NULL };
    let object = bench.mem.allocate(request).unwrap();
    let left = bench.call([object.0 + 24, 0, 0, 0, 0, 0]);
    assert!(matches!(left, Left::Returned(0xCDCD_CDCD_CDCD_CDCD)), "{left:?}");
    let freed = bench.mem.free(object, Addr(1)).unwrap();
    assert!(freed.intact);
    assert!(bench.mem.free(object, Addr(2)).is_err(), "freed twice");
    assert!(bench.mem.bytes(object, 1).is_err());
    assert_eq!(bench.mem.autopsy(&freed.object), &[0xCD; 32]);
    let left = bench.call([object.0 + 24, 0, 0, 0, 0, 0]);
    assert!(matches!(left, Left::Interrupted), "{left:?}");
    let trap = interruption().trap;
    assert_eq!(bench.mem.object_near(trap.address).map(|near| near.id), Some(freed.object.id));
}

#[test]
fn interrupted_code_goes_on_with_the_registers_that_it_is_given() {
    // push rbx; mov ebx, 5; movd xmm6, ecx; ud2; movd eax, xmm6; add rax, rbx; pop rbx; ret
    let mut bench = Bench::with(&[
        0x53, 0xBB, 5, 0, 0, 0, 0x66, 0x0F, 0x6E, 0xF1, 0x0F, 0x0B, 0x66, 0x0F, 0x7E, 0xF0, 0x48, 0x01, 0xD8,
        0x5B, 0xC3,
    ]);
    let left = bench.call([7, 0, 0, 0, 0, 0]);
    assert!(matches!(left, Left::Interrupted), "{left:?}");
    let interruption = interruption();
    assert_eq!((interruption.cause, interruption.trap.kind), (Cause::Fault, TrapKind::IllegalInstruction));
    let mut context = interruption.context;
    assert_eq!((context.get(Register::Rbx), context.xmm[6], context.rip), (5, 7, bench.code.add(10)));
    context.rip = context.rip.add(2);
    context.set(Register::Rbx, 100);
    context.xmm[6] = 20;
    // What runs meanwhile on the same stack lies below.
    let nested = bench.call([1, 0, 0, 0, 0, 0]);
    assert!(matches!(nested, Left::Interrupted), "{nested:?}");
    go_on_with(&context);
    let left = bench.stack.resume(Resume::Continue);
    assert!(matches!(left, Left::Returned(120)), "{left:?}");
}

#[test]
fn a_call_that_raises_an_exception_interrupts_its_caller() {
    let mut bench = Bench::with(&code_that_calls_import(3));
    let Left::Import { arguments, site, .. } = bench.call([0; 6]) else { panic!("no import was called") };
    let left = bench.stack.resume(Resume::Raise);
    assert!(matches!(left, Left::Interrupted), "{left:?}");
    let context = interruption().context;
    assert_eq!(interruption().cause, Cause::Routine);
    assert_eq!(bench.mem.read::<Addr>(context.stack()).unwrap(), site);
    assert_eq!(context.stack().add(8), arguments);
}

/// A bench with code in which threads may switch at the instruction of `length` bytes at `offset`.
fn bench_with_point(code: &[u8], offset: u32, length: usize) -> (Bench, Breakpoints) {
    let mut bench = Bench::with(code);
    let start = offset as usize;
    let next = bench.code.add((start + length) as u64);
    let stub = stub(&code[start..start + length], next).unwrap();
    bench.mem.place_stubs(&stub).unwrap();
    let breakpoints = Breakpoints::new(&mut bench.mem, bench.code, code.len() as u64, vec![offset]).unwrap();
    (bench, breakpoints)
}

/// A word that driver code can reach.
fn word(bench: &mut Bench, value: u64) -> Addr {
    use nt_trace::ObjectKind;
    use ntsim::mem::{Fill, Request};
    let request = Request { kind: ObjectKind::Pool, length: 8, tag: 0, fill: Fill::Poison, site: Addr::NULL };
    let word = bench.mem.allocate(request).unwrap();
    bench.mem.write(word, &value).unwrap();
    bench.mem.settle().unwrap();
    word
}

/// Adds `rdx` to the word at `rcx` and returns what the word was.
const ADDS: [u8; 14] = [
    0x48, 0x89, 0xD0, 0x48, 0x39, 0xD0, // mov rax, rdx; cmp rax, rdx
    0xF0, 0x48, 0x0F, 0xC1, 0x01, // lock xadd [rcx], rax
    0x90, 0x90, 0xC3, // nop; nop; ret
];

#[test]
fn threads_may_switch_before_an_atomic_instruction_and_it_runs_once() {
    let (mut bench, mut breakpoints) = bench_with_point(&ADDS, 6, 5);
    let word = word(&mut bench, 40);
    assert!(matches!(bench.call([word.0, 2, 0, 0, 0, 0]), Left::Returned(40)), "it is off at first");
    let before = bench.mem.bytes(bench.code, ADDS.len() as u64).unwrap().to_vec();
    assert_eq!(before, ADDS);
    for round in 0..3 {
        breakpoints.switch_points(true);
        let left = bench.call([word.0, 2, 0, 0, 0, 0]);
        assert!(matches!(left, Left::Atomic { .. }), "{left:?}");
        let value = 42 + 4 * round;
        assert_eq!(bench.mem.read::<u64>(word).unwrap(), value, "it did not run yet");
        // Somebody else was faster.
        bench.mem.write(word, &(value + 2)).unwrap();
        let left = bench.stack.resume(Resume::Return(0));
        assert!(matches!(left, Left::Returned(old) if old == value + 2), "{left:?}");
        assert_eq!(bench.mem.read::<u64>(word).unwrap(), value + 4);
        breakpoints.switch_points(false);
        assert_eq!(bench.mem.bytes(bench.code, ADDS.len() as u64).unwrap(), ADDS, "the code is as it was");
    }
}

#[test]
fn registers_and_flags_survive_a_point() {
    // stc; mov r8..r11 and rsi, rdi, xmm0, xmm15 set; xchg [rcx], rdx; adc and add all of them to rax; ret
    let mut code = vec![0x56, 0x57, 0x31, 0xC0]; // push rsi; push rdi; xor eax, eax
    for (rex, opcode) in [(0x49, 0xC0), (0x49, 0xC1), (0x49, 0xC2), (0x49, 0xC3), (0x48, 0xC6), (0x48, 0xC7)]
    {
        code.extend([rex, 0xC7, opcode, 0x10, 0, 0, 0]); // mov reg, 0x10
    }
    code.extend([0x66, 0x49, 0x0F, 0x6E, 0xC0, 0x66, 0x4D, 0x0F, 0x6E, 0xF8]); // movq xmm0, r8; movq xmm15, r8
    code.push(0xF9); // stc
    let offset = u32::try_from(code.len()).unwrap();
    code.extend([0x48, 0x87, 0x11]); // xchg [rcx], rdx
    code.extend([0x48, 0x11, 0xD0]); // adc rax, rdx
    code.extend([0x4C, 0x01, 0xC0, 0x4C, 0x01, 0xC8, 0x4C, 0x01, 0xD0, 0x4C, 0x01, 0xD8]); // add rax, r8 .. r11
    code.extend([0x48, 0x01, 0xF0, 0x48, 0x01, 0xF8]); // add rax, rsi; add rax, rdi
    code.extend([0x66, 0x48, 0x0F, 0x7E, 0xC2, 0x48, 0x01, 0xD0]); // movq rdx, xmm0; add rax, rdx
    code.extend([0x66, 0x4C, 0x0F, 0x7E, 0xFA, 0x48, 0x01, 0xD0]); // movq rdx, xmm15; add rax, rdx
    code.extend([0x5F, 0x5E, 0xC3]); // pop rdi; pop rsi; ret
    let (mut bench, mut breakpoints) = bench_with_point(&code, offset, 3);
    let word = word(&mut bench, 0x1000);
    breakpoints.switch_points(true);
    assert!(matches!(bench.call([word.0, 7, 0, 0, 0, 0]), Left::Atomic { .. }));
    let left = bench.stack.resume(Resume::Return(0));
    // 0x1000 exchanged, 1 for the carry, 0x10 in eight registers.
    assert!(matches!(left, Left::Returned(0x1081)), "{left:?}");
    assert_eq!(bench.mem.read::<u64>(word).unwrap(), 7);
}

#[test]
fn a_fault_of_an_atomic_instruction_is_at_the_instruction() {
    let (mut bench, mut breakpoints) = bench_with_point(&ADDS, 6, 5);
    breakpoints.switch_points(true);
    assert!(matches!(bench.call([0x40, 2, 0, 0, 0, 0]), Left::Atomic { .. }));
    assert!(matches!(bench.stack.resume(Resume::Return(0)), Left::Interrupted));
    let trap = interruption().trap;
    assert_eq!((trap.instruction, trap.address), (bench.code.add(6), Addr(0x40)));
}

#[test]
fn blocks_are_noted_once_and_their_code_is_put_back() {
    // test ecx, ecx; jz +3; mov al, 1; ret; (7:) mov al, 2; ret; int3
    let code = [0x85, 0xC9, 0x74, 0x03, 0xB0, 1, 0xC3, 0xB0, 2, 0xC3, 0xCC];
    let mut bench = Bench::with(&code);
    let mut breakpoints =
        Breakpoints::new(&mut bench.mem, bench.code, code.len() as u64, Vec::new()).unwrap();
    breakpoints.watch_blocks(&[0, 4, 7, 10]);
    for (argument, reached) in [(1, vec![0, 4]), (1, vec![]), (0, vec![7]), (0, vec![])] {
        let left = bench.call([argument, 0, 0, 0, 0, 0]);
        assert!(matches!(left, Left::Returned(_)), "{left:?}");
        assert_eq!(breakpoints.take_reached(), reached);
    }
    assert_eq!(bench.mem.bytes(bench.code, code.len() as u64).unwrap(), code);
}

#[test]
fn a_breakpoint_of_the_drivers_own_is_a_trap_also_where_a_block_begins() {
    let mut bench = Bench::with(&[0xCC, 0xC3]);
    let mut breakpoints = Breakpoints::new(&mut bench.mem, bench.code, 2, Vec::new()).unwrap();
    breakpoints.watch_blocks(&[0]);
    assert_eq!(bench.trap().kind, TrapKind::Breakpoint);
    assert_eq!(breakpoints.take_reached(), [0]);
}

#[test]
fn a_point_may_begin_a_block() {
    let (mut bench, mut breakpoints) = bench_with_point(&ADDS, 6, 5);
    let word = word(&mut bench, 1);
    breakpoints.watch_blocks(&[6]);
    breakpoints.switch_points(true);
    for reached in [vec![6], vec![]] {
        assert!(matches!(bench.call([word.0, 1, 0, 0, 0, 0]), Left::Atomic { .. }));
        assert_eq!(breakpoints.take_reached(), reached);
        assert!(matches!(bench.stack.resume(Resume::Return(0)), Left::Returned(_)));
    }
    assert_eq!(bench.mem.read::<u64>(word).unwrap(), 3);
    breakpoints.switch_points(false);
    assert!(matches!(bench.call([word.0, 1, 0, 0, 0, 0]), Left::Returned(3)));
    breakpoints.watch_blocks(&[6]);
    assert!(matches!(bench.call([word.0, 1, 0, 0, 0, 0]), Left::Returned(4)), "a block again, no point");
    assert_eq!(breakpoints.take_reached(), [6]);
}
