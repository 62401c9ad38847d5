"""A webhook on this machine, which answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "T0SECRET/B0SECRET/hush-hush"


@dataclass
class Receiver:
    """What has arrived, and what is answered.

    Attributes:
        url: its address, with a secret in it.
        answers: a status for each request to come; 200 when they are used up, 0 for no answer.
        received: the path, type and JSON of each request.
        ended: set when the test is over, so that no request waits any longer.
    """

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[str, str, Any]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def texts(self) -> list[str]:
        """The texts that have arrived."""
        return [body["text"] for _, _, body in self.received]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A webhook that listens meanwhile."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            receiver.received.append((self.path, self.headers["Content-Type"], body))
            status = receiver.answers.pop(0) if receiver.answers else 200
            if not status:
                receiver.ended.wait(60)
                return
            self.send_response(status, f"see {receiver.url}")
            if 300 <= status < 400:
                self.send_header("Location", f"{receiver.url}/elsewhere")
            self.end_headers()
            self.wfile.write(f"no such address: {receiver.url}".encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
