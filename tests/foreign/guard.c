/* What a compiler needs beside the code: the security cookie and the load configuration that names it, and the marker
 * that floating point would need. */
#include "foreign.h"

int _fltused;

#ifdef __clang__

/* clang 14 declares these two and leaves them to a library. */
unsigned long __readcr8(void)
{
    ULONG64 irql;

    __asm__ volatile("mov %%cr8, %0" : "=r"(irql));
    return (unsigned long)irql;
}

void __writecr8(unsigned int irql)
{
    __asm__ volatile("mov %0, %%cr8" : : "r"((ULONG64)irql) : "memory");
}

#endif

#ifdef HAS_COOKIE

#define DEFAULT_COOKIE 0x00002B992DDFA232ULL

ULONG_PTR __security_cookie = DEFAULT_COOKIE;

struct load_configuration {
    ULONG size, stamp, unused[20];
    ULONG_PTR *cookie;
    ULONG64 handlers[2];
};
_Static_assert(FIELD_OFFSET(struct load_configuration, cookie) == 0x58, "where Windows looks for it");

const struct load_configuration _load_config_used __attribute__((used)) = {
    sizeof(struct load_configuration), 0, {0}, &__security_cookie, {0}};

VOID __security_check_cookie(ULONG_PTR cookie)
{
    if (cookie != __security_cookie)
        __asm__ volatile("int $0x29" : : "c"(2ULL));
}

BOOLEAN cookie_is_initialised(VOID)
{
    return *(volatile ULONG_PTR *)&__security_cookie != DEFAULT_COOKIE;
}

#endif

#ifdef DEFECT_COOKIE
#define LIMIT(length) (length)
#else
#define LIMIT(length) min(length, sizeof buffer)
#endif

NOINLINE NTSTATUS copy_guarded(const UCHAR *bytes, ULONG length, PULONG sum)
{
    volatile UCHAR buffer[16];
    ULONG index;

    for (index = 0; index < LIMIT(length); index++)
        buffer[index] = bytes[index];
    *sum = 0;
    for (index = 0; index < min(length, sizeof buffer); index++)
        *sum += buffer[index];
    return STATUS_SUCCESS;
}
