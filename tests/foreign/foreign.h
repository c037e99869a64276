/* A WDM function driver for a USB device, as many were written: in C, with the URBs that were there before the
 * USBD handle, and with what the headers put inline. Compiled for the simulator's tests by compilers that are not
 * rustc; not meant for any device. */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <ntddk.h>
#include <usb.h>
#include <usbioctl.h>
#include <usbdlib.h>

/* Of the kernel's C run-time; the headers of mingw-w64 declare it for programs only. */
int __cdecl _snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...);

/* Code that runs during DriverEntry only, and code that may be paged out. */
#define INIT_CODE __attribute__((section("INIT"), noinline))
#define PAGED __attribute__((section("PAGE"), noinline))
#define NOINLINE __attribute__((noinline))

#define POOL_TAG 0x6E677246 /* "Frgn" */

#define FOREIGN_CODE(function, method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900 + (function), (method), FILE_ANY_ACCESS)
/* Answers: what the processor and KUSER_SHARED_DATA say, as struct facts. */
#define FOREIGN_FACTS FOREIGN_CODE(0, METHOD_BUFFERED)
/* Answers: a line of UTF-16 made by _snwprintf. */
#define FOREIGN_TEXT FOREIGN_CODE(1, METHOD_BUFFERED)
/* Reads a ULONG at the user address that the input holds, and answers it. */
#define FOREIGN_PEEK FOREIGN_CODE(2, METHOD_BUFFERED)
/* Answers the device descriptor, asked for by a legacy URB. */
#define FOREIGN_DESCRIPTOR FOREIGN_CODE(3, METHOD_BUFFERED)
/* Completed by a work item. */
#define FOREIGN_WORK FOREIGN_CODE(4, METHOD_BUFFERED)
/* Writes a user buffer of its caller; the addresses come as they are. */
#define FOREIGN_NEITHER FOREIGN_CODE(5, METHOD_NEITHER)
/* Copies the input into a buffer on the stack that has a security cookie behind it. */
#define FOREIGN_COOKIE FOREIGN_CODE(6, METHOD_BUFFERED)
/* Does what the variant of the driver that was compiled does wrong. */
#define FOREIGN_DEFECT FOREIGN_CODE(7, METHOD_BUFFERED)

struct facts {
    ULONG irql_before, irql_raised, irql_after, processor;
    ULONG64 thread_inline, thread_called;
    ULONG64 system_time, interrupt_time, tick_count;
    ULONG major, minor;
};

struct extension {
    PDEVICE_OBJECT self, physical, lower;
    IO_REMOVE_LOCK lock;
    UNICODE_STRING link;
    BOOLEAN started, link_on;
    PIO_WORKITEM work;
    USBD_CONFIGURATION_HANDLE configuration;
    ULONG pipes;
    ULONG setting;
};

/* pnp.c */
NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS NTAPI dispatch_system_control(PDEVICE_OBJECT device, PIRP irp);

/* io.c */
NTSTATUS NTAPI dispatch_file(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS NTAPI dispatch_control(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

/* usb.c */
NTSTATUS submit_urb(struct extension *ext, PURB urb);
NTSTATUS read_device_descriptor(struct extension *ext, PUSB_DEVICE_DESCRIPTOR descriptor);
NTSTATUS configure(struct extension *ext);
VOID unconfigure(struct extension *ext);

/* probe.c */
NTSTATUS peek_user(ULONG64 address, PULONG value);
NTSTATUS fill_user(PVOID buffer, ULONG length);
extern ULONG peeks_finished;

/* guard.c */
NTSTATUS copy_guarded(const UCHAR *bytes, ULONG length, PULONG sum);
BOOLEAN cookie_is_initialised(VOID);

/* defect.c */
NTSTATUS defect(struct extension *ext);

#endif
