//! The kinds of endpoints are those of USB.

use usbclient_user::{Kind, TransferType};

struct Mine;

impl Kind for Mine {
    const TYPE: TransferType = TransferType::Bulk;
}

fn main() {}
