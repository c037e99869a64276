//! The identifier of the device interface.

/// A GUID with the fields and layout of Windows' `GUID`.
///
/// Page: <https://learn.microsoft.com/windows/win32/api/guiddef/ns-guiddef-guid>
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guid {
    /// `Data1`
    pub data1: u32,
    /// `Data2`
    pub data2: u16,
    /// `Data3`
    pub data3: u16,
    /// `Data4`
    pub data4: [u8; 8],
}

const _: () = assert!(size_of::<Guid>() == 16);

/// The device interface that the driver registers: `{7D3C1B54-90E6-4A2F-B8C1-5E0F6A94D27B}`.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioregisterdeviceinterface>
pub const DEVICE_INTERFACE_GUID: Guid = Guid {
    data1: 0x7D3C_1B54,
    data2: 0x90E6,
    data3: 0x4A2F,
    data4: [0xB8, 0xC1, 0x5E, 0x0F, 0x6A, 0x94, 0xD2, 0x7B],
};
