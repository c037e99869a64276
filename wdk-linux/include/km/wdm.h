/*
 * wdm.h: mingw-w64's wdm.h, with what the driver needs and mingw-w64 lacks.
 *
 * Written from the documentation (learn.microsoft.com, windows-hardware/drivers/ddi/wdm). The file
 * included below is a mended copy that `cargo xtask` makes (docs/linux-build.md).
 */
#pragma once

/*
 * mingw-w64 defines these inline, by CR8 or by a plain store, where ntoskrnl.exe exports them on
 * Windows 10 x64 (version 2004 and later) and arm64. The inline ones are renamed out of the way, so
 * that the driver imports the routine and whoever loads it sees the call.
 */
#define KeInitializeSpinLock mingw_inline_KeInitializeSpinLock
#define KeGetCurrentIrql mingw_inline_KeGetCurrentIrql
#ifdef _M_AMD64
#define KeLowerIrql mingw_inline_KeLowerIrql
#define KfRaiseIrql mingw_inline_KfRaiseIrql
#define KeRaiseIrqlToDpcLevel mingw_inline_KeRaiseIrqlToDpcLevel
#endif

#include "mingw-w64/wdm.h"

#undef KeInitializeSpinLock
#undef KeGetCurrentIrql
#undef KeLowerIrql
#undef KfRaiseIrql
#undef KeRaiseIrqlToDpcLevel

#ifdef __cplusplus
extern "C" {
#endif

/* nf-wdm-keinitializespinlock: any IRQL. */
NTKERNELAPI VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock);

/* nf-wdm-kegetcurrentirql: any IRQL. */
NTKERNELAPI KIRQL NTAPI KeGetCurrentIrql(VOID);

/* nf-wdm-kelowerirql, nf-wdm-keraiseirqltodpclevel; KeRaiseIrql is a macro over KfRaiseIrql. */
NTKERNELAPI VOID NTAPI KeLowerIrql(KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql);
NTKERNELAPI KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID);

/*
 * nf-wdm-exallocatepool2: Windows 10, version 2004. The POOL_FLAG_* values are written in wdk-sys itself,
 * because bindgen cannot read the WDK's own literals.
 */
typedef ULONG64 POOL_FLAGS;

NTKERNELAPI PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

/* nf-wdm-etwsetinformation, ne-evntprov-event_info_class: Windows 10, PASSIVE_LEVEL. */
typedef enum _EVENT_INFO_CLASS {
  EventProviderBinaryTrackInfo,
  EventProviderSetReserved1,
  EventProviderSetTraits,
  EventProviderUseDescriptorType,
  MaxEventInfo
} EVENT_INFO_CLASS;

NTKERNELAPI NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass,
                                             PVOID EventInformation, ULONG InformationLength);

/* nf-wdm-kequeryinterrupttimeprecise: Windows 8.1, any IRQL. */
NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);

#ifdef __cplusplus
}
#endif
