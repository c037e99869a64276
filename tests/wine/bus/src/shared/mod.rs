//! What the kernel modules of this harness share: `usbdex.sys` takes this folder in by path.

pub mod allocator;
pub mod broken;
pub mod interface;
pub mod line;
