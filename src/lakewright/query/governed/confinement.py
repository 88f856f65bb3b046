"""What the kernel takes away from a process: network, files, programs, other processes.

Each function says whether the kernel agreed; nothing here raises because a machine lacks a feature. Linux only: on
other systems everything answers False, and what is in force is shown to whoever asks.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable, Mapping

MEMORY = 2 * 10**9
"""Bytes that a query may use where nothing else is said. Engines are opened with it: to change it takes time."""
_LIBC = ctypes.CDLL(None, use_errno=True)
_LINUX = sys.platform == "linux"
_CLONE_NEWNET, _CLONE_NEWUSER, _CLONE_NEWIPC = 0x40000000, 0x10000000, 0x08000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22
_SIGKILL = 9

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_NEWEST_RIGHTS = (1 << 16) - 1
_NETWORK_RIGHTS, _SCOPES = 0b11, 0b11  # bind and connect TCP; abstract sockets and signals

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_NETWORK: Mapping[str, tuple[int, int]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "accept4": (288, 242),
    "bind": (49, 200),
    "listen": (50, 201),
}
_OTHERS: Mapping[str, tuple[int, int]] = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "setns": (308, 268),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "open_by_handle_at": (304, 265),
    "kcmp": (312, 272),
    "msgget": (68, 186),
    "semget": (64, 190),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "personality": (135, 92),
}
_FORKS: Mapping[str, tuple[int, int]] = {"fork": (57, -1), "vfork": (58, -1)}
_CLONE, _CLONE3 = (56, 220), 435
_CLONE_THREAD = 0x00010000
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38


def leave_network() -> bool:
    """Moves this process (single-threaded) into user, network and IPC namespaces of its own, without any interface."""
    if not _LINUX:
        return False
    if os.geteuid() == 0 and _LIBC.unshare(_CLONE_NEWNET | _CLONE_NEWIPC) == 0:
        return True
    return bool(_LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0)


def die_with_parent() -> bool:
    """From here on the kernel kills this process when the thread that forked it ends."""
    return _LINUX and _LIBC.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0) == 0


def hide_memory() -> None:
    """No core dumps, and no look into this process's memory for others of the same user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _LINUX:
        _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 without Landlock."""
    return max(0, int(_LIBC.syscall(_LANDLOCK_CREATE, None, 0, 1))) if _LINUX else 0


def only_read(paths: Iterable[str], *, network: bool) -> bool:
    """From here on this thread, and those it starts, may open `paths` (files, or folders with all below) for reading
    and nothing else. `network` false takes TCP away too where the kernel can (Linux 6.7)."""
    abi = landlock_abi()
    if abi == 0:
        return False
    rights = _RIGHTS_BY_ABI.get(abi, _NEWEST_RIGHTS)
    net = 0 if network or abi < 4 else _NETWORK_RIGHTS
    fields = (rights, net, _SCOPES) if abi >= 6 else (rights, net) if abi >= 4 else (rights,)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = int(_LIBC.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0))
    if ruleset < 0:
        return False
    try:
        for path in paths:
            _allow(ruleset, path)
        _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(_LIBC.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str) -> None:
    """A path that is not there is left out: reading it fails by itself."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - no pathlib in a worker
        _LIBC.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def refuse_calls(*, network: bool, forks: bool) -> bool:
    """A seccomp filter without programs, tracing, mounts, signals to others; without sockets unless `network`, and
    without new processes unless `forks`. Threads and socket pairs stay possible."""
    found = _ARCHITECTURES.get(platform.machine())
    if not _LINUX or found is None:
        return False
    architecture, column = found
    refused = [numbers[column] for numbers in _OTHERS.values()]
    refused += [] if network else [numbers[column] for numbers in _NETWORK.values()]
    refused += [] if forks else [numbers[column] for numbers in _FORKS.values() if numbers[column] >= 0]
    program = _filter(architecture, refused, None if forks else _CLONE[column])
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("=HxxxxxxQ", len(program), ctypes.addressof(code))
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(_LIBC.prctl(_PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0) == 0)


def _filter(architecture: int, refused: Iterable[int], clone: int | None) -> list[bytes]:
    """BPF: load, compare, return. Calls of another architecture (or of x32) end the process."""
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06

    def step(code: int, yes: int, no: int, value: int) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    program = [step(load, 0, 0, 4), step(equal, 1, 0, architecture), step(give, 0, 0, _KILL), step(load, 0, 0, 0)]
    program += [step(at_least, 0, 1, 0x40000000), step(give, 0, 0, _KILL)]
    for number in refused:
        program += [step(equal, 0, 1, number), step(give, 0, 0, _ERRNO | _EPERM)]
    if clone is not None:  # clone3's flags cannot be seen; glibc then falls back to clone
        program += [step(equal, 0, 1, _CLONE3), step(give, 0, 0, _ERRNO | _ENOSYS)]
        program += [step(equal, 0, 3, clone), step(load, 0, 0, 16)]
        program += [step(any_bit, 1, 0, _CLONE_THREAD), step(give, 0, 0, _ERRNO | _EPERM)]
    return [*program, step(give, 0, 0, _ALLOW)]


def limit_resources(memory: int, seconds: float, threads: int, *, descriptors: int) -> None:
    """Caps this process: `memory` bytes of private memory beyond what it has, CPU seconds, open files, no file writes.

    DuckDB's own limit is the one that is met first; this one is for what DuckDB does not count.
    """
    _limit(resource.RLIMIT_DATA, _private_bytes() + int(memory * 1.5) + (512 << 20))
    _limit(resource.RLIMIT_CPU, int(seconds * max(1, threads)) + 5)
    _limit(resource.RLIMIT_NOFILE, descriptors)


def _limit(kind: int, value: int) -> None:
    _, most = resource.getrlimit(kind)
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (value, value))


def _private_bytes() -> int:
    """VmData of this process, as it was when first asked for (a confined process cannot look)."""
    return _BASELINE


def _vm_data() -> int:
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no pathlib in a worker
            found = next((line for line in status if line.startswith("VmData:")), "VmData: 0")
    except OSError:
        return 1 << 30
    return int(found.split()[1]) << 10


_BASELINE = 1 << 30


def remember_memory() -> None:
    """Takes this process's present use as what `limit_resources` counts from."""
    global _BASELINE
    _BASELINE = _vm_data()
