//! The buffers of a request: what the I/O manager makes of a caller's memory before the driver sees it.

use nt_trace::{NtStatus, ObjectKind};

use crate::{
    abi::{
        DEVICE_OBJECT, IRP, MDL,
        device_flags::{DO_BUFFERED_IO, DO_DIRECT_IO},
        io_flags::{IRP_BUFFERED_IO, IRP_DEALLOCATE_BUFFER, IRP_INPUT_OPERATION, USER_MODE},
        ioctl::{METHOD_BUFFERED, METHOD_NEITHER, METHOD_OUT_DIRECT},
    },
    kernel::{Kernel, bug_check::verifier_io},
    mem::{Addr, Fill, Request},
    stop::Stop,
};

/// Where the bytes of a request are while it is in flight. NULL: there is none of that kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Buffers {
    /// The system buffer and its size.
    system: (Addr, u64),
    /// The caller's buffer for output, or for direct I/O, and its size.
    user: (Addr, u64),
    /// The caller's buffer for input that the driver gets as it is.
    user_input: Addr,
    mdl: Addr,
    /// Bytes that the caller has room for, when they are copied from the system buffer.
    copied_back: u64,
}

impl Buffers {
    /// The caller's input as the driver gets it with `METHOD_NEITHER`.
    pub(super) const fn type3_input(&self) -> Addr {
        self.user_input
    }
}

impl Kernel {
    /// The buffers of a device control request.
    pub(super) fn control_buffers(
        &mut self,
        code: u32,
        input: &[u8],
        output: &[u8],
    ) -> Result<Buffers, Stop> {
        let mut buffers = Buffers::default();
        match code & METHOD_NEITHER {
            METHOD_BUFFERED => {
                let size = input.len().max(output.len()) as u64;
                buffers.system = (self.system_buffer(size, input)?, size);
                buffers.copied_back = output.len() as u64;
            }
            METHOD_NEITHER => {
                buffers.user_input = self.user_buffer(input)?;
                buffers.user = (self.user_buffer(output)?, output.len() as u64);
            }
            method => {
                buffers.system = (self.system_buffer(input.len() as u64, input)?, input.len() as u64);
                self.lock_user_buffer(&mut buffers, output, method == METHOD_OUT_DIRECT)?;
            }
        }
        Ok(buffers)
    }

    /// The buffers of a read (`data` is where it goes) or a write, by the way that the device does I/O.
    pub(super) fn transfer_buffers(&mut self, top: Addr, data: &[u8], write: bool) -> Result<Buffers, Stop> {
        let flags = self.mem.at::<DEVICE_OBJECT>(top)?.Flags;
        let mut buffers = Buffers::default();
        let size = data.len() as u64;
        if flags & DO_BUFFERED_IO != 0 {
            buffers.system = (self.system_buffer(size, if write { data } else { &[] })?, size);
            buffers.copied_back = if write { 0 } else { size };
        } else if flags & DO_DIRECT_IO != 0 {
            self.lock_user_buffer(&mut buffers, data, !write)?;
        } else {
            buffers.user = (self.user_buffer(data)?, size);
        }
        Ok(buffers)
    }

    /// A system buffer that begins with `input` and holds poison behind it.
    fn system_buffer(&mut self, size: u64, input: &[u8]) -> Result<Addr, Stop> {
        if size == 0 {
            return Ok(Addr::NULL);
        }
        let buffer = self.system_allocate(size, Fill::Poison)?;
        if !input.is_empty() {
            self.mem.bytes_mut(buffer, input.len() as u64)?.copy_from_slice(input);
        }
        Ok(buffer)
    }

    fn user_buffer(&mut self, content: &[u8]) -> Result<Addr, Stop> {
        if content.is_empty() {
            return Ok(Addr::NULL);
        }
        let request = Request {
            kind: ObjectKind::Tag,
            length: content.len() as u64,
            tag: 0,
            fill: Fill::Zero,
            site: Addr::NULL,
        };
        let buffer = self.mem.allocate_user(request)?;
        self.mem.bytes_mut(buffer, content.len() as u64)?.copy_from_slice(content);
        Ok(buffer)
    }

    fn lock_user_buffer(&mut self, buffers: &mut Buffers, content: &[u8], written: bool) -> Result<(), Stop> {
        let buffer = self.user_buffer(content)?;
        buffers.user = (buffer, content.len() as u64);
        if buffer.is_null() {
            return Ok(());
        }
        buffers.mdl = self.allocate_mdl(buffer, u32::try_from(content.len()).unwrap_or(u32::MAX), false)?;
        let mdl: &mut MDL = self.mem.at_mut(buffers.mdl)?;
        mdl.MdlFlags |= MDL::PAGES_LOCKED | if written { MDL::WRITE_OPERATION } else { 0 };
        Ok(())
    }

    /// Puts the buffers into an IRP that nobody has yet.
    pub(super) fn attach_buffers(&mut self, irp: Addr, buffers: &Buffers) -> Result<(), Stop> {
        let flags = match (buffers.system.0.is_null(), buffers.copied_back > 0) {
            (true, _) => 0,
            (false, false) => IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER,
            (false, true) => IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION,
        };
        self.irp_mut(irp, |header: &mut IRP| {
            header.AssociatedIrp = buffers.system.0;
            header.MdlAddress = buffers.mdl;
            header.UserBuffer = buffers.user.0;
            header.Flags |= flags;
            header.RequestorMode = USER_MODE;
        })?;
        Ok(())
    }

    /// What the caller finds in its output buffer, by the final status. The buffers are freed.
    pub(super) fn take_buffers(
        &mut self,
        irp: Addr,
        buffers: &Buffers,
        status: NtStatus,
        information: u64,
    ) -> Result<Vec<u8>, Stop> {
        let mut output = Vec::new();
        if buffers.copied_back > 0 && !status.is_error() {
            if information > buffers.copied_back {
                let text = format!(
                    "{} is completed with {information} bytes, the caller has room for {}",
                    self.object(irp),
                    buffers.copied_back
                );
                return Err(verifier_io(0x312, text));
            }
            output = self.mem.bytes(buffers.system.0, information.max(1))?.to_vec();
            output.truncate(usize::try_from(information).unwrap_or(0));
        } else if !buffers.user.0.is_null() {
            let length = information.min(buffers.user.1);
            output = self.mem.bytes(buffers.user.0, length)?.to_vec();
        }
        if !buffers.mdl.is_null() {
            self.free_mdl(buffers.mdl)?;
        }
        if !buffers.system.0.is_null() {
            self.pool_free(buffers.system.0, 0)?;
        }
        for buffer in [buffers.user.0, buffers.user_input] {
            if !buffer.is_null() {
                self.mem.free(buffer, Addr::NULL)?;
            }
        }
        Ok(output)
    }
}
