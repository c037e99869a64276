//! What must hold for any bytes. Each check panics if it does not.

mod descriptors;
pub mod request;

/// A check of any bytes.
pub type Check = fn(&[u8]);

/// Every check, by the name of its fuzz target and of its folder in `fuzz/corpus`.
pub const ALL: [(&str, Check); 5] = [
    ("device", descriptors::device),
    ("configuration", descriptors::configuration),
    ("bos", descriptors::bos),
    ("string", descriptors::string),
    ("request", request::request),
];
