"""Every message and step as it will be read, for clients of every kind or for one of the base."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

from sqlmodel import Session

from console.base.dates import PARIS, add_months, day_of, plus_days, start_of
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, plural
from console.base.roles import Role
from console.base.sms_size import measure
from console.base.templates import TemplateRefusedError, render
from console.base.toml_table import near
from console.base.vocabulary import Billing, Channel, Plan
from console.cases.terms import begun_terms, client_of_code
from console.content import Content
from console.context import Context
from console.db.tables import Client, Subscription
from console.integrity.wording_samples import FURTHER_ON, MORNING, resting, unsigned
from console.messages.sources import MessageSource, render_message
from console.messages.wording import facts, variables
from console.rules.offers import Grant, phone_offer, standing_offer
from console.rules.pauses import Pause
from console.rules.priority import is_vip
from console.rules.script import Step
from console.rules.timeline import ReminderStep, Timeline

ALL = "tout"
AGENT = "Camille"
BEFORE, AFTER = -11, 5
"""Days from the expiry at which what is no reminder is shown: in time to renew, and for who has not."""
EXPIRED = "échu"
_OF_A_PAUSE = re.compile(r"\bpause\.")
"""A text that reads what is known of a pause."""
CHANNELS = {Channel.EMAIL: "e-mail", Channel.SMS: "SMS"}


@dataclass(frozen=True, slots=True)
class Profile:
    """A client to show the content for: `words` say who it is."""

    words: str
    client: Client
    term: Subscription
    at_risk: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """One message or step as these clients read it. html: of an e-mail; empty for the rest."""

    name: str
    kind: str
    whom: tuple[str, ...]
    text: str
    html: str = ""

    @property
    def title(self) -> str:
        """« J-14, e-mail »."""
        return f"{self.name}, {self.kind}"


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """Some of what one kind of client reads, or all; `profiles`: the kinds there are."""

    total: int
    rows: tuple[Preview, ...]
    profiles: tuple[str, ...]


class PreviewService:
    """The content in force as every kind of client reads it; may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._rendered: tuple[date, tuple[Preview, ...]] | None = None

    def page(self, whom: str | None, offset: int, limit: int) -> PreviewPage:
        """Some of what a kind of client reads, of all when None. Raises ForbiddenError, ContentError."""
        self._ctx.need(Role.SUPERVISOR)
        today = self._ctx.clock.today()
        known = profiles(today)
        if self._rendered is None or self._rendered[0] != today:
            self._rendered = today, previews(self._ctx.content, ALL, known, today)
        kept = [one for one in self._rendered[1] if whom is None or whom in one.whom]
        shown = tuple(kept[offset : offset + limit])
        return PreviewPage(len(kept), shown, tuple(one.words for one in known))


def profiles(today: date) -> tuple[Profile, ...]:
    """Clients of every kind that the texts tell apart, whose term ends in some days, or ended."""
    return (
        _profile("VIP, Premium à l’année", today, months=24),
        _profile("Premium à l’année, à risque", today, months=6, at_risk=True),
        _profile("Premium au mois", today, months=9, billing=Billing.MONTHLY),
        _profile("Basic", today, months=14, plan=Plan.BASIC, billing=Billing.MONTHLY),
        _profile("outre-mer", today, months=8, timezone="America/Martinique"),
        _profile(EXPIRED, today, months=12, left=AFTER),
        _profile("sans prénom ni civilité", today, months=3, civility="", first_name=""),
    )


def _profile(
    words: str,
    today: date,
    *,
    months: int,
    left: int = BEFORE,
    plan: Plan = Plan.PREMIUM,
    billing: Billing = Billing.ANNUAL,
    at_risk: bool = False,
    **person: str,
) -> Profile:
    expires_on = plus_days(today, -left)
    told: dict[str, Any] = {"civility": "Mme", "first_name": "Marie", "last_name": "Dupuis"} | person
    client = Client(
        code="CLT-00001",
        email="marie.dupuis@example.org",
        email_usable=True,
        client_since=add_months(today, -months),
        **told,
    )
    start = add_months(expires_on, -12 if billing is Billing.ANNUAL else -1)
    term = Subscription(client_id=1, plan=plan, billing=billing, starts_on=start, expires_on=expires_on)
    return Profile(words, client, term, at_risk)


def profile_of(session: Session, code: str) -> Profile:
    """A client of the base, with the last term. Raises RefusedInputError where there is none."""
    client = client_of_code(session, code)
    terms = begun_terms(session, client.id or 0) if client else []
    if client is None or not terms:
        raise RefusedInputError(f"Aucun client n’a le code «\u00a0{code}\u00a0».")
    return Profile(
        f"{client.first_name} {client.last_name}, {client.code}", client, terms[-1], terms[-1].at_risk
    )


def previews(content: Content, name: str, whom: Sequence[Profile], today: date) -> tuple[Preview, ...]:
    """What has that name, or « tout », for each of these clients; those who read the same are one.

    Raises RefusedInputError for a name that nothing has.
    """
    names = tuple(dict.fromkeys((*(code for _, code in content.messages.reading[0]), *content.script.steps)))
    if name != ALL and name not in names:
        raise RefusedInputError(
            f"Aucun message ni étape ne s’appelle «\u00a0{name}\u00a0»{near(name, names) or '.'}",
            todo=f"Les noms{THIN}: {', '.join(names)}.",
        )
    shown: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for profile in whom:
        for one, kind, text, html in _of(content, name, profile, today):
            shown.setdefault((one, kind, text), []).append((profile.words, html))
    return tuple(
        Preview(one, kind, tuple(words for words, _ in readers), text, readers[0][1])
        for (one, kind, text), readers in sorted(shown.items(), key=lambda item: _rank(content, item[0]))
    )


def _rank(content: Content, item: tuple[str, str, str]) -> tuple[int, int, str]:
    """Reminders in the order of their days, the other messages, then the script in its own order."""
    codes = [step.code for step in content.data.timeline.known]
    steps = list(content.script.steps)
    if item[1] == "étape":
        return (2, steps.index(item[0]), "")
    return (0, codes.index(item[0]), item[1]) if item[0] in codes else (1, 0, item[0])


def _of(content: Content, name: str, profile: Profile, today: date) -> Iterator[tuple[str, str, str, str]]:
    steps = {step.code: step for step in content.data.timeline.known}
    for (channel, code), source in content.messages.reading[0].items():
        if name not in (ALL, code):
            continue
        step = steps.get(code)
        if step is not None and not _sent(content.data.timeline, step, channel, profile):
            continue
        words = _words(content, profile, step, today)
        yield (code, CHANNELS[channel], *_message(source, words))
    for step_id, step_of_call in content.script.steps.items():
        if name in (ALL, step_id) and _said(content, step_of_call, profile):
            yield step_id, "étape", _step(content, step_of_call, profile, today), ""


def _said(content: Content, step: Step, profile: Profile) -> bool:
    """Whether such a client may hear a step: who pays by the year has some of their own."""
    annual = profile.term.billing == Billing.ANNUAL and profile.words != EXPIRED
    in_place_of = {one.annual for one in content.script.steps.values()}
    return not (step.annual and annual) and (step.id not in in_place_of or annual)


def _sent(timeline: Timeline, step: ReminderStep, channel: Channel, profile: Profile) -> bool:
    """Whether a step sends such a client anything; who is shown as expired gets what comes after only."""
    resting_steps = timeline.pauses.steps if timeline.pauses else ()
    own = timeline.of(monthly=profile.term.billing == Billing.MONTHLY).steps
    if step in resting_steps:
        return channel in step.channels
    over = profile.words == EXPIRED
    return channel in step.channels and step in own and not (over and step.offset < 0)


def _words(
    content: Content, profile: Profile, step: ReminderStep | None, today: date
) -> dict[str, dict[str, str | bool]]:
    """The variables on the day of a step, else today."""
    data, term = content.data, profile.term
    pause: Pause | None = resting(term.expires_on, data.catalogue)
    if step is None:
        now = start_of(today) + MORNING
    elif data.timeline.pauses and step in data.timeline.pauses.steps:
        now = start_of(step.day(pause.resume_by)) + MORNING if pause else start_of(today)
    else:
        now, pause = start_of(step.day(term.expires_on)) + MORNING, None
    found = _variables(content, profile, _offer(content, profile, now), now, pause)
    found["appel"] |= FURTHER_ON
    return found


def _offer(content: Content, profile: Profile, now: datetime) -> Grant | None:
    """The offer that the timeline makes that day, as to a client who is at risk or not."""
    data, term = content.data, profile.term
    today, plan, billing = day_of(now), Plan(term.plan), Billing(term.billing)
    return standing_offer(
        data.catalogue,
        data.timeline.of(monthly=billing is Billing.MONTHLY),
        today=today,
        expires_on=term.expires_on,
        plan=plan,
        billing=billing,
        vip=is_vip(profile.client.client_since, today, data.catalogue.vip_months),
        at_risk=profile.at_risk,
        wants_lower_price=False,
    )


def _variables(
    content: Content, profile: Profile, offer: Grant | None, now: datetime, pause: Pause | None
) -> dict[str, dict[str, str | bool]]:
    catalogue = content.data.catalogue
    return variables(
        profile.client,
        profile.term,
        offer=offer,
        agent=AGENT,
        catalogue=catalogue,
        now=now,
        links=unsigned(catalogue),
        mails_sent=1,
        pause=pause,
    )


def _message(source: MessageSource, words: dict[str, Any]) -> tuple[str, str]:
    """Its text and its HTML; what is wrong with it where it cannot be written."""
    try:
        message = render_message(source, words)
    except TemplateRefusedError as error:
        return f"Ne peut pas être écrit{THIN}: {error}", ""
    if source.channel is Channel.SMS:
        size = measure(message.text)
        told = f"({plural(size.segments, 'SMS', 'SMS')}, {plural(size.units, 'caractère')})"
        return f"{message.text}\n{told}", ""
    return f"Objet{THIN}: {message.subject}\n\n{message.text.rstrip()}", message.html


def _step(content: Content, step: Step, profile: Profile, today: date) -> str:
    """The words of a step of a call made today, with its hints and the choices that are closed."""
    data, term, now = content.data, profile.term, start_of(today) + timedelta(hours=11)
    offer = phone_offer(
        data.catalogue,
        now=now,
        expires_on=term.expires_on,
        plan=Plan(term.plan),
        billing=Billing(term.billing),
        running=None,
    )
    rests = resting(term.expires_on, data.catalogue) if _OF_A_PAUSE.search(step.said) else None
    words = _variables(content, profile, offer, now.astimezone(PARIS), rests)
    words["appel"] |= FURTHER_ON
    known = facts(profile.client, term, offer, data.catalogue, now)
    try:
        hints = [render(hint, words) for hint in step.hints]
    except TemplateRefusedError as error:
        return f"{step.title}\n\nNe peut pas être dit{THIN}: {error}"
    choices = (
        f"  {rank}. {choice.label}{'' if choice.is_open(known) else f' — fermé{THIN}: {choice.why_not}'}"
        for rank, choice in enumerate(step.choices, 1)
    )
    said = (step.title, render(step.said, words), *(f"({hint})" for hint in hints if hint))
    return "\n\n".join((*filter(None, said), "\n".join(choices)))


# -- as they are shown -----------------------------------------------------------------------------


def as_lines(found: Sequence[Preview]) -> Iterator[str]:
    """For a terminal."""
    for one in found:
        yield f"== {one.title} · {' · '.join(one.whom)} =="
        yield from ("", *one.text.split("\n"), "")


_PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Aperçu du contenu</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>body{{font:16px/1.5 sans-serif;max-width:50em;margin:1em auto;padding:0 1em}}
pre{{white-space:pre-wrap;font:inherit;background:#f4f3f8;padding:1em}}
iframe{{width:100%;height:36em;border:1px solid #bbb}} .whom{{color:#555}}</style></head><body>
<h1>Aperçu du contenu, le {day}</h1>
{toc}
{parts}
</body></html>
"""


def as_page(found: Sequence[Preview], today: date) -> str:
    """For a browser: each e-mail as it is drawn, and as its text."""
    links = "".join(
        f'<li><a href="#p{n}">{escape(one.title)}</a> <span class="whom">{_whom(one)}</span></li>'
        for n, one in enumerate(found)
    )
    return _PAGE.format(
        day=day(today),
        toc=f"<nav><ul>{links}</ul></nav>",
        parts="\n".join(_part(n, one) for n, one in enumerate(found)),
    )


def _part(n: int, one: Preview) -> str:
    title, drawn = escape(one.title), ""
    if one.html:
        drawn = f'<iframe sandbox title="{title}" srcdoc="{escape(one.html)}"></iframe>'
    return (
        f'<section><h2 id="p{n}">{title}</h2><p class="whom">{_whom(one)}</p>'
        f"{drawn}<pre>{escape(one.text)}</pre></section>"
    )


def _whom(one: Preview) -> str:
    return escape(" · ".join(one.whom))
