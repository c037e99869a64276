//! A handle is looked up without saying who sent it.
use usbclient_registration::{HandleTable, Slot};

fn main() {
    let table: HandleTable<u8, u8, [Slot<u8, u8>; 1]> = HandleTable::new([Slot::FREE]);
    let _object = table.get(0x1000);
}
