"""The pages of the client's door on the web: addresses, limits and headers around `PortalService`.

No script, no cookie, no outside request. What names a client (token, name, address) never reaches a log.
"""

import asyncio
import hmac
import logging
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from email import message_from_bytes
from hashlib import sha256
from html import escape
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.base.errors import ContentError, ForbiddenError, RefusedInputError, StorageError
from console.base.text import clean
from console.context import Context
from console.messages.webhooks import PostReport, WebhookService
from console.portal.layout import STYLE, document
from console.portal.service import PortalService, UnknownLinkError
from console.portal.views import Act, Page

_log = logging.getLogger("hotliner.portal")

T = TypeVar("T")

BODY_LIMIT = 4_096
"""Bytes of a form; ours have less than two hundred."""
EVENTS_LIMIT = 1_000_000
BODY_SECONDS = 10.0
TURN_SECONDS = 20.0
"""How long an act waits for those before it: whoever reads the page waits no longer."""
GUESSES, GUESS_SECONDS = 30, 600.0
"""So many unknown links from one address in so long, and it waits."""
_HOME = 64
"""Bits of an IPv6 address that are a subscriber's: the others are theirs to choose."""
ADDRESSES = 10_000
"""How many addresses are watched at once; the oldest is forgotten first."""
ONE_CLICK = "List-Unsubscribe"
"""The field that a mail program posts for its reader (RFC 8058)."""
_FORM_DAYS = 2
_READ = 16
"""Characters of the fingerprint of a page, which begins the token of its forms."""

_LAST = {"Connection": "close"}
"""What is left of a body that is too long or too slow is not waited for."""
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()


@dataclass(slots=True)
class _Guesses:
    """Unknown links by address: who tries many waits."""

    seen: dict[str, list[float]] = field(default_factory=dict)

    def too_many(self, address: str) -> bool:
        since = monotonic() - GUESS_SECONDS
        recent = [at for at in self.seen.get(address, ()) if at > since]
        if recent:
            self.seen[address] = recent
        else:
            self.seen.pop(address, None)
        return len(recent) >= GUESSES

    def add(self, address: str) -> None:
        if address not in self.seen and len(self.seen) >= ADDRESSES:
            del self.seen[next(iter(self.seen))]
        self.seen.setdefault(address, []).append(monotonic())


class Portal:
    """Answers the requests of one context. `payment` is the address of the page where to pay, or empty:
    « {reference} », « {montant} » (in cents) and « {retour} » stand in it."""

    def __init__(
        self,
        ctx: Context,
        *,
        payment: str = "",
        secrets: Mapping[str, str] | None = None,
        doubted: Callable[[], str] = str,
    ) -> None:
        """secrets: what each source of events proves itself by, under its name, empty for our own format.

        doubted: says why the clock is doubted by now, empty when it is not; nothing is written while it is.
        """
        self._ctx, self._payment = ctx, payment
        self._service = PortalService(ctx, pays=bool(payment))
        self._webhooks, self._secrets = WebhookService(ctx), dict(secrets or {})
        self._doubted = doubted
        self._guesses = _Guesses()
        # Acts wait their turn here, in order, rather than on the lock of the base, where some would give up.
        self._turns, self._writing = CapacityLimiter(1), CapacityLimiter(1)

    def application(self) -> Starlette:
        """What a server runs."""
        base = urlsplit(self._ctx.links.base).path.rstrip("/")
        app = Starlette(
            routes=[
                Route("/robots.txt", self._robots),
                Route("/evenements", self._events, methods=["POST"]),
                Route("/evenements/{source}", self._events, methods=["POST"]),
                Route(f"{base}/{{token}}", self._page, methods=["GET", "POST"]),
                Route("/{anything:path}", self._unknown, methods=["GET", "POST"]),
            ]
        )
        app.add_middleware(_Headers, csp=self._policy())
        return app

    def _policy(self) -> str:
        """Nothing but our style and our forms; paying begins by a form, hence its address."""
        pay = urlsplit(self._payment)
        paying = f" {pay.scheme}://{pay.netloc}" if pay.netloc else ""
        return (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{paying};"
            " base-uri 'none'; frame-ancestors 'none'"
        )

    async def _robots(self, _: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    async def _unknown(self, _: Request) -> Response:
        return await self._answer(lambda: self._service.notice("inconnu", 404))

    async def _events(self, request: Request) -> Response:
        """Answered once every event is committed: a service that gets no 2xx sends them again."""
        try:
            body = await asyncio.wait_for(body_of(request, EVENTS_LIMIT), BODY_SECONDS)
        except (TimeoutError, ClientDisconnect):
            return JSONResponse({"erreur": "demande interrompue"}, 408, _LAST)
        if body is None:
            return JSONResponse({"erreur": "demande trop longue"}, 413, _LAST)
        headers = {key.lower(): value for key, value in request.headers.items()}
        return await self._taken(request.path_params.get("source", ""), headers, body)

    async def _taken(self, name: str, headers: Mapping[str, str], body: bytes) -> Response:
        def take() -> PostReport:
            self._trust_the_clock()
            return self._webhooks.post(name, headers, body, self._secrets.get(name, ""))

        try:
            report = await self._in_turn(take)
        except ForbiddenError:
            asked = {"WWW-Authenticate": 'Basic realm="evenements"'}  # some services wait to be asked
            return JSONResponse({"erreur": "signature refusée"}, 401, asked)
        except ContentError as error:  # ours to mend: sent again meanwhile
            _log.error("source of events: %s", clean(error.happened, limit=300))
            return JSONResponse({"erreur": "source mal décrite"}, 503, {"Retry-After": "600"})
        except RefusedInputError as error:
            return JSONResponse({"erreur": error.happened}, 400)
        except StorageError as error:
            _log.warning("events not taken: %s", type(error).__name__)
            return JSONResponse({"erreur": "base injoignable"}, 503, {"Retry-After": "60"})
        return JSONResponse(asdict(report))

    async def _page(self, request: Request) -> Response:
        token, address = (
            request.path_params["token"],
            subscriber(request.client.host if request.client else ""),
        )
        if self._guesses.too_many(address):
            return await self._answer(lambda: self._service.notice("trop", 429), retry_after=GUESS_SECONDS)
        try:
            if request.method in ("GET", "HEAD"):
                return await self._look(token)
            return await self._act(token, await _form(request))
        except UnknownLinkError:
            self._guesses.add(address)
            return await self._unknown(request)
        except _UnreadableError as error:
            status = error.status
            answer = await self._answer(lambda: self._service.notice("erreur", status))
            answer.headers.update(_LAST)
            return answer

    async def _look(self, token: str) -> Response:
        return await self._answer(lambda: self._service.page(token), token)

    async def _act(self, token: str, form: Mapping[str, str]) -> Response:
        read, seal = form.get("jeton", "")[:_READ], form.get("jeton", "")[_READ:]
        if form.get(ONE_CLICK) == "One-Click":
            act, read = Act.STOP_EMAIL, ""
        elif not self._meant(token, read, seal):
            # An old page, or another site's form: shown again, to be pressed.
            return await self._answer(lambda: self._service.page(token, pressed=True), token)
        else:
            try:
                act = Act(form.get("acte", ""))
            except ValueError:
                raise _UnreadableError(400) from None

        note = form.get("note", "")
        rating = int(note) if re.fullmatch("[1-5]", note) else 0

        def make() -> Page:
            self._trust_the_clock()
            return self._paid(token, self._service.act(token, act, read, rating))

        return await self._answer(make, token, writes=True)

    async def _in_turn(self, act: Callable[[], T]) -> T:
        """What writes, one after the other; once begun it is waited for.

        Raises StorageError where a base that is slow, or held, lets no turn come.
        """
        try:
            with fail_after(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise StorageError("La base est occupée depuis longtemps.") from None
        try:
            return await run_sync(act, limiter=self._writing)
        finally:
            self._turns.release()

    def _trust_the_clock(self) -> None:
        """Raise StorageError where the clock is doubted: what a wrong date writes is there for good."""
        if why := self._doubted():
            _log.error("nothing is written: %s", why)
            raise StorageError(why)

    def _paid(self, token: str, page: Page) -> Page:
        """The page where to pay, if there is one and something is to be paid."""
        if not (self._payment and page.due_cents):
            return page
        given = {
            "reference": page.reference,
            "montant": str(page.due_cents),
            "retour": self._ctx.links.address(token),
        }
        address = self._payment
        for name, value in given.items():
            address = address.replace(f"{{{name}}}", quote(value, safe=""))
        return replace(page, go_on=address)

    async def _answer(
        self,
        make: Callable[[], Page],
        token: str = "",
        retry_after: float = 0,
        writes: bool = False,
    ) -> Response:
        """The page, made in a thread; what fails is told on a page too, and nothing is lost."""
        try:
            page = await (self._in_turn(make) if writes else run_sync(make))
        except StorageError as error:
            _log.warning("base not reachable: %s", type(error).__name__)
            page, retry_after = await run_sync(lambda: self._last_resort("indisponible", 503)), 60
        except ContentError as error:
            _log.error("page: %s", clean(error.happened, limit=300))
            page = await run_sync(lambda: self._last_resort("erreur", 500))
        headers = {"Retry-After": f"{retry_after:.0f}"} if retry_after else {}
        if page.go_on:
            return RedirectResponse(page.go_on, status_code=303)
        seal = self._sealed(token, page.fingerprint, self._ctx.machine.today())
        html = document(page, f"{page.fingerprint}{seal}")
        return HTMLResponse(html, status_code=page.status, headers=headers)

    def _last_resort(self, name: str, status: int) -> Page:
        """A page of the content, else one that no file can break."""
        try:
            return self._service.notice(name, status)
        except ContentError:
            words = "Cette page ne peut pas s’afficher pour le moment. Rien n’a été changé ni perdu."
            return Page("Un instant", f"<p>{escape(words)}</p>", status=status)

    def _meant(self, token: str, read: str, seal: str) -> bool:
        """Whether a form came from a page that we showed for this link, yesterday at the earliest."""
        today = self._ctx.machine.today()
        days = (today - timedelta(days=n) for n in range(_FORM_DAYS))
        return any(hmac.compare_digest(seal.encode(), self._sealed(token, read, on).encode()) for on in days)

    def _sealed(self, token: str, read: str, on: date) -> str:
        said = f"form:{token}:{read}:{on.isoformat()}".encode(errors="replace")
        return hmac.digest(self._ctx.links.secret, said, sha256).hex()[:32]


def subscriber(address: str) -> str:
    """Whom guesses are counted for: an address, or all those of an IPv6 subscriber."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((int(found), _HOME), strict=False))
    return str(found.ipv4_mapped if isinstance(found, IPv6Address) else found)


class _UnreadableError(ValueError):
    """A request that is none of ours; `status` is the answer's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form, the first of each name. Raises _UnreadableError: too long, slow or broken off."""
    try:
        body = await asyncio.wait_for(body_of(request, BODY_LIMIT), BODY_SECONDS)
    except (TimeoutError, ClientDisconnect):
        raise _UnreadableError(408) from None
    if body is None:
        raise _UnreadableError(413)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _parts(request.headers["content-type"], body)
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        raise _UnreadableError(400) from None
    return {name: values[0] for name, values in fields.items()}


def _parts(kind: str, body: bytes) -> Mapping[str, str]:
    """The fields of a form in parts, as mail programs post their one click (RFC 8058)."""
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    found: dict[str, str] = {}
    for part in message_from_bytes(head + body).walk():
        name, value = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            found.setdefault(name, value.decode("ascii", "replace").strip())
    return found


async def body_of(request: Request, limit: int) -> bytes | None:
    """The body of a request; None for one longer than `limit` bytes, which is not read further."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > limit:
            return None
    return bytes(found)


class _Headers:
    """The headers of every answer, errors included."""

    def __init__(self, app: ASGIApp, csp: str) -> None:
        self._app = app
        self._always = [
            (b"content-security-policy", csp.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-robots-tag", b"noindex, nofollow"),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]
        self._private = (b"strict-transport-security", b"max-age=31536000")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [*self._always, *([self._private] if scope.get("scheme") == "https" else [])]

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        await self._app(scope, receive, told)
