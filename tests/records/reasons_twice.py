"""The analysis of reasons computed a second time, the slow and plain way: raw rows, plain Python."""

import json
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from console.content import default_root
from console.db.engine import Database
from console.db.tables import Call, CallStep, ChurnRecord, RecordAmendment, ScriptVersion

DOORS = {"price": "PRIX", "service": "SERVICE", "timing": "TIMING", "usage": "USAGE", "other": "AUTRE"}
Sets = dict[tuple[str, str], set[Any]]
"""By row and column, « » for all of them: which records, or which calls."""


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/Paris")).date()


def _rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.exec(select(table)).all())


def reason_of(database: Database) -> dict[int, str]:
    """The reason in force of each record, by what was added to it."""
    last = {record.id: record.reason for record in _rows(database, ChurnRecord)}
    for one in sorted(_rows(database, RecordAmendment), key=lambda one: one.id):
        if one.kind == "recoded":
            last[one.record_id] = one.value
    return last


def records(database: Database, first: date, last: date) -> dict[str, Sets]:
    """Which records each topic's rows hold."""
    reasons = reason_of(database)
    found: dict[str, Sets] = defaultdict(lambda: defaultdict(set))
    for record in _rows(database, ChurnRecord):
        day = _day(record.at)
        if not first <= day <= last:
            continue
        months = re.match(r"(\d+) mois", record.context)
        week = day - timedelta(days=day.isoweekday() - 1)
        keys = [
            ("reasons", reasons[record.id]),
            ("weeks", week.isoformat()),
            ("objections", record.first_objection),
            ("plans", record.plan),
            ("seniority", _band(int(months[1]) if months else 0)),
            ("agents", record.agent),
            *(("words", word) for word in _words(record.verbatim)),
        ]
        for topic, key in keys:
            for column in ("", reasons[record.id]):
                found[topic][key, column].add(record.id)
    return found


def _band(months: int) -> str:
    return str(max(floor for floor in (0, 6, 12, 18, 36) if months >= floor))


def _words(text: str) -> set[str]:
    ignored = tomllib.loads((default_root() / "data" / "mots.toml").read_text(encoding="utf-8"))["ignores"]
    bare = {_bare(word) for word in ignored}
    return {
        word
        for word in "".join(char if char.isalnum() else " " for char in _bare(text)).split()
        if len(word) > 1 and not word.isdigit() and word not in bare
    }


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower().replace("œ", "oe"))
    return "".join(char for char in apart if unicodedata.category(char) != "Mn")


def proposals(database: Database, first: date, last: date) -> tuple[Sets, Sets]:
    """In which calls each option was proposed, and in which it was taken, by the journals alone."""
    reasons = reason_of(database)
    of_call = {record.call_id: reasons[record.id] for record in _rows(database, ChurnRecord)}
    scripts = {one.hash: json.loads(one.content)["steps"] for one in _rows(database, ScriptVersion)}
    journals = defaultdict(list)
    for step in sorted(_rows(database, CallStep), key=lambda step: step.seq):
        journals[step.call_id].append(step)
    made: Sets = defaultdict(set)
    taken: Sets = defaultdict(set)
    for call in _rows(database, Call):
        if call.ended_at is None or not first <= _day(call.ended_at) <= last:
            continue
        path: list[Any] = []
        for step in journals[call.id]:
            path = path[:-1] if step.act == "back" else [*path, step]
        door = ""
        offered: set[str] = set()
        accepted: set[str | None] = set()
        for step, choice in _walked(scripts[call.script_hash], path):
            offered |= set(step.get("proposes", ()))
            door = door or choice.get("objection", "")
            accepted = (accepted | {choice.get("accepts")}) - set(choice.get("declines", ()))
        why = of_call.get(call.id) or DOORS.get(door, "")
        for option in (offered | {one for one in accepted if one}) & set(call.facts) - {"loyalty"}:
            for column in ("", why):
                made[option, column].add(call.id)
                if option in accepted and call.outcome != "refused":
                    taken[option, column].add(call.id)
    return made, taken


def _walked(steps: dict[str, Any], path: list[Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for entry in path:
        step = steps[entry.step]
        yield step, step["choices"][entry.choice] if entry.act == "choice" else {}
