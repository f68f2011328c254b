"""An object store that answers some requests to write wrongly, late or never."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.ray.object_store import s3_server
from tests.soak.victims import Driver, Strike

FAULTS = ("500", "403", "hang", "drop", "answer lost", "wrong ETag", "slow")
_HANG_S = 40.0  # a client gives an answer up after 30 s
_SLOW_S = 2.0
_OWN = {"connection", "content-length", "date", "server", "transfer-encoding"}


class BadStore(ThreadingHTTPServer):
    """Passes requests on to the server at ``address``, but for the PUTs that meet a ``fault``."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = address.removeprefix("http://")
        self.fault, self.met, self.written = "", 0, 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""

    def strikes(self) -> Mapping[str, Strike]:
        return {f"store {fault}": self._strike(fault) for fault in FAULTS}

    def _strike(self, fault: str) -> Strike:
        def strike(driver: Driver, log: Path, rng: random.Random) -> bool:
            before, end = self.met, time.monotonic() + 10
            self.fault = fault
            while self.met == before and driver.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            # Every attempt of the client that comes in this time meets it, too.
            time.sleep(rng.choice((0.0, 0.5, 4.0)))
            self.fault = ""
            return self.met > before

        return strike


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: BadStore

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.fault if self.command == "PUT" else ""
        self.server.met += bool(fault)
        if fault in ("500", "403"):
            return self._answer(int(fault), {}, b"<Error><Code>Fault</Code></Error>")
        if fault == "hang":
            time.sleep(_HANG_S)
        if fault in ("hang", "drop"):
            self.close_connection = True
            return None
        if fault == "slow":
            time.sleep(_SLOW_S)
        status, headers, found = self._passed_on(body)
        self.server.written += self.command == "PUT" and status == 200
        if fault == "answer lost":
            self.close_connection = True
            return None
        if fault == "wrong ETag":
            headers["ETag"] = '"0123456789abcdef0123456789abcdef"'
        return self._answer(status, headers, found)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

    def _passed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        with contextlib.closing(http.client.HTTPConnection(self.server.upstream)) as upstream:
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            own = {name: value for name, value in answer.getheaders() if name.lower() not in _OWN}
            if self.command == "HEAD":  # its length is that of what a GET would bring
                own["Content-Length"] = answer.headers["Content-Length"]
            return answer.status, own, answer.read()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing is printed."""


@contextlib.contextmanager
def bad_store() -> Iterator[tuple[BadStore, dict[str, str]]]:
    """A store with a bucket named `bucket`; the environment of who may use it."""
    with s3_server() as environment, BadStore(environment["AWS_ENDPOINT_URL"]) as store:
        threading.Thread(target=store.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{store.server_address[1]}"
        try:
            yield store, environment | {"AWS_ENDPOINT_URL": address}
        finally:
            store.shutdown()
