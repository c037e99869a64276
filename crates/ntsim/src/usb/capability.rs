//! `USBD_QueryUsbCapability`

use nt_trace::{NtStatus, event::CapabilityQueried};
use usb_models::Speed;

use super::{Face, USBDEX, streams::CONTROLLER_STREAMS};
use crate::{
    abi::{
        GUID,
        status::{
            STATUS_INVALID_LEVEL, STATUS_INVALID_PARAMETER, STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED,
            STATUS_SUCCESS,
        },
    },
    kernel::{
        Kernel,
        export::{Args, Export, Handler, Returns},
    },
    mem::Addr,
    sched::PASSIVE_LEVEL,
    stop::Stop,
};

/// `USBD_QueryUsbCapability`
pub(super) const EXPORTS: &[Export] = &[Export {
    module: USBDEX,
    name: "USBD_QueryUsbCapability",
    page: "usbdlib/nf-usbdlib-usbd_queryusbcapability",
    max_irql: PASSIVE_LEVEL,
    returns: Returns::Status,
    failures: &[STATUS_NOT_IMPLEMENTED.0, STATUS_NOT_SUPPORTED.0],
    handler: Handler::Sync(query_capability),
}];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Capability {
    ChainedMdls,
    StaticStreams,
    SelectiveSuspend,
    FunctionSuspend,
    HighSpeed,
    SuperSpeed,
    HighBandwidthIsochronous,
    TimeSync,
    PipeFlags,
}

const KNOWN: [(u128, &str, Capability); 9] = [
    (0xF5CE_EB23_AD90_458C_979A_D59B_3AD6_884F, "CHAINED_MDLS", Capability::ChainedMdls),
    (0x0905_1E1F_0DC9_4E6B_8B12_960C_BD81_AA8F, "STATIC_STREAMS", Capability::StaticStreams),
    (0x755C_630D_C8A0_4765_946F_90CC_7038_56A4, "SELECTIVE_SUSPEND", Capability::SelectiveSuspend),
    (0xF456_3183_D66E_42BD_BD53_1AC7_B04C_D59D, "FUNCTION_SUSPEND", Capability::FunctionSuspend),
    (
        0x81A8_85A6_F239_42A2_8397_A5D9_5BEA_6953,
        "DEVICE_CONNECTION_HIGH_SPEED_COMPATIBLE",
        Capability::HighSpeed,
    ),
    (
        0x8A2F_776C_9BD0_4F29_9771_C7A3_8846_D4C7,
        "DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE",
        Capability::SuperSpeed,
    ),
    (0x9C8A_8A27_15F9_42E3_A356_CDA6_AE97_A8C8, "HIGH_BANDWIDTH_ISOCH", Capability::HighBandwidthIsochronous),
    (0xBB6E_6472_4BE5_44A3_9641_345E_56AC_3485, "TIME_SYNC", Capability::TimeSync),
    (0x5981_9125_33A3_421A_A5DD_3763_9F30_B93E, "SSP_ISOCH_PIPE_FLAGS", Capability::PipeFlags),
];

fn query_capability(kernel: &mut Kernel, args: Args) -> Result<u64, Stop> {
    let (handle, guid) = (args.pointer(kernel, 0)?, args.pointer(kernel, 1)?);
    let (length, buffer) = (args.ulong(kernel, 2)?, args.pointer(kernel, 3)?);
    let result_length = args.pointer(kernel, 4)?;
    let wanted = if guid.is_null() { None } else { Some(kernel.mem.read::<GUID>(guid)?) };
    let known = wanted.and_then(|wanted| KNOWN.iter().find(|(guid, ..)| GUID::from_u128(*guid) == wanted));
    let capability = match (known, wanted) {
        (Some((_, name, _)), _) => (*name).into(),
        (None, Some(wanted)) => wanted.to_string().into(),
        (None, None) => "none".into(),
    };
    let known = known.map(|(.., known)| *known);
    let status = answer(kernel, handle, wanted, known, (length, buffer))?;
    let filled = if known == Some(Capability::StaticStreams) && status == STATUS_SUCCESS {
        // Nothing else fills a buffer. The page's text says USHORT, and so does the one about streams.
        let count = kernel.usb.handles.get(&handle).and_then(|handle| handle.streams).unwrap_or(0);
        kernel.mem.write(buffer, &count)?;
        2_u32
    } else {
        0
    };
    if !result_length.is_null() {
        kernel.mem.write(result_length, &filled)?;
    }
    let handle = kernel.usb_handle_name(handle);
    kernel.emit(CapabilityQueried { handle, capability, status });
    Ok(u64::from(status.0))
}

fn answer(
    kernel: &mut Kernel,
    address: Addr,
    wanted: Option<GUID>,
    known: Option<Capability>,
    (length, buffer): (u32, Addr),
) -> Result<NtStatus, Stop> {
    if kernel.sched.irql() != PASSIVE_LEVEL {
        return Ok(STATUS_INVALID_LEVEL);
    }
    let (face, pdo) = match kernel.usb_handle(address)? {
        Ok(handle) => (kernel.usb_face(handle), handle.pdo),
        Err(status) => return Ok(status),
    };
    if wanted.is_none() || (length == 0) != buffer.is_null() {
        return Ok(STATUS_INVALID_PARAMETER);
    }
    if known == Some(Capability::StaticStreams) && length < 2 {
        return Ok(STATUS_INVALID_PARAMETER);
    }
    if let Some(status) = kernel.fault("USBD_QueryUsbCapability") {
        // A stack may not know how a device is connected. It says nothing wrong of that.
        let is_speed = matches!(known, Some(Capability::HighSpeed | Capability::SuperSpeed));
        return Ok(if is_speed { STATUS_NOT_IMPLEMENTED } else { status });
    }
    let speed = kernel.usb.devices.get(&pdo).map(|device| device.model.speed());
    let mut status = support(face, speed, known);
    let knobs = &mut kernel.usb.knobs;
    let setting = match known {
        Some(Capability::ChainedMdls) => knobs.UsbVerifierFailChainedMdlSupport,
        Some(Capability::StaticStreams) => knobs.UsbVerifierFailStaticStreamsSupport,
        _ => 0,
    };
    if knobs.hits(setting) {
        status = STATUS_NOT_SUPPORTED;
    }
    let count = knobs.streams(CONTROLLER_STREAMS);
    if let Some(handle) = kernel.usb.handles.get_mut(&address) {
        handle.knows_chained_mdls |= known == Some(Capability::ChainedMdls) && status == STATUS_SUCCESS;
        if known == Some(Capability::StaticStreams) && status == STATUS_SUCCESS {
            handle.streams = Some(count);
        }
    }
    Ok(status)
}

/// What a stack supports on a connection. `STATUS_NOT_IMPLEMENTED`: the stack does not know the capability.
const fn support(face: Face, speed: Option<Speed>, known: Option<Capability>) -> NtStatus {
    let Some(capability) = known else { return STATUS_NOT_IMPLEMENTED };
    let high = matches!(speed, Some(Speed::High | Speed::Super));
    let supported = match (face, capability) {
        (_, Capability::HighSpeed) => high,
        (Face::Usb2, Capability::SelectiveSuspend) => false,
        (Face::Usb2, _) => return STATUS_NOT_IMPLEMENTED,
        (Face::Usb3, Capability::ChainedMdls) => true,
        // Streams are of SuperSpeed endpoints.
        (Face::Usb3, Capability::SuperSpeed | Capability::StaticStreams) => {
            matches!(speed, Some(Speed::Super))
        }
        // Not modelled: what is not there is not promised.
        (Face::Usb3, _) => false,
    };
    if supported { STATUS_SUCCESS } else { STATUS_NOT_SUPPORTED }
}

#[cfg(test)]
mod tests {
    use usb_models::Speed;

    use super::{Capability, support};
    use crate::{
        abi::status::{STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED, STATUS_SUCCESS},
        usb::Face,
    };

    #[test]
    fn the_older_stack_does_not_know_the_newer_capabilities() {
        let ask = |face, capability| support(face, Some(Speed::High), Some(capability));
        assert_eq!(ask(Face::Usb3, Capability::ChainedMdls), STATUS_SUCCESS);
        assert_eq!(ask(Face::Usb2, Capability::ChainedMdls), STATUS_NOT_IMPLEMENTED);
        assert_eq!(ask(Face::Usb2, Capability::HighSpeed), STATUS_SUCCESS);
        assert_eq!(ask(Face::Usb3, Capability::SuperSpeed), STATUS_NOT_SUPPORTED);
        assert_eq!(support(Face::Usb3, None, None), STATUS_NOT_IMPLEMENTED);
        assert_eq!(ask(Face::Usb3, Capability::StaticStreams), STATUS_NOT_SUPPORTED);
        let fast = |face| support(face, Some(Speed::Super), Some(Capability::StaticStreams));
        assert_eq!((fast(Face::Usb3), fast(Face::Usb2)), (STATUS_SUCCESS, STATUS_NOT_IMPLEMENTED));
    }
}
