//! Static streams: asked for, opened, used and closed, and what stops the machine.

use nt_trace::{EventKind, NtStatus, event::Actor};

use super::{Client, block, length_of, usbdex, with};
use crate::{
    abi::{
        GUID,
        power::POWER_DEVICE_D2,
        status::{STATUS_INVALID_PARAMETER, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED},
        urb::{
            URB_FUNCTION_ABORT_PIPE, URB_FUNCTION_CLOSE_STATIC_STREAMS, URB_FUNCTION_OPEN_STATIC_STREAMS,
            URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, URB_HEADER, URB_OPEN_STATIC_STREAMS,
            USBD_STREAM_INFORMATION,
        },
        usbd_status::{
            USBD_STATUS_CANCELED, USBD_STATUS_ENDPOINT_HALTED, USBD_STATUS_ERROR_BUSY,
            USBD_STATUS_INSUFFICIENT_RESOURCES, USBD_STATUS_INVALID_PARAMETER,
            USBD_STATUS_INVALID_PIPE_HANDLE, USBD_STATUS_INVALID_URB_FUNCTION, USBD_STATUS_NOT_SUPPORTED,
            USBD_STATUS_STALL_PID, USBD_STATUS_SUCCESS,
        },
    },
    kernel::io::cancel_irp,
    mem::Addr,
    sched::{DISPATCH_LEVEL, PASSIVE_LEVEL},
    stop::Stop,
    usb::{Completion, Face, poke},
};

const STATIC_STREAMS: GUID = GUID::from_u128(0x0905_1E1F_0DC9_4E6B_8B12_960C_BD81_AA8F);
const MODEL: &str = "stream-loopback-ss";

impl Client {
    /// Asks for the capability: the status, the number of streams and the length of the answer.
    fn ask_streams(&self) -> Result<(NtStatus, u16, u32), Stop> {
        let mut kernel = self.cpu.k();
        let (guid, count, length) = (block(&mut kernel, 16)?, block(&mut kernel, 2)?, block(&mut kernel, 4)?);
        kernel.mem.write(guid, &STATIC_STREAMS)?;
        let arguments = [self.handle.0, guid.0, 2, count.0, length.0];
        let status = usbdex(&mut kernel, "USBD_QueryUsbCapability", &arguments)?;
        let status = NtStatus(u32::try_from(status).expect("a status"));
        Ok((status, kernel.mem.read(count)?, kernel.mem.read(length)?))
    }

    fn format_open(&self, urb: Addr, pipe: Addr, count: u32) -> Result<Addr, Stop> {
        let mut kernel = self.cpu.k();
        let streams = block(&mut kernel, 24 * u64::from(count).max(1))?;
        let urb: &mut URB_OPEN_STATIC_STREAMS = kernel.mem.at_mut(urb)?;
        urb.Hdr.Length = length_of::<URB_OPEN_STATIC_STREAMS>();
        urb.Hdr.Function = URB_FUNCTION_OPEN_STATIC_STREAMS;
        urb.PipeHandle = pipe;
        urb.NumberOfStreams = count;
        urb.StreamInfoVersion = 0x100;
        urb.StreamInfoSize = length_of::<USBD_STREAM_INFORMATION>();
        urb.Streams = streams;
        Ok(streams)
    }

    /// Opens streams: the status and their pipes.
    async fn open_streams(&self, pipe: Addr, count: u32) -> Result<(u32, Vec<Addr>), Stop> {
        let urb = self.urb()?;
        let array = self.format_open(urb, pipe, count)?;
        let (_, status) = self.run(urb).await?;
        self.free(urb)?;
        let mut pipes = Vec::new();
        for index in 0..count {
            let told =
                *self.cpu.look().mem.at::<USBD_STREAM_INFORMATION>(array.add(24 * u64::from(index)))?;
            if status == USBD_STATUS_SUCCESS {
                assert_eq!((told.StreamID, told.MaximumTransferSize), (index + 1, 32 << 20));
            }
            pipes.push(told.PipeHandle);
        }
        Ok((status, pipes))
    }

    async fn pipe_request(&self, function: u16, pipe: Addr) -> Result<u32, Stop> {
        let urb = self.urb()?;
        self.format_pipe(urb, function, pipe)?;
        let (_, status) = self.run(urb).await?;
        self.free(urb)?;
        Ok(status)
    }
}

/// Runs a client that must stop the machine with a bug check: its code and parameters.
fn stops<F, R>(task: F) -> (u32, [u64; 3])
where
    F: FnOnce(Client) -> R + 'static,
    R: Future<Output = Result<(), Stop>> + 'static,
{
    let (result, _) = crate::kernel::tests::run(move |cpu| async move {
        task(Client::new(cpu, MODEL, Face::Usb3, Completion::Dispatch)?).await
    });
    match result {
        Err(Stop::BugCheck { code, parameters: [first, second, third, _], .. }) => {
            (code, [first, second, third])
        }
        other => panic!("no bug check: {other:?}"),
    }
}

#[test]
fn the_capability_is_a_matter_of_stack_and_speed() {
    for (model, face, status, count) in [
        (MODEL, Face::Usb3, NtStatus(0), 255),
        ("loopback-ss", Face::Usb3, NtStatus(0), 255),
        ("loopback-hs", Face::Usb3, STATUS_NOT_SUPPORTED, 0),
        ("loopback-hs", Face::Usb2, STATUS_NOT_IMPLEMENTED, 0),
    ] {
        with(model, face, Completion::Dispatch, move |client: Client| async move {
            let length = if count == 0 { 0 } else { 2 };
            assert_eq!(client.ask_streams()?, (status, count, length));
            Ok(())
        });
    }
    with(MODEL, Face::Usb3, Completion::Dispatch, |client: Client| async move {
        client.cpu.k().usb.knobs.UsbVerifierStaticStreamCountOverride = 9;
        assert_eq!(client.ask_streams()?, (NtStatus(0), 9, 2));
        client.cpu.k().usb.knobs.UsbVerifierFailStaticStreamsSupport = 1;
        assert_eq!(client.ask_streams()?.0, STATUS_NOT_SUPPORTED);
        Ok(())
    });
}

#[test]
fn streams_are_opened_used_and_closed() {
    for completion in
        [Completion::Dispatch, Completion::Inline, Completion::InlinePending, Completion::Racing]
    {
        let events = with(MODEL, Face::Usb3, completion, |client: Client| async move {
            let open = client.open().await?;
            let ((out, _), (into, _)) = (open[&0x01], open[&0x81]);
            client.ask_streams()?;
            let (_, outs) = client.open_streams(out, 4).await?;
            let (_, ins) = client.open_streams(into, 32).await?;
            let buffer = block(&mut client.cpu.k(), 1024)?;
            let urb = client.urb()?;
            for (stream, text) in [(3_usize, b"four"), (0, b"one.")] {
                client.cpu.k().mem.write(buffer, text)?;
                client.format_bulk(urb, outs[stream], buffer, 4)?;
                assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
            }
            // A stream with nothing to say holds nobody up.
            let (waiting, room) = (client.urb()?, block(&mut client.cpu.k(), 1024)?);
            client.format_bulk(waiting, ins[8], room, 1024)?;
            let waits = client.send(waiting).await?;
            for (stream, text) in [(0_usize, b"one."), (3, b"four")] {
                client.format_bulk(urb, ins[stream], buffer, 1024)?;
                assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
                assert_eq!(client.cpu.look().mem.bytes(buffer, 4)?, text);
            }
            // Neither closed nor reset while something is pending; and aborting is for no stream.
            assert_eq!(
                client.pipe_request(URB_FUNCTION_CLOSE_STATIC_STREAMS, into).await?,
                USBD_STATUS_ERROR_BUSY
            );
            let reset = URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL;
            assert_eq!(client.pipe_request(reset, into).await?, USBD_STATUS_ERROR_BUSY);
            assert_eq!(client.pipe_request(reset, ins[0]).await?, USBD_STATUS_NOT_SUPPORTED);
            assert_eq!(
                client.pipe_request(URB_FUNCTION_ABORT_PIPE, ins[8]).await?,
                USBD_STATUS_NOT_SUPPORTED
            );
            cancel_irp(&client.cpu, waits.irp, Actor::System).await?;
            client.wait(&waits).await;
            assert_eq!(client.status_of(waiting)?, USBD_STATUS_CANCELED);
            assert_eq!(client.pipe_request(reset, into).await?, USBD_STATUS_SUCCESS);
            // The endpoint's own pipe is for nothing any more, even after closing; and stale is stale.
            for _ in 0..2 {
                client.format_bulk(urb, into, buffer, 1024)?;
                assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_PIPE_HANDLE);
                client.pipe_request(URB_FUNCTION_CLOSE_STATIC_STREAMS, into).await?;
            }
            client.format_bulk(urb, ins[0], buffer, 1024)?;
            assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_PIPE_HANDLE);
            assert_eq!(
                client.pipe_request(URB_FUNCTION_CLOSE_STATIC_STREAMS, into).await?,
                USBD_STATUS_INVALID_PARAMETER
            );
            // Another number of them.
            assert_eq!(client.open_streams(into, 2).await?.0, USBD_STATUS_SUCCESS);
            Ok(())
        });
        let opened = events.iter().filter(|event| matches!(event, EventKind::StreamOpened(_)));
        assert_eq!(opened.count(), 4 + 32 + 2);
        let stale = events.iter().filter(|event| matches!(event, EventKind::StalePipeUsed(_)));
        assert_eq!(stale.count(), 1);
    }
}

#[test]
fn what_cannot_be_opened_is_refused() {
    with(MODEL, Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let open = client.open().await?;
        let (out, plain) = (open[&0x01].0, open[&0x02].0);
        client.ask_streams()?;
        let refused = USBD_STATUS_INVALID_PARAMETER;
        assert_eq!(client.open_streams(out, 33).await?.0, refused, "more than the endpoint has");
        assert_eq!(client.open_streams(plain, 1).await?.0, refused, "an endpoint without streams");
        assert_eq!(client.open_streams(Addr(0x1234), 1).await?.0, USBD_STATUS_INVALID_PIPE_HANDLE);
        let urb = client.urb()?;
        client.format_open(urb, out, 1)?;
        client.cpu.k().mem.at_mut::<URB_OPEN_STATIC_STREAMS>(urb)?.StreamInfoVersion = 0x101;
        assert_eq!(client.run(urb).await?, (STATUS_INVALID_PARAMETER, refused));
        client.format_open(urb, out, 1)?;
        client.cpu.k().mem.at_mut::<URB_OPEN_STATIC_STREAMS>(urb)?.StreamInfoSize = 20;
        assert_eq!(client.run(urb).await?.1, refused);
        // Something is pending on the endpoint.
        let (read, buffer) = (client.urb()?, block(&mut client.cpu.k(), 1024)?);
        client.format_bulk(read, open[&0x81].0, buffer, 1024)?;
        let pending = client.send(read).await?;
        assert_eq!(client.open_streams(open[&0x81].0, 1).await?.0, USBD_STATUS_ERROR_BUSY);
        client.abort(open[&0x81].0).await?;
        client.wait(&pending).await;
        client.cpu.k().usb.knobs.UsbVerifierFailEnableStaticStreams = 1;
        assert_eq!(client.open_streams(out, 1).await?.0, USBD_STATUS_INSUFFICIENT_RESOURCES);
        // And the endpoint is as it was.
        client.format_bulk(urb, out, buffer, 4)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_SUCCESS);
        Ok(())
    });
    with("loopback-hs", Face::Usb2, Completion::Dispatch, |client: Client| async move {
        let pipes = client.select().await?;
        assert_eq!(client.open_streams(pipes.out, 1).await?.0, USBD_STATUS_INVALID_URB_FUNCTION);
        let close = URB_FUNCTION_CLOSE_STATIC_STREAMS;
        assert_eq!(client.pipe_request(close, pipes.out).await?, USBD_STATUS_INVALID_URB_FUNCTION);
        Ok(())
    });
}

#[test]
fn what_stops_the_machine_does() {
    let opens = |count: u32, ask: bool, level: u8, twice: bool| {
        stops(move |client: Client| async move {
            let out = client.open().await?[&0x01].0;
            client.cpu.k().usb.knobs.UsbVerifierStaticStreamCountOverride = 16;
            if ask {
                client.ask_streams()?;
            }
            if twice {
                client.open_streams(out, count).await?;
            }
            let urb = client.urb()?;
            client.format_open(urb, out, count)?;
            client.cpu.k().sched.set_irql(level);
            client.send(urb).await.map(drop)
        })
    };
    let (code, [first, second, _]) = opens(4, true, DISPATCH_LEVEL, false);
    assert_eq!((code, first, second), (0x144, 0x800, 2));
    assert_eq!(opens(4, false, PASSIVE_LEVEL, false).1[0], 0x801);
    for count in [0, 17] {
        assert_eq!(opens(count, true, PASSIVE_LEVEL, false), (0x144, [0x802, count.into(), 16]));
    }
    assert_eq!(opens(4, true, PASSIVE_LEVEL, true).1[0], 0x803);
    let (code, [first, ..]) = stops(|client: Client| async move {
        let out = client.open().await?[&0x01].0;
        client.ask_streams()?;
        client.open_streams(out, 4).await?;
        client.cpu.k().usb_set_power(client.pdo, POWER_DEVICE_D2);
        client.pipe_request(URB_FUNCTION_CLOSE_STATIC_STREAMS, out).await.map(drop)
    });
    assert_eq!((code, first), (0x144, 0x805));
}

#[test]
fn a_stall_stops_every_stream_until_the_endpoint_is_reset() {
    with(MODEL, Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let into = client.open().await?[&0x81].0;
        client.ask_streams()?;
        let (_, ins) = client.open_streams(into, 2).await?;
        poke(&mut client.cpu.k(), client.pdo, usb_models::Poke::Halt { endpoint: 0x81 })?;
        let buffer = block(&mut client.cpu.k(), 2048)?;
        let (one, two) = (client.urb()?, client.urb()?);
        client.format_bulk(one, ins[0], buffer, 1024)?;
        client.format_bulk(two, ins[1], buffer.add(1024), 1024)?;
        let (first, second) = (client.send(one).await?, client.send(two).await?);
        client.wait(&first).await;
        assert_eq!(client.status_of(one)?, USBD_STATUS_STALL_PID);
        assert_eq!(second.done.get().map(|block| block.Status), None);
        client.format_bulk(one, ins[0], buffer, 1024)?;
        assert_eq!(client.run(one).await?.1, USBD_STATUS_ENDPOINT_HALTED);
        cancel_irp(&client.cpu, second.irp, Actor::System).await?;
        client.wait(&second).await;
        let reset = URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL;
        assert_eq!(client.pipe_request(reset, into).await?, USBD_STATUS_SUCCESS);
        client.format_bulk(one, ins[0], buffer, 1024)?;
        let again = client.send(one).await?;
        client.cpu.sleep(100_000).await;
        assert_eq!(again.done.get().map(|block| block.Status), None, "it waits for data");
        cancel_irp(&client.cpu, again.irp, Actor::System).await?;
        client.wait(&again).await;
        Ok(())
    });
}

#[test]
fn deconfiguring_closes_them() {
    with(MODEL, Face::Usb3, Completion::Dispatch, |client: Client| async move {
        let out = client.open().await?[&0x01].0;
        client.ask_streams()?;
        let (_, outs) = client.open_streams(out, 2).await?;
        // No configuration: the same URB structure with a NULL descriptor.
        let urb = client.urb()?;
        {
            let mut kernel = client.cpu.k();
            kernel.mem.at_mut::<URB_HEADER>(urb)?.Length = 40;
            kernel.mem.write(urb.add(24), &Addr::NULL)?;
        }
        assert_eq!(client.run(urb).await?, (NtStatus(0), 0));
        let buffer = block(&mut client.cpu.k(), 64)?;
        client.format_bulk(urb, outs[0], buffer, 64)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_INVALID_PIPE_HANDLE);
        let out = client.open().await?[&0x01].0;
        client.format_bulk(urb, out, buffer, 64)?;
        assert_eq!(client.run(urb).await?.1, USBD_STATUS_SUCCESS, "a new pipe without streams");
        Ok(())
    });
}
