//! Services.
// UNSAFETY: calls Windows.
#![expect(unsafe_code, reason = "calls Windows")]

use std::ptr;

use windows_sys::Win32::System::Services::{
    CloseServiceHandle, ControlService, OpenSCManagerW, OpenServiceW, QueryServiceStatus, SC_HANDLE,
    SC_MANAGER_CONNECT, SERVICE_CONTROL_STOP, SERVICE_QUERY_STATUS, SERVICE_RUNNING, SERVICE_STATUS,
    SERVICE_STOP,
};

use super::{Win32Error, files::last_error, wide};

/// A handle of the service control manager.
struct Owned(SC_HANDLE);

impl Owned {
    fn new(handle: SC_HANDLE) -> Result<Self, Win32Error> {
        if handle.is_null() { Err(last_error()) } else { Ok(Self(handle)) }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: it is open, and closed only here.
        unsafe { CloseServiceHandle(self.0) };
    }
}

fn service(name: &str) -> Result<Owned, Win32Error> {
    // SAFETY: this machine, the database that is in use.
    let manager = Owned::new(unsafe { OpenSCManagerW(ptr::null(), ptr::null(), SC_MANAGER_CONNECT) })?;
    let name = wide(name);
    // SAFETY: the name has an end.
    Owned::new(unsafe { OpenServiceW(manager.0, name.as_ptr(), SERVICE_STOP | SERVICE_QUERY_STATUS) })
}

/// Stops a service.
pub fn stop(name: &str) -> Result<(), Win32Error> {
    let service = service(name)?;
    // SAFETY: all zeros is a status.
    let mut status: SERVICE_STATUS = unsafe { std::mem::zeroed() };
    // SAFETY: the place lives as long as the call.
    let stopped = unsafe { ControlService(service.0, SERVICE_CONTROL_STOP, &raw mut status) };
    if stopped == 0 { Err(last_error()) } else { Ok(()) }
}

/// Whether a service runs.
pub fn is_running(name: &str) -> Result<bool, Win32Error> {
    let service = service(name)?;
    // SAFETY: all zeros is a status.
    let mut status: SERVICE_STATUS = unsafe { std::mem::zeroed() };
    // SAFETY: the place lives as long as the call.
    if unsafe { QueryServiceStatus(service.0, &raw mut status) } == 0 {
        return Err(last_error());
    }
    Ok(status.dwCurrentState == SERVICE_RUNNING)
}
