"""What the analysis of reasons counts: proposals and their answers, seniority, the words that were said."""

import json
import logging
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

from console.db.migrations.frozen import search_words, whole_months

revision = "0008"
down_revision = "0007"

_log = logging.getLogger("hotliner.storage")
_CALL = sa.table(
    "call",
    *(sa.column(name) for name in ("id", "script_hash", "ended_at", "objection")),
    *(sa.column(name, sa.JSON()) for name in ("facts", "attempts")),
)
_STEP = sa.table(
    "call_step",
    *(sa.column(name) for name in ("call_id", "seq", "act", "step", "choice", "label", "captured")),
)
_VERSION = sa.table("script_version", sa.column("hash"), sa.column("content"))
_RECORD = sa.table(
    "churn_record",
    *(sa.column(name) for name in ("id", "client_id", "verbatim", "seniority")),
    sa.column("cancelled_on", sa.Date()),
)
_CLIENT = sa.table("client", sa.column("id"), sa.column("client_since", sa.Date()))
_WORD = sa.table("record_word", sa.column("word"), sa.column("record_id"), sa.column("said", sa.Boolean()))
_BATCH = 1_000


def upgrade() -> None:
    op.add_column("call", sa.Column("objection", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("call", sa.Column("attempts", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column(
        "churn_record", sa.Column("seniority", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("record_word", sa.Column("said", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_churn_record_analysis",
        "churn_record",
        ["cancelled_on", "reason_now", "reason", "first_objection", "plan", "seniority", "agent"],
    )
    connection = op.get_bind()
    _tell_records(connection)
    _tell_calls(connection)


def _tell_records(connection: sa.Connection) -> None:
    """Seniority and said words of the records written so far."""
    query = (
        sa.select(_RECORD.c.id, _RECORD.c.cancelled_on, _RECORD.c.verbatim, _CLIENT.c.client_since)
        .join(_CLIENT, _CLIENT.c.id == _RECORD.c.client_id)
        .order_by(_RECORD.c.id)
        .limit(_BATCH)
    )
    seniority = sa.update(_RECORD).where(_RECORD.c.id == sa.bindparam("key"))
    said = sa.update(_WORD).where(
        _WORD.c.word == sa.bindparam("one"), _WORD.c.record_id == sa.bindparam("key")
    )
    last = 0
    while rows := connection.execute(query.where(_RECORD.c.id > last)).all():
        months = [
            {"key": row.id, "seniority": whole_months(row.client_since, row.cancelled_on)} for row in rows
        ]
        connection.execute(seniority, months)
        words = [
            {"key": row.id, "one": word, "said": True}
            for row in rows
            for word in sorted(set(search_words(row.verbatim).split()))
        ]
        if words:
            connection.execute(said, words)
        last = rows[-1].id


def _tell_calls(connection: sa.Connection) -> None:
    """What was proposed in the calls that have ended, by their journals and the scripts they used."""
    scripts: dict[str, dict[str, Any]] = {}
    query = (
        sa.select(_CALL.c.id, _CALL.c.script_hash, _CALL.c.facts)
        .where(_CALL.c.ended_at.is_not(None))
        .order_by(_CALL.c.id)
        .limit(_BATCH)
    )
    change = sa.update(_CALL).where(_CALL.c.id == sa.bindparam("key"))
    last = ""
    while calls := connection.execute(query.where(_CALL.c.id > last)).all():
        last = calls[-1].id
        journals = _journals(connection, [call.id for call in calls])
        found = []
        for call in calls:
            if call.script_hash not in scripts:
                scripts[call.script_hash] = _steps(connection, call.script_hash)
            try:
                objection, attempts = _proposed(
                    scripts[call.script_hash], frozenset(call.facts), journals.get(call.id, ())
                )
            except (KeyError, IndexError, TypeError):
                _log.warning("the journal of a call cannot be read: it tells nothing of what was proposed")
                continue
            if objection or attempts:
                found.append({"key": call.id, "objection": objection, "attempts": attempts})
        if found:
            connection.execute(change, found)


def _journals(connection: sa.Connection, calls: list[str]) -> dict[str, list[Any]]:
    """The acts of each call that no step back has undone, in order."""
    query = sa.select(_STEP).where(_STEP.c.call_id.in_(calls)).order_by(_STEP.c.call_id, _STEP.c.seq)
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        path = found.setdefault(row.call_id, [])
        if row.act == "back":
            path.pop()
        else:
            path.append(row)
    return found


def _steps(connection: sa.Connection, version: str) -> dict[str, Any]:
    """The steps of a stored script; none where it cannot be read."""
    source = connection.scalar(sa.select(_VERSION.c.content).where(_VERSION.c.hash == version))
    try:
        return dict(json.loads(source or "")["steps"])
    except (ValueError, KeyError, TypeError):
        _log.warning("a stored script cannot be read: its calls tell nothing of what was proposed")
        return {}


def _proposed(
    steps: dict[str, Any], facts: frozenset[str], path: Iterable[Any]
) -> tuple[str, list[dict[str, str]]]:
    """The Phase 4 door taken first, and each option proposed with the last answer given to it.

    An option that is not among the facts of the call counts neither as proposed nor as answered; the loyalty
    offer, which the opening presents to everybody, is left out.
    """
    objection, answers = "", dict[str, str]()
    for act in path:
        step = steps[act.step]
        for option in step.get("proposes", ()):
            answers.setdefault(option, "none")
        if act.act != "choice":
            continue
        choice = step["choices"][act.choice]
        objection = objection or choice.get("objection", "")
        answers |= dict.fromkeys(choice.get("declines", ()), "declined")
        if accepted := choice.get("accepts"):
            answers[accepted] = "accepted"
    return objection, [
        {"option": option, "answer": answer}
        for option, answer in answers.items()
        if option in facts and option != "loyalty"
    ]
