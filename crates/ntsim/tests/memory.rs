//! What driver code can reach, on hand-written machine code: with either way to open and close pages.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::significant_drop_tightening, reason = "a bench holds the arena for the whole test")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use nt_trace::ObjectKind;
use ntsim::{
    cpu::{
        Call, DriverStack, Left, Resume, TrapKind, UserAccess, install_handlers, interruption, take_accesses,
        watch_code,
    },
    mem::{Addr, Fill, Gate, Mem, Mode, PAGE_SIZE, Protection, Request},
};

/// The arena lies at a fixed address, so there is one at a time in a process.
static ONE_MACHINE: Mutex<()> = Mutex::new(());

/// `mov rax, [rcx]; ret`
const READ: [u8; 4] = [0x48, 0x8B, 0x01, 0xC3];

struct Bench {
    mem: Mem,
    stack: Option<DriverStack>,
    code: Addr,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    /// A machine that runs `code`. `None`: the host refuses the gate.
    fn with(gate: Gate, code: &[u8]) -> Option<Self> {
        let alone = ONE_MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
        install_handlers().unwrap();
        let mut mem = match Mem::new(Mode::Guarded, gate) {
            Ok(mem) => mem,
            // userfaultfd may be forbidden, in a container for instance.
            Err(error) if gate == Gate::Faults => {
                eprintln!("not tried: {error}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        assert_eq!(mem.gate(), gate);
        let base = mem.place_image(4096).unwrap();
        mem.bytes_mut(base, code.len() as u64).unwrap().copy_from_slice(code);
        mem.protect_image(base, 4096, Protection::ReadExecute).unwrap();
        watch_code(base, code);
        let (bottom, top) = mem.add_stack().unwrap();
        Some(Self { mem, stack: Some(DriverStack::new(bottom, top)), code: base, _alone: alone })
    }

    fn call(&mut self, arguments: [u64; 6]) -> Left {
        self.mem.settle().unwrap();
        let mut all = [0; 7];
        all[..6].copy_from_slice(&arguments);
        self.stack.as_mut().unwrap().resume(Resume::Call(Call { routine: self.code, arguments: all }))
    }

    /// Calls the code with one argument; what it returned, or the trap that ended it.
    fn run(&mut self, argument: Addr) -> Result<u64, TrapKind> {
        match self.call([argument.0, 0, 0, 0, 0, 0]) {
            Left::Returned(value) => Ok(value),
            Left::Interrupted => {
                self.stack = self.stack.take().map(DriverStack::anew);
                Err(interruption().trap.kind)
            }
            other => panic!("{other:?}"),
        }
    }

    fn object(&mut self, length: u64) -> Addr {
        self.mem.allocate(request(length)).unwrap()
    }
}

const fn request(length: u64) -> Request {
    Request { kind: ObjectKind::Pool, length, tag: 0, fill: Fill::Poison, site: Addr::NULL }
}

/// Runs a test with either gate, each twice: pages that were touched before are opened in another way.
fn with_both(code: &[u8], test: impl Fn(&mut Bench)) {
    for gate in [Gate::Protections, Gate::Faults, Gate::Protections, Gate::Faults] {
        if let Some(mut bench) = Bench::with(gate, code) {
            test(&mut bench);
            bench.mem.reset().unwrap();
            test(&mut bench);
        }
    }
}

const POISON: u64 = 0xCDCD_CDCD_CDCD_CDCD;

#[test]
fn an_object_can_be_reached_while_it_lives_and_nothing_beside_it() {
    with_both(&READ, |bench| {
        let (first, second) = (bench.object(32), bench.object(3 * PAGE_SIZE));
        assert_eq!(bench.run(first), Ok(POISON));
        assert_eq!(bench.run(second), Ok(POISON));
        assert_eq!(bench.run(second.add(3 * PAGE_SIZE - 8)), Ok(POISON), "each of its pages");
        assert_eq!(bench.run(first.add(32)), Err(TrapKind::Read), "it ends at an inaccessible page");
        assert_eq!(bench.run(second.add(3 * PAGE_SIZE)), Err(TrapKind::Read));
        assert_eq!(bench.run(second.add(8 * PAGE_SIZE)), Err(TrapKind::Read), "never allocated");
        bench.mem.free(first, Addr(1)).unwrap();
        assert_eq!(bench.run(first), Err(TrapKind::Read), "freed");
        assert_eq!(bench.run(second), Ok(POISON), "its neighbour lives");
        bench.mem.free(second, Addr(1)).unwrap();
        assert_eq!(bench.run(second.add(PAGE_SIZE)), Err(TrapKind::Read), "freed");
        let third = bench.object(8);
        assert_eq!(bench.run(third), Ok(POISON));
        assert_eq!(bench.run(first), Err(TrapKind::Read), "and stays so");
    });
}

#[test]
fn what_was_given_away_is_out_of_reach_until_it_comes_back() {
    with_both(&READ, |bench| {
        let object = bench.object(64);
        assert_eq!(bench.run(object), Ok(POISON));
        bench.mem.set_revoked(object, true);
        assert_eq!(bench.run(object), Err(TrapKind::Read));
        bench.mem.set_revoked(object, false);
        bench.mem.write(object, &7_u64).unwrap();
        assert_eq!(bench.run(object), Ok(7), "what the simulator wrote meanwhile");
        bench.mem.set_revoked(object, true);
        bench.mem.set_revoked(object, false);
        assert_eq!(bench.run(object), Ok(7));
    });
}

#[test]
fn a_life_leaves_nothing_open() {
    with_both(&READ, |bench| {
        let object = bench.object(64);
        assert_eq!(bench.run(object), Ok(POISON));
        bench.mem.reset().unwrap();
        assert_eq!(bench.run(object), Err(TrapKind::Read));
    });
}

#[test]
fn pageable_memory_is_out_of_reach_while_its_pages_cannot_be_brought_in() {
    with_both(&READ, |bench| {
        let (paged, other) = (bench.object(64), bench.object(64));
        bench.mem.set_pageable(paged);
        assert_eq!(bench.run(paged), Ok(POISON));
        bench.mem.set_pageable_reachable(false);
        assert!(bench.mem.read::<u64>(paged).is_err(), "for the kernel's routines as well");
        assert_eq!(bench.run(paged), Err(TrapKind::Read));
        assert!(bench.mem.is_paged_out(paged) && !bench.mem.is_paged_out(other));
        assert_eq!(bench.run(other), Ok(POISON));
        bench.mem.set_pageable_reachable(true);
        assert_eq!(bench.run(paged), Ok(POISON));
        bench.mem.stop_paging(true);
        assert_eq!(bench.run(paged), Err(TrapKind::Read), "at any level");
        bench.mem.stop_paging(false);
        assert_eq!(bench.run(paged), Ok(POISON));
    });
}

/// `mov rsi, rcx; mov rdi, rdx; mov ecx, 24; rep movsb; mov ax, [rsi]; ret`, with the registers kept that Windows keeps.
const COPY: [u8; 24] = [
    0x56, 0x57, 0x48, 0x89, 0xCE, 0x48, 0x89, 0xD7, 0xB9, 24, 0, 0, 0, 0xF3, 0xA4, 0x66, 0x8B, 0x06, 0x5F,
    0x5E, 0xC3, 0x90, 0x90, 0x90,
];

#[test]
fn accesses_to_user_memory_are_noted_one_by_one() {
    with_both(&COPY, |bench| {
        bench.mem.watch_user(true);
        let user = bench.mem.allocate_user(request(2 * PAGE_SIZE)).unwrap();
        let from = user.add(PAGE_SIZE - 10);
        bench.mem.bytes_mut(from, 26).unwrap().copy_from_slice(b"abcdefghijklmnopqrstuvwxyz");
        let to = bench.object(24);
        let left = bench.call([from.0, to.0, 0, 0, 0, 0]);
        assert!(
            matches!(left, Left::Returned(value) if value & 0xFFFF == u64::from(u16::from_le_bytes(*b"yz"))),
            "{left:?}"
        );
        assert_eq!(bench.mem.bytes(to, 24).unwrap(), b"abcdefghijklmnopqrstuvwx");
        let noted: Vec<Option<UserAccess>> = take_accesses();
        // What follows on what was read before is the same access.
        let read = UserAccess { address: from, length: 26, write: false, instruction: bench.code.add(13) };
        assert_eq!(noted, [Some(read)]);
        assert_eq!(bench.mem.user_buffer_at(from), Some((1, user, PAGE_SIZE - 10)));
        assert_eq!(take_accesses(), [], "each is told once");
        bench.mem.free(user, Addr(1)).unwrap();
        let left = bench.call([user.0, to.0, 0, 0, 0, 0]);
        assert!(matches!(left, Left::Interrupted), "freed is freed: {left:?}");
        bench.stack = bench.stack.take().map(DriverStack::anew);
        assert_eq!(take_accesses(), []);
    });
}

#[test]
fn a_system_address_of_user_pages_is_watched_too() {
    with_both(&READ, |bench| {
        bench.mem.watch_user(true);
        let user = bench.mem.allocate_user(request(100)).unwrap();
        let name = bench.mem.name(ObjectKind::Mdl);
        let system = bench.mem.map_into_system(user.add(20), 80, name).unwrap();
        assert_eq!(bench.run(system.add(4)), Ok(POISON));
        let read = UserAccess { address: system.add(4), length: 8, write: false, instruction: bench.code };
        assert_eq!(take_accesses(), [Some(read)]);
        assert_eq!(bench.mem.user_buffer_at(system.add(4)), Some((1, user, 24)));
        bench.mem.unmap_from_system(system).unwrap();
        assert_eq!(bench.run(system.add(4)), Err(TrapKind::Read));
    });
}
