//! Device states.

use wdk_sys::DEVICE_OBJECT;

/// The call is told; Wine's PnP manager has no question to ask afterwards.
///
/// Page: <https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-ioinvalidatedevicestate>
pub const unsafe extern "C" fn IoInvalidateDeviceState(_pdo: *mut DEVICE_OBJECT) {}
