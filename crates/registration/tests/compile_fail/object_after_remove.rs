//! What a handle stands for is used after the handle was taken back.
use usbclient_registration::{HandleTable, Slot};

fn main() {
    let mut table: HandleTable<u8, String, [Slot<u8, String>; 1]> = HandleTable::new([Slot::FREE]);
    if let Ok(object) = table.get(1, 0x1000) {
        let _removed = table.remove(1, 0x1000);
        println!("{object}");
    }
}
