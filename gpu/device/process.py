"""What a process does once before it runs shards."""

import ctypes
import platform
import sys
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc


@cache
def settle_process() -> None:
    """Make this process a good worker: one thread, and temporaries that stay mapped.

    glibc returns every large temporary to the kernel and faults it in again, at up to three times the cost
    of the arithmetic; two numbers to ``mallopt`` stop that. Where torch is loaded it keeps to one thread:
    on a busy machine its spinning barriers cost more than they win.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
