//! Isochronous transfers: frames, packets, and what is refused.

use std::{collections::BTreeMap, mem::offset_of};

use nt_trace::{EventKind, NtStatus};

use super::{Client, block, length_of, usbdex, with};
use crate::{
    abi::{
        MDL,
        status::STATUS_INVALID_PARAMETER,
        urb::{
            URB_FUNCTION_GET_CURRENT_FRAME_NUMBER, URB_FUNCTION_ISOCH_TRANSFER,
            URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, URB_GET_CURRENT_FRAME_NUMBER, URB_HEADER,
            URB_ISOCH_TRANSFER, USBD_PIPE_INFORMATION, USBD_START_ISO_TRANSFER_ASAP,
            USBD_TRANSFER_DIRECTION_IN,
        },
        usbd_status::{
            USBD_STATUS_BAD_START_FRAME, USBD_STATUS_CANCELED, USBD_STATUS_DATA_OVERRUN,
            USBD_STATUS_ENDPOINT_HALTED, USBD_STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PIPE_HANDLE,
            USBD_STATUS_ISO_NOT_ACCESSED_BY_HW, USBD_STATUS_ISO_NOT_ACCESSED_LATE,
            USBD_STATUS_ISOCH_REQUEST_FAILED, USBD_STATUS_SUCCESS,
        },
    },
    mem::Addr,
    stop::Stop,
    usb::{Completion, Face},
};

const FRAME: u64 = 10_000;

/// The pipes of a device by endpoint address, with their `MaximumPacketSize`.
type Open = BTreeMap<u8, (Addr, u16)>;

impl Client {
    /// Selects the first configuration, and in it the first interface's first setting.
    pub(super) async fn open(&self) -> Result<Open, Stop> {
        Ok(self.configure().await?.1)
    }

    /// The same, with the configuration's handle.
    async fn configure(&self) -> Result<(Addr, Open), Stop> {
        let descriptor = self.configuration().await?;
        let (urb, interface) = self.select_urb(descriptor)?;
        assert_eq!(self.run(urb).await?, (NtStatus(0), 0));
        let open = self.told(interface)?;
        let configuration = self.cpu.look().mem.read(urb.add(32))?;
        self.free(urb)?;
        Ok((configuration, open))
    }

    /// What the stack has written about the pipes of an interface.
    fn told(&self, interface: Addr) -> Result<Open, Stop> {
        let mut open = Open::new();
        let kernel = self.cpu.look();
        let count: u32 = kernel.mem.read(interface.add(16))?;
        for index in 0..u64::from(count) {
            let at = interface.add(24 + index * size_of::<USBD_PIPE_INFORMATION>() as u64);
            let pipe = *kernel.mem.at::<USBD_PIPE_INFORMATION>(at)?;
            open.insert(pipe.EndpointAddress, (pipe.PipeHandle, pipe.MaximumPacketSize));
        }
        Ok(open)
    }

    /// Selects the setting whose descriptor is there.
    async fn set(&self, configuration: Addr, descriptor: Addr) -> Result<Open, Stop> {
        let urb: Addr = {
            let mut kernel = self.cpu.k();
            let (entry, out) = (block(&mut kernel, 16)?, block(&mut kernel, 8)?);
            kernel.mem.write(entry, &descriptor)?;
            let arguments = [self.handle.0, configuration.0, entry.0, out.0];
            assert_eq!(usbdex(&mut kernel, "USBD_SelectInterfaceUrbAllocateAndBuild", &arguments)?, 0);
            kernel.mem.read(out)?
        };
        assert_eq!(self.run(urb).await?, (NtStatus(0), 0));
        let open = self.told(urb.add(32))?;
        self.free(urb)?;
        Ok(open)
    }

    fn isoch_urb(&self, packets: u64) -> Result<Addr, Stop> {
        let mut kernel = self.cpu.k();
        let out = block(&mut kernel, 8)?;
        assert_eq!(usbdex(&mut kernel, "USBD_IsochUrbAllocate", &[self.handle.0, packets, out.0])?, 0);
        Ok(kernel.mem.read(out)?)
    }

    /// A transfer of packets of the same size, as soon as possible.
    fn format_isoch(&self, urb: Addr, what: Isoch) -> Result<(), Stop> {
        let Isoch { pipe, buffer, packets, size, is_in } = what;
        let mut kernel = self.cpu.k();
        {
            let urb: &mut URB_ISOCH_TRANSFER = kernel.mem.at_mut(urb)?;
            urb.Hdr.Length = u16::try_from(140 + 12 * packets).expect("a length");
            urb.Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
            urb.PipeHandle = pipe;
            urb.TransferFlags =
                USBD_START_ISO_TRANSFER_ASAP | if is_in { USBD_TRANSFER_DIRECTION_IN } else { 0 };
            urb.TransferBufferLength = packets * size;
            urb.TransferBuffer = buffer;
            urb.TransferBufferMDL = Addr::NULL;
            urb.NumberOfPackets = packets;
        }
        for index in 0..packets {
            kernel.mem.write(packet_at(urb, index), &[index * size, 0xAAAA_AAAA, 0xAAAA_AAAA])?;
        }
        Ok(())
    }

    fn isoch(&self, urb: Addr) -> Result<URB_ISOCH_TRANSFER, Stop> {
        Ok(*self.cpu.look().mem.at::<URB_ISOCH_TRANSFER>(urb)?)
    }

    /// Length and status of each packet.
    fn packets(&self, urb: Addr, count: u32) -> Result<Vec<(u32, u32)>, Stop> {
        let kernel = self.cpu.look();
        let read = |index| -> Result<(u32, u32), Stop> {
            let [_, length, status]: [u32; 3] = kernel.mem.read(packet_at(urb, index))?;
            Ok((length, status))
        };
        (0..count).map(read).collect()
    }

    async fn frame(&self) -> Result<u32, Stop> {
        let urb = self.urb()?;
        {
            let mut kernel = self.cpu.k();
            let header: &mut URB_HEADER = kernel.mem.at_mut(urb)?;
            header.Length = length_of::<URB_GET_CURRENT_FRAME_NUMBER>();
            header.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
        }
        assert_eq!(self.run(urb).await?, (NtStatus(0), 0));
        let frame = self.cpu.look().mem.at::<URB_GET_CURRENT_FRAME_NUMBER>(urb)?.FrameNumber;
        self.free(urb)?;
        Ok(frame)
    }

    fn at_frame(&self, urb: Addr, frame: u32) -> Result<(), Stop> {
        let mut kernel = self.cpu.k();
        let urb: &mut URB_ISOCH_TRANSFER = kernel.mem.at_mut(urb)?;
        urb.TransferFlags &= !USBD_START_ISO_TRANSFER_ASAP;
        urb.StartFrame = frame;
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Isoch {
    pipe: Addr,
    buffer: Addr,
    packets: u32,
    size: u32,
    is_in: bool,
}

fn packet_at(urb: Addr, index: u32) -> Addr {
    urb.field(offset_of!(URB_ISOCH_TRANSFER, IsoPacket)).add(12 * u64::from(index))
}

#[test]
fn packets_go_out_and_come_back_at_every_speed() {
    for (model, packet, frames, face) in [
        ("iso-loopback-fs", 200, 8, Face::Usb3),
        ("iso-loopback-fs", 200, 8, Face::Usb2),
        ("iso-loopback-hs", 2048, 1, Face::Usb3),
        ("iso-loopback-hs", 2048, 1, Face::Usb2),
        ("iso-loopback-ss", 4096, 1, Face::Usb3),
    ] {
        for completion in [Completion::Dispatch, Completion::Inline, Completion::Passive] {
            with(model, face, completion, move |client: Client| async move {
                let open = client.open().await?;
                let ((out, size), (into, _)) = (open[&0x02], open[&0x82]);
                assert_eq!(size, packet, "all bytes of an interval");
                let size = u32::from(size);
                let total = u64::from(size) * 8;
                let (from, to) = {
                    let mut kernel = client.cpu.k();
                    (block(&mut kernel, total)?, block(&mut kernel, total)?)
                };
                for index in 0..8 {
                    client.cpu.k().mem.write(from.add(index * u64::from(size)), &(index + 7))?;
                }
                let urb = client.isoch_urb(8)?;
                let write = Isoch { pipe: out, buffer: from, packets: 8, size, is_in: false };
                client.format_isoch(urb, write)?;
                assert_eq!(client.run(urb).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
                let ended = client.isoch(urb)?;
                assert_eq!((u64::from(ended.TransferBufferLength), ended.ErrorCount), (total, 0));
                // The length of a packet that was sent is not told.
                assert_eq!(client.packets(urb, 8)?, [(0xAAAA_AAAA, 0); 8]);
                client.format_isoch(urb, Isoch { pipe: into, buffer: to, is_in: true, ..write })?;
                let before = client.frame().await?;
                assert_eq!(client.run(urb).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
                assert_eq!(client.packets(urb, 8)?, [(size, 0); 8]);
                assert_eq!(client.isoch(urb)?.StartFrame, before + 1);
                assert_eq!(client.frame().await?, before + 1 + frames);
                for index in 0..8_u64 {
                    let got: u64 = client.cpu.look().mem.read(to.add(index * u64::from(size)))?;
                    assert_eq!(got, index + 7);
                }
                client.free(urb)
            });
        }
    }
}

#[test]
fn requests_follow_each_other_without_a_gap_and_late_packets_are_lost() {
    with("iso-loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let (pipe, size) = client.open().await?[&0x82];
        let buffer = block(&mut client.cpu.k(), 1 << 17)?;
        let what = Isoch { pipe, buffer, packets: 16, size: size.into(), is_in: true };
        let (first, second) = (client.isoch_urb(16)?, client.isoch_urb(16)?);
        client.format_isoch(first, what)?;
        client.format_isoch(second, what)?;
        let sent = (client.send(first).await?, client.send(second).await?);
        assert!(client.wait(&sent.0).await.is_success() && client.wait(&sent.1).await.is_success());
        let start = client.isoch(first)?.StartFrame;
        assert_eq!(client.isoch(second)?.StartFrame, start + 2);
        // A frame and the beginning of another pass in which nothing is queued: their packets are lost.
        client.cpu.sleep(FRAME + 1).await;
        let third = client.isoch_urb(24)?;
        client.format_isoch(third, Isoch { packets: 24, ..what })?;
        assert_eq!(client.run(third).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
        let ended = client.isoch(third)?;
        assert_eq!((ended.StartFrame, ended.ErrorCount), (start + 4, 16));
        let packets = client.packets(third, 24)?;
        assert_eq!(packets[..16], [(0, USBD_STATUS_ISO_NOT_ACCESSED_LATE); 16]);
        assert_eq!(packets[16..], [(0, USBD_STATUS_SUCCESS); 8]);
        // All of them.
        client.cpu.sleep(3 * FRAME).await;
        client.format_isoch(first, what)?;
        assert_eq!(client.run(first).await?.1, USBD_STATUS_ISO_NOT_ACCESSED_LATE);
        assert_eq!(client.isoch(first)?.ErrorCount, 16);
        // After 1024 frames nobody remembers.
        client.cpu.sleep(1100 * FRAME).await;
        let now = client.frame().await?;
        client.format_isoch(first, what)?;
        assert_eq!(client.run(first).await?.1, USBD_STATUS_SUCCESS);
        assert_eq!(client.isoch(first)?.StartFrame, now + 1);
        Ok(())
    });
}

#[test]
fn a_start_frame_is_near() {
    with("iso-loopback-fs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        client.cpu.sleep(2000 * FRAME).await;
        let (pipe, size) = client.open().await?[&0x82];
        let buffer = block(&mut client.cpu.k(), 4096)?;
        let what = Isoch { pipe, buffer, packets: 4, size: size.into(), is_in: true };
        let urb = client.isoch_urb(4)?;
        let now = client.frame().await?;
        client.format_isoch(urb, what)?;
        client.at_frame(urb, now + 5)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
        assert_eq!((client.isoch(urb)?.StartFrame, client.frame().await?), (now + 5, now + 9));
        // Two frames ago, one ago, this one and the next.
        client.format_isoch(urb, what)?;
        client.at_frame(urb, now + 7)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
        let late = (0, USBD_STATUS_ISO_NOT_ACCESSED_LATE);
        assert_eq!(client.packets(urb, 4)?, [late, late, late, (0, USBD_STATUS_SUCCESS)]);
        // Two requests for the same frames.
        let other = client.isoch_urb(4)?;
        let now = client.frame().await?;
        for urb in [urb, other] {
            client.format_isoch(urb, what)?;
        }
        client.at_frame(urb, now + 10)?;
        client.at_frame(other, now + 12)?;
        let (first, second) = (client.send(urb).await?, client.send(other).await?);
        assert!(client.wait(&first).await.is_success() && client.wait(&second).await.is_success());
        let taken = (0, USBD_STATUS_ISO_NOT_ACCESSED_BY_HW);
        assert_eq!(client.packets(other, 4)?[..3], [taken, taken, (0, USBD_STATUS_SUCCESS)]);
        for far in [1024, u32::MAX - 1023] {
            let now = client.frame().await?;
            client.format_isoch(urb, what)?;
            client.at_frame(urb, now.wrapping_add(far))?;
            assert_eq!(client.run(urb).await?.1, USBD_STATUS_BAD_START_FRAME);
            client.format_isoch(urb, what)?;
            assert_eq!(client.run(urb).await?.1, USBD_STATUS_ENDPOINT_HALTED);
            let reset = client.urb()?;
            client.format_pipe(reset, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, pipe)?;
            assert_eq!(client.run(reset).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
        }
        Ok(())
    });
}

#[test]
fn what_is_no_isochronous_request_is_refused() {
    let events = with("iso-loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let (pipe, size) = client.open().await?[&0x02];
        let buffer = block(&mut client.cpu.k(), 8 << 20)?;
        let what = Isoch { pipe, buffer, packets: 8, size: size.into(), is_in: false };
        let urb = client.isoch_urb(16)?;
        let refused = (STATUS_INVALID_PARAMETER, USBD_STATUS_INVALID_PARAMETER);
        // Not a whole frame, none, more than there is room for.
        for packets in [7, 0, 24] {
            client.format_isoch(urb, Isoch { packets: packets.min(16), ..what })?;
            client.cpu.k().mem.at_mut::<URB_ISOCH_TRANSFER>(urb)?.NumberOfPackets = packets;
            assert_eq!(client.run(urb).await?, refused, "{packets} packets");
        }
        let many = client.isoch_urb(1032)?;
        client.format_isoch(many, Isoch { packets: 1032, size: 8, ..what })?;
        assert_eq!(client.run(many).await?, refused);
        // More than an interval has; the wrong direction; a length that does not reach.
        client.format_isoch(urb, Isoch { size: what.size + 1, ..what })?;
        assert_eq!(client.run(urb).await?, refused);
        client.format_isoch(urb, Isoch { is_in: true, ..what })?;
        assert_eq!(client.run(urb).await?, refused);
        client.format_isoch(urb, what)?;
        client.cpu.k().mem.at_mut::<URB_HEADER>(urb)?.Length -= 1;
        assert_eq!(client.run(urb).await?, refused);
        // Offsets: not from zero, falling, past the end.
        for (index, offset) in [(0, 1), (3, 0), (7, 8 * u32::from(size) + 1)] {
            client.format_isoch(urb, what)?;
            client.cpu.k().mem.write(packet_at(urb, index), &offset)?;
            assert_eq!(client.run(urb).await?, refused, "packet {index} at {offset}");
        }
        // An URB for something else, and an isochronous one for something else.
        let plain = client.urb()?;
        client.format_isoch(plain, Isoch { packets: 1, size: 1, ..what })?;
        assert_eq!(client.run(plain).await?, refused);
        client.format_bulk(urb, pipe, buffer, 512)?;
        assert_eq!(client.run(urb).await?, refused);
        // And after all that it works.
        client.format_isoch(urb, what)?;
        assert_eq!(client.run(urb).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
        Ok(())
    });
    let told = events.iter().filter_map(|event| match event {
        EventKind::IsochronousSubmitted(sent) => Some((sent.packets, sent.room, sent.period, sent.per_frame)),
        _ => None,
    });
    assert_eq!(told.take(2).collect::<Vec<_>>(), [(7, 16, 1, 8), (24, 16, 1, 8)]);
}

#[test]
fn too_little_room_and_cancelling() {
    with("iso-loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let open = client.open().await?;
        let ((out, _), (into, size)) = (open[&0x02], open[&0x82]);
        let buffer = block(&mut client.cpu.k(), 1 << 16)?;
        let urb = client.isoch_urb(8)?;
        let write = Isoch { pipe: out, buffer, packets: 8, size: 100, is_in: false };
        client.format_isoch(urb, write)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_SUCCESS);
        client.format_isoch(urb, Isoch { pipe: into, size: 60, is_in: true, ..write })?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_ISOCH_REQUEST_FAILED);
        assert_eq!(client.packets(urb, 8)?, [(60, USBD_STATUS_DATA_OVERRUN); 8]);
        // Aborted after the first frame of two, when nobody remembers which frame comes next.
        client.cpu.sleep(1100 * FRAME).await;
        let urb = client.isoch_urb(16)?;
        let read = Isoch { pipe: into, packets: 16, size: size.into(), is_in: true, ..write };
        client.format_isoch(urb, read)?;
        let sent = client.send(urb).await?;
        client.cpu.sleep(2 * FRAME).await;
        client.abort(into).await?;
        client.wait(&sent).await;
        let packets = client.packets(urb, 16)?;
        assert_eq!((packets[0].1, packets[15].1), (USBD_STATUS_SUCCESS, USBD_STATUS_ISO_NOT_ACCESSED_BY_HW));
        let ended = client.isoch(urb)?;
        assert_eq!(ended.Hdr.Status, USBD_STATUS_CANCELED);
        let errors = packets.iter().filter(|(_, status)| *status != 0).count();
        assert_eq!(ended.ErrorCount as usize, errors);
        Ok(())
    });
}

#[test]
fn an_mdl_is_a_buffer_too_and_chains_need_the_capability() {
    with("iso-loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let (pipe, _) = client.open().await?[&0x02];
        let urb = client.isoch_urb(8)?;
        let mdl = {
            let mut kernel = client.cpu.k();
            let buffer = block(&mut kernel, 800)?;
            let mdl = kernel.allocate_mdl(buffer, 800, false)?;
            kernel.mem.at_mut::<MDL>(mdl)?.MdlFlags |= MDL::PAGES_LOCKED;
            mdl
        };
        let write = Isoch { pipe, buffer: Addr::NULL, packets: 8, size: 100, is_in: false };
        client.format_isoch(urb, write)?;
        client.cpu.k().mem.at_mut::<URB_ISOCH_TRANSFER>(urb)?.TransferBufferMDL = mdl;
        assert_eq!(client.run(urb).await?, (NtStatus(0), USBD_STATUS_SUCCESS));
        Ok(())
    });
}

#[test]
fn settings_differ_in_their_period() {
    let events = with("iso-loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let (configuration, open) = client.configure().await?;
        let descriptor = client.configuration().await?;
        // Each setting is an interface descriptor and two endpoints.
        let setting = |alternate: u64| descriptor.add(9 + alternate * (9 + 7 + 7));
        let buffer = block(&mut client.cpu.k(), 4096)?;
        let slow = client.set(configuration, setting(1)).await?;
        let write = Isoch { pipe: slow[&0x02].0, buffer, packets: 3, size: 100, is_in: false };
        let urb = client.isoch_urb(8)?;
        client.format_isoch(urb, write)?;
        assert_eq!(
            client.run(urb).await?,
            (NtStatus(0), USBD_STATUS_SUCCESS),
            "one packet a frame: any number"
        );
        let start = client.isoch(urb)?.StartFrame;
        assert_eq!(client.frame().await?, start + 2, "the last one is over with its microframe");
        // The handle of the setting before is stale.
        client.format_isoch(urb, Isoch { pipe: open[&0x02].0, packets: 8, ..write })?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_PIPE_HANDLE);
        let slower = client.set(configuration, setting(2)).await?;
        client.format_isoch(urb, Isoch { pipe: slower[&0x02].0, packets: 8, ..write })?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_PARAMETER, "a period above 8");
        Ok(())
    });
    assert!(!events.iter().any(|event| matches!(event, EventKind::PendingAtChange(_))));
}

#[test]
fn a_setting_is_selected_with_a_transfer_pending() {
    let events = with("iso-loopback-hs", Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let (configuration, open) = client.configure().await?;
        let descriptor = client.configuration().await?;
        let buffer = block(&mut client.cpu.k(), 1 << 16)?;
        let urb = client.isoch_urb(1024)?;
        let read = Isoch { pipe: open[&0x82].0, buffer, packets: 1024, size: 64, is_in: true };
        client.format_isoch(urb, read)?;
        let sent = client.send(urb).await?;
        client.set(configuration, descriptor.add(9 + 23)).await?;
        client.wait(&sent).await;
        assert_eq!(client.isoch(urb)?.Hdr.Status, USBD_STATUS_CANCELED);
        Ok(())
    });
    let told = events.iter().filter_map(|event| match event {
        EventKind::PendingAtChange(change) => Some((change.what.to_string(), change.pending)),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [("select a setting".to_owned(), 1)]);
}
