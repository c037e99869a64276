//! Models of the pages.

pub mod ndis;
pub mod table;
pub mod usbd;
pub mod win32;
pub mod winsock_spi;
