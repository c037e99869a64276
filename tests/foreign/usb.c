/* Legacy URBs: in pool, sent by IoBuildDeviceIoControlRequest. */
#include "foreign.h"

PAGED NTSTATUS submit_urb(struct extension *ext, PURB urb)
{
    IO_STATUS_BLOCK io = {{0}, 0};
    KEVENT event;
    NTSTATUS status;
    PIRP irp;

    PAGED_CODE();
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(IOCTL_INTERNAL_USB_SUBMIT_URB, ext->lower, NULL, 0, NULL, 0, TRUE, &event, &io);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoGetNextIrpStackLocation(irp)->Parameters.Others.Argument1 = urb;
    status = IoCallDriver(ext->lower, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = io.Status;
    }
    return status;
}

PAGED static NTSTATUS get_descriptor(struct extension *ext, UCHAR type, PVOID buffer, ULONG length)
{
    PURB urb = ExAllocatePoolWithTag(NonPagedPool, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST), POOL_TAG);
    NTSTATUS status;

    if (urb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(urb, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST));
    UsbBuildGetDescriptorRequest(urb, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST), type, 0, 0, buffer, NULL,
                                 length, NULL);
    status = submit_urb(ext, urb);
    if (NT_SUCCESS(status) && urb->UrbControlDescriptorRequest.TransferBufferLength < length)
        status = STATUS_DEVICE_DATA_ERROR;
    ExFreePoolWithTag(urb, POOL_TAG);
    return status;
}

PAGED NTSTATUS read_device_descriptor(struct extension *ext, PUSB_DEVICE_DESCRIPTOR descriptor)
{
    PAGED_CODE();
    return get_descriptor(ext, USB_DEVICE_DESCRIPTOR_TYPE, descriptor, sizeof *descriptor);
}

PAGED static NTSTATUS select(struct extension *ext, PUSB_CONFIGURATION_DESCRIPTOR descriptor)
{
    USBD_INTERFACE_LIST_ENTRY list[2] = {{NULL, NULL}, {NULL, NULL}};
    NTSTATUS status;
    PURB urb;

    list[0].InterfaceDescriptor =
        USBD_ParseConfigurationDescriptorEx(descriptor, descriptor, -1, 0, -1, -1, -1);
    if (list[0].InterfaceDescriptor == NULL)
        return STATUS_DEVICE_DATA_ERROR;
    urb = USBD_CreateConfigurationRequestEx(descriptor, list);
    if (urb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = submit_urb(ext, urb);
    if (NT_SUCCESS(status)) {
        ext->configuration = urb->UrbSelectConfiguration.ConfigurationHandle;
        ext->pipes = list[0].Interface->NumberOfPipes;
        DbgPrint("foreign: configured, interface %u has %lu pipes, %hu bytes\n", list[0].Interface->InterfaceNumber,
                 ext->pipes, list[0].Interface->Length);
    }
    ExFreePool(urb);
    return status;
}

PAGED NTSTATUS configure(struct extension *ext)
{
    USB_CONFIGURATION_DESCRIPTOR head;
    PUSB_CONFIGURATION_DESCRIPTOR all;
    NTSTATUS status;

    PAGED_CODE();
    status = get_descriptor(ext, USB_CONFIGURATION_DESCRIPTOR_TYPE, &head, sizeof head);
    if (!NT_SUCCESS(status))
        return status;
    if (head.wTotalLength < sizeof head)
        return STATUS_DEVICE_DATA_ERROR;
    all = ExAllocatePoolWithTag(NonPagedPool, head.wTotalLength, POOL_TAG);
    if (all == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = get_descriptor(ext, USB_CONFIGURATION_DESCRIPTOR_TYPE, all, head.wTotalLength);
    if (NT_SUCCESS(status))
        status = all->wTotalLength == head.wTotalLength ? select(ext, all) : STATUS_DEVICE_DATA_ERROR;
    ExFreePoolWithTag(all, POOL_TAG);
    return status;
}

PAGED VOID unconfigure(struct extension *ext)
{
    struct _URB_SELECT_CONFIGURATION *urb;

    PAGED_CODE();
    urb = ExAllocatePoolWithTag(NonPagedPool, sizeof *urb, POOL_TAG);
    if (urb == NULL)
        return;
    RtlZeroMemory(urb, sizeof *urb);
    UsbBuildSelectConfigurationRequest((PURB)urb, sizeof *urb, NULL);
    submit_urb(ext, (PURB)urb);
    ExFreePoolWithTag(urb, POOL_TAG);
    ext->pipes = 0;
}
