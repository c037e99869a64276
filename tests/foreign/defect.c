/* One defect for each variant, done when FOREIGN_DEFECT asks for it. */
#include "foreign.h"

#if defined(DEFECT_IMPORT)

NTKERNELAPI VOID NTAPI NtNobodyHasThis(VOID);

NTSTATUS defect(struct extension *ext)
{
    UNREFERENCED_PARAMETER(ext);
    NtNobodyHasThis();
    return STATUS_SUCCESS;
}

#elif defined(DEFECT_PAGED)

PAGED static NTSTATUS paged(struct extension *ext)
{
    return ext->started ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS defect(struct extension *ext)
{
    NTSTATUS status;
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    status = paged(ext);
    KeLowerIrql(irql);
    return status;
}

#elif defined(DEFECT_INIT)

INIT_CODE static NTSTATUS gone(struct extension *ext)
{
    return ext->started ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS defect(struct extension *ext)
{
    return gone(ext);
}

#elif defined(DEFECT_UNHANDLED)

NTSTATUS defect(struct extension *ext)
{
    UNREFERENCED_PARAMETER(ext);
    ExRaiseStatus(STATUS_UNSUCCESSFUL);
    return STATUS_SUCCESS;
}

#elif defined(DEFECT_PRIVILEGED)

NTSTATUS defect(struct extension *ext)
{
    UNREFERENCED_PARAMETER(ext);
    __asm__ volatile("wbinvd");
    return STATUS_SUCCESS;
}

#else

NTSTATUS defect(struct extension *ext)
{
    UNREFERENCED_PARAMETER(ext);
    return STATUS_INVALID_DEVICE_REQUEST;
}

#endif
