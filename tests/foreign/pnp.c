/* PnP, power and WMI requests. */
#include "foreign.h"

static NTSTATUS NTAPI came_back(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    if (irp->PendingReturned)
        KeSetEvent((PKEVENT)context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

PAGED static NTSTATUS forward_and_wait(struct extension *ext, PIRP irp)
{
    KEVENT event;
    NTSTATUS status;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, came_back, &event, TRUE, TRUE, TRUE);
    status = IoCallDriver(ext->lower, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = irp->IoStatus.Status;
    }
    return status;
}

static NTSTATUS forward(struct extension *ext, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(ext->lower, irp);
}

PAGED static VOID read_setting(struct extension *ext)
{
    static const WCHAR name[] = L"ForeignSetting";
    UCHAR buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION value = (PVOID)buffer;
    UNICODE_STRING string;
    HANDLE key;
    ULONG length;

    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(ext->physical, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key)))
        return;
    RtlInitUnicodeString(&string, name);
    if (NT_SUCCESS(ZwQueryValueKey(key, &string, KeyValuePartialInformation, value, sizeof buffer, &length)) &&
        value->Type == REG_DWORD && value->DataLength == sizeof(ULONG))
        RtlCopyMemory(&ext->setting, value->Data, sizeof(ULONG));
    ZwClose(key);
    DbgPrint("foreign: the setting is %lu\n", ext->setting);
}

PAGED static VOID set_link(struct extension *ext, BOOLEAN on)
{
    if (ext->link_on != on) {
        ext->link_on = on;
        IoSetDeviceInterfaceState(&ext->link, on);
    }
}

PAGED static NTSTATUS start(struct extension *ext, PIRP irp)
{
    NTSTATUS status = forward_and_wait(ext, irp);

    if (NT_SUCCESS(status)) {
        read_setting(ext);
        status = configure(ext);
    }
    if (NT_SUCCESS(status)) {
        ext->started = TRUE;
        set_link(ext, TRUE);
    }
    return complete(irp, status, 0);
}

PAGED static NTSTATUS query_capabilities(struct extension *ext, PIRP irp)
{
    PDEVICE_CAPABILITIES capabilities =
        IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
    NTSTATUS status;

    if (capabilities->Version != 1 || capabilities->Size < sizeof *capabilities)
        return forward(ext, irp);
    capabilities->SurpriseRemovalOK = TRUE;
    status = forward_and_wait(ext, irp);
    if (NT_SUCCESS(status))
        capabilities->SurpriseRemovalOK = TRUE;
    return complete(irp, status, irp->IoStatus.Information);
}

PAGED static NTSTATUS remove(struct extension *ext, PIRP irp)
{
    NTSTATUS status;

    ext->started = FALSE;
    set_link(ext, FALSE);
    irp->IoStatus.Status = STATUS_SUCCESS;
    status = forward(ext, irp);
    IoReleaseRemoveLockAndWait(&ext->lock, irp);
    IoFreeWorkItem(ext->work);
    IoDetachDevice(ext->lower);
    RtlFreeUnicodeString(&ext->link);
    IoDeleteDevice(ext->self);
    return status;
}

PAGED NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *ext = device->DeviceExtension;
    NTSTATUS status;

    PAGED_CODE();
    status = IoAcquireRemoveLock(&ext->lock, irp);
    if (!NT_SUCCESS(status))
        return complete(irp, status, 0);
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_REMOVE_DEVICE:
        return remove(ext, irp);
    case IRP_MN_START_DEVICE:
        status = start(ext, irp);
        break;
    case IRP_MN_STOP_DEVICE:
        unconfigure(ext);
        ext->started = FALSE;
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = forward(ext, irp);
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        ext->started = FALSE;
        set_link(ext, FALSE);
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = forward(ext, irp);
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        status = forward(ext, irp);
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        status = query_capabilities(ext, irp);
        break;
    default:
        status = forward(ext, irp);
    }
    IoReleaseRemoveLock(&ext->lock, irp);
    return status;
}

NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *ext = device->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&ext->lock, irp);

    if (!NT_SUCCESS(status)) {
        PoStartNextPowerIrp(irp);
        return complete(irp, status, 0);
    }
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    status = PoCallDriver(ext->lower, irp);
    IoReleaseRemoveLock(&ext->lock, irp);
    return status;
}

PAGED NTSTATUS NTAPI dispatch_system_control(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *ext = device->DeviceExtension;
    NTSTATUS status;

    PAGED_CODE();
    status = IoAcquireRemoveLock(&ext->lock, irp);
    if (!NT_SUCCESS(status))
        return complete(irp, status, 0);
    status = forward(ext, irp);
    IoReleaseRemoveLock(&ext->lock, irp);
    return status;
}
