"""Starts a command that cannot see the developer's files, processes and network (Linux only).

Run as a program, never imported: `confined.py DOCUMENT COMMAND…` with DOCUMENT as JSON, `{shown, home}`.
It makes user, mount, process, network and IPC namespaces (namespaces(7)), and a new root with the
system's programs and the `shown` paths, all read-only, an empty /tmp and `home`. It runs COMMAND there,
and ends like the command, or with UNCONFINED and the reason on stderr.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

UNCONFINED = 97
"""The namespaces were not available; the command did not run."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
_SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives",
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_PDEATHSIG, _NO_NEW_PRIVS = 1, 38
# statvfs(3) → mount(2). A user namespace may not drop a flag that was set (mount_namespaces(7)).
_KEPT = {1: 1, 2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    document = json.loads(sys.argv[1])
    try:
        _leave_behind()
    except OSError as error:
        print(f"no new namespace: {error.strerror}", file=sys.stderr)
        return UNCONFINED
    return _watch(document["shown"], document["home"], sys.argv[2:])


def _leave_behind() -> None:
    """Enter new namespaces. Raises OSError where this user may not."""
    user, group = os.geteuid(), os.getegid()
    _call(_libc.unshare(_NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC))
    # user_namespaces(7): without rights outside, a process maps only itself, without setgroups.
    for name, text in (
        ("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1"),
    ):  # fmt: skip
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # starts faster
            file.write(text)


def _watch(shown: list[str], home: str, command: list[str]) -> int:
    """Run the command as the first process of its namespace: everything it started ends with it."""
    child = os.fork()
    if child == 0:
        try:
            _call(_libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
            _call(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
            folder = os.getcwd()
            _root(shown, home)
            os.chdir(folder)
            os.execv(command[0], command)
        except OSError as error:
            print(f"no new root: {error.filename or ''} {error.strerror}", file=sys.stderr, flush=True)
            os._exit(UNCONFINED)
    # Input and output belong to the child alone.
    os.closerange(0, 2)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        os.kill(os.getpid(), -status)
    return status


def _root(shown: list[str], home: str) -> None:
    """A root with nothing but the paths listed above and `shown`: folders, and links to files."""
    _mount(None, "/", None, _REC | _PRIVATE)
    # Mounted over an existing folder, so that nothing has to be created outside.
    new = "/tmp" if os.path.isdir("/tmp") else "/mnt"  # hidden below, never written to
    links = {path: os.readlink(path) for path in shown if os.path.islink(path) and not os.path.isdir(path)}
    seen = [(path, os.open(path, os.O_PATH)) for path in dict.fromkeys(shown) if path not in links]
    _mount("tmpfs", new, "tmpfs", _NOSUID | _NODEV)
    for path in (*_SYSTEM, *_SETTINGS, *_DEVICES):
        if os.path.islink(path):
            os.makedirs(new + os.path.dirname(path), exist_ok=True)
            os.symlink(os.readlink(path), new + path)
        elif os.path.exists(path):
            _bind(path, new + path, writable=path in _DEVICES)
    for path, descriptor in seen:
        _bind(f"/proc/self/fd/{descriptor}", new + path)
        os.close(descriptor)
    for path, target in links.items():
        if not os.path.lexists(new + path):  # /bin may lead to /usr/bin
            os.makedirs(new + os.path.dirname(path), exist_ok=True)
            os.symlink(target, new + path)
    for folder in ("/tmp", "/proc", home):  # as in Lambda
        os.makedirs(new + folder, exist_ok=True)
    try:
        _mount("proc", new + "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    except OSError:
        pass  # a container may forbid it; then the handler has no /proc, which is as safe
    os.chdir(new)
    _call(_libc.pivot_root(b".", b"."))
    _call(_libc.umount2(b".", _DETACH))
    os.chdir("/")


def _bind(source: str, target: str, *, writable: bool = False) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    _mount(source, target, None, _BIND | _REC)
    kept = os.statvfs(target).f_flag
    flags = sum(flag for bit, flag in _KEPT.items() if kept & bit) | (0 if writable else _RDONLY)
    _mount(None, target, None, _BIND | _REMOUNT | flags)


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _call(_libc.mount(*texts, ctypes.c_ulong(flags), None), target)


def _call(status: int, name: str | None = None) -> None:
    if status != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


if __name__ == "__main__":
    sys.exit(main())
