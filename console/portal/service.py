"""The client's door: what the link of a message opens, and what its buttons do.

A link is followed by people and by the scanners of their mail: looking writes nothing, a button does. Each
act is the event that a file, a call or an import would have told, so that the console and its figures go on
from it as from any other.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from console.base.dates import day_of, plus_days
from console.base.errors import ContentError
from console.base.french import day, spoken_day
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
from console.calls.ratings import exchange, rate
from console.cases import agreements
from console.cases.granted_offers import running_offers
from console.cases.pauses import pauses
from console.cases.terms import begun_terms, client_of_code, stays
from console.cases.told_today import of_the_client
from console.cases.upkeep import reassess, refresh_stale
from console.cases.versions import newest
from console.clients import agreements as agreements_of
from console.context import Context
from console.db.query import ReadBatch
from console.db.tables import Call, Client, Commitment, ShortLink, Subscription
from console.messages.change_of_mind import PAGES, may_change, take_back
from console.messages.events import FeedbackService
from console.messages.events_file import Feedback, FeedbackKind
from console.messages.links import WAY_BACK_DAYS
from console.messages.payments import is_unpaid
from console.messages.renewal import choose, far_off, offer_of, taken_offer
from console.messages.wording import company, facts, variables
from console.portal.texts import NOTHING, Pages
from console.portal.views import RATINGS, Act, Choice, Page
from console.rules.agreements import Agreement, AgreementState
from console.rules.commitments import due_on
from console.rules.links import Link, Purpose, RefusedLinkError, digest_of
from console.rules.offers import Grant
from console.rules.openings import Tracking
from console.rules.pauses import Pause, PauseState

ONLINE = "client, en ligne"
"""Who signs what a client does on a page."""
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
BACK_TO_PREMIUM = "retour-premium"
"""What we owe whoever asks for it; its code in engagements.toml."""


class UnknownLinkError(LookupError):
    """A token that is not ours, or whose client is not known any more."""


@dataclass(frozen=True, slots=True)
class _Door:
    """What a link opens today: its client, the term that it is about, and what can be taken.

    call: the one to rate. changes: what keeps the term can be taken back though it waits for nothing. over:
    its last day is past. strange: no term of the client ends near the day that it names. unpaid: the term is
    renewed, and no payment is known.
    """

    link: Link
    client: Client
    term: Subscription
    following: Subscription | None
    offer: Grant | None
    pause: Pause | None
    agreed: AgreementState | None
    call: Call | None
    made: Agreement | None
    changes: bool
    open_to: frozenset[str]
    words: dict[str, dict[str, str | bool]]
    over: bool
    strange: bool
    unpaid: bool


class PortalService:
    """The pages of the links, each for one client; every method may be called from any thread."""

    def __init__(self, ctx: Context, *, pays: bool = False) -> None:
        """pays: there is a page where to pay."""
        self._ctx, self._pays = ctx, pays

    @property
    def _pages(self) -> Pages:
        return self._ctx.content.pages

    def page(self, token: str, *, pressed: bool = False) -> Page:
        """What a link shows; nothing is written. pressed: it answers a button that could do nothing.

        Raises UnknownLinkError, ContentError when a page cannot be rendered, StorageError.
        """
        with self._ctx.database.reading() as session:
            self._ctx = newest(session, self._ctx)
            served, door = self._served(session, token)
            return served._again(door) if pressed else served._shown(door)

    def act(self, token: str, act: Act, read: str = "", rating: int = 0) -> Page:
        """Do what a button says and tell it; where it cannot be done any more, the page as it is now.

        read: the fingerprint of the page that was read; one that says something else by now is shown
        instead. Empty for a mail program's one click, which shows none. Twice, in two tabs, or after another
        way, it is done once. rating: what is given to an exchange, 1 to 5.
        Raises what `page` raises.
        """
        refresh_stale(self._ctx)
        with self._ctx.database.writing() as session:
            served, door = self._served(session, token)
            return served._acted(session, door, act, read, rating)

    def _served(self, session: Session, token: str) -> tuple["PortalService", _Door]:
        """What a link opens, by whoever goes by the prices that its client was told today."""
        door = self._opened(session, token)
        ctx = of_the_client(session, self._ctx, door.client.id or 0)
        if ctx is self._ctx:
            return self, door
        other = PortalService(ctx, pays=self._pays)
        return other, other._opened(session, token)

    def _acted(self, session: Session, door: _Door, act: Act, read: str, rating: int) -> Page:
        page = self._shown(door)
        if not _offers(page, act, read):
            return self._again(door)
        if act is Act.RATE and rating not in RATINGS:
            return page
        done = self._done(door, act)
        if act is Act.PAY:
            return done
        if act is Act.RATE and door.call is not None:
            rate(session, self._ctx, door.call, rating)
            return done
        refused = self._do(session, door, act)
        if refused:  # nor is what it was to take the place of taken back
            session.rollback()
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
        changes = link.purpose is Purpose.CHANGE and may_change(session, term, following, now)
        if link.purpose is Purpose.CHANGE:  # what else the client may choose
            offer = running_offers(ReadBatch(session), [number], now)().get(number)
        elif not renews:
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
        words["page"] = {"premiere": True}
        words["suite"] = _next_words(following)
        call = exchange(session, number) if link.purpose is Purpose.RATE else None
        words["echange"] = {"quand": spoken_day(day_of(call.started_at), today) if call else ""}
        return _Door(
            link=link,
            client=client,
            term=term,
            following=following,
            offer=offer,
            pause=pause,
            agreed=made.state(today) if made else None,
            call=call,
            made=made,
            changes=changes,
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
        ends = door.link.purpose in (Purpose.CONFIRM, Purpose.CHANGE, Purpose.UPGRADE, Purpose.RATE)
        if door.link.purpose is not Purpose.UNSUBSCRIBE and (door.strange or (ends and door.over)):
            return self._notice("fini", door.words, 410)
        return {
            Purpose.RENEW: self._to_renew,
            Purpose.REACTIVATE: self._to_renew,
            Purpose.CONFIRM: self._to_confirm,
            Purpose.CHANGE: self._to_change,
            Purpose.UPGRADE: self._to_upgrade,
            Purpose.UNSUBSCRIBE: self._to_unsubscribe,
            Purpose.RATE: self._to_rate,
        }[door.link.purpose](door)

    def _again(self, door: _Door) -> Page:
        """The same, and that the press which asked for it did nothing."""
        page = self._shown(door)
        if page.choices:
            with suppress(ContentError):  # published before there were such words
                return replace(page, lead=self._pages.before("entretemps", door.words).body)
        return page

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

    def _to_change(self, door: _Door) -> Page:
        """What was chosen, to take back or to choose something else; what can be chosen, once nothing is."""
        link = door.agreed is AgreementState.LINK and door.term.status == SubscriptionStatus.ACTIVE
        if link or door.changes or door.agreed is AgreementState.ORAL:
            return self._asking(door, Act.WITHDRAW, *self._instead(door))
        settled = stays(door.term) and door.term.status != SubscriptionStatus.PAUSED
        settled |= self._ctx.clock.today() > plus_days(door.term.expires_on, WAY_BACK_DAYS)
        return self._notice("refuse", door.words) if settled else self._to_renew(door)

    def _instead(self, door: _Door) -> Iterator[Act]:
        """What may take the place of a choice, before the term that it is about has ended."""
        if self._ctx.clock.today() > door.term.expires_on:
            return
        if door.term.retention != CallOutcome.RENEWED:
            yield Act.RENEW
        yield from (act for act in self._otherwise(door) if _OTHERWISE[act][1] != door.term.retention)

    def _to_upgrade(self, door: _Door) -> Page:
        premium = door.term.plan == Plan.PREMIUM and door.following is None
        return self._notice("deja", door.words) if premium else self._asking(door, Act.ASK_PREMIUM)

    def _to_rate(self, door: _Door) -> Page:
        if door.call is None:
            return self._notice("refuse", door.words)
        rated = door.call.satisfaction is not None
        return self._done(door, Act.RATE) if rated else self._asking(door, Act.RATE)

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
        now, key = self._ctx.clock.now(), f"{PAGES}:{uuid4().hex}"
        if door.link.purpose is Purpose.CHANGE:
            self._take_back(session, door, key)
            if act is Act.WITHDRAW:
                return None
        if act in _OTHERWISE:
            told = {"source": PAGES}
            touched = choose(
                session, self._ctx, door.client, door.term, _OTHERWISE[act][1], at=now, key=key, data=told
            )
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
            source=PAGES,
            shown=shown,
            term=door.term.id or 0,
        )
        refused = FeedbackService(self._ctx).take_one(session, event)
        if act is Act.ASK_PREMIUM and refused is None:
            self._owe(session, door)
        return refused

    def _owe(self, session: Session, door: _Door) -> None:
        """Somebody of ours answers who asks for Premium again: any supervisor, until it is done."""
        now, data = self._ctx.clock.now(), self._ctx.content.data
        for kind in data.commitments.of((BACK_TO_PREMIUM,)):
            owed = Commitment(
                client_id=door.term.client_id,
                subscription_id=door.term.id or 0,
                kind=kind.code,
                what=kind.label,
                words=PREMIUM,
                agent="",
                owner="",
                created_at=now,
                due_on=due_on(kind, day_of(now), data.field),
            )
            session.add(owed)

    def _take_back(self, session: Session, door: _Door, key: str) -> None:
        """What was chosen before, if anything was, is chosen no more."""
        term, touched = door.term, list[int]()
        if door.changes:
            now, key = self._ctx.clock.now(), f"{key}:withdrawn"
            touched = take_back(session, term, door.following, at=now, key=key, words=WITHDRAWN)
        elif door.made is not None and door.agreed in (AgreementState.LINK, AgreementState.ORAL):
            touched = agreements_of.take_back(session, self._ctx, term, door.made, WITHDRAWN)
        reassess(session, self._ctx, touched)

    # -- what is read --------------------------------------------------------------------------------

    def _asking(self, door: _Door, *acts: Act) -> Page:
        """A page whose first act is what the link is for; the others are proposed below."""
        choices = tuple(
            self._choice(act, {**door.words, "page": {"premiere": index == 0}})
            for index, act in enumerate(acts)
        )
        return Page(choices[0].title, "", choices)

    def _choice(self, act: Act, words: dict[str, Any]) -> Choice:
        told = self._pages.before(act, words)
        button, question = self._pages.button(act, words), self._pages.question(act, words)
        return Choice(act, told.title, told.body, button, question)

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
