"""A worker process to be killed or frozen: ``python -m tests.adapters.jobs.one_worker URL LEASE FILE``.

Each job appends "begun NAME" to FILE, waits for the file FILE.go, and appends "ended NAME".
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from mockspark.adapters.jobs.worker import make_worker
from mockspark.application.ports.jobs import Attempt, Policy


async def main(url: str, lease: str, name: str) -> None:
    path = Path(name)

    def note(line: str) -> None:
        with path.open("a") as file:
            file.write(f"{line}\n")

    async def wait(attempt: Attempt) -> None:
        note(f"begun {attempt.job.payload['name']}")
        while not path.with_suffix(".go").exists():
            await asyncio.sleep(0.02)
        note(f"ended {attempt.job.payload['name']} {'lost' if attempt.cancelled.is_set() else 'mine'}")

    worker = make_worker(url, lease=timedelta(seconds=float(lease)))
    worker.handle("look", wait, Policy(slots=10))
    await worker.run(stop=asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
