//! The handles and URBs that there are.

use alloc::{boxed::Box, vec, vec::Vec};

use wdk_sys::{NTSTATUS, STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_PARAMETER};

use crate::{
    nt::lock::{Guard, SpinLock},
    shared::{interface::BusInterface, line::trace},
};

/// Size of what a handle points to. No driver may look at it.
const OPAQUE: usize = 64;

/// A handle. Closed ones stay, so that an address is never used again.
pub struct Handle {
    memory: Box<[u64]>,
    pub bus: BusInterface,
    pub closed: bool,
}

impl Handle {
    /// What the driver gets.
    pub fn address(&self) -> usize {
        self.memory.as_ptr().expose_provenance()
    }
}

/// An URB.
pub struct Urb {
    memory: Box<[u64]>,
    pub handle: usize,
}

impl Urb {
    /// What the driver gets.
    pub fn address(&self) -> usize {
        self.memory.as_ptr().expose_provenance()
    }

    /// What whoever still looks at it sees.
    pub fn poison(&mut self) {
        self.memory.fill(0xDDDD_DDDD_DDDD_DDDD);
    }
}

/// Everything.
pub struct Table {
    handles: Vec<Handle>,
    urbs: Vec<Urb>,
}

static TABLE: SpinLock<Table> = SpinLock::new(Table { handles: Vec::new(), urbs: Vec::new() });

/// The table, locked.
pub fn lock() -> Guard<'static, Table> {
    TABLE.lock()
}

fn zeros(bytes: usize) -> Box<[u64]> {
    vec![0_u64; bytes.div_ceil(8)].into_boxed_slice()
}

impl Table {
    /// A new handle.
    pub fn open(&mut self, bus: BusInterface) -> usize {
        let handle = Handle { memory: zeros(OPAQUE), bus, closed: false };
        let address = handle.address();
        self.handles.push(handle);
        address
    }

    /// A handle that the driver names, closed ones included.
    pub fn handle(&mut self, address: usize) -> Option<&mut Handle> {
        self.handles.iter_mut().find(|handle| handle.address() == address)
    }

    /// The bus of an open handle.
    ///
    /// # Errors
    ///
    /// What a routine returns that was given something else.
    pub fn bus(&mut self, address: usize) -> Result<BusInterface, NTSTATUS> {
        if address == 0 {
            return Err(STATUS_INVALID_PARAMETER);
        }
        match self.handle(address) {
            Some(handle) if handle.closed => {
                trace!("~dex broken handle {address:x} is used after it was closed");
                Err(STATUS_INVALID_DEVICE_STATE)
            }
            Some(handle) => Ok(handle.bus),
            None => {
                trace!("~dex broken {address:x} is no handle");
                Err(STATUS_INVALID_PARAMETER)
            }
        }
    }

    /// A new URB of zeros.
    pub fn allocate(&mut self, handle: usize, bytes: usize) -> usize {
        let urb = Urb { memory: zeros(bytes), handle };
        let address = urb.address();
        self.urbs.push(urb);
        address
    }

    /// Whether this is an URB of this handle.
    pub fn has_urb(&self, handle: usize, address: usize) -> bool {
        self.urbs.iter().any(|urb| urb.address() == address && urb.handle == handle)
    }

    /// Takes an URB out of the table.
    pub fn take_urb(&mut self, address: usize) -> Option<Urb> {
        let index = self.urbs.iter().position(|urb| urb.address() == address)?;
        Some(self.urbs.swap_remove(index))
    }

    /// URBs of a handle.
    pub fn urbs_of(&self, handle: usize) -> usize {
        self.urbs.iter().filter(|urb| urb.handle == handle).count()
    }
}
