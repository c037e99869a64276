//! Models of the pages, and what only one of them has.

pub mod handle_table;
pub mod ndis;
pub mod usbd;
pub mod win32;
pub mod winsock_spi;
