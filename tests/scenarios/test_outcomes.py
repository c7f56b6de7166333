"""Every other outcome, from the demonstration's dashboard with keys only, checked row by row."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from console.base.vocabulary import CallOutcome
from tests.program import DEMO_DAY, Console, recount, row, rows, whole
from tests.world import plain

START = {
    "to_contact": 47,
    "retained": 23,
    "awaiting": 24,
    "at_risk": 8,
    "urgent": 3,
    "week": 13,
    "later": 8,
    "workshops": 18,
    "refused": 3,
    "lapsed": 0,
}
REACHED = ("Composer le numéro", "Le client est au bout du fil")
KEPT = {"J-7": "queued", "J-3": "queued"}
CANCELLED = {"J-7": "cancelled", "J-3": "cancelled"}
ACTIVE = {"status": "active", "retention": "", "workshops_given": 0}


@dataclass(frozen=True)
class Run:
    """A call with Marie: the key that begins it, the way, and what must be found in the database.

    Whatever is not named here must not have changed: `client`, `call` and `offer` are compared whole in the
    columns named, and every other list is compared whole.
    """

    way: tuple[str, ...]
    events: set[str]
    figures: dict[str, int] = field(default_factory=dict)
    begin: str = "a"
    term: dict[str, Any] = field(default_factory=lambda: ACTIVE)
    following: tuple[str, str, str, str] | None = None
    mails: list[str] = field(default_factory=list)
    reminders: dict[str, str] = field(default_factory=lambda: KEPT)
    kept_promise: bool = True
    promised: list[tuple[str, int]] = field(default_factory=list)
    escalated: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    took_offer: bool = False
    client: dict[str, Any] = field(default_factory=dict)
    call: dict[str, Any] = field(default_factory=dict)
    refusal: dict[str, Any] | None = None


def kept(status: str, retention: str, workshops: int = 0) -> dict[str, Any]:
    """The columns of a term whose client stays."""
    return {
        "status": status,
        "retention": retention,
        "workshops_given": workshops,
    }


MONDAY = {"urgent": 2, "week": 14}
"""An attempt on a Saturday leaves « urgent » until another half-day on which calling is lawful."""
LATER = {"urgent": 2, "later": 9}
"""A client who has been spoken to is left time."""
RETAINED = {"retained": 24, "awaiting": 23, "urgent": 2}
SPOKEN = {"answered": 1, "direction": "outbound", "satisfaction": None}
MISSED = {"answered": 0, "direction": "outbound", "satisfaction": None}
RUNS = {
    CallOutcome.RENEWED: Run(
        (*REACHED, "Oui, cela", "Je m’en occupe", "5 sur 5", "Terminer"),
        {"call_ended", "callback_done", "renewed", "offer_accepted"},
        RETAINED | {"workshops": 19},
        term=kept("renewed", "renewed", 1),
        following=("premium", "annual", "2026-01-01", "2026-12-31"),
        mails=["confirmation-renouvellement"],
        reminders=CANCELLED,
        took_offer=True,
        call=SPOKEN | {"satisfaction": 5},
    ),
    CallOutcome.DISCOUNTED: Run(
        (*REACHED, "Hésite", "Le prix", "Accepte la remise", "Le client confirme", "Ne pas demander"),
        {"call_ended", "callback_done", "discounted", "price_request", "offer_accepted"},
        RETAINED,
        term=kept("renewed", "discounted"),
        following=("premium", "monthly", "2026-01-01", "2026-03-31"),
        mails=["confirmation-remise"],
        reminders=CANCELLED,
        granted=["remise-temporaire"],
        call=SPOKEN,
    ),
    CallOutcome.DOWNGRADED: Run(
        (
            *REACHED,
            "Hésite",
            "Ne s’en sert pas",
            "Accepte le passage à Basic",
            "Le client confirme",
            "Ne pas demander",
        ),
        {"call_ended", "callback_done", "downgraded"},
        RETAINED,
        term=kept("downgraded", "downgraded"),
        following=("basic", "monthly", "2026-01-01", "2026-12-31"),
        mails=["confirmation-downgrade"],
        reminders=CANCELLED,
        call=SPOKEN,
    ),
    CallOutcome.PAUSED: Run(
        (
            *REACHED,
            "Hésite",
            "Ce n’est pas le moment",
            "Accepte la pause",
            "Le client confirme",
            "Ne pas demander",
        ),
        {"call_ended", "callback_done", "paused"},
        RETAINED,
        term=kept("paused", "paused"),
        mails=["confirmation-pause"],
        reminders=CANCELLED,
        call=SPOKEN,
    ),
    CallOutcome.ESCALATED: Run(
        (
            *REACHED,
            "Hésite",
            "Le service",
            "= L’atelier du 3 a été annulé sans un mot.",
            "key:enter",
            "Demande un responsable",
            " et veut être remboursée.",
        ),
        {"call_ended", "callback_done", "complaint", "escalated"},
        LATER,
        mails=["accuse-escalade"],
        reminders=CANCELLED,
        escalated=["L’atelier du 3 a été annulé sans un mot. et veut être remboursée."],
        call=SPOKEN,
    ),
    CallOutcome.UNDECIDED: Run(
        (
            *REACHED,
            "Hésite",
            "Le service",
            "= L’atelier du 3 a été annulé sans un mot.",
            "key:enter",
            "Accepte l’accompagnement",
            "Préfère voir",
            "Terminer",
        ),
        {"call_ended", "callback_done", "complaint", "committed"},
        LATER,
        mails=["engagements"],
        call=SPOKEN,
    ),
    CallOutcome.CALLBACK: Run(
        (*REACHED, "Demande un rappel", "= lun 22/12 15h15"),
        {"call_ended", "callback_done", "callback_promised"},
        MONDAY,
        promised=[("2025-12-22 14:15:00.000000", 1)],
        call=SPOKEN,
    ),
    CallOutcome.REFUSED: Run(
        (
            *REACHED,
            "Hésite",
            "Refus définitif",
            "Préfère ne pas le dire",
            "key:enter",
            "Ne plus contacter",
        ),
        {"call_ended", "callback_done", "refused"},
        {"to_contact": 46, "awaiting": 23, "urgent": 2, "refused": 4},
        term=ACTIVE | {"status": "cancelled"},
        mails=["cloture"],
        reminders=CANCELLED,
        call=SPOKEN,
        refusal={
            "reason": "NON_DIT",
            "verbatim": "",
            "first_objection": "definitive",
            "attempts": "[]",
            "result": "Aucune option proposée : décision annoncée comme définitive.",
            "status": "résilié le 31/12/2025",
            "resumable": 0,
            "follow_up_on": None,
            "recommendation": "Ne pas recontacter.",
            "cancelled_on": "2025-12-20",
            "effective_on": "2025-12-31",
        },
    ),
    CallOutcome.NO_ANSWER: Run(
        ("Composer", "Pas de réponse"), {"call_ended"}, MONDAY, kept_promise=False, call=MISSED
    ),
    CallOutcome.VOICEMAIL: Run(
        ("Composer", "Répondeur", "Message laissé"), {"call_ended"}, MONDAY, kept_promise=False, call=MISSED
    ),
    CallOutcome.BUSY: Run(
        ("Composer", "Ligne occupée"), {"call_ended"}, MONDAY, kept_promise=False, call=MISSED
    ),
    CallOutcome.WRONG_NUMBER: Run(
        ("Composer", "Mauvais numéro", "Marquer le numéro"),
        {"call_ended", "phone_invalid"},
        kept_promise=False,
        client={"phone_kind": "invalid"},
        call=MISSED,
    ),
    CallOutcome.THIRD_PARTY: Run(
        ("Composer", "Une autre personne répond", "Terminer l’appel"),
        {"call_ended"},
        MONDAY,
        kept_promise=False,
        call=MISSED,
    ),
    CallOutcome.OPPOSED: Run(
        (*REACHED, "Ne veut plus d’appels", "Enregistrer l’opposition"),
        {"call_ended", "callback_done", "opposition"},
        LATER,
        client={"opposed_call": 1},
        call=SPOKEN,
    ),
    CallOutcome.HUNG_UP: Run(
        (*REACHED, "Hésite", "key:h", "Terminer l’appel"),
        {"call_ended", "callback_done"},
        LATER,
        call=SPOKEN,
    ),
    CallOutcome.ALREADY_RENEWED: Run(
        ("A déjà renouvelé", "Terminer : déjà renouvelé"),
        {"call_ended", "callback_done", "renewed"},
        RETAINED,
        begin="i enter",
        term=kept("renewed", "already_renewed"),
        following=("premium", "annual", "2026-01-01", "2026-12-31"),
        reminders=CANCELLED,
        call=SPOKEN | {"direction": "inbound"},
    ),
}


def test_no_outcome_is_forgotten() -> None:
    """The others need a pause, or news from outside; a link sent is in `tests/cases/test_agreements.py`."""
    elsewhere = {CallOutcome.RESUMED, CallOutcome.ALREADY_SETTLED, CallOutcome.LINK_SENT}
    elsewhere |= {CallOutcome.QUESTION, CallOutcome.INTERRUPTED}  # in `tests/calls`
    assert set(RUNS) | elsewhere == set(CallOutcome)


@pytest.mark.parametrize("outcome", RUNS, ids=str)
def test_outcome(outcome: CallOutcome, demo: Path, opened: Callable[..., Console]) -> None:
    run = RUNS[outcome]
    client = row(demo, "SELECT * FROM client WHERE code = 'CLT-00245'")
    console = opened(demo, date=DEMO_DAY, demo=True)
    assert console.dashboard() == START == recount(demo)
    console.press(*run.begin.split())
    for act in run.way:
        if act.startswith(" "):
            console.type(act)
        else:
            console.walk(act)
    if run.escalated or run.promised:
        console.press("enter")
    console.leave_call("")
    expected = START | run.figures
    assert expected["to_contact"] == sum(expected[name] for name in ("urgent", "week", "later", "retained"))
    console.shows(expected)
    console.quit()

    assert recount(demo) == expected
    whole(demo)
    call = row(demo, "SELECT * FROM call WHERE started_at >= '2025-12-20 13:00'")
    assert {name: call[name] for name in run.call} == run.call
    assert (call["outcome"], call["agent"], call["drafts"]) == (outcome, "Jean", "{}")
    assert call["ended_at"] > call["started_at"]
    assert bool(call["dialled_at"]) is (run.call["direction"] == "outbound")
    check_client(demo, client, run, call)
    check_links(demo, run, call["id"])


def check_client(demo: Path, before: dict[str, Any], run: Run, call: dict[str, Any]) -> None:
    """The person, the term that the call was about, the next one, the offers."""
    client = row(demo, "SELECT * FROM client WHERE code = 'CLT-00245'")
    assert client == before | run.client | {"updated_at": client["updated_at"]}
    term, *following = rows(
        demo, "SELECT * FROM subscription WHERE client_id = ? ORDER BY starts_on", client["id"]
    )
    assert (term["plan"], term["expires_on"]) == ("premium", "2025-12-31")
    assert {name: term[name] for name in run.term} == run.term
    assert (term["settled_at"] == call["ended_at"]) is (term["status"] != "active")
    names = ("plan", "billing", "starts_on", "expires_on")
    assert [tuple(next_[name] for name in names) for next_ in following] == (
        [run.following] if run.following else []
    )
    assert all(next_["status"] == "active" for next_ in following)
    offers = rows(demo, "SELECT * FROM granted_offer WHERE client_id = ? ORDER BY granted_at", client["id"])
    assert [offer["offer"] for offer in offers] == ["remise-5", "fidelite", *run.granted]
    taken = [offer["offer"] for offer in offers if offer["accepted_at"]]
    assert taken == (["fidelite"] if run.took_offer else run.granted)


def check_links(demo: Path, run: Run, call_id: str) -> None:
    """What the call wrote beside: history, messages, promises, escalation, churn record."""
    events = [event["kind"] for event in rows(demo, "SELECT kind FROM event WHERE call_id = ?", call_id)]
    assert len(events) == len(set(events))
    assert set(events) == run.events
    mails = rows(demo, "SELECT * FROM message WHERE call_id = ?", call_id)
    assert [mail["kind"] for mail in mails] == run.mails
    assert {mail["status"] for mail in mails} <= {"queued", "sent"}  # the console delivers beside
    assert {mail["recipient"] for mail in mails} <= {"marie.dupuis@example.org"}
    assert not any("{{" in mail["text"] + mail["html"] for mail in mails)
    reminders = rows(demo, "SELECT * FROM message WHERE dedup_key IN ('J-7', 'J-3')")
    assert {mail["kind"]: mail["status"] for mail in reminders} == run.reminders
    first, *promised = rows(demo, "SELECT * FROM callback ORDER BY id")
    assert bool(first["done_at"]) is run.kept_promise
    assert [(one["promised_at"], one["asked_by_client"]) for one in promised] == run.promised
    assert all(one["done_at"] is None and one["call_id"] == call_id for one in promised)
    assert [plain(one["summary"]) for one in rows(demo, "SELECT * FROM escalation")] == run.escalated
    records = rows(demo, "SELECT * FROM churn_record WHERE call_id = ?", call_id)
    assert [{name: tidy(record[name]) for name in run.refusal or {}} for record in records] == (
        [run.refusal] if run.refusal else []
    )
    steps = rows(demo, "SELECT seq, act, step FROM call_step WHERE call_id = ? ORDER BY seq", call_id)
    assert [step["seq"] for step in steps] == list(range(len(steps)))
    (version,) = rows(
        demo,
        "SELECT v.content FROM script_version v JOIN call c ON c.script_hash = v.hash WHERE c.id = ?",
        call_id,
    )
    assert {step["step"] for step in steps} <= set(json.loads(version["content"])["steps"])


def tidy(value: Any) -> Any:
    """A column as a test is typed."""
    return plain(value) if isinstance(value, str) else value
