//! `NdisOpenFile`, `NdisMapFile`, `NdisUnmapFile`, `NdisCloseFile`.
//!
//! The contents lie in memory from the open to the close. The driver reaches them while they are mapped only:
//! `NdisUnmapFile` pages them out.

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{NdisFileClosed, NdisFileMapped, NdisFileOpened, NdisFileUnmapped},
};

use super::{
    NDIS,
    driver::OPAQUE,
    status::{
        NDIS_STATUS_ALREADY_MAPPED, NDIS_STATUS_ERROR_READING_FILE, NDIS_STATUS_FILE_NOT_FOUND,
        NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS,
    },
};
use crate::{
    abi::UNICODE_STRING,
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::{Addr, BadAccess, Fill, Request},
    sched::{DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
};

pub(super) const EXPORTS: &[Export] = &[
    routine(
        "NdisOpenFile",
        "ndis/nf-ndis-ndisopenfile",
        PASSIVE_LEVEL,
        &[NDIS_STATUS_FILE_NOT_FOUND.0, NDIS_STATUS_RESOURCES.0, NDIS_STATUS_ERROR_READING_FILE.0],
        open,
    ),
    routine("NdisMapFile", "ndis/nf-ndis-ndismapfile", DISPATCH_LEVEL, &[NDIS_STATUS_ALREADY_MAPPED.0], map),
    routine("NdisUnmapFile", "ndis/nf-ndis-ndisunmapfile", PASSIVE_LEVEL, &[], unmap),
    routine("NdisCloseFile", "ndis/nf-ndis-ndisclosefile", PASSIVE_LEVEL, &[], close),
];

/// All four return nothing: a status is written through a pointer.
const fn routine(
    name: &'static str,
    page: &'static str,
    max_irql: u8,
    failures: &'static [u32],
    code: fn(&mut Kernel, Args) -> Result<u64, Stop>,
) -> Export {
    let (returns, handler) = (Returns::Void, Handler::Sync(code));
    Export { module: NDIS, name, page, max_irql, returns, failures, handler }
}

/// The tag that the contents of a file are shown with.
const TAG: u32 = u32::from_le_bytes(*b"NDfi");
/// `HighestAcceptableAddress` of a driver that places no restrictions.
const ANYWHERE: u64 = u64::MAX;

/// A file, closed ones included.
#[derive(Clone, Copy, Debug)]
pub(super) struct File {
    id: ObjectId,
    /// Where its contents are.
    contents: Addr,
    is_mapped: bool,
    is_closed: bool,
}

fn open(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (status_at, handle_at) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (length_at, name_at) = (args.pointer(kernel, 2)?, args.pointer(kernel, 3)?);
    let highest = args.get(kernel, 4)?;
    let name = kernel.mem.read::<UNICODE_STRING>(name_at)?;
    let name = kernel.counted_text(&name)?;
    let found = find(kernel, &name, highest);
    let (file, length, status) = match found {
        Ok(contents) => {
            let (handle, id) = load(kernel, &contents)?;
            let length = u32::try_from(contents.len()).unwrap_or(u32::MAX);
            kernel.mem.write(handle_at, &handle)?;
            kernel.mem.write(length_at, &length)?;
            (id, length, NDIS_STATUS_SUCCESS)
        }
        Err(status) => (ObjectId::NONE, 0, status),
    };
    kernel.mem.write(status_at, &status.0)?;
    kernel.emit(NdisFileOpened { file, name: name.into(), length, status });
    Ok(0)
}

/// What is in the file of this name, or why it is not opened.
fn find(kernel: &mut Kernel, name: &str, highest: u64) -> Result<Vec<u8>, NtStatus> {
    if let Some(status) = kernel.fault("NdisOpenFile") {
        return Err(status);
    }
    let contents = kernel.ndis.disk.get(&name.to_lowercase()).cloned();
    let contents = contents.ok_or(NDIS_STATUS_FILE_NOT_FOUND)?;
    // Physical addresses begin at 0 here, so only a file that is longer than what is allowed does not fit.
    if highest != ANYWHERE && contents.len() as u64 > highest.saturating_add(1) {
        return Err(NDIS_STATUS_RESOURCES);
    }
    Ok(contents)
}

/// Reads a file into memory that the driver does not reach yet.
fn load(kernel: &mut Kernel, contents: &[u8]) -> Result<(Addr, ObjectId), Stop> {
    let handle = kernel.opaque(ObjectKind::NdisFile, OPAQUE)?;
    let request = Request {
        kind: ObjectKind::Pool,
        length: contents.len() as u64,
        tag: TAG,
        fill: Fill::Zero,
        site: kernel.site(),
    };
    let at = kernel.mem.allocate(request)?;
    if !contents.is_empty() {
        kernel.mem.bytes_mut(at, contents.len() as u64)?.copy_from_slice(contents);
    }
    kernel.mem.set_revoked(at, true);
    let id = kernel.object(handle);
    let file = File { id, contents: at, is_mapped: false, is_closed: false };
    kernel.ndis.files.insert(handle, file);
    Ok((handle, id))
}

fn map(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (status_at, buffer_at) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let handle = args.pointer(kernel, 2)?;
    let known = kernel.ndis.files.get(&handle).copied();
    let mut status = NDIS_STATUS_SUCCESS;
    if known.is_some_and(|file| file.is_mapped) {
        status = NDIS_STATUS_ALREADY_MAPPED;
    } else if known.is_some_and(|file| !file.is_closed) {
        status = kernel.fault("NdisMapFile").unwrap_or(NDIS_STATUS_SUCCESS);
    }
    kernel.emit(NdisFileMapped { file: known.map_or(ObjectId::NONE, |file| file.id), status });
    let file = open_file(kernel, handle)?;
    let mapped = if status == NDIS_STATUS_SUCCESS { file.contents } else { Addr::NULL };
    if status == NDIS_STATUS_SUCCESS {
        file.is_mapped = true;
        kernel.mem.set_revoked(mapped, false);
    }
    kernel.mem.write(buffer_at, &mapped)?;
    kernel.mem.write(status_at, &status.0)?;
    Ok(0)
}

fn unmap(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.pointer(kernel, 0)?;
    let id = kernel.ndis_file_name(handle);
    kernel.emit(NdisFileUnmapped { file: id });
    let file = open_file(kernel, handle)?;
    file.is_mapped = false;
    let contents = file.contents;
    kernel.mem.set_revoked(contents, true);
    Ok(0)
}

fn close(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let handle = args.pointer(kernel, 0)?;
    let (id, site) = (kernel.ndis_file_name(handle), kernel.site());
    kernel.emit(NdisFileClosed { file: id });
    let file = open_file(kernel, handle)?;
    (file.is_closed, file.is_mapped) = (true, false);
    let contents = file.contents;
    kernel.mem.free(contents, site)?;
    kernel.mem.free(handle, site)?;
    Ok(0)
}

/// An open file. A handle that is none stops the machine: the routine would follow it.
fn open_file(kernel: &mut Kernel, handle: Addr) -> Result<&mut File, Stop> {
    let freed = kernel.mem.object_at(handle).map(|object| (object.id, object.freed_at));
    match (kernel.ndis.files.get_mut(&handle), freed) {
        (Some(file), Some((object, freed_at))) if file.is_closed => {
            Err(BadAccess::Freed { address: handle, object, freed_at }.into())
        }
        (Some(file), _) => Ok(file),
        (None, _) => Err(BadAccess::Wild { address: handle, length: OPAQUE }.into()),
    }
}

impl Kernel {
    /// The name of a file, closed ones included.
    fn ndis_file_name(&self, handle: Addr) -> ObjectId {
        self.ndis.files.get(&handle).map_or(ObjectId::NONE, |file| file.id)
    }
}
