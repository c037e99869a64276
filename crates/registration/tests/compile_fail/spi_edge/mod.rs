//! An upcall table that does nothing.
#![allow(dead_code)]

use usbclient_registration::{
    Registration,
    winsock_spi::{CreateRequest, Upcalls, WinsockSpi},
};

pub struct Table;
pub struct Buffers;

impl Upcalls for Table {
    type Resource = Buffers;

    fn context(_: &Buffers) -> usize {
        0
    }
    fn create_socket_handle(&self, _: u32, _: usize, _: &mut i32) -> usize {
        4
    }
    fn close_socket_handle(&self, _: usize, _: &mut i32) -> i32 {
        0
    }
    fn release(_: Buffers) {}
    fn dropped_open(_: usize) {}
}

/// `WSPSocket` has run.
pub fn opened() -> Registration<WinsockSpi<Table>> {
    match Registration::open(CreateRequest { table: Table, catalog_entry_id: 1, resource: Buffers }) {
        Ok(registration) => registration,
        Err(_) => loop {},
    }
}
