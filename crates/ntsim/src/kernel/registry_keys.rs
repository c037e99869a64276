//! Registry keys by path: opened, created, looked through, deleted.
//!
//! Names do not depend on case, and are given back in lower case.

use nt_trace::{NtStatus, ObjectId, event::KeyOpened};

use super::{
    Kernel, answer,
    export::{Args, Export, Handler, Returns},
    registry::{self, KeyId},
};
use crate::{
    abi::{
        UNICODE_STRING,
        status::{
            STATUS_ACCESS_DENIED, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_CANNOT_DELETE,
            STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER,
            STATUS_NO_MORE_ENTRIES, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS,
        },
    },
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `ZwOpenKey` and its siblings.
pub const EXPORTS: &[Export] = &[
    key(
        "ZwOpenKey",
        "wdm/nf-wdm-zwopenkey",
        &[STATUS_OBJECT_NAME_NOT_FOUND.0, STATUS_ACCESS_DENIED.0],
        |k, a| open(k, a, "ZwOpenKey"),
    ),
    key(
        "ZwOpenKeyEx",
        "wdm/nf-wdm-zwopenkeyex",
        &[STATUS_OBJECT_NAME_NOT_FOUND.0, STATUS_ACCESS_DENIED.0],
        |k, a| open(k, a, "ZwOpenKeyEx"),
    ),
    key(
        "ZwCreateKey",
        "wdm/nf-wdm-zwcreatekey",
        &[STATUS_ACCESS_DENIED.0, STATUS_INSUFFICIENT_RESOURCES.0],
        create,
    ),
    key("ZwDeleteKey", "wdm/nf-wdm-zwdeletekey", &[STATUS_CANNOT_DELETE.0], delete),
    key("ZwDeleteValueKey", "wdm/nf-wdm-zwdeletevaluekey", &[STATUS_OBJECT_NAME_NOT_FOUND.0], delete_value),
    key("ZwQueryKey", "wdm/nf-wdm-zwquerykey", &[STATUS_INSUFFICIENT_RESOURCES.0], query),
    key("ZwEnumerateKey", "wdm/nf-wdm-zwenumeratekey", &[STATUS_INSUFFICIENT_RESOURCES.0], enumerate),
    key(
        "ZwEnumerateValueKey",
        "wdm/nf-wdm-zwenumeratevaluekey",
        &[STATUS_INSUFFICIENT_RESOURCES.0],
        enumerate_values,
    ),
    key("ZwFlushKey", "wdm/nf-wdm-zwflushkey", &[], flush),
];

const fn key(
    name: &'static str,
    page: &'static str,
    failures: &'static [u32],
    routine: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    Export::new(name, page, PASSIVE_LEVEL, Returns::Status, failures, Handler::Sync(routine))
}

/// Where `RootDirectory` and `ObjectName` lie in `OBJECT_ATTRIBUTES`.
const ROOT_DIRECTORY: u64 = 8;
const OBJECT_NAME: u64 = 16;
/// `KEY_INFORMATION_CLASS`
const KEY_BASIC_INFORMATION: u32 = 0;
const KEY_FULL_INFORMATION: u32 = 2;
const KEY_NAME_INFORMATION: u32 = 3;
/// What `ZwCreateKey` says of the key.
const CREATED_NEW_KEY: u32 = 1;
const OPENED_EXISTING_KEY: u32 = 2;

impl Kernel {
    /// The key that object attributes name. None when the handle in them is no key's.
    fn key_named(&self, attributes: Addr) -> Result<Option<KeyId>, Stop> {
        let root: u64 = self.mem.read(attributes.add(ROOT_DIRECTORY))?;
        let at: Addr = self.mem.read(attributes.add(OBJECT_NAME))?;
        let string: UNICODE_STRING = self.mem.read(at)?;
        let name = self.counted_text(&string)?;
        if root == 0 {
            return Ok(Some(KeyId::path(&name)));
        }
        Ok(self.io.registry.handles.get(&root).map(|open| open.key.below(&name)))
    }

    /// Whether a key exists: one that was made, one that every system has, or a service's.
    pub(super) fn key_exists(&self, key: &KeyId) -> bool {
        let KeyId::Path(path) = key else { return true };
        let made = || self.io.registry.paths.keys().any(|known| known == path || is_below(known, path));
        let there = |known: &str| known == path || is_below(known, path);
        let services = || {
            self.io.drivers.values().any(|driver| {
                let service = format!("{}\\services\\{}", registry::CONTROL_SET, driver.name.to_lowercase());
                there(&service) || *path == format!("{service}\\parameters")
            })
        };
        made() || registry::WELL_KNOWN.iter().any(|known| there(known)) || services()
    }

    /// The names of the keys directly below a key.
    fn subkeys(&self, key: &KeyId) -> Vec<String> {
        let KeyId::Path(path) = key else { return Vec::new() };
        let known =
            self.io.registry.paths.keys().map(String::as_str).chain(registry::WELL_KNOWN.iter().copied());
        let mut names: Vec<String> = known
            .filter(|known| is_below(known, path))
            .filter_map(|known| known.get(path.len() + 1..)?.split('\\').next().map(Into::into))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn open_key(&self, args: Args) -> Result<Option<KeyId>, Stop> {
        let handle = args.get(self, 0)?;
        Ok(self.io.registry.handles.get(&handle).map(|open| open.key.clone()))
    }
}

/// Whether a path lies below another one.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('\\'))
}

fn refuse(kernel: &mut Kernel, status: NtStatus) -> Result<u64, Stop> {
    kernel.emit(KeyOpened { key: ObjectId::NONE, status });
    Ok(answer(status))
}

fn open(kernel: &mut Kernel, args: Args, routine: &'static str) -> Result<u64, Stop> {
    let (out, attributes) = (args.pointer(kernel, 0)?, args.pointer(kernel, 2)?);
    if let Some(status) = kernel.fault(routine) {
        return refuse(kernel, status);
    }
    let Some(key) = kernel.key_named(attributes)? else { return refuse(kernel, STATUS_INVALID_HANDLE) };
    if !kernel.key_exists(&key) {
        return refuse(kernel, STATUS_OBJECT_NAME_NOT_FOUND);
    }
    registry::open(kernel, key, out)
}

fn create(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (out, attributes) = (args.pointer(kernel, 0)?, args.pointer(kernel, 2)?);
    let disposition = args.pointer(kernel, 6)?;
    if let Some(status) = kernel.fault("ZwCreateKey") {
        return refuse(kernel, status);
    }
    let Some(key) = kernel.key_named(attributes)? else { return refuse(kernel, STATUS_INVALID_HANDLE) };
    let exists = kernel.key_exists(&key);
    if !exists && !key.above().is_some_and(|above| kernel.key_exists(&above)) {
        // Its page: the new key must be a direct subkey of one that is there.
        return refuse(kernel, STATUS_OBJECT_NAME_NOT_FOUND);
    }
    if let (false, KeyId::Path(path)) = (exists, &key) {
        kernel.io.registry.paths.insert(path.clone(), registry::Key::new());
    }
    if !disposition.is_null() {
        kernel.mem.write(disposition, &if exists { OPENED_EXISTING_KEY } else { CREATED_NEW_KEY })?;
    }
    registry::open(kernel, key, out)
}

fn delete(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let Some(key) = kernel.open_key(args)? else { return Ok(answer(STATUS_INVALID_HANDLE)) };
    if let Some(status) = kernel.fault("ZwDeleteKey") {
        return Ok(answer(status));
    }
    let KeyId::Path(path) = &key else { return Ok(answer(STATUS_CANNOT_DELETE)) };
    if !kernel.subkeys(&key).is_empty() {
        return Ok(answer(STATUS_CANNOT_DELETE));
    }
    kernel.io.registry.paths.remove(path);
    Ok(answer(STATUS_SUCCESS))
}

fn delete_value(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let Some(key) = kernel.open_key(args)? else { return Ok(answer(STATUS_INVALID_HANDLE)) };
    let string: UNICODE_STRING = kernel.mem.read(args.pointer(kernel, 1)?)?;
    let name = kernel.counted_text(&string)?.to_lowercase();
    if let Some(status) = kernel.fault("ZwDeleteValueKey") {
        return Ok(answer(status));
    }
    let known = kernel.io.registry.values_mut(&key).remove(&name).is_some();
    Ok(answer(if known { STATUS_SUCCESS } else { STATUS_OBJECT_NAME_NOT_FOUND }))
}

fn flush(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let known = kernel.open_key(args)?.is_some();
    Ok(answer(if known { STATUS_SUCCESS } else { STATUS_INVALID_HANDLE }))
}

/// Arguments: the key, the class of information, the buffer, its length, where the length that is needed goes.
fn query(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let Some(key) = kernel.open_key(args)? else { return Ok(answer(STATUS_INVALID_HANDLE)) };
    if let Some(status) = kernel.fault("ZwQueryKey") {
        return Ok(answer(status));
    }
    let class = args.ulong(kernel, 1)?;
    let name = key.text();
    let last = name.rsplit('\\').next().unwrap_or_default().to_owned();
    let information = match class {
        KEY_BASIC_INFORMATION => basic(&last),
        KEY_NAME_INFORMATION => counted(&[], &name),
        KEY_FULL_INFORMATION => full(kernel, &key),
        _ => return Ok(answer(STATUS_INVALID_PARAMETER)),
    };
    give(kernel, args, 2, &information)
}

/// Arguments: the key, which of the keys below it, the class of information, the buffer, its length, where the
/// length that is needed goes.
fn enumerate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let Some(key) = kernel.open_key(args)? else { return Ok(answer(STATUS_INVALID_HANDLE)) };
    if let Some(status) = kernel.fault("ZwEnumerateKey") {
        return Ok(answer(status));
    }
    let (index, class) = (args.ulong(kernel, 1)?, args.ulong(kernel, 2)?);
    // CAST: an index into a list of keys.
    let Some(name) = kernel.subkeys(&key).get(index as usize).cloned() else {
        return Ok(answer(STATUS_NO_MORE_ENTRIES));
    };
    let information = match class {
        KEY_BASIC_INFORMATION => basic(&name),
        KEY_FULL_INFORMATION => full(kernel, &key.below(&name)),
        _ => return Ok(answer(STATUS_INVALID_PARAMETER)),
    };
    give(kernel, args, 3, &information)
}

fn enumerate_values(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let Some(key) = kernel.open_key(args)? else { return Ok(answer(STATUS_INVALID_HANDLE)) };
    if let Some(status) = kernel.fault("ZwEnumerateValueKey") {
        return Ok(answer(status));
    }
    let (index, class) = (args.ulong(kernel, 1)?, args.ulong(kernel, 2)?);
    // CAST: an index into a list of values.
    let found = kernel.io.registry.values(&key).and_then(|values| values.iter().nth(index as usize));
    let Some((name, value)) = found else { return Ok(answer(STATUS_NO_MORE_ENTRIES)) };
    let Some(information) = registry::information(class, name, value) else {
        return Ok(answer(STATUS_INVALID_PARAMETER));
    };
    give(kernel, args, 3, &information)
}

/// Bytes, and how many of them always have to fit.
type Information = (Vec<u8>, usize);

/// A head, the length of a name, the name.
fn counted(head: &[u8], name: &str) -> Information {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes();
    let fixed = [head, &length].concat();
    ([fixed.clone(), name].concat(), fixed.len())
}

/// `KEY_BASIC_INFORMATION`: the time of the last write, the title index, the name.
fn basic(name: &str) -> Information {
    counted(&[0; 12], name)
}

/// `KEY_FULL_INFORMATION`: how many keys and values there are and how long their names and data get.
fn full(kernel: &Kernel, key: &KeyId) -> Information {
    let longest = |lengths: &mut dyn Iterator<Item = usize>| {
        u32::try_from(lengths.max().unwrap_or(0)).unwrap_or(u32::MAX)
    };
    let keys = kernel.subkeys(key);
    let values = kernel.io.registry.values(key);
    let values = || values.into_iter().flatten();
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let wide = |name: &String| name.encode_utf16().count() * 2;
    let words = [
        0,
        0,
        0,
        // The class: none, and where it would lie.
        44,
        0,
        count(keys.len()),
        longest(&mut keys.iter().map(wide)),
        0,
        count(values().count()),
        longest(&mut values().map(|(name, _)| wide(name))),
        longest(&mut values().map(|(_, value)| value.data.len())),
    ];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    (bytes.clone(), bytes.len())
}

/// Gives as much as there is room for. Arguments from `index` on: buffer, length, where the needed length goes.
fn give(kernel: &mut Kernel, args: Args, index: u64, information: &Information) -> Result<u64, Stop> {
    let (bytes, fixed) = information;
    let (buffer, length) = (args.pointer(kernel, index)?, args.ulong(kernel, index + 1)?);
    let out = args.pointer(kernel, index + 2)?;
    kernel.mem.write(out, &u32::try_from(bytes.len()).unwrap_or(u32::MAX))?;
    let room = usize::try_from(length).unwrap_or(0);
    if room < *fixed {
        return Ok(answer(STATUS_BUFFER_TOO_SMALL));
    }
    let some = bytes.get(..bytes.len().min(room)).unwrap_or(&[]);
    kernel.mem.bytes_mut(buffer, some.len() as u64)?.copy_from_slice(some);
    Ok(answer(if some.len() < bytes.len() { STATUS_BUFFER_OVERFLOW } else { STATUS_SUCCESS }))
}
