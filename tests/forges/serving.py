"""A forge on loopback: real sockets, scripted answers, and what was asked of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One question: method, path, query, headers, and the JSON sent along."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """One answer: a status, a tree (sent as JSON) or bytes as they are, and headers.

    `cut` promises more bytes than are sent.
    """

    tree: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False


Answering = Callable[[Asked], Answer]


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client may hang up in the middle of an answer."""


class Server:
    """A running forge: its address, and every question asked."""

    def __init__(self, answer: Answering) -> None:
        self.asked: list[Asked] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are sent apart: each answer would wait 40 ms

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
                asked = Asked(self.command, parts.path, query, dict(self.headers), body)
                server.asked.append(asked)
                given = answer(asked)
                data = given.raw if given.raw is not None else json.dumps(given.tree).encode()
                self.send_response(given.status)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data) + 100 * given.cut))
                if given.cut:
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)
                self.close_connection = given.cut

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(answer: Answering) -> Iterator[Server]:
    """A forge that answers so, for a while."""
    server = Server(answer)
    try:
        yield server
    finally:
        server.stop()


def page(asked: Asked, rows: list[Any], size: str = "per_page") -> Answer:
    """One page of a list, as asked for, with the header that names the next one."""
    number, many = int(asked.query.get("page", "1")), min(int(asked.query.get(size, "30")), 100)
    shown = rows[(number - 1) * many : number * many]
    headers = {}
    if number * many < len(rows):
        following = "&".join(f"{k}={v}" for k, v in {**asked.query, "page": str(number + 1)}.items())
        place = f"http://{asked.headers['Host']}{asked.path}?{following}"
        headers["Link"] = f'<{place}>; rel="next", <{place}>; rel="last"'
    return Answer(shown, headers=headers)
