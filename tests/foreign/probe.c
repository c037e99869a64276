/* Memory of user mode, read and written under __try where the compiler has it. clang guards calls only, so each
 * access is a function. */
#include "foreign.h"

ULONG peeks_finished;

#ifdef HAS_SEH

NOINLINE static ULONG read_ulong(const volatile ULONG *from)
{
    return *from;
}

NOINLINE static VOID write_bytes(volatile UCHAR *to, ULONG length)
{
    ULONG index;

    for (index = 0; index < length; index++)
        to[index] = (UCHAR)index;
}

static int filter(ULONG code)
{
    return code == (ULONG)STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

NTSTATUS peek_user(ULONG64 address, PULONG value)
{
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        __try {
            ProbeForRead((PVOID)address, sizeof(ULONG), 1);
            *value = read_ulong((PVOID)address);
        } __finally {
            peeks_finished++;
        }
    } __except (filter(GetExceptionCode())) {
        status = GetExceptionCode();
    }
    return status;
}

NTSTATUS fill_user(PVOID buffer, ULONG length)
{
    __try {
        ProbeForWrite(buffer, length, 1);
        write_bytes(buffer, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

#else

NTSTATUS peek_user(ULONG64 address, PULONG value)
{
    UNREFERENCED_PARAMETER(address);
    UNREFERENCED_PARAMETER(value);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS fill_user(PVOID buffer, ULONG length)
{
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(length);
    return STATUS_NOT_SUPPORTED;
}

#endif
