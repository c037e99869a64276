//! Share access: who may open a file beside whom.

use crate::{
    abi::{
        FILE_OBJECT,
        status::{STATUS_SHARING_VIOLATION, STATUS_SUCCESS},
    },
    kernel::{
        Kernel, answer,
        export::{Args, Export, Handler, Returns},
    },
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `IoCheckShareAccess` and its siblings.
pub const EXPORTS: &[Export] = &[
    Export::new(
        "IoSetShareAccess",
        "wdm/nf-wdm-iosetshareaccess",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(set),
    ),
    Export::new(
        "IoCheckShareAccess",
        "wdm/nf-wdm-iocheckshareaccess",
        PASSIVE_LEVEL,
        Returns::Status,
        &[],
        Handler::Sync(check),
    ),
    Export::new(
        "IoUpdateShareAccess",
        "wdm/nf-wdm-ioupdateshareaccess",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|k, a| count(k, a, 1)),
    ),
    Export::new(
        "IoRemoveShareAccess",
        "wdm/nf-wdm-ioremoveshareaccess",
        PASSIVE_LEVEL,
        Returns::Void,
        &[],
        Handler::Sync(|k, a| count(k, a, -1)),
    ),
];

/// The rights that count: `FILE_READ_DATA` and `FILE_EXECUTE`, `FILE_WRITE_DATA` and `FILE_APPEND_DATA`, `DELETE`.
const READ: u32 = 0x21;
const WRITE: u32 = 0x06;
const DELETE: u32 = 0x0001_0000;

/// `SHARE_ACCESS` (wdm.h): how many files are open, how many of them read, write and delete, and how many let others
/// do so.
type Counts = [u32; 7];

fn mode(kernel: &mut Kernel, file: Addr, access: u32, share: u32) -> Result<(), Stop> {
    let file: &mut FILE_OBJECT = kernel.mem.at_mut(file)?;
    file.ReadAccess = u8::from(access & READ != 0);
    file.WriteAccess = u8::from(access & WRITE != 0);
    file.DeleteAccess = u8::from(access & DELETE != 0);
    if file.ReadAccess | file.WriteAccess | file.DeleteAccess != 0 {
        file.SharedRead = u8::from(share & 1 != 0);
        file.SharedWrite = u8::from(share & 2 != 0);
        file.SharedDelete = u8::from(share & 4 != 0);
    }
    Ok(())
}

/// What one file adds to the counts.
fn of_file(kernel: &Kernel, file: Addr) -> Result<Counts, Stop> {
    let file = kernel.mem.at::<FILE_OBJECT>(file)?;
    let does = [file.ReadAccess, file.WriteAccess, file.DeleteAccess].map(u32::from);
    if does == [0; 3] {
        return Ok([0; 7]);
    }
    let [read, write, delete] = does;
    let [share_read, share_write, share_delete] =
        [file.SharedRead, file.SharedWrite, file.SharedDelete].map(u32::from);
    Ok([1, read, write, delete, share_read, share_write, share_delete])
}

fn set(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (access, share) = (args.ulong(kernel, 0)?, args.ulong(kernel, 1)?);
    let (file, counts) = (args.pointer(kernel, 2)?, args.pointer(kernel, 3)?);
    mode(kernel, file, access, share)?;
    let first = of_file(kernel, file)?;
    kernel.mem.write(counts, &first)?;
    Ok(0)
}

fn check(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (access, share) = (args.ulong(kernel, 0)?, args.ulong(kernel, 1)?);
    let (file, at) = (args.pointer(kernel, 2)?, args.pointer(kernel, 3)?);
    let update = args.byte(kernel, 4)? != 0;
    mode(kernel, file, access, share)?;
    let counts: Counts = kernel.mem.read(at)?;
    let [open, readers, writers, deleters, share_read, share_write, share_delete] = counts;
    let own = of_file(kernel, file)?;
    let [_, read, write, delete, lets_read, lets_write, lets_delete] = own;
    let refused = |does: u32, others_let: u32, others_do: u32, lets: u32| {
        (does > 0 && others_let < open) || (others_do > 0 && lets == 0)
    };
    let any = read + write + delete > 0;
    if any
        && (refused(read, share_read, readers, lets_read)
            || refused(write, share_write, writers, lets_write)
            || refused(delete, share_delete, deleters, lets_delete))
    {
        return Ok(answer(STATUS_SHARING_VIOLATION));
    }
    if update {
        add(kernel, at, own, 1)?;
    }
    Ok(answer(STATUS_SUCCESS))
}

fn count(kernel: &mut Kernel, args: Args, sign: i32) -> Result<u64, Stop> {
    let (file, at) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let own = of_file(kernel, file)?;
    add(kernel, at, own, sign)?;
    Ok(0)
}

fn add(kernel: &mut Kernel, at: Addr, own: Counts, sign: i32) -> Result<(), Stop> {
    let mut counts: Counts = kernel.mem.read(at)?;
    for (count, one) in counts.iter_mut().zip(own) {
        *count = if sign > 0 { count.wrapping_add(one) } else { count.wrapping_sub(one) };
    }
    kernel.mem.write(at, &counts)?;
    Ok(())
}
