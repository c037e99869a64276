//! An open file is copied: its privileges would be what they were before they were dropped.
use usbclient_core::files::File;

fn twice(file: &File) -> (File, File) {
    (file.clone(), *file)
}

fn main() {}
