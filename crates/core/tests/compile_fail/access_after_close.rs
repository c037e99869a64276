//! What a file may do is asked, the file is closed, and the answer is used.
use usbclient_core::files::{Files, HandleSlot};

fn main() {
    let mut files: Files<[HandleSlot; 1]> = Files::new([HandleSlot::FREE]);
    if let Some(mut file) = files.open() {
        let access = files.access(Some(&file));
        files.close(&mut file, drop);
        let _allowed = access.interface(0);
    }
}
