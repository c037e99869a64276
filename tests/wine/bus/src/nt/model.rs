//! A model that any thread may drive.

// UNSAFETY: promises what the trait does not say.
#![expect(unsafe_code, reason = "a model is plain data")]

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use usb_models::DeviceModel;

/// A model.
pub struct Model(Box<dyn DeviceModel>);

// SAFETY: the models of `usb_models::registry` own plain data and know no thread.
#[expect(clippy::non_send_fields_in_send_ty, reason = "said above")]
unsafe impl Send for Model {}

impl Model {
    /// One of `usb_models::registry`.
    pub const fn new(model: Box<dyn DeviceModel>) -> Self {
        Self(model)
    }
}

impl Deref for Model {
    type Target = dyn DeviceModel;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl DerefMut for Model {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.0
    }
}
