//! What Windows answers with a bug check, and what it merely refuses.

use nt_trace::{EventKind, event::UrbKind};

use super::{Client, block, stops, usbdex, with};
use crate::{
    abi::{
        status::STATUS_INVALID_PARAMETER,
        urb::{URB_BULK_OR_INTERRUPT_TRANSFER, URB_HEADER},
        usbd_status::{
            USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_URB_FUNCTION, USBD_STATUS_NOT_SUPPORTED,
        },
    },
    mem::{Addr, Mode, State},
    usb::{Completion, Face},
};

async fn pending_read(client: &Client) -> Result<(Addr, Addr), crate::stop::Stop> {
    let pipes = client.select().await?;
    let buffer = block(&mut client.cpu.k(), 512)?;
    let urb = client.urb()?;
    client.format_bulk(urb, pipes.into, buffer, 512)?;
    client.send(urb).await?;
    Ok((urb, pipes.into))
}

#[test]
fn an_active_urb_is_not_submitted_again() {
    for (face, check) in [(Face::Usb3, (0x144, 0x1)), (Face::Usb2, (0xFE, 0x2))] {
        let stopped = stops(face, Completion::Dispatch, |client: Client| async move {
            let (urb, _) = pending_read(&client).await?;
            client.send(urb).await.map(drop)
        });
        assert_eq!(stopped, check);
    }
}

#[test]
fn an_active_urb_is_not_freed_and_not_touched() {
    let stopped = stops(Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let (urb, _) = pending_read(&client).await?;
        let state = client.cpu.look().mem.object_at(urb).map(|object| object.state);
        assert_eq!(state, Some(State::Revoked));
        client.free(urb)
    });
    assert_eq!(stopped, (0x144, 0x1));
}

#[test]
fn a_change_to_an_active_urb_is_told_where_memory_is_not_guarded() {
    let (result, events) = crate::kernel::tests::run_in(Mode::Packed, |cpu| async move {
        let client = Client::new(cpu, "loopback-hs", Face::Usb3, Completion::Dispatch)?;
        let (urb, pipe) = pending_read(&client).await?;
        client.cpu.k().mem.write(urb.add(36), &1_u32)?;
        client.abort(pipe).await.map(drop)
    });
    assert!(result.is_ok());
    let changed = events.iter().filter_map(|event| match event {
        EventKind::UrbModifiedWhileActive(changed) => Some((changed.urb.number, changed.offset)),
        _ => None,
    });
    // The lowest byte of TransferBufferLength.
    assert_eq!(changed.collect::<Vec<_>>(), [(3, 36)]);
}

#[test]
fn memory_of_ones_own_is_no_urb() {
    let stopped = stops(Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let own = block(&mut client.cpu.k(), 152)?;
        client.send_unassigned(own).await.map(drop)
    });
    assert_eq!(stopped, (0x144, 0x3));
    let stopped = stops(Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let own = block(&mut client.cpu.k(), 152)?;
        client.send(own).await.map(drop)
    });
    assert_eq!(stopped, (0x144, 0x3));
}

#[test]
fn an_urb_is_formatted_anew() {
    let stopped = stops(Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let buffer = block(&mut client.cpu.k(), 18)?;
        let urb = client.urb()?;
        client.format_descriptor(urb, 1, buffer, 18)?;
        assert!(client.run(urb).await?.0.is_success());
        client.send(urb).await.map(drop)
    });
    assert_eq!(stopped, (0x144, 0x3));
}

#[test]
fn what_is_left_at_removal_stops_the_machine() {
    use crate::abi::{irp_major::IRP_MJ_PNP, irp_minor::IRP_MN_REMOVE_DEVICE};
    let stopped = stops(Face::Usb3, Completion::Dispatch, |client: Client| async move {
        client.cpu.k().usb.knobs.UsbVerifierEnabled = true;
        let spec = crate::kernel::io::IrpSpec::new(
            nt_trace::event::IrpOrigin::PnpManager,
            IRP_MJ_PNP,
            IRP_MN_REMOVE_DEVICE,
        );
        crate::kernel::io::send_irp(&client.cpu, client.pdo, &spec).await.map(drop)
    });
    assert_eq!(stopped, (0x144, 0x804));
}

#[test]
fn a_chain_needs_the_capability_and_reaches_as_far_as_its_mdls() {
    use crate::abi::{MDL, urb::URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL};
    let chained = |ask: bool, length: u32, endless: bool| {
        stops(Face::Usb3, Completion::Dispatch, move |client: Client| async move {
            let pipes = client.select().await?;
            let urb = client.urb()?;
            if ask {
                let mut kernel = client.cpu.k();
                let guid = block(&mut kernel, 16)?;
                let chained_mdls = 0xF5CE_EB23_AD90_458C_979A_D59B_3AD6_884F;
                kernel.mem.write(guid, &crate::abi::GUID::from_u128(chained_mdls))?;
                usbdex(&mut kernel, "USBD_QueryUsbCapability", &[client.handle.0, guid.0, 0, 0, 0])?;
            }
            client.format_bulk(urb, pipes.out, Addr::NULL, length)?;
            {
                let mut kernel = client.cpu.k();
                let one = block(&mut kernel, 5)?;
                let mdl = kernel.allocate_mdl(one, 5, false)?;
                let fields: &mut MDL = kernel.mem.at_mut(mdl)?;
                fields.MdlFlags |= MDL::PAGES_LOCKED;
                fields.Next = if endless { mdl } else { Addr::NULL };
                let urb: &mut URB_BULK_OR_INTERRUPT_TRANSFER = kernel.mem.at_mut(urb)?;
                urb.Hdr.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
                urb.TransferBufferMDL = mdl;
            }
            client.send(urb).await.map(drop)
        })
    };
    assert_eq!(chained(false, 5, false), (0x144, 0x806));
    assert_eq!(chained(true, 6, false), (0x144, 0x807));
    assert_eq!(chained(true, 6, true), (0x144, 0x3));
}

#[test]
fn requests_are_refused_as_documented() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        // A header of the wrong length.
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        client.cpu.k().mem.at_mut::<URB_HEADER>(urb)?.Length = 24;
        let refused = (STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PARAMETER);
        assert_eq!(client.run(urb).await?, refused);
        // No buffer.
        client.format_bulk(urb, pipes.out, Addr::NULL, 512)?;
        assert_eq!(client.run(urb).await?, refused);
        // Both a buffer and an MDL.
        let mdl = client.cpu.k().allocate_mdl(buffer, 512, false)?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        client.cpu.k().mem.at_mut::<URB_BULK_OR_INTERRUPT_TRANSFER>(urb)?.TransferBufferMDL = mdl;
        assert_eq!(client.run(urb).await?, refused);
        // More than the documented maximum.
        let large = block(&mut client.cpu.k(), (4 << 20) + 512)?;
        client.format_bulk(urb, pipes.out, large, (4 << 20) + 512)?;
        assert_eq!(client.run(urb).await?, refused);
        // Functions that nobody knows, or that are not supported.
        client.cpu.k().mem.at_mut::<URB_HEADER>(urb)?.Function = 0x7FFF;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_URB_FUNCTION);
        client.cpu.k().mem.at_mut::<URB_HEADER>(urb)?.Function =
            crate::abi::urb::URB_FUNCTION_GET_MS_FEATURE_DESCRIPTOR;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_NOT_SUPPORTED);
        Ok(())
    });
}

#[test]
fn urbs_are_used_for_what_they_were_made_for() {
    let events = with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let descriptor = client.configuration().await?;
        let (select, _) = client.select_urb(descriptor)?;
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        // The URB is large enough, and yet not for this.
        client.format_bulk(select, pipes.out, buffer, 64)?;
        client.cpu.k().mem.at_mut::<URB_HEADER>(select)?.Length = 128;
        assert_eq!(client.run(select).await?.1, USBD_STATUS_INVALID_PARAMETER);
        let plain = client.urb()?;
        {
            let mut kernel = client.cpu.k();
            kernel.mem.at_mut::<URB_HEADER>(plain)?.Length = 40;
            kernel.mem.write(plain.add(24), &descriptor)?;
        }
        assert_eq!(client.run(plain).await?.1, USBD_STATUS_INVALID_PARAMETER);
        let again = usbdex(&mut client.cpu.k(), "USBD_UrbFree", &[client.handle.0, plain.0])?;
        assert_eq!(again, 0);
        Ok(())
    });
    let kinds = events.iter().filter_map(|event| match event {
        EventKind::UrbSubmitted(sent) => Some(sent.kind),
        _ => None,
    });
    assert_eq!(kinds.filter(|kind| *kind == UrbKind::SelectConfiguration).count(), 2);
}
