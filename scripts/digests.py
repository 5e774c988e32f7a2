"""Digests of drawings, to compare interpreters and machines: `python -m scripts.digests` prints one line each.

Every golden scene is drawn with one to eight threads, twice; a line that differs between two runs, threads or
versions of Python is a broken promise. Exits with 1 when drawings of this run differ among themselves.
"""

import hashlib
import sys
from collections.abc import Iterator

from attrs import evolve

from mockspark.adapters.rendering.pillow import draw
from mockspark.adapters.rendering.shelf import Shelf
from mockspark.adapters.rendering.workshop import Workshop
from mockspark.adapters.testing import goldens
from mockspark.application.ports.rendering import RenderJob
from mockspark.entrypoints.drawing import workshop


def main() -> int:
    """Print the digest of each scene."""
    broken = False
    for name in goldens.names():
        found = set(_digests(goldens.named(name).job))
        broken = broken or len(found) > 1
        print(f"{' '.join(sorted(found))} {name}")  # noqa: T201 - it is the answer
    return int(broken)


def _digests(job: RenderJob) -> Iterator[str]:
    for threads in (*range(1, 9), 1):
        made = draw(job, _fresh, threads)
        yield hashlib.sha256(made.content + made.preview).hexdigest()[:16]


def _fresh() -> Workshop:
    return evolve(workshop(), shelf=Shelf())


if __name__ == "__main__":
    sys.exit(main())
