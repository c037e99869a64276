/*
 * arm64ddk.h: the processor's part of wdm.h and ntddk.h for arm64, which mingw-w64 has not.
 *
 * Only what its other headers and the driver refer to. Written from the documentation.
 */
#pragma once

typedef struct _KFLOATING_SAVE {
  ULONG Dummy;
} KFLOATING_SAVE, *PKFLOATING_SAVE;

NTKERNELAPI struct _KTHREAD *NTAPI KeGetCurrentThread(VOID);
