//! What a client does in its life.

use nt_trace::{
    EventKind, NtStatus,
    event::{Actor, UrbKind},
};

use super::{Client, block, call, usbdex, with};
use crate::{
    abi::{
        DEVICE_CAPABILITIES,
        status::{
            STATUS_CANCELLED, STATUS_DEVICE_BUSY, STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE,
            STATUS_PENDING,
        },
        urb::{URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, URB_SELECT_CONFIGURATION},
        usbd_status::{
            USBD_STATUS_CANCELED, USBD_STATUS_DEVICE_GONE, USBD_STATUS_ENDPOINT_HALTED,
            USBD_STATUS_ERROR_BUSY, USBD_STATUS_INVALID_PIPE_HANDLE, USBD_STATUS_STALL_PID,
        },
    },
    kernel::io::cancel_irp,
    mem::Addr,
    stop::Stop,
    usb::{Completion, Face, plug, poke, unplug},
};

#[test]
fn descriptors_configuration_bulk() {
    let events = with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let data: Vec<u8> =
            (0..100_000_u32).map(|value| value.to_le_bytes()[0] ^ value.to_le_bytes()[1]).collect();
        let (from, to) = {
            let mut kernel = client.cpu.k();
            let (from, to) = (block(&mut kernel, 100_000)?, block(&mut kernel, 100_352)?);
            kernel.mem.bytes_mut(from, 100_000)?.copy_from_slice(&data);
            (from, to)
        };
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, from, 100_000)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        assert_eq!(client.moved(urb)?, 100_000);
        client.format_bulk(urb, pipes.into, to, 100_352)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        assert_eq!(client.moved(urb)?, 100_000);
        assert!(client.cpu.look().mem.bytes(to, 100_000)? == data);
        client.free(urb)?;
        client.close()
    });
    let submitted =
        events.iter().filter(|event| matches!(event, EventKind::UrbSubmitted(sent) if sent.assigned));
    let completed = events.iter().filter(|event| matches!(event, EventKind::UrbCompleted(_)));
    assert_eq!((submitted.count(), completed.count()), (5, 5));
    let kinds: Vec<UrbKind> = events
        .iter()
        .filter_map(|event| if let EventKind::UrbAllocated(made) = event { Some(made.kind) } else { None })
        .collect();
    assert_eq!(kinds, [UrbKind::Plain, UrbKind::SelectConfiguration, UrbKind::Plain]);
}

#[test]
fn a_read_waits_until_it_is_cancelled() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.into, buffer, 512)?;
        let sent = client.send(urb).await?;
        assert_eq!(sent.returned, STATUS_PENDING);
        assert!(sent.done.get().is_none());
        assert!(cancel_irp(&client.cpu, sent.irp, Actor::System).await?);
        assert_eq!(client.wait(&sent).await, STATUS_CANCELLED);
        assert_eq!(client.status_of(urb)?, USBD_STATUS_CANCELED);
        Ok(())
    });
}

#[test]
fn an_irp_that_was_cancelled_before_comes_back_at_once() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.into, buffer, 512)?;
        let (irp, done) = client.irp()?;
        client.cpu.k().location_mut(irp, 1, |at| at.Parameters.Argument1 = urb)?;
        client.cpu.k().irp_mut(irp, |header| header.Cancel = 1)?;
        let returned = crate::kernel::io::call_driver(&client.cpu, Addr::NULL, client.pdo, irp).await?;
        assert_eq!(returned, STATUS_CANCELLED);
        assert_eq!(done.get().map(|block| block.Status), Some(STATUS_CANCELLED.0));
        Ok(())
    });
}

#[test]
fn abort_pipe_ends_what_waits_on_the_pipe() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.into, buffer, 512)?;
        let sent = client.send(urb).await?;
        let busy = client.urb()?;
        client.format_pipe(busy, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, pipes.into)?;
        assert_eq!(client.run(busy).await?, (STATUS_DEVICE_BUSY, USBD_STATUS_ERROR_BUSY));
        assert_eq!(client.abort(pipes.into).await?, (NtStatus(0), 0));
        assert_eq!(client.wait(&sent).await, STATUS_CANCELLED);
        client.format_pipe(busy, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, pipes.into)?;
        assert_eq!(client.run(busy).await?, (NtStatus(0), 0));
        Ok(())
    });
}

#[test]
fn a_halted_pipe_takes_nothing_until_it_is_reset() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        poke(&mut client.cpu.k(), client.pdo, usb_models::Poke::Halt { endpoint: 0x01 })?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_STALL_PID);
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_ENDPOINT_HALTED);
        client.format_pipe(urb, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, pipes.out)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        Ok(())
    });
}

#[test]
fn unplugged_everything_fails() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.into, buffer, 512)?;
        let sent = client.send(urb).await?;
        unplug(&mut client.cpu.k(), client.pdo)?;
        assert_eq!(client.wait(&sent).await, STATUS_NO_SUCH_DEVICE);
        assert_eq!(client.status_of(urb)?, USBD_STATUS_DEVICE_GONE);
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (STATUS_NO_SUCH_DEVICE, USBD_STATUS_DEVICE_GONE));
        Ok(())
    });
}

#[test]
fn selecting_again_makes_the_old_pipes_stale() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let old = client.select().await?;
        let new = client.select().await?;
        assert!(old.out != new.out);
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, old.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PIPE_HANDLE));
        client.format_bulk(urb, new.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        Ok(())
    });
}

#[test]
fn no_configuration_leaves_no_pipe() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let urb = client.urb()?;
        client.cpu.k().mem.at_mut::<URB_SELECT_CONFIGURATION>(urb)?.Hdr.Length = 88;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        let buffer = block(&mut client.cpu.k(), 512)?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_PIPE_HANDLE);
        Ok(())
    });
}

#[test]
fn selecting_an_interface_replaces_its_pipes() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let descriptor = client.configuration().await?;
        let urb: Addr = {
            let mut kernel = client.cpu.k();
            let (entry, out) = (block(&mut kernel, 16)?, block(&mut kernel, 8)?);
            kernel.mem.write(entry, &descriptor.add(9))?;
            let arguments = [client.handle.0, pipes.configuration.0, entry.0, out.0];
            let status = usbdex(&mut kernel, "USBD_SelectInterfaceUrbAllocateAndBuild", &arguments)?;
            assert_eq!(status, 0);
            kernel.mem.read(out)?
        };
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        let handle: Addr = client.cpu.look().mem.read(urb.add(32 + 24 + 8))?;
        assert!(!handle.is_null() && ![pipes.out, pipes.into, pipes.interrupt].contains(&handle));
        let plain = client.urb()?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        client.format_bulk(plain, pipes.out, buffer, 512)?;
        assert_eq!(client.run(plain).await?.1, USBD_STATUS_INVALID_PIPE_HANDLE);
        Ok(())
    });
}

#[test]
fn descriptors_are_found_in_a_configuration() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let descriptor = client.configuration().await?;
        let mut kernel = client.cpu.k();
        let total: u16 = kernel.mem.read(descriptor.add(2))?;
        let arguments = [descriptor.0, u64::from(total), descriptor.0, 5];
        assert_eq!(call(&mut kernel, "usbd.sys", "USBD_ParseDescriptors", &arguments)?, descriptor.0 + 18);
        let arguments = [descriptor.0 + 9, descriptor.0 + u64::from(total)];
        let length = call(&mut kernel, "usbd.sys", "USBD_GetInterfaceLength", &arguments)?;
        assert_eq!(length, u64::from(total) - 9);
        let out = block(&mut kernel, 8)?;
        let arguments = [descriptor.0, u64::from(total), 3, out.0, 0];
        assert_eq!(call(&mut kernel, "usbd.sys", "USBD_ValidateConfigurationDescriptor", &arguments)?, 0);
        Ok(())
    });
}

#[test]
fn the_device_object_says_what_the_device_can_do() {
    let (result, _) = crate::kernel::tests::run(|cpu| async move {
        let pdo = {
            let mut kernel = cpu.k();
            let model = usb_models::registry::by_name("loopback-hs").expect("a model");
            plug(&mut kernel, model, crate::usb::Options::default())?
        };
        let (status, capabilities) = crate::pnp::capabilities(&cpu, pdo).await?;
        assert!(status.is_success());
        Ok::<_, Stop>(capabilities.Flags)
    });
    let flags = result.expect("it goes on").expect("it ends");
    assert_ne!(flags & DEVICE_CAPABILITIES::REMOVABLE, 0);
}

#[test]
fn a_device_that_goes_by_itself_is_told_and_its_requests_come_back() {
    with("loopback-hs:gone=4", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        // Two reads of the descriptor, one selection; the fourth turn on the bus is the device's last.
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (STATUS_NO_SUCH_DEVICE, USBD_STATUS_DEVICE_GONE));
        assert_eq!(client.cpu.k().usb.take_vanished(), [client.pdo]);
        assert!(client.cpu.look().usb.is_gone(client.pdo));
        Ok(())
    });
}
