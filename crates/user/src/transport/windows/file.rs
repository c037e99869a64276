//! An open file of a device.

use std::sync::Arc;

use super::{
    handle::{File, Owned},
    port::{Port, port},
};
use crate::{
    device_info::{Access, DeviceId},
    error::{Error, SystemCode},
    transport::{Channel, Parcel, Slot},
};

/// A file that was opened for overlapped requests. Closing it cancels what is in flight; the ends still come to the port.
#[derive(Debug)]
pub(super) struct FileChannel {
    file: Owned<File>,
    port: Arc<Port>,
}

impl FileChannel {
    pub(super) fn open(device: &DeviceId, access: Access) -> Result<Self, Error> {
        let port = port()?;
        let file = Owned::open((device.path(), access))
            .map_err(|failed| Error::of_code(SystemCode::Win32(failed.code.0), "opening a device"))?;
        port.associate(file.raw())?;
        Ok(Self { file, port })
    }
}

impl Channel for FileChannel {
    fn start(&self, slot: &Arc<Slot>, parcel: Parcel) {
        self.port.start(self.file.raw(), slot, parcel);
    }

    fn cancel(&self, slot: &Arc<Slot>) {
        slot.while_in_flight(|number| Port::cancel(self.file.raw(), number));
    }
}
