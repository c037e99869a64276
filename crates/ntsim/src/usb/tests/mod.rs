//! Tries the USB stack as a client would, without an image: the routines are called as exports, URBs are sent
//! to the physical device object.

mod handles;
mod hostile;
mod isochronous;
mod life;
mod misuse;
mod modes;
mod ports;
mod streams;
mod transfers;

use std::{cell::Cell, mem::offset_of, rc::Rc};

use nt_trace::{EventKind, NtStatus, event::IrpOrigin};
use usb_models::registry;

use super::{Completion, Face, Options, plug};
use crate::{
    abi::{
        IO_STATUS_BLOCK,
        ioctl::IOCTL_INTERNAL_USB_SUBMIT_URB,
        irp_major::IRP_MJ_INTERNAL_DEVICE_CONTROL,
        urb::{
            URB_BULK_OR_INTERRUPT_TRANSFER, URB_CONTROL_DESCRIPTOR_REQUEST, URB_FUNCTION_ABORT_PIPE,
            URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER, URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE, URB_HEADER,
            URB_PIPE_REQUEST, USBD_PIPE_INFORMATION, USBD_SHORT_TRANSFER_OK,
        },
    },
    kernel::{
        Kernel,
        export::{Args, Handler},
        exports,
        io::{IrpSpec, call_driver},
        shadow::location,
    },
    mem::{Addr, Fill, Request},
    sched::Cpu,
    stop::Stop,
};

/// A client of one device.
struct Client {
    cpu: Cpu,
    pdo: Addr,
    handle: Addr,
}

/// How an IRP ended, once it has.
type Done = Rc<Cell<Option<IO_STATUS_BLOCK>>>;

/// An URB on its way.
struct Sent {
    irp: Addr,
    /// What `IoCallDriver` returned.
    returned: NtStatus,
    done: Done,
}

/// The pipes of the loopback devices.
struct Pipes {
    out: Addr,
    into: Addr,
    interrupt: Addr,
    configuration: Addr,
}

/// Calls an export that neither waits nor calls back.
fn call(kernel: &mut Kernel, module: &str, name: &str, arguments: &[u64]) -> Result<u64, Stop> {
    let export = exports::find(module, name).expect("an export");
    let request = Request {
        kind: nt_trace::ObjectKind::Tag,
        length: 8 * arguments.len() as u64,
        tag: 0,
        fill: Fill::Zero,
        site: Addr::NULL,
    };
    let base = kernel.mem.allocate(request)?;
    for (index, argument) in (0..).zip(arguments) {
        kernel.mem.write(base.add(index * 8), argument)?;
    }
    let Handler::Sync(routine) = export.handler else { panic!("{name} waits") };
    let result = routine(kernel, Args { base, site: Addr::NULL });
    kernel.mem.free(base, Addr::NULL)?;
    result
}

fn usbdex(kernel: &mut Kernel, name: &str, arguments: &[u64]) -> Result<u64, Stop> {
    call(kernel, "usbdex.sys", name, arguments)
}

/// `Hdr.Length` of a structure.
fn length_of<T>() -> u16 {
    u16::try_from(size_of::<T>()).expect("URBs are small")
}

fn block(kernel: &mut Kernel, length: u64) -> Result<Addr, Stop> {
    kernel.system_allocate(length, Fill::Zero)
}

impl Client {
    /// Plugs a model in and makes a handle. The client's device object is the physical one here.
    fn new(cpu: Cpu, model: &str, face: Face, completion: Completion) -> Result<Self, Stop> {
        let (pdo, handle) = {
            let mut kernel = cpu.k();
            let model = registry::by_name(model).expect("a model");
            let pdo = plug(&mut kernel, model, Options { face, completion, ..Options::default() })?;
            let out = block(&mut kernel, 8)?;
            usbdex(&mut kernel, "USBD_CreateHandle", &[pdo.0, pdo.0, 0x602, 1, out.0])?;
            (pdo, kernel.mem.read(out)?)
        };
        Ok(Self { cpu, pdo, handle })
    }

    fn urb(&self) -> Result<Addr, Stop> {
        let mut kernel = self.cpu.k();
        let out = block(&mut kernel, 8)?;
        usbdex(&mut kernel, "USBD_UrbAllocate", &[self.handle.0, out.0])?;
        Ok(kernel.mem.read(out)?)
    }

    fn free(&self, urb: Addr) -> Result<(), Stop> {
        usbdex(&mut self.cpu.k(), "USBD_UrbFree", &[self.handle.0, urb.0]).map(drop)
    }

    fn close(&self) -> Result<(), Stop> {
        usbdex(&mut self.cpu.k(), "USBD_CloseHandle", &[self.handle.0]).map(drop)
    }

    fn irp(&self) -> Result<(Addr, Done), Stop> {
        let done = Done::default();
        let (result, thread) = (Rc::clone(&done), self.cpu.thread());
        let finish = Box::new(move |kernel: &mut Kernel, irp| {
            result.set(Some(kernel.irp(irp)?.IoStatus));
            kernel.sched.wake(thread, 0);
            Ok(())
        });
        let mut spec = IrpSpec::new(IrpOrigin::OtherDriver, IRP_MJ_INTERNAL_DEVICE_CONTROL, 0);
        spec.parameters.DeviceIoControl_mut().IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
        let irp = self.cpu.k().build_irp(self.pdo, &spec, Some(finish))?;
        Ok((irp, done))
    }

    /// Assigns an URB to an IRP and sends it.
    async fn send(&self, urb: Addr) -> Result<Sent, Stop> {
        let (irp, done) = self.irp()?;
        let arguments = [self.handle.0, location(irp, 1).0, urb.0];
        usbdex(&mut self.cpu.k(), "USBD_AssignUrbToIoStackLocation", &arguments)?;
        let returned = call_driver(&self.cpu, Addr::NULL, self.pdo, irp).await?;
        Ok(Sent { irp, returned, done })
    }

    /// Sends an URB without assigning it.
    async fn send_unassigned(&self, urb: Addr) -> Result<Sent, Stop> {
        let (irp, done) = self.irp()?;
        self.cpu.k().location_mut(irp, 1, |at| at.Parameters.Argument1 = urb)?;
        let returned = call_driver(&self.cpu, Addr::NULL, self.pdo, irp).await?;
        Ok(Sent { irp, returned, done })
    }

    async fn wait(&self, sent: &Sent) -> NtStatus {
        while sent.done.get().is_none() {
            self.cpu.block("an URB").await;
        }
        NtStatus(sent.done.get().map_or(0, |block| block.Status))
    }

    /// Sends an URB and waits for it: its NTSTATUS and its USBD status.
    async fn run(&self, urb: Addr) -> Result<(NtStatus, u32), Stop> {
        let sent = self.send(urb).await?;
        let status = self.wait(&sent).await;
        Ok((status, self.status_of(urb)?))
    }

    fn status_of(&self, urb: Addr) -> Result<u32, Stop> {
        Ok(self.cpu.look().mem.at::<URB_HEADER>(urb)?.Status)
    }

    fn moved(&self, urb: Addr) -> Result<u32, Stop> {
        Ok(self.cpu.look().mem.at::<URB_BULK_OR_INTERRUPT_TRANSFER>(urb)?.TransferBufferLength)
    }

    fn format_descriptor(&self, urb: Addr, kind: u8, buffer: Addr, length: u32) -> Result<(), Stop> {
        let mut kernel = self.cpu.k();
        let urb: &mut URB_CONTROL_DESCRIPTOR_REQUEST = kernel.mem.at_mut(urb)?;
        urb.Hdr.Length = length_of::<URB_CONTROL_DESCRIPTOR_REQUEST>();
        urb.Hdr.Function = URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE;
        urb.TransferBufferLength = length;
        urb.TransferBuffer = buffer;
        urb.TransferBufferMDL = Addr::NULL;
        urb.DescriptorType = kind;
        Ok(())
    }

    fn format_bulk(&self, urb: Addr, pipe: Addr, buffer: Addr, length: u32) -> Result<(), Stop> {
        let mut kernel = self.cpu.k();
        let urb: &mut URB_BULK_OR_INTERRUPT_TRANSFER = kernel.mem.at_mut(urb)?;
        urb.Hdr.Length = length_of::<URB_BULK_OR_INTERRUPT_TRANSFER>();
        urb.Hdr.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER;
        urb.PipeHandle = pipe;
        urb.TransferFlags = USBD_SHORT_TRANSFER_OK;
        urb.TransferBufferLength = length;
        urb.TransferBuffer = buffer;
        urb.TransferBufferMDL = Addr::NULL;
        Ok(())
    }

    fn format_pipe(&self, urb: Addr, function: u16, pipe: Addr) -> Result<(), Stop> {
        let mut kernel = self.cpu.k();
        let urb: &mut URB_PIPE_REQUEST = kernel.mem.at_mut(urb)?;
        urb.Hdr.Length = length_of::<URB_PIPE_REQUEST>();
        urb.Hdr.Function = function;
        urb.PipeHandle = pipe;
        Ok(())
    }

    async fn abort(&self, pipe: Addr) -> Result<(NtStatus, u32), Stop> {
        let urb = self.urb()?;
        self.format_pipe(urb, URB_FUNCTION_ABORT_PIPE, pipe)?;
        let result = self.run(urb).await?;
        self.free(urb)?;
        Ok(result)
    }

    /// Reads the configuration descriptor into a block of its own.
    async fn configuration(&self) -> Result<Addr, Stop> {
        let urb = self.urb()?;
        let header = block(&mut self.cpu.k(), 9)?;
        self.format_descriptor(urb, 2, header, 9)?;
        assert!(self.run(urb).await?.0.is_success());
        let total: u16 = self.cpu.look().mem.read(header.add(2))?;
        let whole = block(&mut self.cpu.k(), u64::from(total))?;
        self.format_descriptor(urb, 2, whole, u32::from(total))?;
        assert!(self.run(urb).await?.0.is_success());
        assert_eq!(self.moved(urb)?, u32::from(total));
        self.free(urb)?;
        Ok(whole)
    }

    /// Makes the URB that selects the first interface of a configuration, and the interface list.
    fn select_urb(&self, descriptor: Addr) -> Result<(Addr, Addr), Stop> {
        const ANY: u64 = u32::MAX as u64;
        let mut kernel = self.cpu.k();
        let arguments = [descriptor.0, descriptor.0, ANY, 0, ANY, ANY, ANY];
        let interface = call(&mut kernel, "usbd.sys", "USBD_ParseConfigurationDescriptorEx", &arguments)?;
        let list = block(&mut kernel, 32)?;
        kernel.mem.write(list, &interface)?;
        let out = block(&mut kernel, 8)?;
        let arguments = [self.handle.0, descriptor.0, list.0, out.0];
        let status = usbdex(&mut kernel, "USBD_SelectConfigUrbAllocateAndBuild", &arguments)?;
        assert_eq!(status, 0);
        Ok((kernel.mem.read(out)?, kernel.mem.read(list.add(8))?))
    }

    /// Selects the first configuration of a loopback device.
    async fn select(&self) -> Result<Pipes, Stop> {
        let descriptor = self.configuration().await?;
        let (urb, interface) = self.select_urb(descriptor)?;
        assert_eq!(self.run(urb).await?, (NtStatus(0), 0));
        let configuration = self.cpu.look().mem.read(urb.add(32))?;
        let mut pipes = Pipes { out: Addr::NULL, into: Addr::NULL, interrupt: Addr::NULL, configuration };
        for index in 0..3 {
            let at = interface.add(24 + index * size_of::<USBD_PIPE_INFORMATION>() as u64);
            let kernel = self.cpu.look();
            let endpoint: u8 =
                kernel.mem.read(at.field(offset_of!(USBD_PIPE_INFORMATION, EndpointAddress)))?;
            let handle = kernel.mem.read(at.field(offset_of!(USBD_PIPE_INFORMATION, PipeHandle)))?;
            match endpoint {
                0x01 => pipes.out = handle,
                0x81 => pipes.into = handle,
                _ => pipes.interrupt = handle,
            }
        }
        self.free(urb)?;
        Ok(pipes)
    }
}

/// Runs a test as the client of a device. The machine must go on to the end.
fn with<F, R>(model: &'static str, face: Face, completion: Completion, task: F) -> Vec<EventKind>
where
    F: FnOnce(Client) -> R + 'static,
    R: Future<Output = Result<(), Stop>> + 'static,
{
    let (result, events) = crate::kernel::tests::run(move |cpu| async move {
        task(Client::new(cpu, model, face, completion)?).await
    });
    match result {
        Ok(Some(())) => events,
        Ok(None) => panic!("the client waits for ever"),
        Err(stop) => panic!("{stop}"),
    }
}

/// Runs a test that must stop the machine with a bug check: its code and first parameter.
fn stops<F, R>(face: Face, completion: Completion, task: F) -> (u32, u64)
where
    F: FnOnce(Client) -> R + 'static,
    R: Future<Output = Result<(), Stop>> + 'static,
{
    let (result, _) = crate::kernel::tests::run(move |cpu| async move {
        task(Client::new(cpu, "loopback-hs", face, completion)?).await
    });
    match result {
        Err(Stop::BugCheck { code, parameters: [first, ..], .. }) => (code, first),
        other => panic!("no bug check: {other:?}"),
    }
}
