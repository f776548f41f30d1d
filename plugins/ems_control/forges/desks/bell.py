"""A bell for webhooks: whoever rings it starts a round earlier. Nothing of what it is told is read or believed."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ems_control.ground.errors import EmsError

REST = 5.0
"""Seconds between two rounds at least, however often it rings."""


class Bell:
    """Listens on a port of this machine (0: rings never); a proxy of the firm brings the forge's webhook there."""

    def __init__(self, port: int) -> None:
        """Raises EmsError where the port is taken."""
        self._rung = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        if port:
            try:
                self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self._rung))
            except OSError as error:
                raise EmsError(f"nothing can listen on port {port}: {error.strerror}.") from None
            self._server.daemon_threads = True
            threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Until it rings, or for so long."""
        self._rung.wait(seconds)
        if self._rung.is_set():
            threading.Event().wait(min(REST, seconds))
        self._rung.clear()

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _handler(rung: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            rung.set()
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing: what comes in is anybody's words."""

    return Handler
