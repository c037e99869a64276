//! Every file of `fuzz/corpus`: the seeds, and what fuzzing found worth keeping.

use std::{fs, path::Path};

use crate::checks;

#[test]
fn every_file_is_replayed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, check) in checks::ALL {
        let folder = corpus.join(target);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut count = 0;
        for file in files {
            let path = file.expect("a folder that can be listed").path();
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            // Captured, and shown if the check panics.
            println!("{}", path.display());
            check(&bytes);
            count += 1;
        }
        assert!(count > 0, "{target} has no seed");
    }
}

/// A folder that no check replays would be forgotten.
#[test]
fn every_folder_has_a_check() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for folder in fs::read_dir(corpus).expect("the corpus is in the tree") {
        let name = folder.expect("a folder that can be listed").file_name();
        assert!(checks::ALL.iter().any(|(target, _)| name == **target), "{}", name.display());
    }
}
