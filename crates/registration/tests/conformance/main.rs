//! One suite over every kind of handle, each against a model of its page.

mod kinds;
mod ledger;
mod suite;
mod table;

use kinds::{
    ndis::NdisModel, table::TableModel, usbd::UsbdModel, win32::Win32Model, winsock_spi::WinsockModel,
};

#[test]
fn usbd() {
    suite::run::<UsbdModel>();
}

/// A handle that a driver gives out. What is special to the table is in `table.rs`, against a model of its own.
#[test]
fn a_handle_of_a_table() {
    suite::run::<TableModel>();
}

// The driver has no use for the other kinds yet. Models of their pages show that the trait has room for what they
// need: a close that reports an error, and a permit that is a scope.

#[test]
fn a_kind_whose_close_reports_an_error_like_close_handle() {
    suite::run::<Win32Model>();
}

#[test]
fn a_kind_with_an_error_code_like_wpu_close_socket_handle() {
    suite::run::<WinsockModel>();
}

#[test]
fn a_kind_that_is_closed_within_a_scope_like_ndis_close_file() {
    suite::run::<NdisModel>();
}
