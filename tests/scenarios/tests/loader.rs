//! Damaged and foreign images: each is refused with a clear error before anything of it runs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ntsim::{
    image::LoadError,
    machine::{Machine, Options},
};
use scenarios::driver_file;

/// Offset of the PE header's offset in the DOS header.
const LFANEW: usize = 0x3C;

fn image() -> Vec<u8> {
    fs::read(driver_file()).expect("the driver can be read")
}

fn header(image: &[u8]) -> usize {
    u32::from_le_bytes(image[LFANEW..LFANEW + 4].try_into().unwrap()) as usize
}

/// Writes an image to a file of this test's own, and loads it.
fn load(name: &str, bytes: &[u8]) -> Result<Machine, LoadError> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("the test's folder can be written to");
    Machine::load(&path, Options::default())
}

#[test]
fn the_image_itself_loads() {
    assert!(load("whole.sys", &image()).is_ok());
}

#[test]
fn an_image_cut_off_anywhere_is_refused() {
    let image = image();
    let lengths = (0..image.len()).step_by(97).chain([image.len() - 1]);
    for length in lengths {
        let result = load("cut.sys", &image[..length]);
        assert!(result.is_err(), "cut to {length} of {} bytes it loads", image.len());
    }
}

#[test]
fn images_for_other_processors_and_subsystems_are_refused() {
    let good = image();
    let pe = header(&good);
    let mut other = good.clone();
    other[pe + 4..pe + 6].copy_from_slice(&0xAA64_u16.to_le_bytes());
    assert!(matches!(load("arm64.sys", &other), Err(LoadError::Machine(0xAA64))));
    let mut program = good;
    // Subsystem, at offset 68 of the optional header.
    program[pe + 24 + 68..pe + 24 + 70].copy_from_slice(&3_u16.to_le_bytes());
    assert!(matches!(load("console.sys", &program), Err(LoadError::Subsystem(3))));
}

#[test]
fn a_section_that_is_writable_and_executable_is_refused() {
    let mut image = image();
    let pe = header(&image);
    let optional = u16::from_le_bytes(image[pe + 20..pe + 22].try_into().unwrap()) as usize;
    let first_section = pe + 24 + optional;
    let flags = first_section + 36;
    image[flags + 3] |= 0xA0;
    assert!(matches!(load("writable.sys", &image), Err(LoadError::WritableCode(_))));
}

#[test]
fn a_missing_export_is_named_before_anything_runs() {
    let mut image = image();
    let name = b"IoCreateDevice\0";
    let at = image.windows(name.len()).position(|bytes| bytes == name).expect("the driver creates devices");
    image[at..at + 14].copy_from_slice(b"IoCreateDevicf");
    match load("missing.sys", &image) {
        Err(LoadError::MissingExports(names)) => {
            assert_eq!(names, ["ntoskrnl.exe!IoCreateDevicf"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn bytes_changed_at_random_never_hang_or_end_the_loader() {
    let good = image();
    let mut random = ntsim::sched::SplitMix::new(1);
    for _ in 0..2_000 {
        let mut bad = good.clone();
        for _ in 0..=random.below(4) {
            // Mostly headers: that is what the loader reads.
            let range = if random.below(2) == 0 { 0x400 } else { bad.len() as u64 };
            let at = usize::try_from(random.below(range)).unwrap();
            bad[at] = (random.next() & 0xFF) as u8;
        }
        // Either is right; that it answers is the test.
        drop(load("changed.sys", &bad));
    }
}

#[test]
fn a_folder_is_no_image() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    assert!(matches!(Machine::load(folder, Options::default()), Err(LoadError::Unreadable { .. })));
}
