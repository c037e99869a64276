//! What concerns the port: reset, cycle, status; and removal with requests in flight.

use nt_trace::{EventKind, NtStatus, event::IrpOrigin};

use super::{Client, block, with};
use crate::{
    abi::{
        ioctl::{
            IOCTL_INTERNAL_USB_CYCLE_PORT, IOCTL_INTERNAL_USB_GET_PORT_STATUS, IOCTL_INTERNAL_USB_RESET_PORT,
            IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION,
        },
        irp_major::{IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MJ_PNP},
        irp_minor::{IRP_MN_QUERY_ID, IRP_MN_REMOVE_DEVICE},
        status::{
            STATUS_CANCELLED, STATUS_INVALID_PARAMETER, STATUS_NO_SUCH_DEVICE, STATUS_NOT_SUPPORTED,
            STATUS_SUCCESS,
        },
    },
    kernel::io::{IrpSpec, send_irp},
    mem::Addr,
    stop::Stop,
    usb::{Completion, Face, unplug},
};

async fn control(client: &Client, code: u32, out: Addr) -> Result<NtStatus, Stop> {
    let mut spec = IrpSpec::new(IrpOrigin::OtherDriver, IRP_MJ_INTERNAL_DEVICE_CONTROL, 0);
    spec.parameters.Argument1 = out;
    spec.parameters.DeviceIoControl_mut().IoControlCode = code;
    Ok(send_irp(&client.cpu, client.pdo, &spec).await?.status)
}

#[test]
fn pipe_handles_survive_a_reset_and_transfers_do_not() {
    let events = with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.into, buffer, 512)?;
        let sent = client.send(urb).await?;
        assert_eq!(control(&client, IOCTL_INTERNAL_USB_RESET_PORT, Addr::NULL).await?, STATUS_SUCCESS);
        assert_eq!(client.wait(&sent).await, STATUS_CANCELLED);
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        Ok(())
    });
    // They should have been brought back before.
    assert!(
        events.iter().any(|event| matches!(event, EventKind::PendingAtChange(change) if change.pending == 1))
    );
}

#[test]
fn a_cycled_port_is_told() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        assert_eq!(control(&client, IOCTL_INTERNAL_USB_CYCLE_PORT, Addr::NULL).await?, STATUS_SUCCESS);
        assert_eq!(client.cpu.k().usb.take_cycled(), [client.pdo]);
        Ok(())
    });
}

#[test]
fn an_idle_request_without_a_callback_is_refused() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let idle = IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION;
        assert_eq!(control(&client, idle, Addr::NULL).await?, STATUS_INVALID_PARAMETER);
        Ok(())
    });
}

#[test]
fn a_port_has_a_status() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let out = block(&mut client.cpu.k(), 4)?;
        assert_eq!(control(&client, IOCTL_INTERNAL_USB_GET_PORT_STATUS, out).await?, STATUS_SUCCESS);
        assert_eq!(client.cpu.look().mem.read::<u32>(out)?, 3);
        unplug(&mut client.cpu.k(), client.pdo)?;
        assert_eq!(control(&client, IOCTL_INTERNAL_USB_GET_PORT_STATUS, out).await?, STATUS_SUCCESS);
        assert_eq!(client.cpu.look().mem.read::<u32>(out)?, 0);
        let reset = control(&client, IOCTL_INTERNAL_USB_RESET_PORT, Addr::NULL).await?;
        assert_eq!(reset, STATUS_NO_SUCH_DEVICE);
        Ok(())
    });
}

#[test]
fn removal_brings_back_what_is_held() {
    with("loopback-hs", Face::Usb3, Completion::Never, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        let sent = client.send(urb).await?;
        assert_eq!(client.cpu.look().usb.in_flight(client.pdo), 1);
        let spec = IrpSpec::new(IrpOrigin::PnpManager, IRP_MJ_PNP, IRP_MN_REMOVE_DEVICE);
        assert_eq!(send_irp(&client.cpu, client.pdo, &spec).await?.status, STATUS_SUCCESS);
        assert_eq!(sent.done.get().map(|block| block.Status), Some(STATUS_CANCELLED.0));
        assert!(client.cpu.look().io.devices.contains_key(&client.pdo), "it is still plugged in");
        unplug(&mut client.cpu.k(), client.pdo)?;
        assert_eq!(send_irp(&client.cpu, client.pdo, &spec).await?.status, STATUS_SUCCESS);
        assert!(!client.cpu.look().io.devices.contains_key(&client.pdo));
        Ok(())
    });
}

#[test]
fn a_device_has_identifiers() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let mut spec = IrpSpec::new(IrpOrigin::PnpManager, IRP_MJ_PNP, IRP_MN_QUERY_ID);
        spec.status = STATUS_NOT_SUPPORTED;
        let answer = send_irp(&client.cpu, client.pdo, &spec).await?;
        let text = client.cpu.look().wide_string(Addr(answer.information))?;
        let text = String::from_utf16_lossy(&text);
        assert!(text.starts_with("USB\\VID_"), "{text}");
        spec.parameters.QueryId_mut().IdType = 9;
        assert_eq!(send_irp(&client.cpu, client.pdo, &spec).await?.status, STATUS_NOT_SUPPORTED);
        Ok(())
    });
}
