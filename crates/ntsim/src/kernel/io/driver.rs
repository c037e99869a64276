//! Driver objects, and drivers that are part of the simulator.

use std::{future::Future, pin::Pin};

use nt_trace::{NtStatus, ObjectId, ObjectKind};

use super::HOST_ROUTINE;
use crate::{
    abi::{DRIVER_EXTENSION, DRIVER_OBJECT, UNICODE_STRING},
    kernel::Kernel,
    mem::{Addr, Fill, Request},
    sched::Cpu,
    stop::Stop,
};

/// A future that stays on its thread.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// A driver of the simulator's own: the USB stack, a filter, the root of a stack.
pub trait SimDriver {
    /// The dispatch routine of every major function. The IRP's current stack location is this driver's. What
    /// it returns is what `IoCallDriver` returns to its caller; it obeys the rules that a driver obeys: the
    /// IRP is completed, passed on, or marked pending and kept.
    fn dispatch(&self, cpu: Cpu, device: Addr, irp: Addr) -> LocalFuture<Result<NtStatus, Stop>>;
}

impl<F> SimDriver for F
where
    F: Fn(Cpu, Addr, Addr) -> LocalFuture<Result<NtStatus, Stop>>,
{
    fn dispatch(&self, cpu: Cpu, device: Addr, irp: Addr) -> LocalFuture<Result<NtStatus, Stop>> {
        self(cpu, device, irp)
    }
}

/// A driver object.
#[derive(Clone, Debug)]
pub struct Driver {
    /// Its name in the trace.
    pub id: ObjectId,
    /// Its service's name.
    pub name: String,
    /// Whether it is the driver under test.
    pub under_test: bool,
}

impl Kernel {
    /// Makes a driver object, as the I/O manager does before it calls `DriverEntry`. `entry` is NULL for a
    /// driver of the simulator's own.
    ///
    /// # Errors
    /// When the host refuses memory.
    pub fn create_driver(&mut self, name: &str, entry: Addr) -> Result<Addr, Stop> {
        const EXTENSION: u64 = size_of::<DRIVER_OBJECT>() as u64;
        const TEXT: u64 = EXTENSION + size_of::<DRIVER_EXTENSION>() as u64;
        let full: Vec<u16> = format!("\\Driver\\{name}").encode_utf16().collect();
        let bytes = full.len() as u64 * 2;
        let request = Request {
            kind: ObjectKind::Driver,
            length: TEXT + bytes,
            tag: 0,
            fill: Fill::Zero,
            site: Addr::NULL,
        };
        let driver = self.mem.allocate(request)?;
        for (index, unit) in full.iter().enumerate() {
            self.mem.write(driver.add(TEXT + index as u64 * 2), unit)?;
        }
        let length = u16::try_from(bytes).unwrap_or(0);
        let (start, size) = self.mem.image().unwrap_or((Addr::NULL, 0));
        let routine = if entry.is_null() { HOST_ROUTINE } else { Addr::NULL };
        let object: &mut DRIVER_OBJECT = self.mem.at_mut(driver)?;
        object.Type = DRIVER_OBJECT::TYPE;
        object.Size = 336;
        object.DriverStart = start;
        object.DriverSize = u32::try_from(size).unwrap_or(0);
        object.DriverExtension = driver.add(EXTENSION);
        object.DriverName = UNICODE_STRING::new(length, length, driver.add(TEXT));
        object.DriverInit = entry;
        object.MajorFunction = [routine; 28];
        let extension: &mut DRIVER_EXTENSION = self.mem.at_mut(driver.add(EXTENSION))?;
        extension.DriverObject = driver;
        let id = self.object(driver);
        let record = Driver { id, name: name.into(), under_test: !entry.is_null() };
        self.io.drivers.insert(driver, record);
        Ok(driver)
    }

    /// The dispatch routine of a driver object for a major function; NULL is the I/O manager's own, which
    /// answers `STATUS_INVALID_DEVICE_REQUEST`.
    ///
    /// # Errors
    /// When the driver object is gone.
    pub fn dispatch_routine(&self, driver: Addr, major: u8) -> Result<Addr, Stop> {
        let object = self.mem.at::<DRIVER_OBJECT>(driver)?;
        Ok(object.MajorFunction.get(usize::from(major)).copied().unwrap_or(Addr::NULL))
    }
}
