//! Codes with their names, and what they mean here.
//!
//! Pages: [NTSTATUS values](https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/596a1078-e883-4972-9bbc-49e60bebca55),
//! [system error codes](https://learn.microsoft.com/windows/win32/debug/system-error-codes)

use super::ErrorKind;

pub(super) type Row = (u32, &'static str, ErrorKind);

pub(super) const NTSTATUS: &[Row] = &[
    (0, "STATUS_SUCCESS", ErrorKind::Other),
    (0x8000_0005, "STATUS_BUFFER_OVERFLOW", ErrorKind::Other),
    (0x8000_0011, "STATUS_DEVICE_BUSY", ErrorKind::Busy),
    (0xC000_0001, "STATUS_UNSUCCESSFUL", ErrorKind::Stall),
    (0xC000_0002, "STATUS_NOT_IMPLEMENTED", ErrorKind::NotSupported),
    (0xC000_0008, "STATUS_INVALID_HANDLE", ErrorKind::Stale),
    (0xC000_000D, "STATUS_INVALID_PARAMETER", ErrorKind::InvalidArgument),
    (0xC000_000E, "STATUS_NO_SUCH_DEVICE", ErrorKind::Disconnected),
    (0xC000_0010, "STATUS_INVALID_DEVICE_REQUEST", ErrorKind::NotSupported),
    (0xC000_0017, "STATUS_NO_MEMORY", ErrorKind::NoMemory),
    (0xC000_0022, "STATUS_ACCESS_DENIED", ErrorKind::AccessDenied),
    (0xC000_0023, "STATUS_BUFFER_TOO_SMALL", ErrorKind::InvalidArgument),
    (0xC000_0034, "STATUS_OBJECT_NAME_NOT_FOUND", ErrorKind::NotFound),
    (0xC000_0043, "STATUS_SHARING_VIOLATION", ErrorKind::Busy),
    (0xC000_0056, "STATUS_DELETE_PENDING", ErrorKind::Disconnected),
    (0xC000_009A, "STATUS_INSUFFICIENT_RESOURCES", ErrorKind::NoMemory),
    (0xC000_009C, "STATUS_DEVICE_DATA_ERROR", ErrorKind::Stall),
    (0xC000_009D, "STATUS_DEVICE_NOT_CONNECTED", ErrorKind::Disconnected),
    (0xC000_00A3, "STATUS_DEVICE_NOT_READY", ErrorKind::NotReady),
    (0xC000_00B5, "STATUS_IO_TIMEOUT", ErrorKind::TimedOut),
    (0xC000_00BB, "STATUS_NOT_SUPPORTED", ErrorKind::NotSupported),
    (0xC000_00C0, "STATUS_DEVICE_DOES_NOT_EXIST", ErrorKind::Disconnected),
    (0xC000_0120, "STATUS_CANCELLED", ErrorKind::Cancelled),
    (0xC000_0123, "STATUS_FILE_DELETED", ErrorKind::Disconnected),
    (0xC000_0148, "STATUS_INVALID_LEVEL", ErrorKind::Other),
    (0xC000_0182, "STATUS_DEVICE_CONFIGURATION_ERROR", ErrorKind::InvalidData),
    (0xC000_0184, "STATUS_INVALID_DEVICE_STATE", ErrorKind::InvalidState),
    (0xC000_0185, "STATUS_IO_DEVICE_ERROR", ErrorKind::Stall),
    (0xC000_0186, "STATUS_DEVICE_PROTOCOL_ERROR", ErrorKind::InvalidData),
    (0xC000_0206, "STATUS_INVALID_BUFFER_SIZE", ErrorKind::InvalidArgument),
    (0xC000_02B6, "STATUS_DEVICE_REMOVED", ErrorKind::Disconnected),
];

pub(super) const WIN32: &[Row] = &[
    (2, "ERROR_FILE_NOT_FOUND", ErrorKind::NotFound),
    (3, "ERROR_PATH_NOT_FOUND", ErrorKind::NotFound),
    (5, "ERROR_ACCESS_DENIED", ErrorKind::AccessDenied),
    (6, "ERROR_INVALID_HANDLE", ErrorKind::Stale),
    (8, "ERROR_NOT_ENOUGH_MEMORY", ErrorKind::NoMemory),
    (14, "ERROR_OUTOFMEMORY", ErrorKind::NoMemory),
    (20, "ERROR_BAD_UNIT", ErrorKind::Disconnected),
    (21, "ERROR_NOT_READY", ErrorKind::NotReady),
    (31, "ERROR_GEN_FAILURE", ErrorKind::Stall),
    (32, "ERROR_SHARING_VIOLATION", ErrorKind::Busy),
    (50, "ERROR_NOT_SUPPORTED", ErrorKind::NotSupported),
    (55, "ERROR_DEV_NOT_EXIST", ErrorKind::Disconnected),
    (87, "ERROR_INVALID_PARAMETER", ErrorKind::InvalidArgument),
    (121, "ERROR_SEM_TIMEOUT", ErrorKind::TimedOut),
    (122, "ERROR_INSUFFICIENT_BUFFER", ErrorKind::InvalidArgument),
    (161, "ERROR_BAD_PATHNAME", ErrorKind::NotFound),
    (170, "ERROR_BUSY", ErrorKind::Busy),
    (183, "ERROR_ALREADY_EXISTS", ErrorKind::Busy),
    (433, "ERROR_NO_SUCH_DEVICE", ErrorKind::Disconnected),
    (995, "ERROR_OPERATION_ABORTED", ErrorKind::Cancelled),
    (1167, "ERROR_DEVICE_NOT_CONNECTED", ErrorKind::Disconnected),
    (1168, "ERROR_NOT_FOUND", ErrorKind::NotFound),
    (1235, "ERROR_REQUEST_ABORTED", ErrorKind::Cancelled),
    (1450, "ERROR_NO_SYSTEM_RESOURCES", ErrorKind::NoMemory),
    (1617, "ERROR_DEVICE_REMOVED", ErrorKind::Disconnected),
    (4201, "ERROR_WMI_INSTANCE_NOT_FOUND", ErrorKind::NotFound),
];

#[cfg(test)]
mod tests {
    use usbclient_protocol::status::FAILING;

    use super::{NTSTATUS, WIN32};

    #[test]
    fn each_code_has_one_name_and_they_are_sorted() {
        for table in [NTSTATUS, WIN32] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn what_the_interface_names_is_named_the_same() {
        for (name, status) in FAILING {
            let known = NTSTATUS.iter().find(|row| row.0 == status.raw().cast_unsigned());
            // Nobody is told that an IRP is kept.
            let is_internal = *name == "STATUS_MORE_PROCESSING_REQUIRED";
            assert!(known.is_some_and(|row| row.1 == *name) || is_internal, "{name}");
        }
    }
}
