/* DriverEntry, AddDevice, DriverUnload. */
#include "foreign.h"

static const GUID interface_class = {
    0x6a2d0b51, 0x3c0e, 0x4a51, {0x9d, 0x27, 0x41, 0x1b, 0x7e, 0x90, 0x5c, 0x02}};

PAGED static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT physical)
{
    PDEVICE_OBJECT device = NULL;
    struct extension *ext;
    NTSTATUS status;

    PAGED_CODE();
    status = IoCreateDevice(driver, sizeof(struct extension), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    if (device == NULL)
        return STATUS_NO_SUCH_DEVICE;
    ext = device->DeviceExtension;
    RtlZeroMemory(ext, sizeof *ext);
    ext->self = device;
    ext->physical = physical;
    IoInitializeRemoveLock(&ext->lock, POOL_TAG, 0, 0);
    ext->lower = IoAttachDeviceToDeviceStack(device, physical);
    if (ext->lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    ext->work = IoAllocateWorkItem(device);
    if (ext->work == NULL) {
        status = STATUS_INSUFFICIENT_RESOURCES;
        goto detach;
    }
    status = IoRegisterDeviceInterface(physical, &interface_class, NULL, &ext->link);
    if (!NT_SUCCESS(status))
        goto free_work;
    device->Flags |= ext->lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

free_work:
    IoFreeWorkItem(ext->work);
detach:
    IoDetachDevice(ext->lower);
    IoDeleteDevice(device);
    return status;
}

PAGED static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    PAGED_CODE();
    DbgPrint("foreign: %wZ unloads, %u user addresses were read\n", &driver->DriverName, peeks_finished);
}

INIT_CODE static VOID say_hello(PUNICODE_STRING path)
{
    DbgPrint("foreign: loaded as %wZ, %s %d-bit, %c%c, %#010x, %5.3s|%-6d|%+d|%I64x, 100%%\n", path, "native", 64, 'o',
             'k', 0xBEEF, "abcdef", 42, 7, 0x123456789ABCDEFULL);
}

DRIVER_INITIALIZE DriverEntry;
INIT_CODE NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    say_hello(path);
#ifdef HAS_COOKIE
    if (!cookie_is_initialised())
        return STATUS_UNSUCCESSFUL;
#endif
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = dispatch_file;
    driver->MajorFunction[IRP_MJ_CLEANUP] = dispatch_file;
    driver->MajorFunction[IRP_MJ_CLOSE] = dispatch_file;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch_control;
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = dispatch_system_control;
    return STATUS_SUCCESS;
}
