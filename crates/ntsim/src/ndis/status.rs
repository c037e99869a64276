//! `NDIS_STATUS` values (ndis.h). Only [`NDIS_STATUS_SUCCESS`] is a success of `MiniportInitializeEx`.

use nt_trace::NtStatus;

pub const NDIS_STATUS_SUCCESS: NtStatus = NtStatus(0x0000_0000);
pub const NDIS_STATUS_FAILURE: NtStatus = NtStatus(0xC000_0001);
pub const NDIS_STATUS_RESOURCES: NtStatus = NtStatus(0xC000_009A);
pub const NDIS_STATUS_BAD_VERSION: NtStatus = NtStatus(0xC001_0004);
pub const NDIS_STATUS_BAD_CHARACTERISTICS: NtStatus = NtStatus(0xC001_0005);
pub const NDIS_STATUS_FILE_NOT_FOUND: NtStatus = NtStatus(0xC001_001B);
pub const NDIS_STATUS_ERROR_READING_FILE: NtStatus = NtStatus(0xC001_001C);
pub const NDIS_STATUS_ALREADY_MAPPED: NtStatus = NtStatus(0xC001_001D);
