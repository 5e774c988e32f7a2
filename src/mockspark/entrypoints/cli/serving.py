"""Commands that stay up: the server, the worker, the local stand-ins."""

import argparse
import asyncio
import signal
from pathlib import Path
from urllib.parse import urlsplit

from mockspark.entrypoints import http
from mockspark.entrypoints.cli.arguments import Commands, command
from mockspark.entrypoints.cli.output import Exit, Voice
from mockspark.entrypoints.runtime import open_runtime
from mockspark.entrypoints.settings import read_settings
from mockspark.entrypoints.stand_ins import open_stand_ins


def add(commands: Commands) -> None:
    """Describe the commands."""
    served = command(commands, "serve", "Serve the API and the webhooks, with the worker beside them.", serve)
    served.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    served.add_argument("--port", type=int, default=8000, help="port to listen on; 0 takes a free one")
    served.add_argument("--no-worker", action="store_true", help="leave the work to `mockspark worker`")
    command(commands, "worker", "Work off jobs: rendering, sending, tracking. Any number may run.", worker)
    box = command(commands, "sandbox", "Start local stand-ins of Shopify and Printify.", sandbox)
    box.add_argument("--shopify-port", type=int, default=4000, help="port of the shop (default: %(default)s)")
    box.add_argument(
        "--printify-port", type=int, default=4001, help="port of the provider (default: %(default)s)"
    )
    box.add_argument("--seed", type=int, default=0, help="makes ids and orders the same every time")
    box.add_argument("--orders", type=int, default=0, help="place this many sample orders at once")


async def serve(chosen: argparse.Namespace, voice: Voice) -> Exit:
    """Serve until told to stop."""
    stop = stopped_by_signal()
    port = http.claim_port(chosen.host, chosen.port)
    address = f"http://{chosen.host}:{port}"
    settings = read_settings()

    def opened() -> None:
        voice.told(
            {"url": address, "worker": not chosen.no_worker},
            f"MockSpark serves {address}  (API: {address}/api/docs, stop with Ctrl+C)",
        )

    async with open_runtime(settings) as runtime:
        await http.serve(
            runtime, host=chosen.host, port=port, stop=stop, worker=not chosen.no_worker, opened=opened
        )
    return Exit.DONE


async def worker(chosen: argparse.Namespace, voice: Voice) -> Exit:
    """Work until told to stop."""
    del chosen
    stop = stopped_by_signal()
    async with open_runtime(read_settings()) as runtime:
        voice.told({"working": True}, "The worker runs (stop with Ctrl+C; running jobs are finished first).")
        await runtime.workforce.run(stop)
    return Exit.DONE


async def sandbox(chosen: argparse.Namespace, voice: Voice) -> Exit:
    """Keep the stand-ins up until told to stop."""
    stop = stopped_by_signal()
    boxes = open_stand_ins(
        seed=chosen.seed, shopify_port=chosen.shopify_port, printify_port=chosen.printify_port
    )
    async with boxes as stand_ins:
        placed = stand_ins.place(chosen.orders) if chosen.orders else ()
        voice.told(
            {**stand_ins.described, "orders": len(placed)},
            "\n".join(
                (
                    f"Shopify:  {stand_ins.shopify_url}",
                    f"Printify: {stand_ins.printify_url}",
                    "",
                    "Connect them with:",
                    f"  export MOCKSPARK_PRIVATE_HOSTS={urlsplit(stand_ins.shopify_url).netloc}",
                    f"  {stand_ins.connect_shopify}",
                    f"  {stand_ins.connect_printify}",
                )
            ),
        )
        await stop.wait()
    return Exit.DONE


def stopped_by_signal() -> asyncio.Event:
    """Return what is set at the first SIGINT or SIGTERM; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stopping(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping, number)
    return stop


def in_folder(folder: Path) -> dict[str, str | int | Path | frozenset[str]]:
    """Return the settings of an installation that lives in *folder* alone."""
    return {"data_dir": folder, "database_url": f"sqlite:///{folder / 'mockspark.db'}"}
