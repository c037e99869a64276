//! The kind `usbd`: `USBD_CreateHandle` and `USBD_CloseHandle`.
//!
//! Pages:
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_createhandle>,
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/usbdlib/nf-usbdlib-usbd_closehandle>
//!
//! | clause | how it is kept | test |
//! |---|---|---|
//! | both calls at `PASSIVE_LEVEL` | the request and the permit carry [`UsbdCalls::Passive`] | `compile_fail/close_without_irql.rs`, `usbd::the_model_sees_urbs_that_are_left_and_a_raised_irql` |
//! | version 0x602, non-zero tag | [`CONTRACT_VERSION_602`], [`PoolTag`] | `usbd::registers_for_the_602_contract_with_a_tag`, `usbd::a_tag_of_zero_is_none` |
//! | an `NTSTATUS`; a failure fails `AddDevice` | the open's error, and nothing to close | `conformance::a_failed_open_leaves_nothing`, `conformance::an_error_closes_what_was_opened_before` |
//! | the handle that the create call gave | [`Registration`](crate::Registration) is made by the open only, and its number is nobody's to name | `compile_fail/forge.rs`, `compile_fail/steal.rs`, `compile_fail/clone.rs` |
//! | closed when the driver is finished with it | by value, and reported if it is dropped instead | `conformance::closed_exactly_once`, `conformance::dropped_open_leaks_and_reports`, `compile_fail/close_twice.rs`, `compile_fail/use_after_close.rs` |
//! | every URB freed before the close | [`ClosePermit::Removing`] takes [`UsbdCalls::Drained`] by value | `compile_fail/close_without_draining.rs`, `compile_fail/proof_twice.rs` |
//! | closed in REMOVE before it is forwarded | the proof is made on that path only | `conformance::nothing_is_closed_after_its_phase` |
//! | closed in the unwinding of `AddDevice` | [`ClosePermit::Unwinding`] takes [`UsbdCalls::Unwinding`] by value | `usbd::closed_in_the_unwinding_of_add_device` |
//! | returns nothing | [`core::convert::Infallible`] | `conformance::an_error_of_close_is_reported_and_the_handle_is_gone` |

use core::{convert::Infallible, marker::PhantomData};

use crate::HandleKind;

/// `USBD_CLIENT_CONTRACT_VERSION_602`: the only version that `USBD_CreateHandle` documents.
pub const CONTRACT_VERSION_602: u32 = 0x602;

/// A pool tag that is not zero, as `USBD_CreateHandle` requires (zero is `STATUS_INVALID_PARAMETER`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolTag(u32);

impl PoolTag {
    /// A tag from its four characters, as debuggers print it; `None` if they are all zero.
    #[must_use]
    pub const fn new(characters: [u8; 4]) -> Option<Self> {
        match u32::from_le_bytes(characters) {
            0 => None,
            tag => Some(Self(tag)),
        }
    }

    /// The value for the call.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The two documented calls, and the types that only the driver's edge can make.
pub trait UsbdCalls {
    /// A non-NULL `USBD_HANDLE`; not `Clone`.
    type Raw: 'static;
    /// The client's own device object.
    type Device: 'static;
    /// The device object that `IoAttachDeviceToDeviceStack` returned.
    type Target: 'static;
    /// How the create call fails.
    type Error: 'static;
    /// The token of `PASSIVE_LEVEL`.
    type Passive: 'static;
    /// The proof that no URB of this handle is left: what draining the URB pools yields.
    type Drained: 'static;
    /// The proof that `AddDevice` is unwinding, so that no URB ever existed.
    type Unwinding: 'static;

    /// `USBD_CreateHandle`, at `PASSIVE_LEVEL`.
    ///
    /// # Errors
    /// `STATUS_INVALID_LEVEL`, `STATUS_INVALID_PARAMETER`, and others.
    fn create_handle(request: &CreateRequest<'_, Self>) -> Result<Self::Raw, Self::Error>;

    /// `USBD_CloseHandle`, at `PASSIVE_LEVEL`.
    fn close_handle(raw: Self::Raw, passive: &Self::Passive);

    /// Reports a handle that was dropped open, at any IRQL. It stays open (bug check 0x144, parameter 0x804, under
    /// Driver Verifier).
    fn dropped_open(raw: Self::Raw);
}

/// The parameters of `USBD_CreateHandle`.
pub struct CreateRequest<'a, C: UsbdCalls + ?Sized> {
    /// `DeviceObject`: the client's own.
    pub device: &'a C::Device,
    /// `TargetDeviceObject`: what the device was attached to.
    pub target: &'a C::Target,
    /// `PoolTag`.
    pub tag: PoolTag,
    /// The token of the IRQL.
    pub passive: &'a C::Passive,
}

/// When `USBD_CloseHandle` is legal.
pub enum ClosePermit<'a, C: UsbdCalls> {
    /// In `IRP_MN_REMOVE_DEVICE`, before it goes down, with every URB freed.
    Removing {
        /// The drained pools.
        drained: C::Drained,
        /// The token of the IRQL.
        passive: &'a C::Passive,
    },
    /// In the unwinding of `AddDevice`.
    Unwinding {
        /// That it is unwinding.
        proof: C::Unwinding,
        /// The token of the IRQL.
        passive: &'a C::Passive,
    },
}

/// The kind `usbd` over the calls `C`.
pub struct Usbd<C>(PhantomData<C>);

impl<C: UsbdCalls> HandleKind for Usbd<C> {
    type Raw = C::Raw;
    type OpenRequest<'a> = CreateRequest<'a, C>;
    type OpenError = C::Error;
    type ClosePermit<'a> = ClosePermit<'a, C>;
    type CloseError = Infallible;

    fn open(request: CreateRequest<'_, C>) -> Result<C::Raw, C::Error> {
        C::create_handle(&request)
    }

    fn close(raw: C::Raw, permit: ClosePermit<'_, C>) -> Result<(), Infallible> {
        match permit {
            ClosePermit::Removing { drained, passive } => {
                C::close_handle(raw, passive);
                drop(drained);
            }
            ClosePermit::Unwinding { proof, passive } => {
                C::close_handle(raw, passive);
                drop(proof);
            }
        }
        Ok(())
    }

    fn dropped_open(raw: C::Raw) {
        C::dropped_open(raw);
    }
}
