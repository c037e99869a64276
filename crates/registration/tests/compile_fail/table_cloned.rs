//! A table is copied: every handle would be valid twice.
use usbclient_registration::{HandleTable, Slot};

fn main() {
    let table: HandleTable<u8, u8, [Slot<u8, u8>; 1]> = HandleTable::new([Slot::FREE]);
    let _twice = table.clone();
}
