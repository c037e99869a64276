//! What goes wrong with a server.

use std::io;

use thiserror::Error;

/// Why a device cannot be had, or is no more.
#[derive(Debug, Error)]
pub enum Error {
    /// Not an address.
    #[error("{0} is no address of a USB/IP device: HOST:PORT/BUSID, such as 127.0.0.1:3240/1-1")]
    Address(String),
    /// There is no such host, nobody listens there, or it takes too long.
    #[error("no USB/IP server answers at {server}: {error}")]
    Connect {
        /// The server.
        server: String,
        /// What the system says.
        error: io::Error,
    },
    /// `OP_REP_IMPORT` says no.
    #[error(
        "the USB/IP server {server} does not give {bus_id} away (status {status}): no device has that bus id, it is not \
         exported, or somebody uses it"
    )]
    Refused {
        /// The server.
        server: String,
        /// The bus id.
        bus_id: String,
        /// The reply's status.
        status: u32,
    },
    /// The device refuses what every device gives.
    #[error("the device does not give its {what} descriptor: status {status}")]
    NoDescriptor {
        /// Which one.
        what: &'static str,
        /// The reply's status, a negated `errno` of Linux.
        status: i32,
    },
    /// The server says what the protocol does not allow.
    #[error("the USB/IP server does not keep to the protocol: {0}")]
    Protocol(String),
    /// The connection is closed.
    #[error("the USB/IP server closed the connection")]
    Closed,
    /// The connection broke.
    #[error("the connection to the USB/IP server broke: {0}")]
    Broken(io::Error),
    /// The server says nothing.
    #[error("the USB/IP server did not answer for {0} s")]
    Silent(u64),
}
