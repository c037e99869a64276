//! Values of `AddReg` sections. Page: drivers/install/inf-addreg-directive.

use crate::{
    abi::registry::REG_DWORD,
    kernel::{Key, RegistryValue},
};

const REG_SZ: u32 = 1;
const REG_EXPAND_SZ: u32 = 2;
const REG_BINARY: u32 = 3;
const REG_MULTI_SZ: u32 = 7;
/// `FLG_ADDREG_BINVALUETYPE`: the upper half of the flags is the type, and the data are bytes.
const BINVALUETYPE: u32 = 0x1;
/// `FLG_ADDREG_NOCLOBBER`
const NOCLOBBER: u32 = 0x2;
/// `FLG_ADDREG_DELVAL`
const DELVAL: u32 = 0x4;
/// `FLG_ADDREG_KEYONLY`
const KEYONLY: u32 = 0x10;
/// `FLG_ADDREG_TYPE_MULTI_SZ`, `..._EXPAND_SZ`, `..._DWORD`
const TYPE: u32 = 0xFFFF_0000;

/// A number as INF files write it.
pub(super) fn number(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    text.strip_prefix("0x").map_or_else(|| text.parse().ok(), |digits| u32::from_str_radix(digits, 16).ok())
}

/// A `REG_SZ`.
pub(super) fn text(text: &str) -> RegistryValue {
    RegistryValue { kind: REG_SZ, data: encoded(text) }
}

/// Adds a value to a key, as its flags say.
pub(super) fn add(key: &mut Key, name: &str, flags: u32, data: &[String]) {
    let name = name.to_lowercase();
    if flags & KEYONLY != 0 || flags & NOCLOBBER != 0 && key.contains_key(&name) {
        return;
    }
    if flags & DELVAL != 0 {
        key.remove(&name);
        return;
    }
    let first = data.first().map_or("", String::as_str);
    let kind = flags & TYPE;
    let value = match (flags & BINVALUETYPE != 0, kind >> 16) {
        (true, 0) => RegistryValue { kind: REG_BINARY, data: bytes(data) },
        (true, 1) if data.len() == 1 => {
            RegistryValue { kind: REG_DWORD, data: number(first).unwrap_or(0).to_le_bytes().to_vec() }
        }
        (true, 1) => RegistryValue { kind: REG_DWORD, data: bytes(data) },
        (true, other) => RegistryValue { kind: other, data: bytes(data) },
        (false, 1) => {
            let strings: String = data.iter().flat_map(|it| [it.as_str(), "\0"]).collect();
            RegistryValue { kind: REG_MULTI_SZ, data: encoded(&strings) }
        }
        (false, 2) => RegistryValue { kind: REG_EXPAND_SZ, data: encoded(first) },
        _ => text(first),
    };
    key.insert(name, value);
}

/// UTF-16 with its end.
fn encoded(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// Bytes are written in hexadecimal.
fn bytes(data: &[String]) -> Vec<u8> {
    data.iter().filter_map(|it| u8::from_str_radix(it.trim().trim_start_matches("0x"), 16).ok()).collect()
}
