//! A descriptor of somebody else is made a socket of this provider.
mod spi_edge;

use spi_edge::{Buffers, Table};
use usbclient_registration::winsock_spi::Socket;

fn main() {
    let _forged = Socket { descriptor: 4, table: Table, resource: Buffers };
}
