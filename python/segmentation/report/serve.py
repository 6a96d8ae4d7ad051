"""Show the report of what is published now, on this machine alone.

    python -m segmentation.report.serve --port 8089

Each request reads the published file anew. A request names a filter that the page
offers; anything else is refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from segmentation.publishing.publish import FILE
from segmentation.report.published import Published, ReportError

HOST = "127.0.0.1"
NEEDED = "expected requirements-report.lock to be installed, as make serve does"


def page_of(file: Path, key: str) -> str:
    """Make the page of a filter, as the file is now.

    Raises
    ------
    ReportError
        If the file cannot be read.
    FilterError
        If the file has no such filter.
    """
    from segmentation.report.book import header_of
    from segmentation.report.live import (
        chosen_filter,
        filters_of,
        options_of,
        pages_of,
        words_of,
    )
    from segmentation.report.page import html_of

    with Published(file) as published:
        chosen = chosen_filter(published, key)
        options = options_of(filters_of(published), chosen)
        header = header_of(published)
        if chosen is not None:
            header["origin"] += f" · only {words_of(chosen)}"
        return html_of(pages_of(published, chosen), header, options)


class Server(ThreadingHTTPServer):
    """Answers requests of this machine with the report of a file."""

    daemon_threads = True

    def __init__(self, file: Path, port: int) -> None:
        """Listen on a port of this machine; 0 takes a free one."""
        super().__init__((HOST, port), Handler)
        self.file = file

    @property
    def names(self) -> set[str]:
        """How a browser on this machine calls the server.

        A page of elsewhere whose name leads here is not answered.
        """
        return {f"{name}:{self.server_port}" for name in (HOST, "localhost")}


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server

    def do_GET(self) -> None:
        """Send the page, or a sentence that says why not."""
        from segmentation.report.live import FilterError

        asked = urlsplit(self.path)
        if self.headers.get("Host") not in self.server.names:
            self.answer(HTTPStatus.FORBIDDEN, "Only this machine is answered")
        elif asked.path != "/":
            self.answer(HTTPStatus.NOT_FOUND, "There is one page, at /")
        else:
            key = parse_qs(asked.query).get("only", [""])[0]
            try:
                self.answer(HTTPStatus.OK, page_of(self.server.file, key))
            except FilterError as error:
                self.answer(HTTPStatus.BAD_REQUEST, str(error))
            except ReportError as error:
                self.answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    def answer(self, status: HTTPStatus, text: str) -> None:
        """Send a page, or a sentence as one."""
        body = text if status == HTTPStatus.OK else f"<p>{escape(text)}.</p>"
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write nothing: what somebody looks at is theirs."""


def main(arguments: Sequence[str]) -> int:
    """Serve until somebody stops it; return the exit code."""
    parser = argparse.ArgumentParser(prog="segmentation.report.serve")
    parser.add_argument("--port", type=int, default=8089)
    given = parser.parse_args(arguments)
    file = Path(os.environ.get("SEGMENTATION_SERVE") or "serve") / FILE
    try:
        import segmentation.report.live
        import segmentation.report.page  # noqa: F401

        Published(file).__exit__(None, None, None)
        server = Server(file, given.port)
    except ModuleNotFoundError as error:
        print(f"No page: the report needs {error.name}; {NEEDED}.", file=sys.stderr)
        return 1
    except (ReportError, OSError) as error:
        print(f"No page: {error}.", file=sys.stderr)
        return 1
    with server:
        print(f"http://localhost:{server.server_port}/ (Ctrl-C stops it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
