//! Initialises an adapter and tells NDIS nothing about it.
//!
//! Rule: `NdisMiniportAttributes`.
//!
//! On Windows: NDIS has no context to pass to the driver's other handlers.
#![no_std]

use specimens::miniport::{Miniport, NdisHandle, NdisStatus, SUCCESS};

struct Driver;

impl Miniport for Driver {
    fn attributes(_adapter: NdisHandle) -> NdisStatus {
        SUCCESS
    }
}

specimens::miniport!(Driver);
