//! URBs: `USBD_UrbAllocate`, `USBD_IsochUrbAllocate`, `USBD_UrbFree`, `USBD_AssignUrbToIoStackLocation`.

use std::mem::offset_of;

use nt_trace::{
    NtStatus, ObjectId, ObjectKind,
    event::{UrbAllocated, UrbAssigned, UrbFreed, UrbKind},
};

use super::{USBDEX, status::BUGCODE_USB3_DRIVER};
use crate::{
    abi::{
        IO_STACK_LOCATION,
        status::{STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_SUCCESS},
        urb::{
            URB_FUNCTION_ISOCH_TRANSFER, URB_HEADER, URB_ISOCH_TRANSFER, URB_SIZE, USBD_ISO_PACKET_DESCRIPTOR,
        },
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
        shadow::location,
    },
    mem::{Addr, Fill, Request},
    sched::DISPATCH_LEVEL,
    stop::Stop,
};

/// The failure that every allocating routine documents.
pub(super) const NO_MEMORY: &[u32] = &[STATUS_INSUFFICIENT_RESOURCES.0];

/// `USBD_UrbAllocate` and its siblings.
pub(super) const EXPORTS: &[Export] = &[
    Export {
        module: USBDEX,
        name: "USBD_UrbAllocate",
        page: "usbdlib/nf-usbdlib-usbd_urballocate",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Status,
        failures: NO_MEMORY,
        handler: Handler::Sync(urb_allocate),
    },
    Export {
        module: USBDEX,
        name: "USBD_IsochUrbAllocate",
        page: "usbdlib/nf-usbdlib-usbd_isochurballocate",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Status,
        failures: NO_MEMORY,
        handler: Handler::Sync(isoch_urb_allocate),
    },
    Export {
        module: USBDEX,
        name: "USBD_UrbFree",
        page: "usbdlib/nf-usbdlib-usbd_urbfree",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Void,
        failures: &[],
        handler: Handler::Sync(urb_free),
    },
    Export {
        module: USBDEX,
        name: "USBD_AssignUrbToIoStackLocation",
        page: "usbdlib/nf-usbdlib-usbd_assignurbtoiostacklocation",
        max_irql: DISPATCH_LEVEL,
        returns: Returns::Void,
        failures: &[],
        handler: Handler::Sync(assign_urb),
    },
];

/// An URB that lives.
#[derive(Clone, Debug)]
pub(super) struct Urb {
    /// Its name in the trace.
    pub id: ObjectId,
    pub kind: UrbKind,
    /// The handle it belongs to, NULL for a foreign one.
    pub handle: Addr,
    /// Its size in bytes.
    pub length: u64,
    /// The stack has it.
    pub active: bool,
    /// The stack location that it was assigned to and not sent with yet.
    pub assigned: Addr,
    /// What it was made to select: configuration value and 0, or interface number and alternate setting.
    pub selects: (u8, u8),
    /// Where the allocating call returns to.
    pub site: Addr,
}

impl Urb {
    /// Memory of the driver's own.
    pub const fn foreign(id: ObjectId) -> Self {
        Self {
            id,
            kind: UrbKind::Foreign,
            handle: Addr::NULL,
            length: 0,
            active: false,
            assigned: Addr::NULL,
            selects: (0, 0),
            site: Addr::NULL,
        }
    }
}

/// What one of the allocating routines was asked for.
pub(super) struct Wanted {
    pub routine: &'static str,
    pub kind: UrbKind,
    pub handle: Addr,
    /// Where the URB's address goes.
    pub out: Addr,
    /// Other pointers, which may not be NULL.
    pub others_given: bool,
    /// Size in bytes.
    pub length: u64,
}

impl Kernel {
    /// What all allocating routines do. None: the status says why there is no URB.
    pub(super) fn usb_allocate(&mut self, wanted: &Wanted) -> Result<(NtStatus, Option<Addr>), Stop> {
        let Wanted { routine, kind, handle, out, length, .. } = *wanted;
        if !out.is_null() {
            self.mem.write(out, &Addr::NULL)?;
        }
        let status = match self.usb_handle(handle)? {
            Err(status) => status,
            Ok(_) if out.is_null() || !wanted.others_given => STATUS_INVALID_PARAMETER,
            Ok(_) => self.fault(routine).unwrap_or(STATUS_SUCCESS),
        };
        let name = self.usb_handle_name(handle);
        if status != STATUS_SUCCESS {
            self.emit(UrbAllocated { urb: ObjectId::NONE, handle: name, kind, status });
            return Ok((status, None));
        }
        let (tag, site) = (self.usb.handles.get(&handle).map_or(0, |handle| handle.tag), self.site());
        let request = Request { kind: ObjectKind::Urb, length, tag, fill: Fill::Zero, site };
        let address = self.mem.allocate(request)?;
        let id = self.object(address);
        let urb = Urb { id, kind, handle, length, site, ..Urb::foreign(id) };
        self.usb.urbs.insert(address, urb);
        self.mem.write(out, &address)?;
        self.emit(UrbAllocated { urb: id, handle: name, kind, status });
        Ok((status, Some(address)))
    }
}

fn urb_allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let wanted = Wanted {
        routine: "USBD_UrbAllocate",
        kind: UrbKind::Plain,
        handle: args.pointer(kernel, 0)?,
        out: args.pointer(kernel, 1)?,
        others_given: true,
        length: URB_SIZE as u64,
    };
    let (status, _) = kernel.usb_allocate(&wanted)?;
    Ok(u64::from(status.0))
}

fn isoch_urb_allocate(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let packets = args.ulong(kernel, 1)?;
    let header = offset_of!(URB_ISOCH_TRANSFER, IsoPacket) as u64;
    let packet = size_of::<USBD_ISO_PACKET_DESCRIPTOR>() as u64;
    let length = header + u64::from(packets) * packet;
    let wanted = Wanted {
        routine: "USBD_IsochUrbAllocate",
        kind: UrbKind::Isochronous,
        handle: args.pointer(kernel, 0)?,
        out: args.pointer(kernel, 2)?,
        // Hdr.Length has 16 bits.
        others_given: packets > 0 && u16::try_from(length).is_ok(),
        length,
    };
    let (status, urb) = kernel.usb_allocate(&wanted)?;
    if let Some(urb) = urb {
        let header: &mut URB_HEADER = kernel.mem.at_mut(urb)?;
        header.Length = u16::try_from(length).unwrap_or(0);
        header.Function = URB_FUNCTION_ISOCH_TRANSFER;
    }
    Ok(u64::from(status.0))
}

fn urb_free(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, urb) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (name, of) = (kernel.object(urb), kernel.usb_handle_name(handle));
    kernel.emit(UrbFreed { urb: name, handle: of });
    let stop = |parameter, text| Stop::BugCheck {
        code: BUGCODE_USB3_DRIVER,
        parameters: [parameter, 0, urb.0, 0],
        text,
    };
    let Some(record) = kernel.usb.urbs.get(&urb).filter(|record| record.kind != UrbKind::Foreign) else {
        return Err(stop(0x3, format!("USBD_UrbFree of {urb} ({name}), which is no URB of the USB stack")));
    };
    if record.active {
        return Err(stop(0x1, format!("{name} is freed while the USB stack has it")));
    }
    if record.handle != handle {
        return Err(stop(0x3, format!("{name} is freed with {of}, which it does not belong to")));
    }
    kernel.usb.urbs.remove(&urb);
    let freed = kernel.mem.free(urb, kernel.site())?;
    if freed.intact {
        return Ok(0);
    }
    Err(stop(0x3, format!("the bytes around {name} were overwritten")))
}

fn assign_urb(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, at, urb) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?, args.pointer(kernel, 2)?);
    let irp = kernel.mem.object_at(at).map_or(Addr::NULL, |object| object.start);
    let (name, irp_name) = (kernel.object(urb), kernel.object(irp));
    let of = kernel.usb_handle_name(handle);
    kernel.emit(UrbAssigned { urb: name, irp: irp_name, handle: of });
    let known = kernel.usb.urbs.get_mut(&urb).filter(|record| record.kind != UrbKind::Foreign);
    let Some(record) = known else {
        let text = format!("{urb} ({name}) is assigned to a stack location, and is no URB of the USB stack");
        let parameters = [0x3, irp.0, urb.0, 0];
        return Err(Stop::BugCheck { code: BUGCODE_USB3_DRIVER, parameters, text });
    };
    record.assigned = at;
    // Which location of the IRP it is; one of no IRP is the driver's own memory.
    let size = size_of::<IO_STACK_LOCATION>() as u64;
    let number = at.0.wrapping_sub(location(irp, 1).0) / size + 1;
    let write = |at: &mut IO_STACK_LOCATION| {
        at.Parameters.Argument1 = urb;
        at.FileObject = handle;
    };
    match i8::try_from(number) {
        Ok(number) if location(irp, number.unsigned_abs().into()) == at => {
            kernel.location_mut(irp, number, write)?;
        }
        _ => write(kernel.mem.at_mut(at)?),
    }
    Ok(0)
}
