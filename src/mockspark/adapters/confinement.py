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

Verdict = dict[str, str | int | list[str]]
Judge = Callable[[bytes], tuple[Verdict, bytes]]


def work(judge: Judge) -> None:
    """Be such a process; its arguments are the bytes of memory it may use and the CPU seconds for one file."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    _confine(memory)
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(judge, sys.stdin.buffer, answers, lambda: _allow(seconds))


def serve(judge: Judge, requests: BinaryIO, answers: BinaryIO, allow: Callable[[], None]) -> None:
    """Judge what comes in until there is no more; *allow* gives each file its time."""
    while len(head := requests.read(8)) == 8:
        allow()
        verdict, made = judge(requests.read(struct.unpack(">Q", head)[0]))
        words = json.dumps(verdict).encode()
        answers.write(struct.pack(">IQ", len(words), len(made)) + words + made)
        answers.flush()


def _confine(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _allow(cpu_seconds: int) -> None:
    """Let the next file use *cpu_seconds*, then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
