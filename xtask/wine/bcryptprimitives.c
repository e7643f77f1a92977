/* A library that every Windows has and Wine 8.0 lacks, for starting tipline-seal in the tests; it is never handed out.
   Rust's standard library draws random numbers from it. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom of advapi32 */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
    return length <= 0xffffffff && SystemFunction036(buffer, (ULONG)length);
}
