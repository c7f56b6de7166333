"""The client's door: what the link of a message opens, and what its buttons do.

A link is followed by people and by the scanners of their mail: looking writes nothing, a button does. Each
act is the event that a file, a call or an import would have told, so that the console and its figures go on
from it as from any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from console.base.dates import day_of, plus_days
from console.base.errors import ConflictError, ForbiddenError
from console.base.french import day
from console.base.vocabulary import (
    OPPOSED_COLUMNS,
    Billing,
    CallOutcome,
    Channel,
    PhoneKind,
    Plan,
    RetentionOption,
    SubscriptionStatus,
)
from console.cases import agreements
from console.cases.pauses import pauses
from console.cases.terms import begun_terms, client_of_code, stays
from console.cases.upkeep import reassess, refresh_stale
from console.clients.agreements import AgreementService
from console.context import Context
from console.db.tables import Client, ShortLink, Subscription
from console.messages.events import FeedbackService
from console.messages.events_file import Feedback, FeedbackKind
from console.messages.links import WAY_BACK_DAYS
from console.messages.payments import is_unpaid
from console.messages.renewal import choose, far_off, offer_of, taken_offer
from console.messages.wording import company, facts, variables
from console.portal.texts import NOTHING
from console.portal.views import Act, Choice, Page
from console.rules.agreements import AgreementState
from console.rules.links import Link, Purpose, RefusedLinkError, digest_of
from console.rules.offers import Grant
from console.rules.openings import Tracking
from console.rules.pauses import Pause, PauseState

ONLINE = "client, en ligne"
"""Who signs what a client does on a page."""
SOURCE = "portail"
"""Who numbers the events that come from the pages."""
_OTHERWISE = {
    Act.PAUSE: (RetentionOption.PAUSE, CallOutcome.PAUSED),
    Act.DISCOUNT: (RetentionOption.DISCOUNT, CallOutcome.DISCOUNTED),
    Act.LOWER: (RetentionOption.DOWNGRADE, CallOutcome.DOWNGRADED),
}
"""What a client may choose instead of renewing, in the order of the page."""
_TOLD = {
    Act.RENEW: FeedbackKind.RENEWED,
    Act.RESUME: FeedbackKind.RENEWED,
    Act.CONFIRM: FeedbackKind.CONFIRMED,
    Act.STOP_EMAIL: FeedbackKind.UNSUBSCRIBED,
    Act.STOP_SMS: FeedbackKind.UNSUBSCRIBED,
    Act.ASK_PREMIUM: FeedbackKind.REPLY,
    Act.MEASURE: FeedbackKind.TRACKING_CONSENTED,
    Act.NO_MEASURE: FeedbackKind.TRACKING_WITHDRAWN,
}
"""The event that each of these acts is."""
_MOVED_DAYS = 26
"""A term whose expiry was put right by an import ends at most so far from the day that its links name."""
WITHDRAWN = "Retiré par le client, en ligne."
PREMIUM = "Souhaite revenir à Premium (demandé en ligne)"


class UnknownLinkError(LookupError):
    """A token that is not ours, or whose client is not known any more."""


@dataclass(frozen=True, slots=True)
class _Door:
    """What a link opens today: its client, the term that it is about, and what can be taken.

    over: its last day is past. strange: no term of the client ends near the day that it names. unpaid: the
    term is renewed, and no payment is known.
    """

    link: Link
    client: Client
    term: Subscription
    following: Subscription | None
    offer: Grant | None
    pause: Pause | None
    agreed: AgreementState | None
    open_to: frozenset[str]
    words: dict[str, dict[str, str | bool]]
    over: bool
    strange: bool
    unpaid: bool


class PortalService:
    """The pages of the links, each for one client; every method may be called from any thread."""

    def __init__(self, ctx: Context, *, pays: bool = False) -> None:
        """pays: there is a page where to pay."""
        self._ctx, self._pages, self._pays = ctx, ctx.content.pages, pays

    def page(self, token: str) -> Page:
        """What a link shows; nothing is written.

        Raises UnknownLinkError, ContentError when a page cannot be rendered, StorageError.
        """
        with self._ctx.database.reading() as session:
            return self._shown(self._opened(session, token))

    def act(self, token: str, act: Act, read: str = "") -> Page:
        """Do what a button says and tell it; where it cannot be done any more, the page as it is now.

        read: the fingerprint of the page that was read; one that says something else by now is shown
        instead. Empty for a mail program's one click, which shows none. Twice, in two tabs, or after another
        way, it is done once. Raises what `page` raises.
        """
        refresh_stale(self._ctx)
        if act is Act.WITHDRAW:
            return self._withdraw(token, read)
        with self._ctx.database.writing() as session:
            door = self._opened(session, token)
            page = self._shown(door)
            if not _offers(page, act, read):
                return page
            done = self._done(door, act)
            if act is Act.PAY:
                return done
            refused = self._do(session, door, act)
            # asked again, a way back to Premium is asked for already
            return self._notice("refuse", door.words, 409) if refused and act is not Act.ASK_PREMIUM else done

    def notice(self, name: str, status: int) -> Page:
        """A page for a client whom nobody knows. Raises ContentError."""
        return self._notice(name, {"societe": company(self._ctx.content.data.catalogue)}, status)

    # -- what a link opens ---------------------------------------------------------------------------

    def _opened(self, session: Session, token: str) -> _Door:
        try:
            link = self._link(session, token)
        except ValueError:  # not ours, changed, or of a client who was erased
            raise UnknownLinkError from None
        client = client_of_code(session, link.code)
        terms = begun_terms(session, client.id or 0) if client else []
        if client is None or not terms:
            raise UnknownLinkError
        now, data = self._ctx.clock.now(), self._ctx.content.data
        today = day_of(now)
        at, away = _nearest(terms, link.expires_on)
        renews = link.purpose in (Purpose.RENEW, Purpose.REACTIVATE)
        while renews and at + 1 < len(terms) and stays(terms[at]) and not far_off(terms[at + 1], now):
            at += 1  # renewed since: what ends next is what there is to renew
        term, following = terms[at], terms[at + 1] if at + 1 < len(terms) else None
        number = term.id or 0
        pause = pauses(session, [number]).get(number)
        made = agreements.of_terms(session, [number]).get(number)
        offer = offer_of(session, self._ctx, term, now, link.offer, link.until)
        if not renews:
            offer = taken_offer(session, term)
        words = variables(
            client,
            term,
            offer=offer,
            agent="",
            catalogue=data.catalogue,
            now=now,
            links=self._ctx.links,
            pause=pause,
        )
        words["suite"] = _next_words(following)
        return _Door(
            link=link,
            client=client,
            term=term,
            following=following,
            offer=offer,
            pause=pause,
            agreed=made.state(today) if made else None,
            open_to=facts(client, term, offer, data.catalogue, now, pause),
            words=words,
            over=today > link.until,
            strange=away > _MOVED_DAYS,
            unpaid=self._pays and stays(term) and is_unpaid(session, term),
        )

    def _link(self, session: Session, token: str) -> Link:
        """What a token opens: a short one is looked up, an older one says it. Raises ValueError."""
        if "." in token:
            return self._ctx.links.open(token)
        row = session.get(ShortLink, digest_of(token))
        client = session.get(Client, row.client_id) if row else None
        if row is None or client is None:
            raise RefusedLinkError("unknown")
        return Link(Purpose(row.purpose), client.code, row.expires_on, row.until, row.offer)

    def _shown(self, door: _Door) -> Page:
        ends = door.link.purpose in (Purpose.CONFIRM, Purpose.CHANGE, Purpose.UPGRADE)
        if door.link.purpose is not Purpose.UNSUBSCRIBE and (door.strange or (ends and door.over)):
            return self._notice("fini", door.words, 410)
        match door.link.purpose:
            case Purpose.RENEW | Purpose.REACTIVATE:
                return self._to_renew(door)
            case Purpose.CONFIRM:
                return self._to_confirm(door)
            case Purpose.CHANGE:
                link = door.agreed is AgreementState.LINK and door.term.status == SubscriptionStatus.ACTIVE
                waits = link or door.agreed is AgreementState.ORAL
                return self._asking(door, Act.WITHDRAW) if waits else self._notice("refuse", door.words)
            case Purpose.UPGRADE:
                premium = door.term.plan == Plan.PREMIUM and door.following is None
                return self._notice("deja", door.words) if premium else self._asking(door, Act.ASK_PREMIUM)
            case Purpose.UNSUBSCRIBE:
                return self._to_unsubscribe(door)

    def _to_renew(self, door: _Door) -> Page:
        today = self._ctx.clock.today()
        resting = door.pause is not None and door.pause.state(self._ctx.clock.now()) is PauseState.RUNNING
        if door.term.status == SubscriptionStatus.PAUSED and resting:
            return self._asking(door, Act.RESUME)
        if door.agreed is AgreementState.ORAL and door.term.status != SubscriptionStatus.PAUSED:
            return self._asking(door, Act.CONFIRM)  # agreed on the phone: all that is missing is the writing
        if door.following is not None or (stays(door.term) and door.term.status != SubscriptionStatus.PAUSED):
            return self._kept(door)
        if today > plus_days(max(door.link.until, door.term.expires_on), WAY_BACK_DAYS):
            return self._notice("fini", door.words, 410)
        otherwise = self._otherwise(door) if door.term.status == SubscriptionStatus.ACTIVE else ()
        page = self._asking(door, Act.RENEW, *otherwise)
        if door.link.offer and door.offer is None:
            told = self._pages.before("terminee", door.words)
            page = replace(page, body=told.body + page.body)
        return page

    def _otherwise(self, door: _Door) -> Iterator[Act]:
        return (act for act, (option, _) in _OTHERWISE.items() if option in door.open_to)

    def _to_confirm(self, door: _Door) -> Page:
        match door.agreed:
            case AgreementState.ORAL | AgreementState.LAPSED:
                return self._asking(door, Act.CONFIRM)
            case AgreementState.CONFIRMED:
                return self._kept(door)
            case _:
                return self._notice("refuse", door.words)

    def _kept(self, door: _Door) -> Page:
        """Done already; what is left to pay can be paid."""
        told = self._pages.before("deja", door.words)
        pays = (self._choice(Act.PAY, door.words),) if door.unpaid else ()
        return Page(told.title, told.body, pays)

    def _to_unsubscribe(self, door: _Door) -> Page:
        """The channels that the client has not stopped yet, e-mail first."""
        mobile = door.client.phone_kind == PhoneKind.MOBILE
        acts = ((Act.STOP_EMAIL, Channel.EMAIL, True), (Act.STOP_SMS, Channel.SMS, mobile))
        left = [act for act, by, used in acts if used and not getattr(door.client, OPPOSED_COLUMNS[by])]
        if self._ctx.tracking.tracking is Tracking.CONSENT:
            left.append(Act.MEASURE if door.client.tracking_consent_at is None else Act.NO_MEASURE)
        return self._asking(door, *left) if left else self._done(door, Act.STOP_EMAIL)

    # -- what a button does --------------------------------------------------------------------------

    def _do(self, session: Session, door: _Door, act: Act) -> str | None:
        """None once it is done, else why it was not."""
        now = self._ctx.clock.now()
        if act in _OTHERWISE:
            key = f"{SOURCE}:{uuid4().hex}"
            touched = choose(session, self._ctx, door.client, door.term, _OTHERWISE[act][1], at=now, key=key)
            reassess(session, self._ctx, touched)
            return None
        shown = self._pages.text(Act.CONFIRM, door.words) if act is Act.CONFIRM else ""
        event = Feedback(
            id=f"premium:{door.term.id}" if act is Act.ASK_PREMIUM else uuid4().hex,
            kind=_TOLD[act],
            code=door.client.code,
            at=now,
            channel=Channel.SMS if act is Act.STOP_SMS else Channel.EMAIL,
            offer=door.offer.offer if door.offer and act is Act.RENEW else "",
            text=PREMIUM if act is Act.ASK_PREMIUM else "",
            source=SOURCE,
            shown=shown,
            term=door.term.id or 0,
        )
        return FeedbackService(self._ctx).take_one(session, event)

    def _withdraw(self, token: str, read: str) -> Page:
        with self._ctx.database.reading() as session:
            door = self._opened(session, token)
            page = self._shown(door)
        if not _offers(page, Act.WITHDRAW, read):
            return page
        done = self._done(door, Act.WITHDRAW)
        try:
            AgreementService(self._ctx).withdraw(door.term.id or 0, WITHDRAWN)
        except (ConflictError, ForbiddenError):
            return self._notice("refuse", door.words, 409)
        return done

    # -- what is read --------------------------------------------------------------------------------

    def _asking(self, door: _Door, *acts: Act) -> Page:
        """A page whose first act is what the link is for; the others are proposed below."""
        choices = tuple(self._choice(act, door.words) for act in acts)
        return Page(choices[0].title, "", choices)

    def _choice(self, act: Act, words: dict[str, Any]) -> Choice:
        told = self._pages.before(act, words)
        return Choice(act, told.title, told.body, self._pages.button(act, words))

    def _done(self, door: _Door, act: Act) -> Page:
        told = self._pages.after(act, door.words)
        page = Page(told.title, told.body)
        if act not in (Act.RENEW, Act.RESUME, Act.PAY) and not (act is Act.CONFIRM and door.unpaid):
            return page
        tariff = self._ctx.content.data.catalogue.tariff(Plan(door.term.plan), Billing(door.term.billing))
        due = door.offer.price_cents if door.offer else tariff
        return replace(page, due_cents=due, reference=f"{door.client.code}-{door.term.expires_on:%Y%m%d}")

    def _notice(self, name: str, words: dict[str, Any], status: int = 200) -> Page:
        told = self._pages.before(name, words)
        return Page(told.title, told.body, status=status)


def _offers(page: Page, act: Act, read: str) -> bool:
    """Whether a page has the button of an act, and says what was read."""
    return act in {choice.act for choice in page.choices} and read in ("", page.fingerprint)


def _nearest(terms: list[Subscription], expires_on: date) -> tuple[int, int]:
    """The term that ends nearest to a day, by its place, and how many days lie between them."""
    away = [abs((one.expires_on - expires_on).days) for one in terms]
    return away.index(min(away)), min(away)


def _next_words(following: Subscription | None) -> dict[str, str | bool]:
    """What follows the term that the link is about."""
    if following is None:
        return dict(NOTHING)
    return {
        "existe": True,
        "formule": Plan(following.plan).value.capitalize(),
        "debut": day(following.starts_on),
        "jusqu_au": day(following.expires_on),
    }
