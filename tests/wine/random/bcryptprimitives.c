/*
 * The one routine of bcryptprimitives.dll that Rust's standard library imports, for Wine 8, which lacks the module.
 * It lies beside the programs of the tests. https://learn.microsoft.com/windows/win32/seccng/processprng
 */

unsigned char __stdcall SystemFunction036(void *buffer, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *data, unsigned long long length)
{
    while (length != 0) {
        unsigned long part = length > 0x10000 ? 0x10000 : (unsigned long)length;

        if (!SystemFunction036(data, part))
            return 0;
        data += part;
        length -= part;
    }
    return 1;
}

int __stdcall start(void *module, unsigned long reason, void *reserved)
{
    (void)module;
    (void)reason;
    (void)reserved;
    return 1;
}
