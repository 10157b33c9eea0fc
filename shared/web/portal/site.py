"""What address of the portal gets which file, in which coding, under which headers.

The build (``scripts/portal.py``) leaves ``site/``: index.html, and assets whose names hold a hash
of what is in them, each beside its packed forms. All of it is read once and kept: it is small.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from shared.model.wire import JsonObject
from shared.web.http.call import SECURITY_HEADERS

SITE = Path(__file__).with_name("site")
"""Where the build leaves the page."""

INDEX = "index.html"

NOT_BUILT = (
    "The portal was not built into this deployment. Run 'make portal', or "
    "'python scripts/portal.py', and deploy again. The API works without it.\n"
)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""The page's Content-Security-Policy: its own files, the API beside it, and no text that becomes
markup or a script."""

_HEADERS = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Packed or not, by what the request takes: a cache keeps both.
    "Vary": "Accept-Encoding",
}
"""On every answer. On a 304 too: a browser takes the headers of the newest answer for the page
that it kept, and under the API's own policy that page would be blank."""

_ASSETS = "assets/"
_A_YEAR = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"

_CODINGS = {"br": ".br", "gzip": ".gz"}
"""The better one first."""


@dataclass(frozen=True)
class File:
    """A file of the site: its bytes, plain and by coding."""

    kind: str
    forms: Mapping[str, bytes] = field(repr=False)
    """By the name of the coding; ``""`` is the plain one."""

    @property
    def digest(self) -> str:
        """What the plain bytes hash to: 32 hex digits."""
        return hashlib.sha256(self.forms[""]).hexdigest()[:32]


@dataclass(frozen=True)
class Served:
    """An answer: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


Site = Mapping[str, File]
"""The files by their path under ``site/``; empty where nothing was built."""


@cache
def built() -> Site:
    """The site of this deployment, read once a process."""
    return read(SITE)


def read(folder: Path) -> Site:
    """The site in a folder; empty where the folder or its index is not there."""
    if not (folder / INDEX).is_file():
        return {}
    packed = frozenset(_CODINGS.values())
    plain = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in packed)
    return {path.relative_to(folder).as_posix(): _file(path) for path in sorted(plain)}


def _file(path: Path) -> File:
    forms = {"": path.read_bytes()}
    for coding, ending in _CODINGS.items():
        other = path.with_name(path.name + ending)
        if other.is_file():
            forms[coding] = other.read_bytes()
    return File(_kind(path.name), forms)


def _kind(name: str) -> str:
    # Not by the machine's own table alone: it differs from one to the next.
    known = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    kind = known.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    text = f"{kind}; charset=utf-8"
    return text if kind and kind.startswith("text/") else kind or "application/octet-stream"


def told(site: Site) -> JsonObject:
    """What deep health says of it: whether it is there, and what to do where it is not."""
    return {"built": True} if INDEX in site else {"built": False, "error": NOT_BUILT.strip()}


def served(site: Site, path: str, headers: Mapping[str, str]) -> Served:
    """What a GET of an address under ``portal/`` is answered with.

    An asset is its file or 404, never the page; whatever else is asked for is the page, which
    finds by the address what to show.

    :param path: behind ``portal/``, decoded.
    :param headers: of the request, their names in lower case.
    """
    if INDEX not in site:
        return _said(503, NOT_BUILT)
    if path.startswith(_ASSETS):
        asset = site.get(path)
        if asset is None:
            return _said(404, "There is no such file of the portal. Load the page again.\n")
        return _sent(asset, _A_YEAR, headers)
    return _sent(site.get(path) or site[INDEX], _ASK_AGAIN, headers)


def _said(status: int, text: str) -> Served:
    headers = {
        **_HEADERS,
        "Cache-Control": "no-store",
        "Content-Type": "text/plain; charset=utf-8",
    }
    return Served(status, headers, text.encode())


def _sent(file: File, kept: str, asked: Mapping[str, str]) -> Served:
    accepted = asked.get("accept-encoding", "")
    coding = next((one for one in _CODINGS if one in file.forms and _takes(accepted, one)), "")
    # Strong, so each form has its own.
    tag = f'"{file.digest}{f"-{coding}" if coding else ""}"'
    headers = {**_HEADERS, "Cache-Control": kept, "ETag": tag}
    if _is_kept(asked.get("if-none-match", ""), tag):
        return Served(304, headers)
    headers["Content-Type"] = file.kind
    if coding:
        headers["Content-Encoding"] = coding
    return Served(200, headers, file.forms[coding])


def _is_kept(condition: str, tag: str) -> bool:
    tags = [one.strip().removeprefix("W/") for one in condition.split(",")]
    return tag in tags or tags == ["*"]


def _takes(accepted: str, coding: str) -> bool:
    """Whether an Accept-Encoding takes a coding, as RFC 9110 says (section 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (one.strip() for one in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
    return weights.get(coding, weights.get("*", 0.0)) > 0
