"""Inside a process that opens foreign files: little memory, little time, nobody's secrets.

It reads a length and that many bytes, answers with two lengths, JSON and bytes, and so on until its input ends.
This module imports nothing of the rest, so that such a process starts quickly and knows nothing worth stealing.
"""

import ctypes
import json
import math
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO, Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_FILES: Final = 64

Verdict = dict[str, str | int | list[str]]
Judge = Callable[[bytes], tuple[Verdict, bytes]]


def work(judge: Judge, *, sealed: bool = False) -> None:
    """Be such a process; its arguments are the bytes of memory it may use and the CPU seconds for one file.

    A *sealed* one opens nothing from now on, no file, no connection: all that it needs must be imported already.
    """
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _confine(memory, files=answers.fileno() + 1 if sealed else _FILES)
    serve(judge, sys.stdin.buffer, answers, lambda: _allow(seconds))


def serve(judge: Judge, requests: BinaryIO, answers: BinaryIO, allow: Callable[[], None]) -> None:
    """Judge what comes in until there is no more; *allow* gives each file its time."""
    while len(head := requests.read(8)) == 8:
        allow()
        verdict, made = judge(requests.read(struct.unpack(">Q", head)[0]))
        words = json.dumps(verdict).encode()
        answers.write(struct.pack(">IQ", len(words), len(made)) + words + made)
        answers.flush()


def _confine(memory: int, *, files: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        kernel = ctypes.CDLL(None)
        kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _allow(cpu_seconds: int) -> None:
    """Let the next file use *cpu_seconds*, then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
