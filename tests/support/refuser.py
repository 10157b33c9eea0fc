"""A server that refuses whatever it is asked, as storage would: for calls that a test redirects."""

import threading
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass(frozen=True)
class Refusal:
    """What storage says."""

    status: int
    code: str
    inside: bool = False
    """Whether a transaction is accepted (202) and refused inside."""

    def address(self) -> str:
        """Where a call is answered so."""
        query = urlencode({"status": self.status, "code": self.code, "inside": int(self.inside)})
        return f"http://127.0.0.1:{_server().server_port}/?{query}"


def inside(status: int, code: str, lines: str = "") -> tuple[str, bytes]:
    """Media type and body of a transaction's answer that is refused inside.

    :param lines: further header lines of the inner answer.
    """
    text = (
        "--batchresponse_x\r\nContent-Type: multipart/mixed; boundary=changesetresponse_y\r\n\r\n"
        "--changesetresponse_y\r\nContent-Type: application/http\r\n"
        "Content-Transfer-Encoding: binary\r\n\r\n"
        f"HTTP/1.1 {status} Refused\r\n{lines}"
        "Content-Type: application/json;odata=minimalmetadata\r\n\r\n"
        f'{{"odata.error":{{"code":"{code}","message":{{"lang":"en-US","value":"0:no"}}}}}}\r\n'
        "--changesetresponse_y--\r\n--batchresponse_x--\r\n"
    )
    return "multipart/mixed; boundary=batchresponse_x", text.encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _refuse(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        status, code = int(asked["status"][0]), asked["code"][0]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = f'{{"odata.error": {{"code": "{code}", "message": {{"value": "no"}}}}}}'.encode()
        media = "application/json"
        within = asked["inside"][0] == "1"
        if within:
            media, body = inside(status, code)
        self.send_response(202 if within else status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if not within:
            self.send_header("x-ms-error-code", code)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _refuse  # noqa: N815

    def log_request(self, *args: object) -> None:
        """Say nothing."""


@cache
def _server() -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
