//! The real usbclient.sys on devices of a real USB/IP server, on loopback.
//!
//! Everything is in the tests: the server is the crate `usbip` with its own example devices, on a free port.
