"""A browser without a network: asks an ASGI application and keeps what it answered."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    html: str

    @property
    def text(self) -> str:
        """What a person reads, spaces made ordinary."""
        shown = re.sub(r"</?(?:strong|a)\b[^>]*>", "", self.html.partition("<main>")[2])
        words = unescape(re.sub(r"<[^>]+>", " ", shown))
        return re.sub(r"\s+", " ", words).strip()

    @property
    def acts(self) -> list[str]:
        """What its buttons send."""
        return re.findall(r'name="acte" value="([\w-]+)"', self.html)

    @property
    def form_token(self) -> str:
        """What its forms send along."""
        found = re.search(r'name="jeton" value="(\w+)"', self.html)
        return found[1] if found else ""


def ask(app: Starlette, path: str, form: Mapping[str, str] | bytes | None = None, **asking: Any) -> Answer:
    """One request, a POST where there is a form."""
    return asyncio.run(asked(app, path, form, **asking))


async def asked(
    app: Starlette,
    path: str,
    form: Mapping[str, str] | bytes | None = None,
    *,
    address: str = "192.0.2.7",
    scheme: str = "https",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The same, among others."""
    body = form if isinstance(form, bytes) else urlencode(form or {}).encode()
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET" if form is None else "POST",
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": (address, 50_000),
        "server": ("numi.example", 443),
    }
    parts = [body[start : start + 1000] for start in range(0, len(body), 1000)] or [b""]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:]).decode())


def press(app: Starlette, path: str, act: str, **asking: Any) -> Answer:
    """Look, then press a button of the page."""
    return ask(app, path, {"jeton": ask(app, path, **asking).form_token, "acte": act}, **asking)
