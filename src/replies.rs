//! What the driver answers of its own knowledge, copied to the system buffer.

use usbclient_core::{
    capabilities::StaticStreams, descriptors::settings_of, files::File, streams::Count, transfer::Speed,
};
use usbclient_protocol::{
    Count as CountReply, DeviceInfo, InterfaceEntry, PipeEntry, PipeListHeader, capability,
    status::{
        STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_DEVICE_NOT_READY, STATUS_SUCCESS, Status,
    },
};

use crate::{
    files::Files,
    gate::Configured,
    nt::irp::Irp,
    request::{Plan, write_at},
};

/// The version of the interface that is described in [`usbclient_protocol`].
const VERSION: u32 = 1;

/// Copies as much as fits. core has checked that the smallest reply does.
///
/// # Errors
///
/// `STATUS_DEVICE_NOT_READY`: there is nothing, because no configuration is selected.
pub fn bytes(irp: &mut Irp, bytes: &[u8]) -> Result<Plan, Status> {
    if bytes.is_empty() {
        return Err(STATUS_DEVICE_NOT_READY);
    }
    let output = irp.output();
    let length = bytes.len().min(output.len());
    write_at(output, 0, bytes.get(..length).unwrap_or(bytes)).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Ok(Plan::Complete(STATUS_SUCCESS, length))
}

/// `GET_PIPES`
pub fn pipes(irp: &mut Irp, configured: &Configured) -> Plan {
    let header = PipeListHeader { count: count(configured.pipes.len()) };
    let entries = configured.endpoints.iter().zip(&configured.pipes).map(|(endpoint, pipe)| {
        let alternate = configured.alternate(endpoint.interface).unwrap_or(0);
        PipeEntry {
            interface: endpoint.interface,
            endpoint: endpoint.address,
            attributes: endpoint.attributes,
            interval: endpoint.interval,
            max_packet_size: endpoint.max_packet_size,
            alternate,
            max_burst: pipe.max_burst,
            max_transfer_size: pipe.limit,
            max_streams: Count::most(configured.capabilities.static_streams.as_ref(), pipe.max_streams),
            reserved: 0,
        }
        .encode()
    });
    list(irp, &header.encode(), entries)
}

/// `GET_INTERFACES`
pub fn interfaces(irp: &mut Irp, configured: &Configured, files: &Files, file: Option<&File>) -> Plan {
    let header = CountReply { count: count(configured.settings.len()) };
    let entries = configured.settings.iter().map(|setting| {
        let mut entry = InterfaceEntry {
            number: setting.number,
            alternate: setting.alternate,
            claim: files.claim_state(file, setting.number),
            ..InterfaceEntry::default()
        };
        for found in settings_of(&configured.descriptor, setting.number).flatten() {
            entry.alternate_count = entry.alternate_count.saturating_add(1);
            if found.alternate == setting.alternate {
                entry.endpoint_count = found.endpoint_count;
                (entry.class, entry.subclass, entry.protocol) = (found.class, found.subclass, found.protocol);
            }
        }
        entry.encode()
    });
    list(irp, &header.encode(), entries)
}

/// `GET_DEVICE_INFO`
///
/// # Errors
///
/// `STATUS_BUFFER_TOO_SMALL`, which core has checked.
pub fn device_info(irp: &mut Irp, configured: &Configured, is_function: bool) -> Result<Plan, Status> {
    let device = &configured.device_descriptor;
    let known = &configured.capabilities;
    let bits = [
        (known.chained_mdls.is_some(), capability::CHAINED_MDLS),
        (known.static_streams.is_some(), capability::STREAMS),
        (known.selective_suspend, capability::SELECTIVE_SUSPEND),
        (is_function, capability::IS_FUNCTION),
    ];
    let info = DeviceInfo {
        version: VERSION,
        speed: match configured.limits.speed {
            Speed::Low => 0,
            Speed::Full => 1,
            Speed::High => 2,
            Speed::Super => 3,
        },
        configuration: configured.value(),
        interface_count: u8::try_from(configured.settings.len()).unwrap_or(u8::MAX),
        configuration_count: device.configuration_count(),
        capabilities: bits.iter().filter(|(has, _bit)| *has).fold(0, |bits, (_has, bit)| bits | bit),
        max_streams: known.static_streams.as_ref().map_or(0, StaticStreams::count),
        control_maximum: configured.control_maximum,
        vendor: device.vendor(),
        product: device.product(),
        release: device.release(),
        usb: device.usb(),
    };
    let encoded = info.encode();
    write_at(irp.output(), 0, &encoded).ok_or(STATUS_BUFFER_TOO_SMALL)?;
    Ok(Plan::Complete(STATUS_SUCCESS, encoded.len()))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Copies a header and as many whole entries as fit.
fn list<const N: usize>(irp: &mut Irp, header: &[u8], entries: impl Iterator<Item = [u8; N]>) -> Plan {
    let output = irp.output();
    if write_at(output, 0, header).is_none() {
        return Plan::Complete(STATUS_BUFFER_TOO_SMALL.nt(), 0);
    }
    let mut length = header.len();
    for entry in entries {
        if write_at(output, length, &entry).is_none() {
            return Plan::Complete(STATUS_BUFFER_OVERFLOW.nt(), length);
        }
        length = length.saturating_add(N);
    }
    Plan::Complete(STATUS_SUCCESS, length)
}
