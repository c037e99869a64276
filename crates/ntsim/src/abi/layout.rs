//! Compares the structures with `layout-x64.txt`, made from the published WDK headers (10.0.26100, x64).
//! A name of the form `_X__bindgen_ty_N` there is the N-th unnamed type inside `_X`.

use std::{collections::BTreeMap, mem::offset_of};

use super::{urb::*, *};

struct Layout {
    size: usize,
    align: usize,
    fields: Vec<(&'static str, usize)>,
}

fn published() -> BTreeMap<&'static str, Layout> {
    include_str!("layout-x64.txt").lines().filter_map(parse).collect()
}

fn parse(line: &'static str) -> Option<(&'static str, Layout)> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let size = words.next()?.strip_prefix("size=")?.parse().ok()?;
    let align = words.next()?.strip_prefix("align=")?.parse().ok()?;
    let fields = words.filter_map(|word| word.split_once('@'));
    let fields = fields.filter_map(|(field, at)| Some((field, at.parse().ok()?))).collect();
    Some((name, Layout { size, align, fields }))
}

macro_rules! compare {
    ($published:ident; $($ty:ident as $name:literal: $($field:ident)*;)*) => {$({
        let layout = $published.remove($name).expect($name);
        // The views of `Parameters` are as large as the union here, so that they can be cast.
        let view = stringify!($ty).ends_with("_PARAMETERS");
        let (size, align) = if view { (32, align_of::<$ty>()) } else { (layout.size, layout.align) };
        assert_eq!((size_of::<$ty>(), align_of::<$ty>()), (size, align), "size and alignment of {}", $name);
        let fields: Vec<(&str, usize)> = vec![$((stringify!($field), offset_of!($ty, $field))),*];
        assert_eq!(fields, layout.fields, $name);
    })*};
}

#[test]
fn structures_are_laid_out_as_published() {
    let mut published = published();
    compare! { published;
        LIST_ENTRY as "_LIST_ENTRY": Flink Blink;
        UNICODE_STRING as "_UNICODE_STRING": Length MaximumLength Buffer;
        DISPATCHER_HEADER as "_DISPATCHER_HEADER": SignalState WaitListHead;
        KEVENT as "_KEVENT": Header;
        KTIMER as "_KTIMER": Header DueTime TimerListEntry Dpc Processor TimerType Period;
        KDPC as "_KDPC": DpcListEntry ProcessorHistory DeferredRoutine DeferredContext SystemArgument1 SystemArgument2 DpcData;
        DEVICE_OBJECT as "_DEVICE_OBJECT": Type Size ReferenceCount DriverObject NextDevice AttachedDevice CurrentIrp Timer Flags Characteristics Vpb DeviceExtension DeviceType StackSize Queue AlignmentRequirement DeviceQueue Dpc ActiveThreadCount SecurityDescriptor DeviceLock SectorSize Spare1 DeviceObjectExtension Reserved;
        DEVOBJ_EXTENSION as "_DEVOBJ_EXTENSION": Type Size DeviceObject PowerFlags Dope ExtensionFlags DeviceNode AttachedTo StartIoCount StartIoKey StartIoFlags Vpb DependencyNode InterruptContext InterruptCount VerifierContext;
        DRIVER_OBJECT as "_DRIVER_OBJECT": Type Size DeviceObject Flags DriverStart DriverSize DriverSection DriverExtension DriverName HardwareDatabase FastIoDispatch DriverInit DriverStartIo DriverUnload MajorFunction;
        DRIVER_EXTENSION as "_DRIVER_EXTENSION": DriverObject AddDevice Count ServiceKeyName;
        FILE_OBJECT as "_FILE_OBJECT": Type Size DeviceObject Vpb FsContext FsContext2 SectionObjectPointer PrivateCacheMap FinalStatus RelatedFileObject LockOperation DeletePending ReadAccess WriteAccess DeleteAccess SharedRead SharedWrite SharedDelete Flags FileName CurrentByteOffset Waiters Busy LastLock Lock Event CompletionContext IrpListLock IrpList FileObjectExtension;
        MDL as "_MDL": Next Size MdlFlags Process MappedSystemVa StartVa ByteCount ByteOffset;
        IO_REMOVE_LOCK as "_IO_REMOVE_LOCK_COMMON_BLOCK": Removed Reserved IoCount RemoveEvent;
        IO_REMOVE_LOCK_DBG_BLOCK as "_IO_REMOVE_LOCK_DBG_BLOCK": Signature HighWatermark MaxLockedTicks AllocateTag LockList Spin LowMemoryCount Reserved1 Reserved2 Blocks;
        DEVICE_CAPABILITIES as "_DEVICE_CAPABILITIES": Size Version Address UINumber DeviceState SystemWake DeviceWake D1Latency D2Latency D3Latency;
        INTERFACE as "_INTERFACE": Size Version Context InterfaceReference InterfaceDereference;
        DEVICE_RELATIONS as "_DEVICE_RELATIONS": Count Objects;
        IO_STATUS_BLOCK as "_IO_STATUS_BLOCK": Information;
        IRP as "_IRP": Type Size MdlAddress Flags AssociatedIrp ThreadListEntry IoStatus RequestorMode PendingReturned StackCount CurrentLocation Cancel CancelIrql ApcEnvironment AllocationFlags UserEvent Overlay CancelRoutine UserBuffer Tail;
        IRP_TAIL_OVERLAY as "_IRP__bindgen_ty_4__bindgen_ty_1": Thread AuxiliaryBuffer OriginalFileObject;
        IO_STACK_LOCATION as "_IO_STACK_LOCATION": MajorFunction MinorFunction Flags Control Parameters DeviceObject FileObject CompletionRoutine Context;
        IO_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_39": Argument1 Argument2 Argument3 Argument4;
        CREATE_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_1": SecurityContext Options FileAttributes ShareAccess EaLength;
        READ_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_4": Length Key Flags ByteOffset;
        DEVICE_IO_CONTROL_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_17": OutputBufferLength InputBufferLength IoControlCode Type3InputBuffer;
        QUERY_DEVICE_RELATIONS_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_25": Type;
        QUERY_INTERFACE_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_26": InterfaceType Size Version Interface InterfaceSpecificData;
        DEVICE_CAPABILITIES_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_27": Capabilities;
        QUERY_ID_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_31": IdType;
        USAGE_NOTIFICATION_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_33": InPath Reserved Type;
        POWER_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_36": Type State ShutdownType;
        START_DEVICE_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_37": AllocatedResources AllocatedResourcesTranslated;
        WMI_PARAMETERS as "_IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_38": ProviderId DataPath BufferSize Buffer;
        URB_HEADER as "_URB_HEADER": Length Function Status UsbdDeviceHandle UsbdFlags;
        URB_HCD_AREA as "_URB_HCD_AREA": Reserved8;
        URB_PIPE_REQUEST as "_URB_PIPE_REQUEST": Hdr PipeHandle Reserved;
        URB_GET_CURRENT_FRAME_NUMBER as "_URB_GET_CURRENT_FRAME_NUMBER": Hdr FrameNumber;
        URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS as "_URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS": Hdr PipeHandle MaximumSendPathDelayInMilliSeconds MaximumCompletionPathDelayInMilliSeconds;
        USBD_PIPE_INFORMATION as "_USBD_PIPE_INFORMATION": MaximumPacketSize EndpointAddress Interval PipeType PipeHandle MaximumTransferSize PipeFlags;
        USBD_INTERFACE_INFORMATION as "_USBD_INTERFACE_INFORMATION": Length InterfaceNumber AlternateSetting Class SubClass Protocol Reserved InterfaceHandle NumberOfPipes Pipes;
        USBD_INTERFACE_LIST_ENTRY as "_USBD_INTERFACE_LIST_ENTRY": InterfaceDescriptor Interface;
        URB_SELECT_CONFIGURATION as "_URB_SELECT_CONFIGURATION": Hdr ConfigurationDescriptor ConfigurationHandle Interface;
        URB_SELECT_INTERFACE as "_URB_SELECT_INTERFACE": Hdr ConfigurationHandle Interface;
        USBD_STREAM_INFORMATION as "_USBD_STREAM_INFORMATION": PipeHandle StreamID MaximumTransferSize PipeFlags;
        URB_OPEN_STATIC_STREAMS as "_URB_OPEN_STATIC_STREAMS": Hdr PipeHandle NumberOfStreams StreamInfoVersion StreamInfoSize Streams;
        URB_BULK_OR_INTERRUPT_TRANSFER as "_URB_BULK_OR_INTERRUPT_TRANSFER": Hdr PipeHandle TransferFlags TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca;
        USBD_ISO_PACKET_DESCRIPTOR as "_USBD_ISO_PACKET_DESCRIPTOR": Offset Length Status;
        URB_ISOCH_TRANSFER as "_URB_ISOCH_TRANSFER": Hdr PipeHandle TransferFlags TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca StartFrame NumberOfPackets ErrorCount IsoPacket;
        URB_CONTROL_TRANSFER as "_URB_CONTROL_TRANSFER": Hdr PipeHandle TransferFlags TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca SetupPacket;
        URB_CONTROL_TRANSFER_EX as "_URB_CONTROL_TRANSFER_EX": Hdr PipeHandle TransferFlags TransferBufferLength TransferBuffer TransferBufferMDL Timeout hca SetupPacket;
        URB_CONTROL_DESCRIPTOR_REQUEST as "_URB_CONTROL_DESCRIPTOR_REQUEST": Hdr Reserved Reserved0 TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca Reserved1 Index DescriptorType LanguageId Reserved2;
        URB_CONTROL_GET_STATUS_REQUEST as "_URB_CONTROL_GET_STATUS_REQUEST": Hdr Reserved Reserved0 TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca Reserved1 Index Reserved2;
        URB_CONTROL_FEATURE_REQUEST as "_URB_CONTROL_FEATURE_REQUEST": Hdr Reserved Reserved2 Reserved3 Reserved4 Reserved5 UrbLink hca Reserved0 FeatureSelector Index Reserved1;
        URB_CONTROL_VENDOR_OR_CLASS_REQUEST as "_URB_CONTROL_VENDOR_OR_CLASS_REQUEST": Hdr Reserved TransferFlags TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca RequestTypeReservedBits Request Value Index Reserved1;
        URB_CONTROL_GET_INTERFACE_REQUEST as "_URB_CONTROL_GET_INTERFACE_REQUEST": Hdr Reserved Reserved0 TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca Reserved1 Interface Reserved2;
        URB_CONTROL_GET_CONFIGURATION_REQUEST as "_URB_CONTROL_GET_CONFIGURATION_REQUEST": Hdr Reserved Reserved0 TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca Reserved1;
        URB_OS_FEATURE_DESCRIPTOR_REQUEST as "_URB_OS_FEATURE_DESCRIPTOR_REQUEST": Hdr Reserved Reserved0 TransferBufferLength TransferBuffer TransferBufferMDL UrbLink hca Reserved2 InterfaceNumber MS_PageIndex MS_FeatureDescriptorIndex Reserved3;
    }
    let urb = published.remove("_URB").expect("_URB");
    assert_eq!(URB_SIZE, urb.size);
    assert!(published.is_empty(), "not compared: {:?}", published.keys());
    assert_eq!(size_of::<IO_REMOVE_LOCK_VERIFIED>(), 120);
    assert_eq!(size_of::<GUID>(), 16);
}

#[test]
fn unnamed_unions_lie_where_the_named_fields_leave_room() {
    assert_eq!(offset_of!(IRP, UserIosb), 72);
    assert_eq!(offset_of!(IRP, Tail) + offset_of!(IRP_TAIL_OVERLAY, CurrentStackLocation), 184);
    assert_eq!(offset_of!(IRP_TAIL_OVERLAY, ListEntry), 48);
    assert_eq!(offset_of!(DISPATCHER_HEADER, Type), 0);
    assert_eq!(offset_of!(DEVICE_CAPABILITIES, Flags), 4);
    assert_eq!(offset_of!(POWER_PARAMETERS, SystemContext), 0);
    assert_eq!(offset_of!(urb::URB_CONTROL_TRANSFER_EX, Timeout), 56);
}
