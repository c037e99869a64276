//! What hangs on a socket is freed while the socket is in the table.
mod spi_edge;

use spi_edge::Table;
use usbclient_registration::winsock_spi::Upcalls;

fn main() {
    let socket = spi_edge::opened();
    if let Some(raw) = socket.raw() {
        Table::release(*raw.resource());
    }
}
