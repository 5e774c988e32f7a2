"""A little S3 of this process: objects in a dict, answered over HTTP as the protocol has it."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class Bucket(ThreadingHTTPServer):
    """One bucket; *failing* is a status that every call is answered with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.objects: dict[str, bytes] = {}
        self.media_types: dict[str, str] = {}
        self.failing = 0
        self.cut_short = False

    @property
    def endpoint(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def do_PUT(self) -> None:
        body = self._body()
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        if self.headers["Content-MD5"] != digest:
            self._answer(400, _error("BadDigest"))
            return
        self.server.objects[self._key] = body
        self.server.media_types[self._key] = self.headers["Content-Type"]
        self._answer(200)

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            self._list(query["prefix"][0], int(query["max-keys"][0]))
        elif self._key in self.server.objects:
            self._answer(200, self.server.objects[self._key])
        else:
            self._answer(404, _error("NoSuchKey"))

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._key, None)
        self._answer(204)

    def do_POST(self) -> None:
        for name in re.findall(r"<Key>(.*?)</Key>", self._body().decode()):
            self.server.objects.pop(name, None)
        self._answer(200, b"<DeleteResult></DeleteResult>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/prints/")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _list(self, prefix: str, most: int) -> None:
        names = sorted(name for name in self.server.objects if name.startswith(prefix))[:most]
        entries = "".join(f"<Contents><Key>{escape(name)}</Key></Contents>" for name in names)
        self._answer(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())

    def _answer(self, status: int, body: bytes = b"") -> None:
        if self.server.failing:
            status, body = self.server.failing, _error("SlowDown")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.server.cut_short else body)
        self.close_connection = self.close_connection or self.server.cut_short


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


@contextmanager
def bucket() -> Iterator[Bucket]:
    """Serve a bucket called prints."""
    with Bucket() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
