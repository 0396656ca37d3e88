# SPDX-License-Identifier: GPL-2.0-only
"""One command at a time is at work in a clone: two would write the same files.

kexec-qemu and the overlay's programs keep to it.
"""

import fcntl
import os
import sys

# In the environment of what we run: who has the lock, and which.
HOLDER = "KEXEC_AT_WORK"


class Busy(Exception):
    """Another command is at work, or nobody can tell."""


def begin(directory):
    """Have all below @directory for this process and what it runs, until it ends,
    however it does; raises Busy at once if another command has it.  Returns a file,
    which gives it back when it is closed; None if it is whose we run for.
    """
    path = directory / "at-work"
    while True:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock = open(path, "a+")
        except OSError as error:
            raise Busy(f"{path}: {error.strerror}: has another user made it?") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            with lock:
                pid, _, command = lock.read().strip().partition(" ")
            if os.environ.get(HOLDER) == f"{pid} {path}":
                return None
            raise Busy("another command is at work in this clone: "
                       f"PID {pid}, {command}") from None
        # Who has it may have deleted it.
        if path.exists() and os.path.samestat(path.stat(), os.fstat(lock.fileno())):
            break
        lock.close()
    lock.truncate(0)
    words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
    print(os.getpid(), *words, file=lock, flush=True)
    os.environ[HOLDER] = f"{os.getpid()} {path}"
    return lock
