//! Names of devices, keys by path, interlocked lists, lookaside lists.

use super::{counted, export, memory, run};
use crate::{
    abi::status::{
        STATUS_CANNOT_DELETE, STATUS_NO_MORE_ENTRIES, STATUS_OBJECT_NAME_COLLISION,
        STATUS_OBJECT_NAME_NOT_FOUND,
    },
    mem::Addr,
};

#[test]
fn a_symbolic_link_is_there_once() {
    let (result, _) = run(async move |cpu| {
        let link = counted(&cpu, "\\DosDevices\\Here")?;
        let same = counted(&cpu, "\\??\\HERE")?;
        let target = counted(&cpu, "\\Device\\There")?;
        assert_eq!(export(&cpu, "IoCreateSymbolicLink", &[link.0, target.0]).await?, 0);
        let again = export(&cpu, "IoCreateSymbolicLink", &[same.0, target.0]).await?;
        assert_eq!(again, u64::from(STATUS_OBJECT_NAME_COLLISION.0));
        // It leads nowhere.
        let (file, device) = (memory(&cpu, &[0; 8])?, memory(&cpu, &[0; 8])?);
        let arguments = [link.0, 1, file.0, device.0];
        let status = export(&cpu, "IoGetDeviceObjectPointer", &arguments).await?;
        assert_eq!(status, u64::from(STATUS_OBJECT_NAME_NOT_FOUND.0));
        assert_eq!(export(&cpu, "IoDeleteSymbolicLink", &[same.0]).await?, 0);
        let gone = export(&cpu, "IoDeleteSymbolicLink", &[link.0]).await?;
        assert_eq!(gone, u64::from(STATUS_OBJECT_NAME_NOT_FOUND.0));
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

/// `OBJECT_ATTRIBUTES` for a name, relative to a key or not.
fn attributes(cpu: &crate::sched::Cpu, root: u64, name: &str) -> Result<Addr, crate::stop::Stop> {
    let name = counted(cpu, name)?;
    let words = [48, root, name.0, 0, 0, 0];
    memory(cpu, &words.map(u64::to_le_bytes).concat())
}

#[test]
fn keys_are_made_below_keys_that_are_there() {
    let (result, _) = run(async move |cpu| {
        let (out, how) = (memory(&cpu, &[0; 8])?, memory(&cpu, &[0; 4])?);
        let services = "\\Registry\\Machine\\System\\CurrentControlSet\\Services";
        let deep = attributes(&cpu, 0, &format!("{services}\\a\\b"))?;
        let create = async |attributes: Addr| {
            export(&cpu, "ZwCreateKey", &[out.0, 0, attributes.0, 0, 0, 0, how.0]).await
        };
        assert_eq!(create(deep).await?, u64::from(STATUS_OBJECT_NAME_NOT_FOUND.0));
        let a = attributes(&cpu, 0, &format!("{services}\\A"))?;
        assert_eq!(create(a).await?, 0);
        assert_eq!(cpu.look().mem.read::<u32>(how)?, 1, "created");
        let key: u64 = cpu.look().mem.read(out)?;
        let below = attributes(&cpu, key, "b")?;
        assert_eq!(create(below).await?, 0);
        let child: u64 = cpu.look().mem.read(out)?;
        assert_eq!(create(deep).await?, 0);
        assert_eq!(cpu.look().mem.read::<u32>(how)?, 2, "opened");
        assert_eq!(export(&cpu, "ZwDeleteKey", &[key]).await?, u64::from(STATUS_CANNOT_DELETE.0));
        let (buffer, needed) = (memory(&cpu, &[0; 64])?, memory(&cpu, &[0; 4])?);
        let first = [key, 0, 0, buffer.0, 64, needed.0];
        assert_eq!(export(&cpu, "ZwEnumerateKey", &first).await?, 0);
        assert_eq!(cpu.look().mem.read::<[u8; 2]>(buffer.add(16))?, [b'b', 0]);
        let second = [key, 1, 0, buffer.0, 64, needed.0];
        assert_eq!(export(&cpu, "ZwEnumerateKey", &second).await?, u64::from(STATUS_NO_MORE_ENTRIES.0));
        assert_eq!(export(&cpu, "ZwDeleteKey", &[child]).await?, 0);
        assert_eq!(export(&cpu, "ZwDeleteKey", &[key]).await?, 0);
        let open = export(&cpu, "ZwOpenKey", &[out.0, 0, a.0]).await?;
        assert_eq!(open, u64::from(STATUS_OBJECT_NAME_NOT_FOUND.0));
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn what_goes_onto_a_list_comes_off_in_order() {
    let (result, _) = run(async move |cpu| {
        let (head, lock) = (memory(&cpu, &[0; 16])?, memory(&cpu, &[0; 8])?);
        cpu.k().mem.write(head, &[head.0, head.0])?;
        let entries = [memory(&cpu, &[0; 16])?, memory(&cpu, &[0; 16])?, memory(&cpu, &[0; 16])?];
        let [one, two, three] = entries;
        assert_eq!(export(&cpu, "ExInterlockedInsertTailList", &[head.0, two.0, lock.0]).await?, 0);
        assert_eq!(export(&cpu, "ExInterlockedInsertTailList", &[head.0, three.0, lock.0]).await?, two.0);
        assert_eq!(export(&cpu, "ExInterlockedInsertHeadList", &[head.0, one.0, lock.0]).await?, two.0);
        for entry in entries {
            assert_eq!(export(&cpu, "ExInterlockedRemoveHeadList", &[head.0, lock.0]).await?, entry.0);
        }
        assert_eq!(export(&cpu, "ExInterlockedRemoveHeadList", &[head.0, lock.0]).await?, 0);
        let list = memory(&cpu, &[0xCD; 16])?;
        export(&cpu, "InitializeSListHead", &[list.0]).await?;
        assert_eq!(export(&cpu, "ExpInterlockedPushEntrySList", &[list.0, one.0]).await?, 0);
        assert_eq!(export(&cpu, "ExpInterlockedPushEntrySList", &[list.0, two.0]).await?, one.0);
        assert_eq!(export(&cpu, "ExQueryDepthSList", &[list.0]).await?, 2);
        assert_eq!(export(&cpu, "ExpInterlockedPopEntrySList", &[list.0]).await?, two.0);
        assert_eq!(export(&cpu, "ExpInterlockedFlushSList", &[list.0]).await?, one.0);
        assert_eq!(export(&cpu, "ExQueryDepthSList", &[list.0]).await?, 0);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn a_lookaside_list_is_pending_until_it_is_deleted() {
    let (result, _) = run(async move |cpu| {
        let list = memory(&cpu, &[0xCD; 128])?;
        export(&cpu, "ExInitializeNPagedLookasideList", &[list.0, 0, 0, 0, 64, 0x6761_5420, 0]).await?;
        assert_eq!(cpu.look().mem.read::<u32>(list.add(44))?, 64);
        assert_ne!(cpu.look().mem.read::<u64>(list.add(48))?, 0, "an allocating routine");
        assert_eq!(cpu.look().lookaside_lists(), [list]);
        export(&cpu, "ExDeleteNPagedLookasideList", &[list.0]).await?;
        assert!(cpu.look().lookaside_lists().is_empty());
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}
