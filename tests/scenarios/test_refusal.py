"""The worked example's refusal, from the dashboard to the row, with the keys of an AZERTY keyboard."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.program import SENTENCE, Console, recount, row, rows
from tests.world import plain

OPTIONS = ("pause", "downgrade", "discount")


def test_marie_refuses_in_twelve_keys_at_most(marie: Path, opened: Callable[..., Console]) -> None:
    console = opened(marie, size=(80, 24))
    console.wait_for("Marie Dupuis")
    console.press("a")
    console.walk(
        "Composer le numéro",
        "Le client est au bout du fil",
        "Hésite ou refuse",
        "Le prix",
        "Rien ne lui convient",
        "Trop cher",
        f"= {SENTENCE}",
    )
    before = console.step
    console.press("enter")
    console.wait_for(lambda _: console.step != before)
    console.choose("Bonne relation : relance possible")
    summary = console.leave_call("refus définitif")
    assert "Les relances à venir sont annulées." in summary
    console.wait_for("Refus de renouvellement 1")
    assert console.presses <= 12, f"{console.presses} presses"
    console.quit()

    _check_record(marie)
    _check_what_goes_with_it(marie)
    assert recount(marie) == {
        "to_contact": 0,
        "retained": 0,
        "awaiting": 0,
        "at_risk": 0,
        "urgent": 0,
        "week": 0,
        "later": 0,
        "workshops": 0,
        "refused": 1,
        "lapsed": 0,
    }


def _check_record(marie: Path) -> None:
    call = row(marie, "SELECT * FROM call WHERE outcome = 'refused'")
    record = row(marie, "SELECT * FROM churn_record")
    script = row(marie, "SELECT * FROM script_version WHERE hash = ?", record["script_hash"])
    attempts = json.loads(record.pop("attempts"))
    duration = record.pop("duration_s")
    written_at = record.pop("at")
    assert (record.pop("reason_now"), record.pop("follow_up_now"), record.pop("plan")) == (
        "PRIX", "2026-03-31", "premium",
    )  # fmt: skip
    for column in (
        "vip", "seniority", "search", "reviewed", "seq", "previous_hash", "hash", "digests", "salt",
        "erased_at", "corrected_at",
    ):  # fmt: skip
        del record[column]
    assert {name: plain(value) if isinstance(value, str) else value for name, value in record.items()} == {
        "id": 1,
        "call_id": call["id"],
        "client_id": 1,
        "subscription_id": call["subscription_id"],
        "client_code": "CLT-00245",
        "client_name": "Marie Dupuis",
        "cancelled_on": "2025-12-19",
        "effective_on": "2025-12-31",
        "reason": "PRIX",
        "verbatim": SENTENCE,
        "first_objection": "price",
        "context": "18 mois d’ancienneté (VIP), satisfaction bonne jusqu’ici (5/5),"
        " 2 e-mails et 1 appel avant cet appel",
        "result": "Les 3 options proposées ont toutes été refusées.",
        "status": "résilié le 31/12/2025",
        "note": "La relation reste bonne et peut être reprise.",
        "resumable": 1,
        "follow_up_on": "2026-03-31",
        "recommendation": "Relance possible à +3 mois, le 31/03/2026.",
        "agent": "Jean",
        "script_hash": call["script_hash"],
    }
    assert [(one["option"], one["answer"]) for one in attempts] == [(name, "declined") for name in OPTIONS]
    assert 0 <= duration < 120
    assert written_at.startswith("2025-12-19 14:0")  # UTC
    assert json.loads(script["content"])
    steps = rows(marie, "SELECT * FROM call_step WHERE call_id = ? ORDER BY seq", call["id"])
    assert [step["step"] for step in steps][-3:] == ["motif", "verbatim", "cloture"]
    assert "respecte votre décision" in next(step["said"] for step in steps if step["step"] == "motif")


def _check_what_goes_with_it(marie: Path) -> None:
    term = row(marie, "SELECT * FROM subscription WHERE expires_on = '2025-12-31'")
    assert (term["status"], term["pane"], term["plan"]) == ("cancelled", "refused", "premium")
    assert rows(marie, "SELECT 1 FROM subscription WHERE starts_on > '2025-12-19'") == []
    calls = rows(marie, "SELECT * FROM call WHERE started_at > '2025-12-19'")
    assert [(call["outcome"], call["direction"], call["answered"]) for call in calls] == [
        ("refused", "outbound", 1)
    ]
    assert calls[0]["ended_at"]
    messages = rows(marie, "SELECT kind, status, recipient, text FROM message ORDER BY id")
    assert {m["kind"]: m["status"] for m in messages if m["kind"] in ("J-7", "J-3")} == {
        "J-7": "cancelled",
        "J-3": "cancelled",
    }
    (closing,) = [m for m in messages if m["kind"] == "cloture"]
    assert (closing["status"], closing["recipient"]) == ("queued", "marie.dupuis@example.org")
    assert "31/12/2025" in closing["text"]
    assert "{{" not in closing["text"]
    kinds = [e["kind"] for e in rows(marie, "SELECT kind FROM event WHERE call_id = ?", calls[0]["id"])]
    assert sorted(set(kinds)) == sorted(kinds)
    assert {"call_ended", "refused"} <= set(kinds)
