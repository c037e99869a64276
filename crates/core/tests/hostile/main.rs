//! Bytes from a device or from a caller that mean harm.
//!
//! [`checks`] says what must hold for any bytes. Three things run it: the properties here, every file of `fuzz/corpus`
//! here, and the fuzz targets of the package `fuzz`, which is no part of the workspace.

mod checks;
mod corpus;
mod properties;
