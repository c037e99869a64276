//! Handles and URBs as documented.

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{Client, block, usbdex, with};
use crate::{
    abi::{
        GUID,
        status::{
            STATUS_INVALID_DEVICE_STATE, STATUS_INVALID_LEVEL, STATUS_INVALID_PARAMETER,
            STATUS_NOT_IMPLEMENTED, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
        },
    },
    mem::Addr,
    sched::DISPATCH_LEVEL,
    stop::Stop,
    usb::{Completion, Face},
};

fn create(client: &Client, device: Addr, version: u64, tag: u64) -> Result<(NtStatus, Addr), Stop> {
    let mut kernel = client.cpu.k();
    let out = block(&mut kernel, 8)?;
    kernel.mem.write(out, &u64::MAX)?;
    let status = usbdex(&mut kernel, "USBD_CreateHandle", &[device.0, client.pdo.0, version, tag, out.0])?;
    let status = NtStatus(u32::try_from(status).expect("an NTSTATUS"));
    Ok((status, kernel.mem.read(out)?))
}

#[test]
fn a_handle_is_refused_as_documented() {
    let events = with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pdo = client.pdo;
        for (device, version, tag) in [(Addr::NULL, 0x602, 1), (pdo, 0x601, 1), (pdo, 0x602, 0)] {
            assert_eq!(create(&client, device, version, tag)?, (STATUS_INVALID_PARAMETER, Addr::NULL));
        }
        client.cpu.k().sched.set_irql(DISPATCH_LEVEL);
        let refused = create(&client, pdo, 0x602, 1)?;
        client.cpu.k().sched.set_irql(0);
        assert_eq!(refused, (STATUS_INVALID_LEVEL, Addr::NULL));
        client.cpu.k().usb.knobs.UsbVerifierFailRegistration = 1;
        assert_eq!(create(&client, pdo, 0x602, 1)?, (STATUS_UNSUCCESSFUL, Addr::NULL));
        client.cpu.k().usb.knobs.UsbVerifierFailRegistration = 0;
        assert_eq!(create(&client, pdo, 0x602, 1)?.0, STATUS_SUCCESS);
        Ok(())
    });
    let failed = events.iter().filter(|event| matches!(event, EventKind::HandleCreateFailed(_)));
    assert_eq!(failed.count(), 5);
}

#[test]
fn a_closed_handle_gives_no_urb() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        client.close()?;
        let mut kernel = client.cpu.k();
        let out = block(&mut kernel, 8)?;
        kernel.mem.write(out, &u64::MAX)?;
        let status = usbdex(&mut kernel, "USBD_UrbAllocate", &[client.handle.0, out.0])?;
        assert_eq!(status, u64::from(STATUS_INVALID_DEVICE_STATE.0));
        assert_eq!(kernel.mem.read::<u64>(out)?, 0);
        let status = usbdex(&mut kernel, "USBD_UrbAllocate", &[0, out.0])?;
        assert_eq!(status, u64::from(STATUS_INVALID_PARAMETER.0));
        Ok(())
    });
}

#[test]
fn what_is_left_is_told() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let urb = client.urb()?;
        let mut kernel = client.cpu.k();
        let names: Vec<String> = kernel.usb.left().map(|left| left.object.to_string()).collect();
        assert_eq!(names, ["handle#1", "urb#1"]);
        drop(kernel);
        client.free(urb)?;
        client.close()?;
        kernel = client.cpu.k();
        assert_eq!(kernel.usb.left().count(), 0);
        assert_eq!(kernel.actor_of(client.pdo), Actor::Below);
        Ok(())
    });
}

#[test]
fn each_stack_answers_for_itself() {
    const CHAINED_MDLS: GUID = GUID::from_u128(0xF5CE_EB23_AD90_458C_979A_D59B_3AD6_884F);
    for (face, status, version) in [(Face::Usb3, STATUS_SUCCESS, 1), (Face::Usb2, STATUS_NOT_IMPLEMENTED, 0)]
    {
        with("loopback-hs", face, Completion::Dispatch, move |client: Client| async move {
            let mut kernel = client.cpu.k();
            let guid = block(&mut kernel, 16)?;
            kernel.mem.write(guid, &CHAINED_MDLS)?;
            let handle = client.handle.0;
            let answer = usbdex(&mut kernel, "USBD_QueryUsbCapability", &[handle, guid.0, 0, 0, 0])?;
            assert_eq!(answer, u64::from(status.0));
            let answer = usbdex(&mut kernel, "USBD_QueryUsbCapability", &[handle, guid.0, 4, 0, 0])?;
            assert_eq!(answer, u64::from(STATUS_INVALID_PARAMETER.0));
            let answer = usbdex(&mut kernel, "USBD_IsInterfaceVersionSupported", &[handle, 0x602])?;
            assert_eq!(answer, version);
            let answer = usbdex(&mut kernel, "USBD_IsInterfaceVersionSupported", &[handle, 0x600])?;
            assert_eq!(answer, 1);
            Ok(())
        });
    }
}
