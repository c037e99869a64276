//! Transfers of all kinds.

use nt_trace::NtStatus;

use super::{Client, block, length_of, usbdex, with};
use crate::{
    abi::{
        GUID, MDL,
        status::{STATUS_INVALID_PARAMETER, STATUS_IO_TIMEOUT, STATUS_UNSUCCESSFUL},
        urb::{
            URB_BULK_OR_INTERRUPT_TRANSFER, URB_CONTROL_TRANSFER_EX, URB_CONTROL_VENDOR_OR_CLASS_REQUEST,
            URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL, URB_FUNCTION_CONTROL_TRANSFER_EX,
            URB_FUNCTION_GET_CURRENT_FRAME_NUMBER, URB_FUNCTION_SYNC_RESET_PIPE, URB_FUNCTION_VENDOR_DEVICE,
            URB_GET_CURRENT_FRAME_NUMBER, URB_HEADER, USBD_DEFAULT_PIPE_TRANSFER, USBD_TRANSFER_DIRECTION_IN,
        },
        usbd_status::{
            USBD_STATUS_DATA_OVERRUN, USBD_STATUS_ENDPOINT_HALTED, USBD_STATUS_ERROR_SHORT_TRANSFER,
            USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_URB_FUNCTION, USBD_STATUS_STALL_PID,
            USBD_STATUS_TIMEOUT,
        },
    },
    mem::Addr,
    stop::Stop,
    usb::{Completion, Face},
};

fn format_control(client: &Client, urb: Addr, setup: [u8; 8], buffer: Addr, length: u32) -> Result<(), Stop> {
    let mut kernel = client.cpu.k();
    let urb: &mut URB_CONTROL_TRANSFER_EX = kernel.mem.at_mut(urb)?;
    urb.Hdr.Length = length_of::<URB_CONTROL_TRANSFER_EX>();
    urb.Hdr.Function = URB_FUNCTION_CONTROL_TRANSFER_EX;
    urb.PipeHandle = Addr::NULL;
    let reads = setup.first().is_some_and(|bits| bits & 0x80 != 0);
    urb.TransferFlags = USBD_DEFAULT_PIPE_TRANSFER | if reads { USBD_TRANSFER_DIRECTION_IN } else { 0 };
    urb.TransferBufferLength = length;
    urb.TransferBuffer = buffer;
    urb.TransferBufferMDL = Addr::NULL;
    urb.Timeout = 100;
    urb.SetupPacket = setup;
    Ok(())
}

#[test]
fn control_transfers_go_both_ways() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let urb = client.urb()?;
        let buffer = block(&mut client.cpu.k(), 4)?;
        client.cpu.k().mem.write(buffer, b"ping")?;
        format_control(&client, urb, [0x40, 1, 8, 0, 0, 0, 4, 0], buffer, 4)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        client.cpu.k().mem.write(buffer, b"....")?;
        // The same as a vendor request, whose direction is in the flags.
        {
            let mut kernel = client.cpu.k();
            let urb: &mut URB_CONTROL_VENDOR_OR_CLASS_REQUEST = kernel.mem.at_mut(urb)?;
            urb.Hdr.Length = length_of::<URB_CONTROL_VENDOR_OR_CLASS_REQUEST>();
            urb.Hdr.Function = URB_FUNCTION_VENDOR_DEVICE;
            urb.TransferFlags = USBD_TRANSFER_DIRECTION_IN;
            urb.TransferBufferLength = 4;
            urb.TransferBuffer = buffer;
            urb.TransferBufferMDL = Addr::NULL;
            (urb.RequestTypeReservedBits, urb.Request, urb.Value, urb.Index) = (0, 1, 8, 0);
        }
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        assert_eq!(client.cpu.look().mem.bytes(buffer, 4)?, b"ping");
        // A direction that the SETUP packet and the flags disagree about.
        format_control(&client, urb, [0x40, 1, 0, 0, 0, 0, 4, 0], buffer, 4)?;
        client.cpu.k().mem.at_mut::<URB_CONTROL_TRANSFER_EX>(urb)?.TransferFlags |=
            USBD_TRANSFER_DIRECTION_IN;
        let refused = (STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PARAMETER);
        assert_eq!(client.run(urb).await?, refused);
        // A request that the device does not know.
        format_control(&client, urb, [0xC0, 0x77, 0, 0, 0, 0, 4, 0], buffer, 4)?;
        assert_eq!(client.run(urb).await?, (STATUS_UNSUCCESSFUL, USBD_STATUS_STALL_PID));
        // And the default pipe goes on all the same.
        format_control(&client, urb, [0x80, 8, 0, 0, 0, 0, 1, 0], buffer, 1)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        Ok(())
    });
}

#[test]
fn a_control_transfer_is_given_up() {
    with("loopback-hs", Face::Usb3, Completion::Never, |client: Client| async move {
        let urb = client.urb()?;
        let buffer = block(&mut client.cpu.k(), 4)?;
        format_control(&client, urb, [0xC0, 1, 0, 0, 0, 0, 4, 0], buffer, 4)?;
        client.cpu.k().mem.at_mut::<URB_CONTROL_TRANSFER_EX>(urb)?.Timeout = 1;
        // Something holds the bus for longer than that.
        let (first, second) = (client.urb()?, client.urb()?);
        let large = block(&mut client.cpu.k(), 60_000)?;
        format_control(&client, first, [0xC0, 1, 0, 0, 0, 0, 0, 0x10], large, 4096)?;
        format_control(&client, second, [0xC0, 1, 0, 0, 0, 0, 0, 0x10], large, 4096)?;
        let (first, second) = (client.send(first).await?, client.send(second).await?);
        assert_eq!(client.run(urb).await?, (STATUS_IO_TIMEOUT, USBD_STATUS_TIMEOUT));
        assert!(client.wait(&first).await.is_success() && client.wait(&second).await.is_success());
        Ok(())
    });
}

#[test]
fn chained_mdls_are_one_buffer() {
    const CHAINED_MDLS: GUID = GUID::from_u128(0xF5CE_EB23_AD90_458C_979A_D59B_3AD6_884F);
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let (first, buffer) = {
            let mut kernel = client.cpu.k();
            let guid = block(&mut kernel, 16)?;
            kernel.mem.write(guid, &CHAINED_MDLS)?;
            assert_eq!(
                usbdex(&mut kernel, "USBD_QueryUsbCapability", &[client.handle.0, guid.0, 0, 0, 0])?,
                0
            );
            let (one, two) = (block(&mut kernel, 5)?, block(&mut kernel, 7)?);
            kernel.mem.write(one, b"hello")?;
            kernel.mem.write(two, b", chain")?;
            let (first, second) = (kernel.allocate_mdl(one, 5, false)?, kernel.allocate_mdl(two, 7, false)?);
            for mdl in [first, second] {
                kernel.mem.at_mut::<MDL>(mdl)?.MdlFlags |= MDL::PAGES_LOCKED;
            }
            kernel.mem.at_mut::<MDL>(first)?.Next = second;
            (first, block(&mut kernel, 512)?)
        };
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, Addr::NULL, 12)?;
        {
            let mut kernel = client.cpu.k();
            let urb: &mut URB_BULK_OR_INTERRUPT_TRANSFER = kernel.mem.at_mut(urb)?;
            urb.Hdr.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
            urb.TransferBufferMDL = first;
        }
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        client.format_bulk(urb, pipes.into, buffer, 512)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        assert_eq!(client.cpu.look().mem.bytes(buffer, 12)?, b"hello, chain");
        Ok(())
    });
}

#[test]
fn the_older_stack_knows_no_chains() {
    with("loopback-hs", Face::Usb2, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 512)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.out, buffer, 512)?;
        client.cpu.k().mem.at_mut::<URB_HEADER>(urb)?.Function =
            URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_URB_FUNCTION);
        Ok(())
    });
}

#[test]
fn a_short_read_halts_old_controllers_unless_it_is_allowed() {
    with("loopback-fs", Face::Usb2, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 64)?;
        let urb = client.urb()?;
        for _ in 0..2 {
            client.format_bulk(urb, pipes.out, buffer, 3)?;
            assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        }
        client.format_bulk(urb, pipes.into, buffer, 64)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        client.format_bulk(urb, pipes.into, buffer, 64)?;
        client.cpu.k().mem.at_mut::<URB_BULK_OR_INTERRUPT_TRANSFER>(urb)?.TransferFlags = 0;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_ERROR_SHORT_TRANSFER);
        client.format_bulk(urb, pipes.into, buffer, 64)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_ENDPOINT_HALTED);
        client.format_pipe(urb, URB_FUNCTION_SYNC_RESET_PIPE, pipes.into)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        Ok(())
    });
}

#[test]
fn more_than_was_asked_for_is_an_overrun() {
    with("babble", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        let buffer = block(&mut client.cpu.k(), 10)?;
        let urb = client.urb()?;
        client.format_bulk(urb, pipes.into, buffer, 10)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_DATA_OVERRUN);
        Ok(())
    });
}

#[test]
fn frames_go_by() {
    with("loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let urb = client.urb()?;
        client.cpu.sleep(1_000_000).await;
        {
            let mut kernel = client.cpu.k();
            let header: &mut URB_HEADER = kernel.mem.at_mut(urb)?;
            header.Length = length_of::<URB_GET_CURRENT_FRAME_NUMBER>();
            header.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
        }
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        assert_eq!(client.cpu.look().mem.at::<URB_GET_CURRENT_FRAME_NUMBER>(urb)?.FrameNumber, 100);
        Ok(())
    });
}
