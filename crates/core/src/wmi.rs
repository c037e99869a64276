//! WMI: the two blocks behind Device Manager's power check boxes.
//!
//! The driver answers the requests itself, over the buffer that WMI gives: every offset in it is tested. Each block has
//! one instance, named after the physical device object, and one item, a `BOOLEAN`.
//!
//! Pages: <https://learn.microsoft.com/windows-hardware/drivers/kernel/handling-wmi-requests>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-reginfo-ex>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-all-data>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-query-single-instance>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-change-single-instance>,
//! <https://learn.microsoft.com/windows-hardware/drivers/kernel/irp-mn-change-single-item>

use crate::status::{NtStatus, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER, STATUS_SUCCESS, Status};

/// A block: one check box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// `GUID_POWER_DEVICE_ENABLE`: *Allow the computer to turn off this device to save power*.
    Idle,
    /// `GUID_POWER_DEVICE_WAKE_ENABLE`: *Allow this device to wake the computer*.
    Wake,
}

impl Block {
    /// Both, in the order in which they are registered.
    pub const ALL: [Self; 2] = [Self::Idle, Self::Wake];

    /// The identifier as it lies in memory: three numbers in little endian, and eight bytes.
    #[must_use]
    pub const fn guid(self) -> [u8; 16] {
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

    /// The block with this identifier.
    #[must_use]
    pub fn from_guid(guid: [u8; 16]) -> Option<Self> {
        Self::ALL.into_iter().find(|block| block.guid() == guid)
    }
}

/// What a minor function code asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Minor {
    /// `IRP_MN_QUERY_ALL_DATA`
    QueryAllData,
    /// `IRP_MN_QUERY_SINGLE_INSTANCE`
    QuerySingleInstance,
    /// `IRP_MN_CHANGE_SINGLE_INSTANCE`
    ChangeSingleInstance,
    /// `IRP_MN_CHANGE_SINGLE_ITEM`
    ChangeSingleItem,
    /// `IRP_MN_REGINFO` and `IRP_MN_REGINFO_EX`
    Reginfo,
    /// Events, collection and methods, which the blocks do not have; and what is no WMI request.
    Other,
}

impl Minor {
    /// From the stack location's number.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            0x00 => Self::QueryAllData,
            0x01 => Self::QuerySingleInstance,
            0x02 => Self::ChangeSingleInstance,
            0x03 => Self::ChangeSingleItem,
            0x08 | 0x0B => Self::Reginfo,
            _ => Self::Other,
        }
    }
}

/// `STATUS_WMI_GUID_NOT_FOUND`
const GUID_NOT_FOUND: i32 = 0xC000_0295_u32.cast_signed();
/// `STATUS_WMI_INSTANCE_NOT_FOUND`
const INSTANCE_NOT_FOUND: i32 = 0xC000_0296_u32.cast_signed();
/// `STATUS_WMI_ITEMID_NOT_FOUND`
const ITEMID_NOT_FOUND: i32 = 0xC000_0297_u32.cast_signed();

/// A failing status of WMI's own.
const fn failing(raw: i32) -> Status {
    match Status::from_raw(raw) {
        Some(status) => status,
        None => STATUS_INVALID_PARAMETER,
    }
}

/// The block is not this driver's.
pub const STATUS_WMI_GUID_NOT_FOUND: Status = failing(GUID_NOT_FOUND);
/// The block has no such instance.
pub const STATUS_WMI_INSTANCE_NOT_FOUND: Status = failing(INSTANCE_NOT_FOUND);
/// The block has no such item.
pub const STATUS_WMI_ITEMID_NOT_FOUND: Status = failing(ITEMID_NOT_FOUND);

/// `IoStatus` of a request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `IoStatus.Status`
    pub status: NtStatus,
    /// `IoStatus.Information`: bytes in the buffer.
    pub information: usize,
}

impl Answer {
    const fn success(information: usize) -> Self {
        Self { status: STATUS_SUCCESS, information }
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self { status: status.nt(), information: 0 }
    }
}

// WNODE_HEADER
const FLAGS: usize = 44;
const TIME_STAMP: usize = 16;
const HEADER: usize = 48;
/// Bytes of a `WNODE_TOO_SMALL`: the header, `SizeNeeded`, and what alignment adds.
const TOO_SMALL_SIZE: usize = 56;
const FLAG_ALL_DATA: u32 = 0x01;
const FLAG_FIXED_INSTANCE_SIZE: u32 = 0x10;
const FLAG_TOO_SMALL: u32 = 0x20;
const FLAG_STATIC_INSTANCE_NAMES: u32 = 0x80;
const FLAG_PDO_INSTANCE_NAMES: u32 = 0x0001_0000;
/// Where the data of a `WNODE_ALL_DATA` begins: behind `FixedInstanceSize`.
const ALL_DATA: usize = 64;
// WNODE_SINGLE_INSTANCE and WNODE_SINGLE_ITEM
const INSTANCE_INDEX: usize = 52;
const ITEM_ID: usize = 56;
/// Items are counted from one.
const FIRST_ITEM: u32 = 1;

fn number(buffer: &[u8], at: usize) -> Result<u32, Status> {
    let bytes = buffer.get(at..).and_then(<[u8]>::first_chunk).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Ok(u32::from_le_bytes(*bytes))
}

fn write(buffer: &mut [u8], at: usize, bytes: &[u8]) -> Result<(), Status> {
    let end = at.checked_add(bytes.len()).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    let room = buffer.get_mut(at..end).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    for (to, from) in room.iter_mut().zip(bytes) {
        *to = *from;
    }
    Ok(())
}

fn put(buffer: &mut [u8], at: usize, value: u32) -> Result<(), Status> {
    write(buffer, at, &value.to_le_bytes())
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Says how large the buffer should be: `WNODE_TOO_SMALL`, where that fits.
fn too_small(buffer: &mut [u8], needed: usize) -> Result<Answer, Status> {
    if buffer.len() < TOO_SMALL_SIZE {
        return Err(STATUS_BUFFER_TOO_SMALL);
    }
    put(buffer, 0, size(TOO_SMALL_SIZE))?;
    put(buffer, FLAGS, FLAG_TOO_SMALL)?;
    put(buffer, HEADER, size(needed))?;
    Ok(Answer::success(TOO_SMALL_SIZE))
}

/// `IRP_MN_QUERY_ALL_DATA`: one instance of one byte. `now` is the system's time.
///
/// # Errors
/// `STATUS_BUFFER_TOO_SMALL`: not even `WNODE_TOO_SMALL` fits.
pub fn query_all_data(buffer: &mut [u8], value: bool, now: u64) -> Result<Answer, Status> {
    let length = ALL_DATA.saturating_add(1);
    if buffer.len() < length {
        return too_small(buffer, length);
    }
    put(buffer, 0, size(length))?;
    write(buffer, TIME_STAMP, &now.to_le_bytes())?;
    let names = FLAG_STATIC_INSTANCE_NAMES | FLAG_PDO_INSTANCE_NAMES;
    put(buffer, FLAGS, FLAG_ALL_DATA | FLAG_FIXED_INSTANCE_SIZE | names)?;
    // DataBlockOffset, InstanceCount, OffsetInstanceNameOffsets, FixedInstanceSize
    for (at, number) in [(48, size(ALL_DATA)), (52, 1), (56, 0), (60, 1)] {
        put(buffer, at, number)?;
    }
    write(buffer, ALL_DATA, &[u8::from(value)])?;
    Ok(Answer::success(length))
}

/// The one instance there is, asked for by its number.
fn only_instance(buffer: &[u8]) -> Result<(), Status> {
    let is_static = number(buffer, FLAGS)? & FLAG_STATIC_INSTANCE_NAMES != 0;
    if is_static && number(buffer, INSTANCE_INDEX)? == 0 {
        Ok(())
    } else {
        Err(STATUS_WMI_INSTANCE_NOT_FOUND)
    }
}

/// `IRP_MN_QUERY_SINGLE_INSTANCE`: WMI says where the data goes.
///
/// # Errors
/// `STATUS_WMI_INSTANCE_NOT_FOUND`; `STATUS_BUFFER_TOO_SMALL` if not even `WNODE_TOO_SMALL` fits.
pub fn query_single_instance(buffer: &mut [u8], value: bool, now: u64) -> Result<Answer, Status> {
    only_instance(buffer)?;
    let at = usize::try_from(number(buffer, 56)?).unwrap_or(usize::MAX);
    if at < ALL_DATA {
        return Err(STATUS_INVALID_PARAMETER);
    }
    let length = at.saturating_add(1);
    if buffer.len() < length {
        return too_small(buffer, length.min(usize::from(u16::MAX)));
    }
    put(buffer, 0, size(length))?;
    write(buffer, TIME_STAMP, &now.to_le_bytes())?;
    // SizeDataBlock
    put(buffer, 60, 1)?;
    write(buffer, at, &[u8::from(value)])?;
    Ok(Answer::success(length))
}

/// `IRP_MN_CHANGE_SINGLE_INSTANCE`: what the user has chosen.
///
/// # Errors
/// `STATUS_WMI_INSTANCE_NOT_FOUND`; `STATUS_INVALID_PARAMETER`: the data is not one byte of the buffer.
pub fn change_single_instance(buffer: &[u8]) -> Result<bool, Status> {
    only_instance(buffer)?;
    data(buffer, 56, 60)
}

/// `IRP_MN_CHANGE_SINGLE_ITEM`: the same, for the one item.
///
/// # Errors
/// As [`change_single_instance`], and `STATUS_WMI_ITEMID_NOT_FOUND`.
pub fn change_single_item(buffer: &[u8]) -> Result<bool, Status> {
    only_instance(buffer)?;
    if number(buffer, ITEM_ID)? != FIRST_ITEM {
        return Err(STATUS_WMI_ITEMID_NOT_FOUND);
    }
    data(buffer, 60, 64)
}

/// The `BOOLEAN` whose offset and size lie at these places.
fn data(buffer: &[u8], offset_at: usize, size_at: usize) -> Result<bool, Status> {
    let at = usize::try_from(number(buffer, offset_at)?).map_err(|_| STATUS_INVALID_PARAMETER)?;
    if number(buffer, size_at)? != 1 {
        return Err(STATUS_INVALID_PARAMETER);
    }
    buffer.get(at).map(|byte| *byte != 0).ok_or(STATUS_INVALID_PARAMETER)
}

/// Where the `WMIREGGUIDW` entries begin in a `WMIREGINFOW`, and the size of one.
const GUIDS: usize = 24;
const GUID_ENTRY: usize = 32;
/// `WMIREG_FLAG_INSTANCE_PDO`
const FLAG_INSTANCE_PDO: u32 = 0x20;

/// What the driver registers.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// The blocks that are offered.
    pub offers: [bool; 2],
    /// The address of the physical device object, which names the instances. The caller has taken a reference for each
    /// block, when this succeeds.
    pub pdo: u64,
    /// What `DriverEntry` was given, in UTF-16; empty for an update, which does not name it.
    pub registry_path: &'a [u16],
}

impl Registration<'_> {
    /// How many blocks are registered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.offers.iter().filter(|offer| **offer).count()
    }

    /// `IRP_MN_REGINFO_EX`: fills a `WMIREGINFOW`. The driver has no MOF of its own: both blocks are the system's.
    ///
    /// # Errors
    /// `STATUS_BUFFER_TOO_SMALL`, with the size that is needed in the buffer's first number.
    pub fn reginfo(&self, buffer: &mut [u8]) -> Result<Answer, Status> {
        let path_at = GUIDS.saturating_add(self.count().saturating_mul(GUID_ENTRY));
        let path_bytes = self.registry_path.len().saturating_mul(2);
        let length = path_at.saturating_add(2).saturating_add(path_bytes);
        if buffer.len() < length {
            let _result = put(buffer, 0, size(length));
            return Err(STATUS_BUFFER_TOO_SMALL);
        }
        let path = if self.registry_path.is_empty() { 0 } else { size(path_at) };
        let header = [size(length), 0, path, 0, size(self.count()), 0];
        for (index, number) in header.into_iter().enumerate() {
            put(buffer, index.saturating_mul(4), number)?;
        }
        let offered = Block::ALL.into_iter().zip(self.offers).filter(|(_, offer)| *offer);
        for (index, (block, _)) in offered.enumerate() {
            let at = GUIDS.saturating_add(index.saturating_mul(GUID_ENTRY));
            write(buffer, at, &block.guid())?;
            // Flags, InstanceCount, Pdo
            put(buffer, at.saturating_add(16), FLAG_INSTANCE_PDO)?;
            put(buffer, at.saturating_add(20), 1)?;
            write(buffer, at.saturating_add(24), &self.pdo.to_le_bytes())?;
        }
        let counted = u16::try_from(path_bytes).map_err(|_| STATUS_INVALID_PARAMETER)?;
        write(buffer, path_at, &counted.to_le_bytes())?;
        for (index, unit) in self.registry_path.iter().enumerate() {
            let at = path_at.saturating_add(2).saturating_add(index.saturating_mul(2));
            write(buffer, at, &unit.to_le_bytes())?;
        }
        Ok(Answer::success(length))
    }
}
