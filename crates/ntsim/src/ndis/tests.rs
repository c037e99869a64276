//! What the routines of `ndis.sys` answer, and what they do to memory.

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{
    abi::{DRIVER_CHARACTERISTICS_SIZES, GENERAL_ATTRIBUTES_SIZES, REGISTRATION_ATTRIBUTES_SIZES},
    add_device,
    status::{
        NDIS_STATUS_ALREADY_MAPPED, NDIS_STATUS_BAD_CHARACTERISTICS, NDIS_STATUS_BAD_VERSION,
        NDIS_STATUS_FAILURE, NDIS_STATUS_FILE_NOT_FOUND, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS,
    },
};
use crate::{
    abi::{DRIVER_EXTENSION, DRIVER_OBJECT},
    kernel::{
        io::HOST_ROUTINE,
        tests::{counted, device, export, memory, obliging, run},
    },
    mem::{Addr, BadAccess, State},
    sched::Cpu,
    stop::Stop,
};

const FILE: &str = "\\SystemRoot\\System32\\drivers\\firmware.bin";
const CONTENTS: &[u8] = b"firmware";
/// Somewhere a handler could be. Nothing here calls one.
const HANDLER: u64 = 0x1000;

/// The characteristics of a driver: a header, a version, and a pointer for each handler that is required.
fn characteristics(revision: u8, size: u16, version: u8, left_out: Option<usize>) -> Vec<u8> {
    let [low, high] = size.to_le_bytes();
    let mut bytes = vec![0x8A, revision, low, high, version, 0, 1, 0];
    bytes.resize(16, 0);
    // SetOptionsHandler, CheckForHangHandlerEx and ResetHandlerEx are optional.
    let handlers = (0..15).map(|index| if matches!(index, 0 | 10 | 11) { 0 } else { HANDLER });
    let handlers =
        handlers.enumerate().map(|(index, handler)| if Some(index) == left_out { 0 } else { handler });
    bytes.extend(handlers.flat_map(u64::to_le_bytes));
    bytes.resize(usize::from(size).max(bytes.len()), 0);
    bytes
}

/// A driver object, and what registering it with these characteristics returns and writes.
async fn register(cpu: &Cpu, characteristics: &[u8]) -> Result<(Addr, NtStatus, Addr), Stop> {
    let driver = cpu.k().create_driver("miniport", Addr(HANDLER))?;
    let (at, out) = (memory(cpu, characteristics)?, memory(cpu, &[0; 8])?);
    let arguments = [driver.0, 0, 0, at.0, out.0];
    let status = export(cpu, "NdisMRegisterMiniportDriver", &arguments).await?;
    let handle = cpu.look().mem.read(out)?;
    Ok((driver, crate::kernel::callback::low_half(status), handle))
}

#[test]
fn a_registration_takes_the_driver_object_over() {
    let (result, events) = run(async move |cpu| {
        let [size, ..] = DRIVER_CHARACTERISTICS_SIZES;
        let (driver, status, handle) = register(&cpu, &characteristics(1, size, 6, None)).await?;
        assert_eq!(status, NDIS_STATUS_SUCCESS);
        let object: DRIVER_OBJECT = cpu.look().mem.read(driver)?;
        assert_eq!(object.DriverUnload, HOST_ROUTINE);
        assert!(object.MajorFunction.iter().all(|routine| *routine == HOST_ROUTINE));
        let extension: DRIVER_EXTENSION = cpu.look().mem.read(object.DriverExtension)?;
        assert_eq!(extension.AddDevice, HOST_ROUTINE);
        assert_eq!(cpu.look().ndis.left().count(), 1);
        export(&cpu, "NdisMDeregisterMiniportDriver", &[handle.0]).await?;
        assert_eq!(cpu.look().ndis.left().count(), 0);
        let again = export(&cpu, "NdisMDeregisterMiniportDriver", &[handle.0]).await;
        assert!(matches!(again, Err(Stop::BadAccess(BadAccess::Freed { .. }))), "{again:?}");
        let wild = export(&cpu, "NdisMDeregisterMiniportDriver", &[driver.0]).await;
        assert!(matches!(wild, Err(Stop::BadAccess(BadAccess::Wild { .. }))), "{wild:?}");
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
    let ended = events.iter().filter(|event| matches!(event, EventKind::MiniportDeregistered(_)));
    assert_eq!(ended.count(), 1);
}

#[test]
fn a_registration_is_refused_as_documented() {
    let (result, _) = run(async move |cpu| {
        let [first, second, third] = DRIVER_CHARACTERISTICS_SIZES;
        let cases = [
            (characteristics(2, second, 6, None), NDIS_STATUS_SUCCESS),
            (characteristics(3, third, 6, None), NDIS_STATUS_SUCCESS),
            (characteristics(0, first, 6, None), NDIS_STATUS_BAD_CHARACTERISTICS),
            (characteristics(4, third, 6, None), NDIS_STATUS_BAD_CHARACTERISTICS),
            (characteristics(2, first, 6, None), NDIS_STATUS_BAD_CHARACTERISTICS),
            (characteristics(1, first, 5, None), NDIS_STATUS_BAD_VERSION),
            (characteristics(1, first, 6, Some(1)), NDIS_STATUS_FAILURE),
            (characteristics(1, first, 6, Some(14)), NDIS_STATUS_FAILURE),
            // MiniportOidRequest is not required of every driver.
            (characteristics(1, first, 6, Some(6)), NDIS_STATUS_SUCCESS),
        ];
        for (index, (bytes, expected)) in cases.iter().enumerate() {
            let (_, status, handle) = register(&cpu, bytes).await?;
            assert_eq!(status, *expected, "case {index}");
            assert_eq!(handle.is_null(), status != NDIS_STATUS_SUCCESS, "case {index}");
        }
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

/// What `NdisMSetMiniportAttributes` returns for attributes of this type, revision and size.
async fn set(cpu: &Cpu, adapter: Addr, (of, revision, size): (u8, u8, u16)) -> Result<NtStatus, Stop> {
    let [low, high] = size.to_le_bytes();
    let mut bytes = vec![of, revision, low, high, 0, 0, 0, 0];
    bytes.extend(0x77_u64.to_le_bytes());
    bytes.resize(usize::from(size), 0);
    let at = memory(cpu, &bytes)?;
    let status = export(cpu, "NdisMSetMiniportAttributes", &[adapter.0, at.0]).await?;
    Ok(crate::kernel::callback::low_half(status))
}

#[test]
fn attributes_of_an_unknown_version_are_refused() {
    let (result, _) = run(async move |cpu| {
        let [size, ..] = DRIVER_CHARACTERISTICS_SIZES;
        let (driver, _, handle) = register(&cpu, &characteristics(1, size, 6, None)).await?;
        let pdo = device(&mut cpu.k(), "bus", Actor::Below, obliging())?;
        assert!(add_device(&mut cpu.k(), driver, pdo)?.is_success());
        let adapter = cpu.look().ndis.adapters.keys().next().copied().unwrap_or(Addr::NULL);
        let [registration, _] = REGISTRATION_ATTRIBUTES_SIZES;
        let [general, with_power] = GENERAL_ATTRIBUTES_SIZES;
        for (attributes, expected) in [
            ((0x9E, 1, registration), NDIS_STATUS_SUCCESS),
            ((0x9E, 2, registration), NDIS_STATUS_SUCCESS),
            ((0x9E, 3, registration), NDIS_STATUS_BAD_VERSION),
            ((0x9E, 1, registration - 4), NDIS_STATUS_BAD_VERSION),
            ((0x9F, 1, general), NDIS_STATUS_SUCCESS),
            ((0x9F, 2, with_power), NDIS_STATUS_SUCCESS),
            ((0x9F, 2, general), NDIS_STATUS_BAD_VERSION),
            // Offload attributes.
            ((0xA0, 1, 40), NDIS_STATUS_SUCCESS),
        ] {
            assert_eq!(set(&cpu, adapter, attributes).await?, expected, "{attributes:?}");
        }
        let kept = cpu.look().ndis.adapters.get(&adapter).map(|adapter| adapter.context);
        assert_eq!(kept, Some(Addr(0x77)));
        let wild = set(&cpu, handle, (0x9F, 1, general)).await;
        assert!(matches!(wild, Err(Stop::BadAccess(BadAccess::Wild { .. }))), "{wild:?}");
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

/// Where a file's status, handle, length and mapping are written.
struct Places {
    at: Addr,
}

impl Places {
    fn new(cpu: &Cpu) -> Result<Self, Stop> {
        Ok(Self { at: memory(cpu, &[0; 32])? })
    }

    async fn open(&self, cpu: &Cpu, name: &str, highest: u64) -> Result<NtStatus, Stop> {
        let name = counted(cpu, name)?;
        let at = self.at.0;
        export(cpu, "NdisOpenFile", &[at, at + 8, at + 16, name.0, highest]).await?;
        self.status(cpu)
    }

    async fn map(&self, cpu: &Cpu) -> Result<(NtStatus, Addr), Stop> {
        let handle = self.handle(cpu)?;
        export(cpu, "NdisMapFile", &[self.at.0, self.at.0 + 24, handle.0]).await?;
        Ok((self.status(cpu)?, cpu.look().mem.read(self.at.add(24))?))
    }

    fn status(&self, cpu: &Cpu) -> Result<NtStatus, Stop> {
        Ok(NtStatus(cpu.look().mem.read(self.at)?))
    }

    fn handle(&self, cpu: &Cpu) -> Result<Addr, Stop> {
        Ok(cpu.look().mem.read(self.at.add(8))?)
    }
}

fn state(cpu: &Cpu, address: Addr) -> Option<State> {
    cpu.look().mem.object_at(address).map(|object| object.state)
}

#[test]
fn contents_are_reached_while_they_are_mapped() {
    let (result, _) = run(async move |cpu| {
        cpu.k().ndis.put_on_disk(FILE, CONTENTS.to_vec());
        let places = Places::new(&cpu)?;
        assert_eq!(places.open(&cpu, &FILE.to_uppercase(), u64::MAX).await?, NDIS_STATUS_SUCCESS);
        let length: u32 = cpu.look().mem.read(places.at.add(16))?;
        assert_eq!(length as usize, CONTENTS.len());
        let (status, contents) = places.map(&cpu).await?;
        assert_eq!(status, NDIS_STATUS_SUCCESS);
        assert_eq!(cpu.look().mem.bytes(contents, CONTENTS.len() as u64)?, CONTENTS);
        assert_eq!(state(&cpu, contents), Some(State::Live));
        assert_eq!(places.map(&cpu).await?, (NDIS_STATUS_ALREADY_MAPPED, Addr::NULL));
        assert_eq!(state(&cpu, contents), Some(State::Live));
        let handle = places.handle(&cpu)?;
        export(&cpu, "NdisUnmapFile", &[handle.0]).await?;
        assert_eq!(state(&cpu, contents), Some(State::Revoked));
        assert_eq!(places.map(&cpu).await?, (NDIS_STATUS_SUCCESS, contents));
        // A file that is mapped may be closed: its memory goes.
        export(&cpu, "NdisCloseFile", &[handle.0]).await?;
        assert_eq!(state(&cpu, contents), Some(State::Freed));
        for routine in ["NdisUnmapFile", "NdisCloseFile"] {
            let late = export(&cpu, routine, &[handle.0]).await;
            assert!(matches!(late, Err(Stop::BadAccess(BadAccess::Freed { .. }))), "{routine}: {late:?}");
            let wild = export(&cpu, routine, &[places.at.0]).await;
            assert!(matches!(wild, Err(Stop::BadAccess(BadAccess::Wild { .. }))), "{routine}: {wild:?}");
        }
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn a_file_is_not_opened_as_documented() {
    let (result, _) = run(async move |cpu| {
        let places = Places::new(&cpu)?;
        assert_eq!(places.open(&cpu, FILE, u64::MAX).await?, NDIS_STATUS_FILE_NOT_FOUND);
        cpu.k().ndis.put_on_disk(FILE, CONTENTS.to_vec());
        let last = CONTENTS.len() as u64 - 1;
        assert_eq!(places.open(&cpu, FILE, last - 1).await?, NDIS_STATUS_RESOURCES);
        assert!(places.handle(&cpu)?.is_null());
        assert_eq!(places.open(&cpu, FILE, last).await?, NDIS_STATUS_SUCCESS);
        cpu.k().ndis.put_on_disk(FILE, Vec::new());
        assert_eq!(places.open(&cpu, FILE, u64::MAX).await?, NDIS_STATUS_SUCCESS);
        let length: u32 = cpu.look().mem.read(places.at.add(16))?;
        assert_eq!(length, 0);
        assert_eq!(places.map(&cpu).await?.0, NDIS_STATUS_SUCCESS);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}
