//! WMI: device objects that provide data, what they registered, and requests for their data.
//!
//! A driver that registers is asked for its blocks with `IRP_MN_REGINFO_EX`, in a thread of WMI's. Deregistering waits
//! until its requests are over. A device object that goes while it is registered is 0xC4/0xDB; a driver that is
//! unloaded with one is 0xC4/0xDA.
//!
//! Pages: `wdm/nf-wdm-iowmiregistrationcontrol`, `kernel/irp-mn-reginfo-ex`, `kernel/irp-mn-query-all-data`,
//! `kernel/irp-mn-query-single-instance`, `kernel/irp-mn-change-single-instance`, `kernel/irp-mn-change-single-item`.

use std::collections::BTreeMap;

use nt_trace::{NtStatus, event::IrpOrigin};
use serde::{Deserialize, Serialize};

use super::{IoStatus, IrpSpec, send_irp};
use crate::{
    abi::{
        irp_major::IRP_MJ_SYSTEM_CONTROL,
        status::{
            STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_SUCCESS,
        },
    },
    kernel::{
        Kernel, answer,
        bug_check::verifier,
        export::{Args, Export, Handler, Returns, RoutineFuture},
    },
    mem::{Addr, Fill},
    pnp::NodeState,
    sched::{Cpu, PASSIVE_LEVEL, ThreadId},
    stop::Stop,
};

/// `IoWMIRegistrationControl`.
pub const EXPORTS: &[Export] = &[Export::new(
    "IoWMIRegistrationControl",
    "wdm/nf-wdm-iowmiregistrationcontrol",
    PASSIVE_LEVEL,
    Returns::Status,
    &[STATUS_INSUFFICIENT_RESOURCES.0, STATUS_INVALID_PARAMETER.0],
    Handler::Async(registration_control),
)];

const REGISTER: u32 = 1;
const DEREGISTER: u32 = 2;

const QUERY_ALL_DATA: u8 = 0x00;
const QUERY_SINGLE_INSTANCE: u8 = 0x01;
const CHANGE_SINGLE_INSTANCE: u8 = 0x02;
const CHANGE_SINGLE_ITEM: u8 = 0x03;
const REGINFO_EX: u8 = 0x0B;

const WMI_GUID_NOT_FOUND: NtStatus = NtStatus(0xC000_0295);
const STATUS_BUFFER_TOO_SMALL: NtStatus = NtStatus(0xC000_0023);

/// `WMIREG_FLAG_INSTANCE_PDO`
const INSTANCE_PDO: u32 = 0x20;
/// `WNODE_FLAG_TOO_SMALL`
const TOO_SMALL: u32 = 0x20;
/// `WNODE_FLAG_STATIC_INSTANCE_NAMES`
const STATIC_NAMES: u32 = 0x80;
/// Bytes of a `WNODE_HEADER`.
const HEADER: usize = 48;
/// Bytes of a `WNODE_TOO_SMALL`.
const TOO_SMALL_SIZE: usize = 56;
/// Where `WMIREGGUIDW` entries begin in a `WMIREGINFOW`, and their size.
const GUIDS: usize = 24;
const GUID_ENTRY: usize = 32;
/// Bytes of WMI's buffer for a registration, at first.
const REGISTRATION: usize = 64;

/// Device objects that registered.
#[derive(Debug, Default)]
pub struct Wmi {
    providers: BTreeMap<Addr, Provider>,
    waiters: Vec<ThreadId>,
}

#[derive(Debug, Default)]
struct Provider {
    blocks: Vec<[u8; 16]>,
    requests: u32,
    closed: bool,
}

/// A power check box of Device Manager: a block of the driver that owns the device's power policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckBox {
    /// `GUID_POWER_DEVICE_ENABLE`: the computer may turn the device off to save power.
    Idle,
    /// `GUID_POWER_DEVICE_WAKE_ENABLE`: the device may wake the computer.
    Wake,
}

/// What is done with a check box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// `IRP_MN_QUERY_ALL_DATA`: it must say this.
    All(bool),
    /// `IRP_MN_QUERY_SINGLE_INSTANCE`: it must say this.
    Single(bool),
    /// `IRP_MN_QUERY_SINGLE_INSTANCE` of an instance that does not exist.
    Nobody,
    /// `IRP_MN_QUERY_ALL_DATA` with a buffer that holds only how large it should be.
    TooSmall,
    /// `IRP_MN_CHANGE_SINGLE_INSTANCE`
    Change(bool),
    /// `IRP_MN_CHANGE_SINGLE_ITEM`
    ChangeItem(bool),
}

impl CheckBox {
    const fn guid(self) -> [u8; 16] {
        // Three numbers, little endian, and eight bytes.
        match self {
            Self::Idle => [
                0x6F, 0x0A, 0x7C, 0x82, 0xB0, 0xFE, 0xD0, 0x11, 0xBD, 0x26, 0x00, 0xAA, 0x00, 0xB7, 0xB3,
                0x2A,
            ],
            Self::Wake => [
                0x82, 0x6A, 0x54, 0xA9, 0xB0, 0xFE, 0xD0, 0x11, 0xBD, 0x26, 0x00, 0xAA, 0x00, 0xB7, 0xB3,
                0x2A,
            ],
        }
    }
}

fn registration_control(cpu: Cpu, args: Args) -> RoutineFuture {
    Box::pin(async move {
        let (device, action) = {
            let kernel = cpu.look();
            (args.pointer(&kernel, 0)?, args.ulong(&kernel, 1)?)
        };
        let status = match action {
            REGISTER => register(&cpu, device),
            DEREGISTER => deregister(&cpu, device).await,
            _ => STATUS_INVALID_PARAMETER,
        };
        Ok(answer(status))
    })
}

fn register(cpu: &Cpu, device: Addr) -> NtStatus {
    let mut kernel = cpu.k();
    if let Some(status) = kernel.fault("IoWMIRegistrationControl") {
        return status;
    }
    if kernel.io.wmi.providers.contains_key(&device) {
        return STATUS_INVALID_PARAMETER;
    }
    kernel.io.wmi.providers.insert(device, Provider::default());
    kernel.sched.spawn("WMI", PASSIVE_LEVEL, move |cpu| async move { ask_for_blocks(&cpu, device).await });
    STATUS_SUCCESS
}

/// Blocks the caller until requests that were sent before are over.
async fn deregister(cpu: &Cpu, device: Addr) -> NtStatus {
    if !cpu.k().io.wmi.close(device) {
        return STATUS_INVALID_PARAMETER;
    }
    loop {
        {
            let mut kernel = cpu.k();
            if kernel.io.wmi.forget_quiet(device) {
                return STATUS_SUCCESS;
            }
            kernel.io.wmi.waiters.push(cpu.thread());
        }
        cpu.block("WMI requests to end").await;
    }
}

impl Wmi {
    /// Whether this device object has registered.
    #[must_use]
    pub fn is_registered(&self, device: Addr) -> bool {
        self.providers.contains_key(&device)
    }

    /// No request is sent any more. False: it is not registered.
    fn close(&mut self, device: Addr) -> bool {
        let provider = self.providers.get_mut(&device).filter(|provider| !provider.closed);
        provider.is_some_and(|provider| {
            provider.closed = true;
            true
        })
    }

    /// Forgets a provider whose requests are over.
    fn forget_quiet(&mut self, device: Addr) -> bool {
        let is_quiet = self.providers.get(&device).is_none_or(|provider| provider.requests == 0);
        if is_quiet {
            self.providers.remove(&device);
        }
        is_quiet
    }

    fn open(&mut self, device: Addr) -> Option<&mut Provider> {
        self.providers.get_mut(&device).filter(|provider| !provider.closed)
    }

    fn provides(&self, device: Addr, block: [u8; 16]) -> bool {
        let provider = self.providers.get(&device).filter(|provider| !provider.closed);
        provider.is_some_and(|provider| provider.blocks.contains(&block))
    }
}

/// `IRP_MN_REGINFO_EX`, with a larger buffer when the first is too small.
async fn ask_for_blocks(cpu: &Cpu, device: Addr) -> Result<(), Stop> {
    let mut bytes = vec![0; REGISTRATION];
    loop {
        let Some((done, answered)) = request(cpu, device, REGINFO_EX, Addr::NULL, &bytes).await? else {
            return Ok(());
        };
        if done.status == STATUS_BUFFER_TOO_SMALL {
            let needed = number(&answered, 0) as usize;
            if needed <= bytes.len() {
                return Err(Stop::Script(format!("IRP_MN_REGINFO_EX wants {needed} bytes and had them")));
            }
            bytes = vec![0; needed];
            continue;
        }
        if done.status.is_success() {
            cpu.k().wmi_take_blocks(device, &answered)?;
        }
        return Ok(());
    }
}

/// Sends a request to a provider, if it is registered. Gives what came back.
async fn request(
    cpu: &Cpu,
    device: Addr,
    minor: u8,
    path: Addr,
    bytes: &[u8],
) -> Result<Option<(IoStatus, Vec<u8>)>, Stop> {
    let length = bytes.len() as u64;
    let (buffer, spec) = {
        let mut kernel = cpu.k();
        let Some(provider) = kernel.io.wmi.open(device) else { return Ok(None) };
        provider.requests += 1;
        kernel.reference_device(device, true)?;
        let buffer = kernel.system_allocate(length, Fill::Zero)?;
        kernel.mem.bytes_mut(buffer, length)?.copy_from_slice(bytes);
        let mut spec = IrpSpec::new(IrpOrigin::WmiProvider, IRP_MJ_SYSTEM_CONTROL, minor);
        spec.status = STATUS_NOT_SUPPORTED;
        let parameters = spec.parameters.WMI_mut();
        (parameters.ProviderId, parameters.DataPath) = (device.0, path);
        (parameters.BufferSize, parameters.Buffer) = (bytes.len() as u32, buffer);
        (buffer, spec)
    };
    let done = send_irp(cpu, device, &spec).await;
    let mut kernel = cpu.k();
    let answered = kernel.mem.bytes(buffer, length)?.to_vec();
    kernel.pool_free(buffer, 0)?;
    if let Some(provider) = kernel.io.wmi.providers.get_mut(&device) {
        provider.requests -= 1;
    }
    for thread in std::mem::take(&mut kernel.io.wmi.waiters) {
        kernel.sched.wake(thread, 0);
    }
    kernel.reference_device(device, false)?;
    done.map(|done| Some((done, answered)))
}

/// Does something with a check box of a device: `STATUS_WMI_GUID_NOT_FOUND` if nobody provides it.
///
/// # Errors
/// When the machine stops, or the box says something else than it must.
pub async fn check_box(cpu: &Cpu, name: &str, of: CheckBox, asked: Asked) -> Result<NtStatus, Stop> {
    let provider = {
        let kernel = cpu.look();
        let node = kernel.node(name)?;
        if node.state == NodeState::Deleted {
            return Ok(WMI_GUID_NOT_FOUND);
        }
        let top = kernel.top_of_stack(node.pdo)?;
        let mut devices = std::iter::successors(Some(top), |device| kernel.attached_to(*device));
        devices.find(|device| kernel.io.wmi.provides(*device, of.guid()))
    };
    let Some(device) = provider else { return Ok(WMI_GUID_NOT_FOUND) };
    let path = {
        let mut kernel = cpu.k();
        let path = kernel.system_allocate(16, Fill::Zero)?;
        kernel.mem.bytes_mut(path, 16)?.copy_from_slice(&of.guid());
        path
    };
    let (minor, node) = node(of, asked);
    let done = request(cpu, device, minor, path, &node).await;
    cpu.k().pool_free(path, 0)?;
    let Some((done, answered)) = done? else { return Ok(WMI_GUID_NOT_FOUND) };
    judge(asked, done, &answered)?;
    Ok(done.status)
}

/// The minor code and the `WNODE` of a request.
fn node(of: CheckBox, asked: Asked) -> (u8, Vec<u8>) {
    let mut node = vec![0; if asked == Asked::TooSmall { TOO_SMALL_SIZE } else { 96 }];
    let size = node.len() as u32;
    put(&mut node, 0, size);
    node[24..40].copy_from_slice(&of.guid());
    put(&mut node, 44, STATIC_NAMES);
    let single = |node: &mut [u8], instance: u32, value: bool| {
        put(node, 52, instance);
        put(node, 56, 64);
        put(node, 60, 1);
        node[64] = u8::from(value);
    };
    let minor = match asked {
        Asked::All(_) | Asked::TooSmall => QUERY_ALL_DATA,
        Asked::Single(expected) => {
            // What must not be taken for the answer.
            single(&mut node, 0, !expected);
            put(&mut node, 60, 0);
            QUERY_SINGLE_INSTANCE
        }
        Asked::Nobody => {
            single(&mut node, 1, false);
            QUERY_SINGLE_INSTANCE
        }
        Asked::Change(on) => {
            single(&mut node, 0, on);
            CHANGE_SINGLE_INSTANCE
        }
        Asked::ChangeItem(on) => {
            // ItemId, DataBlockOffset, SizeDataItem
            put(&mut node, 56, 1);
            put(&mut node, 60, 72);
            put(&mut node, 64, 1);
            node[72] = u8::from(on);
            CHANGE_SINGLE_ITEM
        }
    };
    (minor, node)
}

/// Whether what came back is as the pages say.
fn judge(asked: Asked, done: IoStatus, answered: &[u8]) -> Result<(), Stop> {
    let wrong = |what: String| Err(Stop::Script(format!("a WMI request for {asked:?}: {what}")));
    if !done.status.is_success() {
        return Ok(());
    }
    let (size, flags) = (number(answered, 0), number(answered, 44));
    let said = match asked {
        Asked::All(expected) => Some((expected, number(answered, 48) as usize)),
        Asked::Single(expected) => Some((expected, number(answered, 56) as usize)),
        Asked::TooSmall => {
            if flags & TOO_SMALL == 0 || number(answered, HEADER) as usize <= TOO_SMALL_SIZE {
                return wrong("WNODE_TOO_SMALL was to come".into());
            }
            return Ok(());
        }
        Asked::Nobody | Asked::Change(_) | Asked::ChangeItem(_) => None,
    };
    let Some((expected, offset)) = said else { return Ok(()) };
    if done.information != u64::from(size) || size as usize > answered.len() {
        return wrong(format!("{size} bytes are said, and {} are returned", done.information));
    }
    match answered.get(offset).filter(|_| offset >= HEADER) {
        Some(value) if (*value != 0) == expected => Ok(()),
        value => wrong(format!("the data at {offset} are {value:?}")),
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

impl Kernel {
    /// Takes what a driver registers. References to physical device objects, which name instances, are WMI's to give
    /// back.
    fn wmi_take_blocks(&mut self, device: Addr, info: &[u8]) -> Result<(), Stop> {
        let count = number(info, 16) as usize;
        let mut blocks = Vec::new();
        for entry in info.get(GUIDS..).unwrap_or_default().chunks_exact(GUID_ENTRY).take(count) {
            let (guid, flags) = (&entry[..16], number(entry, 16));
            blocks.push(guid.try_into().unwrap_or([0; 16]));
            if flags & INSTANCE_PDO != 0 {
                let pdo = u64::from(number(entry, 24)) | u64::from(number(entry, 28)) << 32;
                self.driver_dereference(Addr(pdo))?;
            }
        }
        if let Some(provider) = self.io.wmi.providers.get_mut(&device) {
            provider.blocks = blocks;
        }
        Ok(())
    }

    /// The driver goes.
    ///
    /// # Errors
    /// When a device object of it is registered (0xC4/0xDA).
    pub fn wmi_check_unloaded(&self) -> Result<(), Stop> {
        let Some(device) = self.io.wmi.providers.keys().next() else { return Ok(()) };
        let name = self.object(*device);
        Err(verifier(0xDA, format!("the driver is unloaded, and {name} is registered with WMI")))
    }

    /// A device object goes.
    ///
    /// # Errors
    /// When it is registered (0xC4/0xDB).
    pub(super) fn wmi_check_deleted(&self, device: Addr) -> Result<(), Stop> {
        if self.io.wmi.providers.contains_key(&device) {
            let name = self.object(device);
            return Err(verifier(0xDB, format!("{name} is deleted, and is registered with WMI")));
        }
        Ok(())
    }
}
