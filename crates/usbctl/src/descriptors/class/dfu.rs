//! The functional descriptor of device firmware upgrade (DFU 1.1, 4.1.3).

use crate::descriptors::{reader::Reader, section::Section};

/// Decodes it. DFU 1.0 ends before the version.
pub fn functional(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("DFU functional descriptor", bytes);
    reader.hex8("bmAttributes").flags(&[
        (1, "can download"),
        (2, "can upload"),
        (4, "manifestation tolerant"),
        (8, "detaches by itself"),
    ]);
    reader.u16("wDetachTimeOut").unit("ms");
    reader.u16("wTransferSize").unit("bytes at a time");
    if reader.left() >= 2 {
        reader.bcd("bcdDFUVersion");
    }
    reader.finish()
}
