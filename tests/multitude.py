"""A large company that has been at work for years: clients and refusals, written straight to a file."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlmodel import SQLModel

from console.base.clock import Clock
from console.base.dates import month_end, plus_days, start_of
from console.cases.queue import write_tally
from console.db.engine import open_database
from console.db.tables import (
    Call,
    CallStep,
    CampaignCount,
    ChurnRecord,
    Client,
    Event,
    GrantedOffer,
    Message,
    Proposal,
    RecordAmendment,
    RecordWord,
    ScriptVersion,
    Subscription,
    Watch,
)
from console.imports.plan import indexed
from console.records import chain
from console.records.filters import Amendment, search_words
from tests.world import paris

NOW = paris("2025-12-20T14:00")
YEARS = 3
"""Over which the refusals are spread, more and more of them."""
TODAY = NOW.date()
REASONS = {
    "PRIX": 400, "USAGE": 200, "SERVICE": 120, "TIMING": 100, "PROJET": 80, "PERSO": 60, "AUTRE": 39,
    "NON_DIT": 1,
}  # fmt: skip
OBJECTIONS = {"price": 45, "usage": 20, "service": 14, "timing": 10, "other": 8, "definitive": 3}
AGENTS = {
    "Jean": 400, "Jeanne": 200, "Zoé": 100, "Karim": 50, "Inès": 25, "Hugo": 12, "Léa": 6, "Noé": 3,
    "Maud": 1, "Rémi": 1,
}  # fmt: skip
BASIC = 0.01
VIP = 0.01
_BATCH = 20_000
_SAID = (
    "C’est trop cher pour moi, je dois faire des économies.", "Le prix monte chaque année.",
    "Je n’ai plus le temps de m’en servir.", "L’atelier du mardi a été annulé deux fois.",
    "Je change de métier, cela ne me sert plus.", "Trop de messages, pas assez d’ateliers.",
    "J’ai trouvé moins cher ailleurs.", "Ma situation a changé.", "Je préfère ne pas dire pourquoi.",
    "Le service ne répond pas assez vite.", "On déménage à l’étranger.", "C’était pour l’école, c’est fini.",
)  # fmt: skip
_PLACES = ("Lyon", "Nantes", "Brest", "Arles", "Metz", "Dijon", "Tours", "Vichy", "Pau", "Nîmes")
_NAMES = ("Abadie", "d’Arcy", "Béraud", "Collet", "Durand", "Évrard", "Fabre", "Guérin", "Hubert", "Jacquet")
_FIRST = ("Adèle", "Hervé", "Chloé", "Jean-Noël", "Mireille", "Salomé", "Yves", "Zoé", "")
_OUTCOMES = {"renewed": 70, "discounted": 8, "downgraded": 8, "paused": 5, "already_renewed": 9}
_STATUS = {"downgraded": "downgraded", "paused": "paused"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What decides of a refused term: who, when, how long before its expiry."""

    at: datetime
    expires_on: date


def generate(path: Path, clients: int, refusals: int) -> None:
    """Makes the database at `path`, the same for the same numbers; about 7,000 clients a second.

    The chains hold and the counters are true; its places are drawn, so `hotliner verifier` names many.
    """
    open_database(f"sqlite:///{path}", clock=Clock(lambda: NOW), trial=True).close()
    with sqlite3.connect(path, isolation_level=None) as file:
        file.execute("PRAGMA journal_mode=OFF")
        file.execute("PRAGMA synchronous=OFF")
        file.execute("PRAGMA cache_size=-400000")
        again = file.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''"
        ).fetchall()
        file.execute("BEGIN")
        for name, _ in again:
            file.execute(f"DROP INDEX {name}")
        _Company(file, clients, refusals).write()
        for _, sql in again:
            file.execute(sql)
        file.execute("COMMIT")
    file.close()


class _Company:
    """Draws everything, and keeps the counters on the way."""

    def __init__(self, file: sqlite3.Connection, clients: int, refusals: int) -> None:
        self._random = Random(clients)
        self._writer = _Writer(file)
        self._clients = clients
        self._refused = self._draw_refusals(refusals)
        self._counts: Counter[tuple[date, str]] = Counter()
        self._record: chain.Head = (0, "")
        self._amendment: chain.Head = (0, "")

    def _draw_refusals(self, number: int) -> dict[int, Refusal]:
        """In the order of time, as calls write them; by the number of the client."""
        random, days = self._random, YEARS * 365
        found = []
        for _ in range(number):
            day = plus_days(TODAY, -1 - int(days * (1 - random.random() ** 0.7)))
            at = start_of(day).astimezone(UTC) + timedelta(minutes=random.randint(540, 1_170))
            found.append(Refusal(at, plus_days(day, random.randint(0, 30))))
        found.sort(key=lambda one: one.at)
        return dict(zip(random.sample(range(1, self._clients + 1), number), found, strict=True))

    def write(self) -> None:
        """Clients with their terms and what happened, then the refusals one after the other."""
        add = self._writer.add
        add(ScriptVersion, {"hash": "multitude", "stored_at": NOW, "content": ""})
        for number in range(1, self._clients + 1):
            self._client(number)
        for number, refusal in self._refused.items():
            self._refusal(number, refusal)
        for (day, figure), n in self._counts.items():
            add(CampaignCount, {"expires_on": day, "figure": figure, "n": n})
        self._writer.flush()

    def _client(self, number: int) -> None:
        random, add = self._random, self._writer.add
        refusal = self._refused.get(number)
        basic = random.random() < BASIC
        expires_on = refusal.expires_on if refusal else plus_days(TODAY, random.randint(-90, 274))
        code = f"CLT-{number:07}"
        first, last = random.choice(_FIRST), random.choice(_NAMES)
        details = {
            "civility": random.choice(("Mme", "M.", "")),
            "first_name": first,
            "last_name": last,
            "email": f"c{number}@example.org",
            "email_usable": True,
            "phone_raw": "",
            "phone": f"+3363998{number % 10_000:04}",
            "phone_kind": "mobile",
            "timezone": "Europe/Paris",
            "client_since": plus_days(expires_on, -364 - int(random.expovariate(1 / 200))),
            "opposed_call": False,
            "opposed_email": False,
            "opposed_sms": False,
        }
        made = {"id": number, "code": code, "created_at": NOW, "updated_at": NOW}
        add(Client, indexed(code, details) | made)
        term = {
            "id": number,
            "client_id": number,
            "client_code": code,
            "plan": "basic" if basic else "premium",
            "billing": "monthly" if basic else "annual",
            "starts_on": plus_days(expires_on, -364),
            "expires_on": expires_on,
            "deadline": month_end(expires_on),
        } | self._lived(number, expires_on, refusal)
        figures = _figures(term)
        self._counts.update({(expires_on, name): 1 for name in figures})
        add(Subscription, term | {"tally": write_tally(expires_on, dict.fromkeys(figures, 1))})

    def _lived(self, number: int, expires_on: date, refusal: Refusal | None) -> dict[str, Any]:
        """Where the term stands, once the messages, offers and calls around it are written."""
        random, days_left = self._random, (expires_on - TODAY).days
        settled: dict[str, Any] = {}
        if refusal:
            settled = {"status": "cancelled", "settled_at": refusal.at, "pane": "refused"}
        elif days_left <= 30 and random.random() < (0.85 if days_left < 0 else 0.6):
            after = 20 if random.random() < 0.05 and days_left < -25 else 0
            day = min(plus_days(expires_on, after - random.randint(0, 30)), plus_days(TODAY, -1))
            at = start_of(day).astimezone(UTC) + timedelta(minutes=random.randint(480, 1_200))
            outcome = _drawn(random, _OUTCOMES)
            settled = {"status": _STATUS.get(outcome, "renewed"), "retention": outcome, "settled_at": at}
            settled["pane"] = "retained"
            over = start_of(plus_days(expires_on, 1))
            if at >= over:
                back = {"came_back_at": at, "came_back_how": outcome}
                settled = back | {"status": "expired", "settled_at": over, "pane": "lapsed"}
        elif days_left < 0:
            ended = start_of(plus_days(expires_on, 1))
            settled = {"status": "expired", "settled_at": ended, "pane": "lapsed"}
        if days_left <= 30:
            self._approached(number, expires_on, settled)
        if settled:
            return settled
        self._writer.add(Watch, {"subscription_id": number, "look_on": plus_days(TODAY, 1)})
        soon = days_left <= 30
        changes = start_of(plus_days(TODAY, 1) if soon else plus_days(expires_on, -30))
        pane = "urgent" if days_left <= 3 else "week" if soon else "later"
        return {"pane": pane, "rank": 5, "minus_score": -days_left, "fresh_until": changes}

    def _approached(self, number: int, expires_on: date, settled: Mapping[str, Any]) -> None:
        """Reminders sent until an answer came, the offer made on the way, the call that settled it."""
        random, add = self._random, self._writer.add
        outcome, ended = settled.get("retention", ""), settled.get("settled_at", NOW)
        links = {"client_id": number, "subscription_id": number}
        for kind, days in (("J-30", -30), ("J-14", -14), ("J-7", -7)):
            at = start_of(plus_days(expires_on, days)).astimezone(UTC) + timedelta(hours=8)
            if at > min(ended, NOW):
                break
            key = f"{number}:{kind}"
            add(Message, links | {
                "message_id": key, "dedup_key": key, "channel": "email", "kind": kind, "status": "sent",
                "purpose": "reminder", "step": kind,
                "recipient": "", "text": "…", "created_at": at, "not_before": at, "sent_at": at,
            })  # fmt: skip
            if kind == "J-14":
                taken = outcome == "renewed" and random.random() < 0.7
                add(GrantedOffer, links | {
                    "offer": "fidelite", "granted_at": at, "ends_at": ended, "price_cents": 3499,
                    "normal_price_cents": 3699, "cost_cents": 200, "accepted_at": ended if taken else None,
                })  # fmt: skip
                answer = {"answer": "accepted", "answered_at": ended} if taken else {}
                add(Proposal, links | answer | {
                    "message_id": key, "at": at, "what": "loyalty", "offer": "fidelite",
                    "key": f"message:{key}",
                })  # fmt: skip
        if not outcome:
            return
        kind = _STATUS.get(outcome, "discounted" if outcome == "discounted" else "renewed")
        add(Event, links | {"at": ended, "kind": kind})
        if random.random() < 0.15:
            attempts = [{"option": "downgrade", "answer": "accepted"}] if outcome == "downgraded" else []
            add(Call, links | self._call(f"{number:032x}", ended) | {
                "outcome": outcome, "satisfaction": random.choice((None, 3, 4, 5, 5)), "attempts": attempts,
            })  # fmt: skip
            self._propose(f"{number:032x}", links, ended, attempts)

    def _call(self, key: str, at: datetime) -> dict[str, Any]:
        return {
            "id": key,
            "agent": _drawn(self._random, AGENTS),
            "direction": "outbound",
            "script_hash": "multitude",
            "started_at": at - timedelta(minutes=4),
            "dialled_at": at - timedelta(minutes=4),
            "ended_at": at,
            "answered": True,
        }

    def _propose(
        self, call_id: str, links: Mapping[str, Any], at: datetime, attempts: list[dict[str, str]]
    ) -> None:
        for one in attempts:
            key, answer = f"call:{call_id}:{one['option']}", {"answer": one["answer"], "answered_at": at}
            what = {"call_id": call_id, "at": at, "what": one["option"], "key": key}
            self._writer.add(Proposal, dict(links) | what | answer)

    def _refusal(self, number: int, refusal: Refusal) -> None:
        random, add = self._random, self._writer.add
        at, call_id, record_id = refusal.at, f"{number:032x}", self._record[0] + 1
        day = at.astimezone(NOW.tzinfo).date()
        objection, reason = _drawn(random, OBJECTIONS), _drawn(random, REASONS)
        tried = random.sample(("downgrade", "discount", "pause"), random.randint(0, 3))
        attempts = [{"option": one, "answer": "declined"} for one in tried]
        call = self._call(call_id, at) | {"outcome": "refused", "objection": objection, "attempts": attempts}
        links = {"client_id": number, "subscription_id": number}
        add(Call, call | links)
        self._propose(call_id, links, at, attempts)
        for seq, step in enumerate(("preparation", "ouverture", "definitif")):
            entry = {"call_id": call_id, "seq": seq, "at": at, "act": "choice", "step": step}
            add(CallStep, entry | {"label": "Noté"})
        add(Event, links | {"at": at, "kind": "refused", "call_id": call_id, "agent": call["agent"]})
        verbatim, note = self._words()
        values = {
            "call_id": call_id,
            **links,
            "client_code": f"CLT-{number:07}",
            "client_name": random.choice(_NAMES),
            "at": at,
            "cancelled_on": day,
            "effective_on": refusal.expires_on,
            "reason": reason,
            "verbatim": verbatim,
            "first_objection": objection,
            "context": "Client depuis plus d’un an. Satisfaction inconnue.",
            "attempts": attempts,
            "result": "Toutes les propositions ont été déclinées.",
            "status": f"résilié le {refusal.expires_on:%d/%m/%Y}",
            "note": note,
            "resumable": True,
            "follow_up_on": None,
            "recommendation": "Ne pas relancer.",
            "agent": call["agent"],
            "script_hash": "multitude",
            "duration_s": 240,
            "plan": "basic" if random.random() < BASIC else "premium",
            "vip": random.random() < VIP,
        }
        months = int(random.lognormvariate(3, 0.7))
        added: dict[str, Any] = {"id": record_id, "search": search_words(verbatim, note), "seniority": months}
        sealed = chain.sealed(values, self._record)
        self._record = record_id, sealed["hash"]
        read = random.random() < (0.995 if (TODAY - day).days > 30 else 0.1)
        recoded = read and random.random() < 0.02
        reason_now = "AUTRE" if recoded else reason
        reviewed = {"reviewed": read, "reason_now": reason_now}
        add(ChurnRecord, values | added | sealed | reviewed)
        said = set(search_words(verbatim).split())
        for word in set(added["search"].split()):
            add(RecordWord, {"word": word, "record_id": record_id, "said": word in said})
        if reason_now != reason:
            self._amend(record_id, at, Amendment.RECODED, reason_now, reason)
        if read:
            self._amend(record_id, at, Amendment.READ)

    def _words(self) -> tuple[str, str]:
        """Most words come again and again, some but once."""
        random = self._random
        said = " ".join(random.sample(_SAID, random.randint(0, 2)))
        if random.random() < 0.1:
            said += f" Je pars à {random.choice(_PLACES)}."
        return said, f"Dossier {random.randrange(10**7)}." if random.random() < 0.05 else ""

    def _amend(
        self, record_id: int, at: datetime, kind: Amendment, value: str = "", before: str = ""
    ) -> None:
        values = {
            "record_id": record_id, "record_hash": self._record[1], "at": at + timedelta(days=1),
            "author": "Ada", "kind": kind.value, "text": "", "value": value, "before": before,
            "addressee": "", "question_id": None,
        }  # fmt: skip
        sealed = chain.sealed(values, self._amendment, chain.AMENDMENTS)
        self._amendment = sealed["seq"], sealed["hash"]
        del values["record_hash"]
        self._writer.add(RecordAmendment, values | sealed)


def _figures(term: Mapping[str, Any]) -> list[str]:
    kept = {"already_renewed": "renewed"}
    retention = term.get("retention", "")
    return [term["pane"], *([kept.get(retention, retention)] if retention else [])]


def _drawn(random: Random, weights: Mapping[str, int]) -> str:
    names, sums = _summed(tuple(weights.items()))
    return random.choices(names, cum_weights=sums)[0]


@cache
def _summed(weights: tuple[tuple[str, int], ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    total, sums = 0, []
    for _, weight in weights:
        total += weight
        sums.append(total)
    return tuple(name for name, _ in weights), tuple(sums)


class _Writer:
    """Rows kept until there are many, then given to the driver: columns left out take the table's default."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._waiting: dict[type[SQLModel], list[Sequence[Any]]] = {}
        self._columns: dict[type[SQLModel], tuple[str, dict[str, Any]]] = {}

    def add(self, table: type[SQLModel], values: Mapping[str, Any]) -> None:
        """One more row."""
        defaults = self._columns.get(table, (None, None))[1] or self._learn(table)
        rows = self._waiting.setdefault(table, [])
        rows.append([_stored(value) for value in ({**defaults, **values}).values()])
        if len(rows) == _BATCH:
            self._write(table, rows)

    def _learn(self, table: type[SQLModel]) -> dict[str, Any]:
        defaults = {
            name: None if info.is_required() else info.get_default(call_default_factory=True)
            for name, info in table.model_fields.items()
        }
        marks = ", ".join("?" * len(defaults))
        name = table.__tablename__
        self._columns[table] = f"INSERT INTO {name} ({', '.join(defaults)}) VALUES ({marks})", defaults
        return defaults

    def _write(self, table: type[SQLModel], rows: list[Sequence[Any]]) -> None:
        self._file.executemany(self._columns[table][0], rows)
        rows.clear()

    def flush(self) -> None:
        """What is left."""
        for table, rows in self._waiting.items():
            self._write(table, rows)


def _stored(value: Any) -> Any:
    """As the database keeps it."""
    kind = type(value)
    if kind is datetime:
        return _instant(value)
    if kind is date:
        return _day(value)
    return json.dumps(value) if kind in (list, dict) else value


@cache
def _day(value: date) -> str:
    return value.isoformat()


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
