//! Pipe usage descriptors of USB Attached SCSI (T10/2095-D, 5.3.3.4). Bulk-only transport has no descriptors of its own.

use crate::descriptors::{
    reader::{Reader, name_of},
    section::Section,
};

const USAGES: &[(u64, &str)] = &[(1, "commands"), (2, "status"), (3, "data in"), (4, "data out")];

/// Decodes what the endpoint is for.
pub fn pipe_usage(bytes: &[u8]) -> Section {
    let mut reader = Reader::new("Pipe usage", bytes);
    let id = reader.u8("bPipeID").means(|id| name_of(USAGES, id)).value();
    if let Some(usage) = name_of(USAGES, id) {
        reader.title(format!("Pipe usage: {usage}"));
    }
    reader.reserved(reader.left().min(1));
    reader.finish()
}
