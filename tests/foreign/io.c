/* Files and device control requests. */
#include "foreign.h"

NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS NTAPI dispatch_file(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *ext = device->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&ext->lock, irp);

    if (!NT_SUCCESS(status))
        return complete(irp, status, 0);
    status = complete(irp, STATUS_SUCCESS, 0);
    IoReleaseRemoveLock(&ext->lock, irp);
    return status;
}

/* What is inline here: CR8, gs:[188h], and reads of KUSER_SHARED_DATA. */
static VOID tell_facts(struct facts *facts)
{
    LARGE_INTEGER time;
    KIRQL irql;

    RtlZeroMemory(facts, sizeof *facts);
    facts->irql_before = KeGetCurrentIrql();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    facts->irql_raised = KeGetCurrentIrql();
    facts->processor = KeGetCurrentProcessorNumber();
    KeLowerIrql(irql);
    facts->irql_after = KeGetCurrentIrql();
    facts->thread_inline = (ULONG64)KeGetCurrentThread();
    facts->thread_called = (ULONG64)PsGetCurrentThread();
    KeQuerySystemTime(&time);
    facts->system_time = time.QuadPart;
    KeQueryTickCount(&time);
    facts->tick_count = time.QuadPart;
    facts->interrupt_time = KeQueryInterruptTime();
    facts->major = *(volatile ULONG *)(KI_USER_SHARED_DATA + 0x26C);
    facts->minor = *(volatile ULONG *)(KI_USER_SHARED_DATA + 0x270);
}

static VOID NTAPI do_work(PDEVICE_OBJECT device, PVOID context)
{
    struct extension *ext = device->DeviceExtension;
    PIRP irp = context;


    complete(irp, STATUS_SUCCESS, 0);
    IoReleaseRemoveLock(&ext->lock, irp);
}

/* What is left when the buffers are checked. Gives the bytes that were moved. */
static NTSTATUS answer(struct extension *ext, PIRP irp, PIO_STACK_LOCATION stack, PULONG_PTR moved)
{
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_BUFFER_TOO_SMALL;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case FOREIGN_FACTS:
        if (out < sizeof(struct facts))
            return status;
        tell_facts(buffer);
        *moved = sizeof(struct facts);
        return STATUS_SUCCESS;
    case FOREIGN_TEXT: {
        int length;

        if (out < 64 * sizeof(WCHAR))
            return status;
        length = _snwprintf(buffer, out / sizeof(WCHAR), L"%s|%S|%04hx|%-5d|%5u|%p", L"wide", "narrow", 0xABCD, -3,
                            17, NULL);
        if (length < 0)
            return status;
        *moved = length * sizeof(WCHAR);
        return STATUS_SUCCESS;
    }
    case FOREIGN_PEEK: {
        ULONG value = 0;

        if (in < sizeof(ULONG64) || out < sizeof value)
            return status;
        status = peek_user(*(ULONG64 *)buffer, &value);
        if (NT_SUCCESS(status)) {
            *(ULONG *)buffer = value;
            *moved = sizeof value;
        }
        return status;
    }
    case FOREIGN_DESCRIPTOR: {
        USB_DEVICE_DESCRIPTOR descriptor;

        if (out < sizeof descriptor)
            return status;
        status = read_device_descriptor(ext, &descriptor);
        if (NT_SUCCESS(status)) {
            RtlCopyMemory(buffer, &descriptor, sizeof descriptor);
            *moved = sizeof descriptor;
        }
        return status;
    }
    case FOREIGN_NEITHER:
        status = fill_user(irp->UserBuffer, out);
        if (NT_SUCCESS(status))
            *moved = out;
        return status;
    case FOREIGN_COOKIE: {
        ULONG sum = 0;

        if (out < sizeof sum)
            return status;
        status = copy_guarded(buffer, in, &sum);
        if (NT_SUCCESS(status)) {
            *(ULONG *)buffer = sum;
            *moved = sizeof sum;
        }
        return status;
    }
    case FOREIGN_DEFECT:
        return defect(ext);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS NTAPI dispatch_control(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *ext = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG_PTR moved = 0;
    NTSTATUS status = IoAcquireRemoveLock(&ext->lock, irp);

    if (!NT_SUCCESS(status))
        return complete(irp, status, 0);
    if (!ext->started || KeGetCurrentIrql() != PASSIVE_LEVEL) {
        status = STATUS_DEVICE_NOT_CONNECTED;
    } else if (stack->Parameters.DeviceIoControl.IoControlCode == FOREIGN_WORK) {
        IoMarkIrpPending(irp);
        IoQueueWorkItem(ext->work, do_work, DelayedWorkQueue, irp);
        return STATUS_PENDING;
    } else {
        status = answer(ext, irp, stack, &moved);
    }
    status = complete(irp, status, moved);
    IoReleaseRemoveLock(&ext->lock, irp);
    return status;
}
