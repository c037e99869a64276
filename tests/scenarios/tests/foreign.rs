//! Drivers that are not ours: the one of tests/foreign, in C, as gcc and clang compile it, and its broken variants.
//! `cargo xtask build --foreign` makes the images.

use std::path::PathBuf;

use nt_trace::{EventKind, NtStatus};
use ntsim::{
    image::LoadError,
    inf::Installation,
    life::{Life, play},
    machine::{self, Choices, Machine, Options},
    scenario::{Bytes, DEVICE, Expected, Ioctl, Open, Plug, Scenario, Step, library::any_driver},
};

const FILE: &str = "file";
/// Seeds that the good variants are played with.
const SEEDS: u64 = 20;

/// The driver's control codes (tests/foreign/foreign.h).
const FACTS: u32 = 0x0022_2400;
const TEXT: u32 = 0x0022_2404;
const PEEK: u32 = 0x0022_2408;
const DESCRIPTOR: u32 = 0x0022_240C;
const WORK: u32 = 0x0022_2410;
const NEITHER: u32 = 0x0022_2417;
const COOKIE: u32 = 0x0022_2418;
const DEFECT: u32 = 0x0022_241C;

const STATUS_ACCESS_VIOLATION: NtStatus = NtStatus(0xC000_0005);
const STATUS_NOT_SUPPORTED: NtStatus = NtStatus(0xC000_00BB);

fn image(name: &str) -> PathBuf {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/driver/foreign"));
    let path = path.join(name).with_extension("sys");
    assert!(path.is_file(), "{} is not there: make it with `cargo xtask build --foreign`", path.display());
    path
}

fn machine(name: &str) -> Machine {
    Machine::load(&image(name), Options::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn ask(code: u32, input: Bytes, room: u32, expect: Expected) -> Step {
    Step::Ioctl { ioctl: Ioctl::new(FILE, code, input, Bytes::room(room)), expect }
}

/// Plugs a device in, opens it, does these steps, and brings everything to an end.
fn scenario(steps: Vec<Step>) -> Scenario {
    let mut all = vec![
        Step::Plug(Plug { expect: Expected::success(), ..Plug::new(DEVICE, "loopback-hs") }),
        Step::Open(Open { expect: Expected::success(), ..Open::new(DEVICE, FILE) }),
    ];
    all.extend(steps);
    all.extend([Step::Close { file: FILE.into() }, Step::Unplug { device: DEVICE.into() }, Step::Unload]);
    Scenario { name: "foreign".into(), about: "what the driver in C does".into(), steps: all }
}

/// An address of user mode where nothing is, one of the kernel's, and one that no processor has.
const BAD_ADDRESSES: [u64; 3] = [0x0001_0000, 0xFFFF_F800_0000_0000, 0x8000_0000_0000_0000];

/// What both compilers' drivers are asked.
fn everything(with_exceptions: bool) -> Vec<Step> {
    let text = "wide|narrow|abcd|-3   |   17|0000000000000000";
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let refused = if with_exceptions { STATUS_ACCESS_VIOLATION } else { STATUS_NOT_SUPPORTED };
    let mut steps = vec![
        ask(FACTS, Bytes::none(), 64, Expected::success().moved(64)),
        ask(TEXT, Bytes::none(), 256, Expected::success().moved(text.len() as u64).bytes(Bytes::of(text))),
        ask(DESCRIPTOR, Bytes::none(), 18, Expected::success().moved(18)),
        ask(WORK, Bytes::none(), 0, Expected::success()),
        ask(COOKIE, Bytes::of(vec![1, 2, 3, 4]), 4, Expected::success().bytes(Bytes::of(vec![10, 0, 0, 0]))),
    ];
    for address in BAD_ADDRESSES {
        let input = Bytes::of(address.to_le_bytes().to_vec());
        steps.push(ask(PEEK, input, 8, Expected::status(refused)));
    }
    let filled: Vec<u8> = (0..=63).collect();
    steps.push(if with_exceptions {
        ask(NEITHER, Bytes::none(), 64, Expected::success().moved(64).bytes(Bytes::of(filled)))
    } else {
        ask(NEITHER, Bytes::none(), 64, Expected::status(STATUS_NOT_SUPPORTED))
    });
    steps
}

/// Demands a life that was played to its end without violation or leak. Advice is given: the driver allocates as
/// drivers did.
fn assert_clean(life: &Life, what: &str) {
    assert!(life.is_clean(), "{what}: {:?}\n{}", life.cut_short, life.summary());
}

fn is_clean(name: &str, scenario: &Scenario) {
    let mut machine = machine(name);
    for seed in 0..=SEEDS {
        let choices = if seed == 0 { Choices::InTurn } else { Choices::Seed(seed) };
        machine.next_life(choices).unwrap_or_else(|stop| panic!("{stop}"));
        assert_clean(&play(&mut machine, scenario), &format!("{name}, seed {seed}"));
    }
}

#[test]
fn gcc_s_driver_does_everything() {
    is_clean("gcc", &scenario(everything(false)));
}

#[test]
fn clang_s_driver_does_everything() {
    is_clean("clang", &scenario(everything(true)));
}

#[test]
fn the_life_for_any_driver_suits_gcc_s() {
    is_clean("gcc", &any_driver("loopback-hs"));
}

#[test]
fn the_life_for_any_driver_suits_clang_s() {
    is_clean("clang", &any_driver("loopback-hs"));
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let mut machine = machine("clang");
    let scenario = scenario(everything(true));
    let mut live = || {
        machine.next_life(Choices::Seed(7)).unwrap_or_else(|stop| panic!("{stop}"));
        play(&mut machine, &scenario).events
    };
    assert_eq!(live(), live());
}

/// What CR8, gs and `KUSER_SHARED_DATA` say, as the driver read them inline.
#[test]
fn inline_reads_say_what_the_kernel_says() {
    for name in ["gcc", "clang"] {
        // irql_before, irql_raised, irql_after: PASSIVE, DISPATCH, PASSIVE.
        let bytes: Vec<u8> = [0_u32, 2, 0].into_iter().flat_map(u32::to_le_bytes).collect();
        let facts = ask(FACTS, Bytes::none(), 64, Expected::success().bytes(Bytes::of(bytes)));
        let mut machine = machine(name);
        let life = play(&mut machine, &scenario(vec![facts]));
        assert_clean(&life, name);
        let raised =
            life.events.iter().any(|event| matches!(&event.kind, EventKind::IrqlRaised(it) if it.to == 2));
        let lowered =
            life.events.iter().any(|event| matches!(&event.kind, EventKind::IrqlLowered(it) if it.to == 0));
        assert!(raised && lowered, "{name}: a write of CR8 is an event");
        // A process has one machine.
        drop(machine);
    }
}

#[test]
fn debug_messages_are_formatted_as_printf_does() {
    let mut machine = machine("clang");
    let life = play(&mut machine, &scenario(Vec::new()));
    let said: Vec<&str> = life
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::DebugPrint(it) => Some(it.text.as_ref()),
            _ => None,
        })
        .collect();
    let hello = "native 64-bit, ok, 0x0000beef,   abc|42    |+7|123456789abcdef, 100%";
    assert!(said.iter().any(|text| text.ends_with(hello)), "{said:#?}");
    assert!(said.iter().any(|text| text.contains(r"\Services\clang")), "{said:#?}");
}

#[test]
fn an_inf_file_makes_the_registry() {
    let inf = r#"
        [Manufacturer]
        %Maker% = Models, NTamd64
        [Models.NTamd64]
        %Thing% = Install, USB\VID_1209&PID_0001
        [Install.NT]
        [Install.NT.HW]
        AddReg = Settings
        [Settings]
        HKR,, ForeignSetting, 0x00010001, 0x2A
        [Install.NT.Services]
        AddService = foreign_service, 2, Service
        [Service]
        ServiceType = 1
        StartType = 3
        ErrorControl = 1
        ServiceBinary = %13%\clang.sys
        [Strings]
        Maker = "nobody"
        Thing = "a thing"
    "#;
    machine::install(Installation::of(inf.as_bytes()).expect("an INF file"));
    let mut machine = machine("clang");
    let life = play(&mut machine, &scenario(Vec::new()));
    assert_clean(&life, "with an INF file");
    let said = |wanted: &str| {
        life.events.iter().any(|it| matches!(&it.kind, EventKind::DebugPrint(it) if it.text.contains(wanted)))
    };
    assert!(said(r"\Services\foreign_service") && said("the setting is 42"));
}

/// The variant's life when it is asked for its defect.
fn broken(name: &str, code: u32, input: Bytes) -> Life {
    let mut machine = machine(name);
    play(&mut machine, &scenario(vec![ask(code, input, 8, Expected::anything())]))
}

/// The bug check that ended a life, and what was said of it.
fn bug_check(life: &Life) -> Option<(u32, u64, String)> {
    life.events.iter().find_map(|event| match &event.kind {
        EventKind::BugCheck(it) => Some((it.code, it.parameters[0], it.text.to_string())),
        _ => None,
    })
}

#[test]
fn a_missing_import_is_named_before_anything_runs() {
    match Machine::load(&image("missing_import"), Options::default()) {
        Err(LoadError::MissingExports(names)) => assert_eq!(names, ["ntoskrnl.exe!NtNobodyHasThis"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_smashed_cookie_is_a_fast_fail() {
    let life = broken("cookie_smashed", COOKIE, Bytes::of(vec![0x41; 40]));
    let (code, first, text) = bug_check(&life).expect("a bug check");
    assert_eq!((code, first), (0x139, 2), "{text}");
    assert!(text.contains("cookie_smashed.sys+0x"), "{text}");
}

#[test]
fn an_exception_without_a_handler_is_a_bug_check() {
    let life = broken("exception_unhandled", DEFECT, Bytes::none());
    let (code, first, text) = bug_check(&life).expect("a bug check");
    assert!(matches!(code, 0x1E | 0x7E), "{code:#x}: {text}");
    assert_eq!(first, 0xC000_0001);
}

#[test]
fn discarded_code_cannot_be_executed() {
    for name in ["init_after_entry", "init_after_entry_gcc"] {
        let life = broken(name, DEFECT, Bytes::none());
        let (_, _, text) = bug_check(&life).expect("a bug check");
        assert!(text.contains("INIT"), "{text}");
        assert!(life.violations.iter().any(|it| it.rule == "MemoryAccess"), "{:?}", life.violations);
    }
}

#[test]
fn pageable_code_at_dispatch_level_is_caught() {
    let life = broken("paged_at_dispatch", DEFECT, Bytes::none());
    assert!(!life.is_clean());
    let said = |it: &&nt_trace::Violation| it.rule.contains("Paged") || it.rule.contains("MemoryAccess");
    assert!(life.violations.iter().any(|it| said(&it)), "{:#?}", life.violations);
}

#[test]
fn what_is_not_emulated_says_so() {
    let life = broken("privileged", DEFECT, Bytes::none());
    let reason = life.cut_short.expect("the life is cut short");
    assert!(reason.contains("not emulated: wbinvd at privileged.sys+0x"), "{reason}");
    assert!(reason.ends_with("(bytes 0f 09)"), "{reason}");
}
