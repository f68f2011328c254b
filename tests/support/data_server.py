"""A server of files on this machine, which also misbehaves; and lists of what it serves."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, TypeAlias

import pytest

from hpobench.contract.errors import NotAvailableError

MadeData: TypeAlias = Callable[[str, Mapping[str, bytes]], Path]
"""Puts files where those of a data set are looked for: the fixture ``made_data``."""
LICENCE = "CC0-1.0"


class Server(ThreadingHTTPServer):
    """Serves ``pages``, bodies by path; ``cut`` is how many bytes of each it sends at most, and
    then hangs up, or falls silent if ``silent``."""

    daemon_threads = True

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = dict(pages)
        self.cut: int | None = None
        self.silent = False
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if (body := self.server.pages.get(self.path)) is None:
            self.send_error(412 if "/api/" in self.path else 404)  # OpenML's word, the others'
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut])
        self.wfile.flush()
        while self.server.silent:
            time.sleep(0.01)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serving(pages: Mapping[str, bytes]) -> Iterator[Server]:
    with Server(pages) as server:
        (thread := Thread(target=server.serve_forever, args=(0.01,))).start()
        try:
            yield server
        finally:
            server.silent = False
            server.shutdown()
            thread.join()


def entry(url: str | None, files: Mapping[str, bytes], /, **changed: Any) -> dict[str, Any]:
    """What a list says of ``files``."""
    return {
        "title": "a made-up set",
        "problems": ["bowl"],
        "licence": LICENCE,
        "citation": "A. Nobody, Nothing, 1999",
        "source": "https://example.org/set",
        "folder": "made/up",
        "files": {
            path: {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for path, body in files.items()
        },
        "url": url,
        **changed,
    }


def write_list(file: Path, entries: Mapping[str, Any]) -> Path:
    file.write_text(json.dumps(entries))
    return file


def require_refused(problem: Any, message: str, file: str) -> None:
    """The content of ``file`` is not what ``problem`` should have."""
    with pytest.raises(NotAvailableError, match=message) as caught:
        problem.curve(problem.space.sample(Random(0)), 0)
    assert f"{file} is not the pool it should be" in str(caught.value)
    assert "hpobench data fetch" in str(caught.value)
