//! The run-time library's routines for registry values.

use super::{
    Kernel, answer,
    callback::low_half,
    export::{Args, Export, Handler, Returns, RoutineFuture},
    registry::{self, KeyId, RegistryValue},
};
use crate::{
    abi::{
        UNICODE_STRING,
        registry::{REG_MULTI_SZ, REG_SZ},
        status::{
            STATUS_BUFFER_TOO_SMALL, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER,
            STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH, STATUS_SUCCESS,
        },
    },
    mem::{Addr, Fill},
    sched::{Cpu, PASSIVE_LEVEL},
    stop::Stop,
};
use nt_trace::NtStatus;

/// `RtlQueryRegistryValues` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "RtlQueryRegistryValues",
        "wdm/nf-wdm-rtlqueryregistryvalues",
        PASSIVE_LEVEL,
        Returns::Status,
        &[STATUS_OBJECT_NAME_NOT_FOUND.0, STATUS_INSUFFICIENT_RESOURCES.0],
        Handler::Async(query_values),
    ),
    value("RtlWriteRegistryValue", "wdm/nf-wdm-rtlwriteregistryvalue", write_value),
    value("RtlDeleteRegistryValue", "wdm/nf-wdm-rtldeleteregistryvalue", delete_value),
    value("RtlCheckRegistryKey", "wdm/nf-wdm-rtlcheckregistrykey", check_key),
    value("RtlCreateRegistryKey", "wdm/nf-wdm-rtlcreateregistrykey", create_key),
];

const fn value(
    name: &'static str,
    page: &'static str,
    routine: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    const MISSING: &[u32] = &[STATUS_OBJECT_NAME_NOT_FOUND.0];
    Export::new(name, page, PASSIVE_LEVEL, Returns::Status, MISSING, Handler::Sync(routine))
}

/// `RTL_REGISTRY_*`: what a path is relative to.
const HANDLE: u32 = 0x4000_0000;
const OPTIONAL: u32 = 0x8000_0000;
const ROOTS: [&str; 6] = [
    "",
    "\\registry\\machine\\system\\currentcontrolset\\services",
    "\\registry\\machine\\system\\currentcontrolset\\control",
    "\\registry\\machine\\software\\microsoft\\windows nt\\currentversion",
    "\\registry\\machine\\hardware\\devicemap",
    "\\registry\\user\\.default",
];

/// The key that `RelativeTo` and `Path` name. None for a number or handle that names none.
fn key(kernel: &Kernel, args: Args) -> Result<Option<KeyId>, Stop> {
    let (relative_to, path) = (args.ulong(kernel, 0)?, args.pointer(kernel, 1)?);
    if relative_to & HANDLE != 0 {
        return Ok(kernel.io.registry.handles.get(&path.0).map(|open| open.key.clone()));
    }
    let path = String::from_utf16_lossy(&kernel.wide_string(path)?);
    // CAST: six values are defined.
    let root = ROOTS.get((relative_to & !OPTIONAL) as usize);
    Ok(root.map(|root| if root.is_empty() { KeyId::path(&path) } else { KeyId::path(root).below(&path) }))
}

fn existing_key(kernel: &Kernel, args: Args) -> Result<Result<KeyId, NtStatus>, Stop> {
    let Some(key) = key(kernel, args)? else { return Ok(Err(STATUS_INVALID_PARAMETER)) };
    Ok(if kernel.key_exists(&key) { Ok(key) } else { Err(STATUS_OBJECT_NAME_NOT_FOUND) })
}

fn value_name(kernel: &Kernel, args: Args) -> Result<String, Stop> {
    let at = args.pointer(kernel, 2)?;
    Ok(String::from_utf16_lossy(&kernel.wide_string(at)?).to_lowercase())
}

/// Arguments: the key as two, the value's name, its type, its data, their length.
fn write_value(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    if let Some(status) = kernel.fault("RtlWriteRegistryValue") {
        return Ok(answer(status));
    }
    let key = match existing_key(kernel, args)? {
        Ok(key) => key,
        Err(status) => return Ok(answer(status)),
    };
    let name = value_name(kernel, args)?;
    let (kind, data, length) = (args.ulong(kernel, 3)?, args.pointer(kernel, 4)?, args.ulong(kernel, 5)?);
    let data = if length == 0 { Vec::new() } else { kernel.mem.bytes(data, u64::from(length))?.to_vec() };
    kernel.io.registry.values_mut(&key).insert(name, RegistryValue { kind, data });
    Ok(answer(STATUS_SUCCESS))
}

fn delete_value(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    if let Some(status) = kernel.fault("RtlDeleteRegistryValue") {
        return Ok(answer(status));
    }
    let key = match existing_key(kernel, args)? {
        Ok(key) => key,
        Err(status) => return Ok(answer(status)),
    };
    let name = value_name(kernel, args)?;
    let known = kernel.io.registry.values_mut(&key).remove(&name).is_some();
    Ok(answer(if known { STATUS_SUCCESS } else { STATUS_OBJECT_NAME_NOT_FOUND }))
}

fn check_key(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    if let Some(status) = kernel.fault("RtlCheckRegistryKey") {
        return Ok(answer(status));
    }
    Ok(answer(existing_key(kernel, args)?.err().unwrap_or(STATUS_SUCCESS)))
}

fn create_key(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    if let Some(status) = kernel.fault("RtlCreateRegistryKey") {
        return Ok(answer(status));
    }
    let Some(key) = key(kernel, args)? else { return Ok(answer(STATUS_INVALID_PARAMETER)) };
    if kernel.key_exists(&key) {
        return Ok(answer(STATUS_SUCCESS));
    }
    if !key.above().is_some_and(|above| kernel.key_exists(&above)) {
        return Ok(answer(STATUS_OBJECT_NAME_NOT_FOUND));
    }
    if let KeyId::Path(path) = key {
        kernel.io.registry.paths.insert(path, registry::Key::new());
    }
    Ok(answer(STATUS_SUCCESS))
}

/// `RTL_QUERY_REGISTRY_*`
mod flag {
    pub const SUBKEY: u32 = 0x1;
    pub const TOPKEY: u32 = 0x2;
    pub const REQUIRED: u32 = 0x4;
    pub const NOVALUE: u32 = 0x8;
    pub const NOEXPAND: u32 = 0x10;
    pub const DIRECT: u32 = 0x20;
    pub const DELETE: u32 = 0x40;
    pub const TYPECHECK: u32 = 0x100;
}

/// `RTL_QUERY_REGISTRY_TABLE` (wdm.h).
#[derive(Clone, Copy)]
struct Entry {
    routine: Addr,
    flags: u32,
    name: Addr,
    context: Addr,
    default_type: u32,
    default_data: Addr,
    default_length: u32,
}

impl Entry {
    const SIZE: u64 = 56;

    fn at(kernel: &Kernel, at: Addr) -> Result<Self, Stop> {
        Ok(Self {
            routine: kernel.mem.read(at)?,
            flags: kernel.mem.read(at.add(8))?,
            name: kernel.mem.read(at.add(16))?,
            context: kernel.mem.read(at.add(24))?,
            default_type: kernel.mem.read(at.add(32))?,
            default_data: kernel.mem.read(at.add(40))?,
            default_length: kernel.mem.read(at.add(48))?,
        })
    }

    const fn is_last(&self) -> bool {
        self.routine.is_null() && self.name.is_null() && self.flags & (flag::SUBKEY | flag::DIRECT) == 0
    }
}

fn query_values(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (top, table, context) = {
            let mut kernel = cpu.k();
            if let Some(status) = kernel.fault("RtlQueryRegistryValues") {
                return Ok(answer(status));
            }
            let key = match existing_key(&kernel, args)? {
                Ok(key) => key,
                Err(_) if args.ulong(&kernel, 0)? & OPTIONAL != 0 => return Ok(answer(STATUS_SUCCESS)),
                Err(status) => return Ok(answer(status)),
            };
            (key, args.pointer(&kernel, 2)?, args.pointer(&kernel, 3)?)
        };
        let (mut current, mut at) = (top.clone(), table);
        loop {
            let entry = Entry::at(&cpu.look(), at)?;
            if entry.is_last() {
                return Ok(answer(STATUS_SUCCESS));
            }
            at = at.add(Entry::SIZE);
            if entry.flags & (flag::SUBKEY | flag::TOPKEY) != 0 {
                current = top.clone();
            }
            if entry.flags & flag::SUBKEY != 0 {
                let kernel = cpu.look();
                let name = String::from_utf16_lossy(&kernel.wide_string(entry.name)?);
                current = top.below(&name);
                if !kernel.key_exists(&current) && entry.flags & flag::REQUIRED != 0 {
                    return Ok(answer(STATUS_OBJECT_NAME_NOT_FOUND));
                }
                continue;
            }
            let status = one_entry(&cpu, &current, &entry, context).await?;
            if status.is_error() {
                return Ok(answer(status));
            }
        }
    })
}

/// What one line of the table asks for.
async fn one_entry(cpu: &Cpu, key: &KeyId, entry: &Entry, context: Addr) -> Result<NtStatus, Stop> {
    if entry.flags & flag::NOVALUE != 0 {
        return tell(cpu, entry, "", &RegistryValue { kind: 0, data: Vec::new() }, context).await;
    }
    if entry.name.is_null() {
        if entry.flags & flag::DIRECT != 0 {
            return Ok(STATUS_INVALID_PARAMETER);
        }
        let values: Vec<_> = {
            let kernel = cpu.look();
            let values = kernel.io.registry.values(key);
            values.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        if values.is_empty() && entry.flags & flag::REQUIRED != 0 {
            return Ok(STATUS_OBJECT_NAME_NOT_FOUND);
        }
        for (name, value) in values {
            let status = expanded(cpu, entry, &name, &value, context).await?;
            if status.is_error() {
                return Ok(status);
            }
        }
        return Ok(STATUS_SUCCESS);
    }
    let name = String::from_utf16_lossy(&cpu.look().wide_string(entry.name)?);
    let lower = name.to_lowercase();
    let found = cpu.look().io.registry.values(key).and_then(|values| values.get(&lower)).cloned();
    let expected = entry.default_type >> 24;
    let value = match found {
        Some(value) if entry.flags & flag::TYPECHECK != 0 && expected != value.kind => {
            return Ok(STATUS_OBJECT_TYPE_MISMATCH);
        }
        Some(value) => value,
        None if entry.flags & flag::REQUIRED != 0 => return Ok(STATUS_OBJECT_NAME_NOT_FOUND),
        None if entry.default_type.to_le_bytes()[0] == 0 => return Ok(STATUS_SUCCESS),
        None => default_value(&cpu.look(), entry)?,
    };
    if entry.flags & flag::DELETE != 0 {
        cpu.k().io.registry.values_mut(key).remove(&lower);
    }
    if entry.flags & flag::DIRECT != 0 {
        store(cpu, entry, &value)
    } else {
        expanded(cpu, entry, &name, &value, context).await
    }
}

fn default_value(kernel: &Kernel, entry: &Entry) -> Result<RegistryValue, Stop> {
    let kind = entry.default_type & 0xFF;
    let length = match (entry.default_length, kind) {
        (0, REG_SZ..=2) => (kernel.wide_string(entry.default_data)?.len() as u64 + 1) * 2,
        (length, _) => u64::from(length),
    };
    let data = if length == 0 { Vec::new() } else { kernel.mem.bytes(entry.default_data, length)?.to_vec() };
    Ok(RegistryValue { kind, data })
}

/// `RTL_QUERY_REGISTRY_DIRECT`: strings go to a counted string, other values of up to four bytes to the buffer
/// itself, longer ones to a buffer that says its length (a negative one) first.
fn store(cpu: &Cpu, entry: &Entry, value: &RegistryValue) -> Result<NtStatus, Stop> {
    let mut kernel = cpu.k();
    let to = entry.context;
    let bytes = value.data.len() as u64;
    if matches!(value.kind, REG_SZ | 2 | REG_MULTI_SZ) {
        let mut string: UNICODE_STRING = kernel.mem.read(to)?;
        if string.Buffer.is_null() {
            let tag = u32::from_le_bytes(*b"RtlQ");
            string.Buffer =
                kernel.pool_allocate(nt_trace::event::PoolKind::Paged, bytes.max(2), tag, Fill::Zero)?;
            string.MaximumLength = u16::try_from(bytes).unwrap_or(u16::MAX);
        }
        if u64::from(string.MaximumLength) < bytes {
            return Ok(STATUS_BUFFER_TOO_SMALL);
        }
        string.Length = u16::try_from(bytes.saturating_sub(2)).unwrap_or(u16::MAX);
        if bytes > 0 {
            kernel.mem.bytes_mut(string.Buffer, bytes)?.copy_from_slice(&value.data);
        }
        kernel.mem.write(to, &string)?;
        return Ok(STATUS_SUCCESS);
    }
    if bytes <= 4 {
        kernel.mem.bytes_mut(to, bytes)?.copy_from_slice(&value.data);
        return Ok(STATUS_SUCCESS);
    }
    let room: i32 = kernel.mem.read(to)?;
    if room >= 0 || u64::from(room.unsigned_abs()) < bytes {
        return Ok(STATUS_BUFFER_TOO_SMALL);
    }
    kernel.mem.bytes_mut(to, bytes)?.copy_from_slice(&value.data);
    Ok(STATUS_SUCCESS)
}

/// A list of strings is told one by one, unless the driver wants it whole.
async fn expanded(
    cpu: &Cpu,
    entry: &Entry,
    name: &str,
    value: &RegistryValue,
    context: Addr,
) -> Result<NtStatus, Stop> {
    if value.kind != REG_MULTI_SZ || entry.flags & flag::NOEXPAND != 0 {
        return tell(cpu, entry, name, value, context).await;
    }
    let (units, _) = value.data.as_chunks::<2>();
    for text in units.split(|unit| *unit == [0, 0]).filter(|text| !text.is_empty()) {
        let mut data = text.concat();
        data.extend([0, 0]);
        let status = tell(cpu, entry, name, &RegistryValue { kind: REG_SZ, data }, context).await?;
        if status.is_error() {
            return Ok(status);
        }
    }
    Ok(STATUS_SUCCESS)
}

/// Calls the driver's routine with one value, in memory that is gone afterwards.
async fn tell(
    cpu: &Cpu,
    entry: &Entry,
    name: &str,
    value: &RegistryValue,
    context: Addr,
) -> Result<NtStatus, Stop> {
    let text: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let (text, data) = {
        let mut kernel = cpu.k();
        let at = kernel.system_allocate(text.len() as u64, Fill::Zero)?;
        kernel.mem.bytes_mut(at, text.len() as u64)?.copy_from_slice(&text);
        let length = value.data.len() as u64;
        let data = if length == 0 { Addr::NULL } else { kernel.system_allocate(length, Fill::Zero)? };
        if length > 0 {
            kernel.mem.bytes_mut(data, length)?.copy_from_slice(&value.data);
        }
        (at, data)
    };
    let length = value.data.len() as u64;
    let arguments = [text.0, u64::from(value.kind), data.0, length, context.0, entry.context.0];
    let status = low_half(cpu.call(entry.routine, &arguments).await);
    let mut kernel = cpu.k();
    kernel.pool_free(text, 0)?;
    if !data.is_null() {
        kernel.pool_free(data, 0)?;
    }
    // Its page: this one is ignored.
    Ok(if status == STATUS_BUFFER_TOO_SMALL { STATUS_SUCCESS } else { status })
}
