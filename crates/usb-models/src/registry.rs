//! The models by name.

use alloc::boxed::Box;

use crate::DeviceModel;

/// Why there is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No model has this name; [`names`] lists those that exist.
    UnknownName,
    /// Memory ran out.
    OutOfMemory,
}

/// Makes the model with this name, attached and not configured.
///
/// # Errors
///
/// [`ModelError`].
pub fn by_name(name: &str) -> Result<Box<dyn DeviceModel>, ModelError> {
    let _ = name;
    Err(ModelError::UnknownName)
}

/// The names that [`by_name`] knows, each with a line that says what the device is.
#[must_use]
pub const fn names() -> &'static [(&'static str, &'static str)] {
    &[]
}
