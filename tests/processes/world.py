"""A whole installation in processes: both stand-ins, a server and workers, on one database."""

import csv
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

import httpx
from attrs import asdict, define, field

from mockspark.adapters.sandbox.shopify_samples import MUG, MUG_LARGE
from mockspark.application.use_cases.accounts import SCOPES
from tests.processes.programs import PATIENCE_S, Command, Program, execute, fork
from tests.world import HOME, line

API: Final = "/api/v1"
SECRET: Final = secrets.token_urlsafe(48)
_PRINTED_BY_US: Final = MUG_LARGE
_PRINTED_THERE: Final = MUG
_COLUMNS: Final = (
    "match", "key", "title", "connection", "areas", "blueprint_id", "print_provider_id", "variant_id",
)  # fmt: skip
_STAYING: Final = frozenset({"sandbox", "serve", "worker"})
_LOOK_EVERY_S: Final = 0.1

Json = dict[str, Any]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@define
class World:
    """One shop that sells mugs: small ones are printed at Printify, large ones by the shop itself.

    Where it is *interpreted*, each program that stays up is started as a person starts it, which takes its time.
    """

    folder: Path
    database_url: str
    nursery: ForkServerContext
    interpreted: bool = False
    hasty: bool = False
    blind: bool = False
    port: int = field(factory=free_port)
    stand_ins: Json = field(factory=dict)
    running: dict[str, Program] = field(factory=dict)
    token: str = ""
    _numbers: "count[int]" = field(factory=lambda: count(1))
    _client: httpx.Client = field(factory=lambda: httpx.Client(timeout=30))

    # Processes

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the settings that every process of the installation has."""
        shop = str(self.stand_ins.get("shopify_url", "")).removeprefix("http://")
        haste = {"MOCKSPARK_LEASE_S": "2", "MOCKSPARK_SWEEP_S": "1"} if self.hasty else {}
        return {
            "MOCKSPARK_DATABASE_URL": self.database_url,
            "MOCKSPARK_DATA_DIR": str(self.folder / "data"),
            "MOCKSPARK_SECRET_KEY": SECRET,
            "MOCKSPARK_PUBLIC_URL": self.url,
            "MOCKSPARK_PRIVATE_HOSTS": shop,
            "MOCKSPARK_RENDER_PROCESSES": "1",
            **haste,
        }

    @property
    def url(self) -> str:
        """Say where the server is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str, *arguments: str) -> Program:
        """Start one command; it is stopped at the end."""
        log = self.folder / f"{name}-{next(self._numbers)}"
        command = Command(
            arguments=(*arguments, "--json"),
            environment=self.environment,
            folder=self.folder,
            hasty=self.hasty,
            blind=self.blind,
        )
        own = self.interpreted and arguments[0] in _STAYING
        program = execute(command, log) if own else fork(self.nursery, command, log)
        self.running[name] = program
        return program

    def ran(self, *arguments: str) -> Any:
        """Run one command to its end and return its answer."""
        return self.start(arguments[0], *arguments).done()

    def serve(self) -> Program:
        """Start the server, without a worker."""
        server = self.start("serve", "serve", "--no-worker", "--port", str(self.port))
        server.told()
        return server

    def work(self, name: str) -> Program:
        """Start a worker."""
        worker = self.start(name, "worker")
        worker.told()
        return worker

    def open(self) -> None:
        """Start the stand-ins and the server, and connect the shop with both of its printers."""
        arguments = ("sandbox", "--shopify-port", "0", "--printify-port", "0")
        self.stand_ins = self.start("sandbox", *arguments).told()
        told, shop = self.stand_ins, ("--shop", str(self.stand_ins["shop"]))
        self.ran(
            "connect", "shopify", *shop, "--client-id", told["client_id"],
            "--client-secret", told["client_secret"], "--access-token", told["access_token"],
            "--api-url", told["shopify_url"],
        )  # fmt: skip
        self.ran(
            "connect", "printify", *shop, "--token", told["printify_token"],
            "--provider-shop", str(told["provider_shop"]), "--api-url", told["printify_url"],
        )  # fmt: skip
        self.ran("connect", "manual", *shop)
        self.ran("listings", "import", str(self._listings()), *shop)
        scopes = [word for scope in sorted(SCOPES) for word in ("--scope", scope)]
        self.token = self.ran("tokens", "create", *shop, *scopes)["token"]
        self.serve()
        # The print areas are small, for quick tests.
        self.at_provider("settings", {"min_dpi": 1})
        self.put("/shop/rules", {"grace_s": 0})

    def _listings(self) -> Path:
        path = self.folder / "listings.csv"
        areas = "front:300x200@300"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(_COLUMNS)
            rows.writerow(
                ("variant", _PRINTED_THERE.variant_id, "Mug", "printify", areas, "68", "9", "33719")
            )
            rows.writerow(("variant", _PRINTED_BY_US.variant_id, "Large mug", "manual", areas, "", "", ""))
        return path

    def close(self) -> None:
        """End every process."""
        self._client.close()
        for program in self.running.values():
            program.kill()

    # The shop's people

    def order(self, name: str = "Zoe", *, door: str = "", ours: bool = False, **more: Any) -> Json:
        """Have somebody order a mug with *name* on it; the store's webhooks follow."""
        sold = _PRINTED_BY_US if ours else _PRINTED_THERE
        draft = {
            "lines": [asdict(line(sold, {"Name": name}))],
            "address": {**asdict(HOME), **({"address1": door} if door else {})},
            "email": "dana@example.com",
            **more,
        }
        return dict(self._asked("POST", f"{self._shop}/orders", draft))

    def store_orders(self) -> Sequence[Json]:
        """Return every order as the store has it."""
        return list(self._asked("GET", f"{self._shop}/orders"))

    @property
    def _shop(self) -> str:
        return f"{self.stand_ins['shopify_url']}/__sandbox__/shops/{self.stand_ins['shop']}"

    # The provider

    def printed(self) -> Sequence[Json]:
        """Return every order that the provider has."""
        return list(self._asked("GET", f"{self.stand_ins['printify_url']}/__sandbox__/orders"))

    def lost_answers(self) -> int:
        """Count the calls that the provider and the store carried out and did not answer."""
        there = self._asked("GET", f"{self.stand_ins['printify_url']}/__sandbox__/requests")
        store = self._asked("GET", f"{self.stand_ins['shopify_url']}/__sandbox__/requests")
        lost = [call for call in there if call["fault"] not in {"", "slow"} and call["status"] == 200]
        return len(lost) + sum(1 for call in store if call["fault"] == "status_after_commit")

    def at_provider(self, act: str, body: object) -> Any:
        """Change how the provider behaves."""
        return self._asked("POST", f"{self.stand_ins['printify_url']}/__sandbox__/{act}", body)

    def at_store(self, act: str, body: object) -> Any:
        """Change how the store behaves."""
        return self._asked("POST", f"{self.stand_ins['shopify_url']}/__sandbox__/{act}", body)

    def deliveries(self) -> Sequence[Json]:
        """Return the provider's webhooks."""
        found = self._asked("GET", f"{self.stand_ins['printify_url']}/__sandbox__/deliveries")
        return list(found["deliveries"])

    def store_deliveries(self) -> Sequence[Json]:
        """Return the store's webhooks."""
        return list(self._asked("GET", f"{self.stand_ins['shopify_url']}/__sandbox__/deliveries"))

    def advance(self, seconds: float = 45.0) -> None:
        """Let time pass at the stand-ins."""
        self.at_provider("clock/advance", {"seconds": seconds})

    # The API

    def get(self, path: str, **query: Any) -> Any:
        """Ask the API."""
        return self._api("GET", path, params=query)

    def post(self, path: str, body: object) -> Any:
        """Have the API do something."""
        return self._api("POST", path, json=body)

    def put(self, path: str, body: object) -> Any:
        """Change something over the API."""
        return self._api("PUT", path, json=body)

    def rows(self, *statuses: str) -> Sequence[Json]:
        """Return the shop's items, oldest first."""
        rows: list[Json] = []
        after = ""
        while True:
            page = self.get("/items", status=list(statuses), after=after, limit=200)
            rows.extend(page["rows"])
            after = page["next"]
            if not after:
                return rows[::-1]

    def counters(self) -> Mapping[str, int]:
        """Count the items of each status that has any."""
        return {status: n for status, n in self.get("/items/counters").items() if n}

    def send(self, items: Sequence[str]) -> Sequence[Json]:
        """Send items and return the result of each."""
        return list(self.post("/submissions", {"items": list(items)})["results"])

    def health(self) -> int:
        """Return the status of the readiness question; 0 where nobody answers."""
        try:
            return self._client.get(f"{self.url}/health/ready").status_code
        except httpx.HTTPError:
            return 0

    def _api(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self._client.request(method, f"{self.url}{API}{path}", headers=headers, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def _asked(self, method: str, url: str, body: object = None) -> Any:
        answer = self._client.request(method, url, json=body)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    # Waiting

    def until(self, check: Callable[[], bool], seconds: float = PATIENCE_S) -> float:
        """Wait until *check* holds and return how long that took."""
        began = time.monotonic()
        while not check():
            waited = time.monotonic() - began
            assert waited < seconds, f"after {waited:.0f} s: {self.standing()}"
            time.sleep(_LOOK_EVERY_S)
        return time.monotonic() - began

    def standing(self) -> str:
        """Say how things stand, for whoever reads a failure."""
        errors = {name: program.complaints()[-1500:] for name, program in self.running.items()}
        notes = [
            (row["status"], row["hold_note"], row["flags"])
            for row in self.rows()
            if row["status"] != "fulfilled"
        ]
        return json.dumps({"counters": self.counters(), "notes": notes, "errors": errors}, indent=1)


@contextmanager
def open_world(folder: Path, database_url: str, **more: Any) -> Iterator[World]:
    """Open an installation in *folder*; every process ends with the block."""
    world = World(folder, database_url, **more)
    try:
        world.open()
        yield world
    finally:
        world.close()
