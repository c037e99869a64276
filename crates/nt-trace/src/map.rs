//! Maps keyed by object numbers.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use crate::object::ObjectId;

/// Keys are small counters, so one multiplication spreads them well enough. Fixed, so that iteration
/// order is the same in every run.
#[derive(Clone, Copy, Default)]
pub struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value.cast_unsigned() as u64);
    }
}

/// A map from object ids.
pub type ObjectMap<V> = HashMap<ObjectId, V, BuildHasherDefault<NumberHasher>>;

/// A set of object ids.
pub type ObjectSet = HashSet<ObjectId, BuildHasherDefault<NumberHasher>>;

/// A map from small numbers.
pub type NumberMap<V> = HashMap<u32, V, BuildHasherDefault<NumberHasher>>;
