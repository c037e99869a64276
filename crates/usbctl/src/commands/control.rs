//! `usbctl control`: one control transfer.

use std::{fs, io::Read as _, path::Path};

use serde::Serialize;
use usbclient_user::{ControlType, Device, Recipient, Setup};

use super::sink::Sink;
use crate::{
    cli::{self, Control},
    failure::Failure,
    interrupt,
    output::{self, hex, style, units},
    session::Session,
};

/// What a control transfer begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Packet {
    request_type: u8,
    request: u8,
    value: u16,
    index: u16,
    length: u16,
}

/// The transfer, as `--json` writes it.
#[derive(Debug, Serialize)]
struct Report {
    setup: Packet,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
}

/// Makes the transfer.
pub fn run(session: &Session, options: &Control) -> Result<(), Failure> {
    let data = data(options)?;
    let packet = packet(options, data.as_deref())?;
    let setup = setup(packet)?;
    let setup = options.timeout.map_or(setup, |timeout| setup.timeout(timeout));
    let device = session.select(options.device.as_ref())?;
    if packet.request_type & 0x80 == 0 {
        return send(session, &device, packet, setup, &data.unwrap_or_default());
    }
    let received = interrupt::wait(device.control_in(setup, packet.length))?;
    let mut sink = Sink::open(options.output.as_deref(), options.hex, session.output)?;
    sink.take(&received)?;
    let data = sink.finish()?;
    if session.output.is_json() {
        return Ok(output::json(&Report { setup: packet, bytes: received.len(), data })?);
    }
    session
        .output
        .note(&style::paint(style::DIM, &format!("received {}", units::size(received.len() as u64))));
    Ok(())
}

fn send(
    session: &Session,
    device: &Device,
    packet: Packet,
    setup: Setup,
    data: &[u8],
) -> Result<(), Failure> {
    interrupt::wait(device.control_out(setup, data))?;
    if session.output.is_json() {
        return Ok(output::json(&Report { setup: packet, bytes: data.len(), data: None })?);
    }
    session.output.note(&style::paint(style::DIM, &format!("sent {}", units::size(data.len() as u64))));
    Ok(())
}

/// What is to be sent.
fn data(options: &Control) -> Result<Option<Vec<u8>>, Failure> {
    if let Some(bytes) = &options.data {
        return Ok(Some(bytes.0.clone()));
    }
    let Some(path) = &options.input else { return Ok(None) };
    let mut data = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut data)
    } else {
        fs::File::open(path).and_then(|mut file| file.read_to_end(&mut data))
    };
    read.map_err(|error| Failure::file("cannot read", path, &error))?;
    Ok(Some(data))
}

/// The setup packet, whose length fits the data.
fn packet(options: &Control, data: Option<&[u8]>) -> Result<Packet, Failure> {
    let length = |count: usize| {
        u16::try_from(count).map_err(|_| Failure::usage("a control transfer has 65535 bytes of data at most"))
    };
    if let Some([request_type, request, v0, v1, i0, i1, l0, l1]) = options.setup {
        let packet = Packet {
            request_type,
            request,
            value: u16::from_le_bytes([v0, v1]),
            index: u16::from_le_bytes([i0, i1]),
            length: u16::from_le_bytes([l0, l1]),
        };
        let given = data.map_or(0, <[u8]>::len);
        let is_in = request_type & 0x80 != 0;
        if is_in && data.is_some() {
            return Err(Failure::usage(
                "the setup packet says that the data come from the device: leave --data and --input out",
            ));
        }
        if !is_in && given != usize::from(packet.length) {
            let what =
                format!("the setup packet announces {} bytes of data, but {given} are given", packet.length);
            return Err(Failure::usage(what));
        }
        return Ok(packet);
    }
    let given = data.map_or(0, <[u8]>::len);
    let count = options.length.map_or(given, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let direction = if options.length.is_some() { 0x80 } else { 0 };
    let kind = match options.kind {
        cli::RequestType::Standard => 0,
        cli::RequestType::Class => 0x20,
        cli::RequestType::Vendor => 0x40,
    };
    let recipient = match options.recipient {
        cli::Recipient::Device => 0,
        cli::Recipient::Interface => 1,
        cli::Recipient::Endpoint => 2,
        cli::Recipient::Other => 3,
    };
    Ok(Packet {
        request_type: direction | kind | recipient,
        request: options.request.unwrap_or_default(),
        value: options.value,
        index: options.index,
        length: length(count)?,
    })
}

/// The same for the library.
fn setup(packet: Packet) -> Result<Setup, Failure> {
    let Packet { request_type, request, value, index, .. } = packet;
    let kind = match request_type >> 5 & 3 {
        0 => ControlType::Standard,
        1 => ControlType::Class,
        2 => ControlType::Vendor,
        _ => return Err(reserved(request_type)),
    };
    let recipient = match request_type & 0x1F {
        0 => Recipient::Device,
        1 => Recipient::Interface,
        2 => Recipient::Endpoint,
        3 => Recipient::Other,
        _ => return Err(reserved(request_type)),
    };
    Ok(Setup::new(kind, request).to(recipient).value(value).index(index))
}

fn reserved(request_type: u8) -> Failure {
    Failure::usage(format!("bmRequestType {} has a reserved type or recipient", hex::plain(&[request_type])))
}
