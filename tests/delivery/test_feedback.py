"""What comes back: each event once, whatever the order or the file, and faulty lines set aside."""

import contextlib
import json
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.errors import RefusedInputError
from console.base.vocabulary import CallOutcome, Channel
from console.cases.facts import cases
from console.context import Context
from console.db.tables import Agreement, Client, Event, GrantedOffer, Message, Subscription
from console.messages.events import FeedbackReport, FeedbackService
from console.messages.events_file import read_line
from console.messages.queueing import way_to
from console.rules.hours import Obstacle, standing_obstacle
from console.rules.openings import MEASURED
from tests import ready
from tests.delivery.conftest import Company
from tests.program import home
from tests.world import CONTENT, paris, plain

AT = "2025-12-18T09:12:00+01:00"


@pytest.fixture
def marie(company: Company) -> Company:
    """A client with a J-14 e-mail and SMS, sent on time."""
    company.add(client_since=date(2024, 6, 1))
    company.mail(1, "J-14", company.now, recipient="marie.dupuis@example.org")
    company.mail(
        1,
        "J-14",
        company.now,
        channel="sms",
        recipient="+33639981234",
        message_id="<sms@example.org>",
        dedup_key="sms",
    )
    company.now = paris("2025-12-18T10:00")
    return company


def event(kind: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "type": kind, "client": "CLT-00245", "at": AT, **fields}


def take(company: Company, *events: object) -> FeedbackReport:
    """A file with these lines, taken in."""
    path = company.path.parent / "events.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in events]
    path.write_text("\n".join(lines) + "\n")
    ctx = Context(
        company.database,
        company.clock,
        CONTENT,
        "",
        machine=company.clock,
        outside=company.outside,
        tracking=MEASURED,
    )
    return FeedbackService(ctx).run(path)


def mail(company: Company, number: int = 1) -> Message:
    found: Message
    (found,) = [message for message in company.all(Message) if message.id == number]
    return found


def state(company: Company) -> list[Any]:
    """Everything that an event may change."""
    tables = (Client, Subscription, Message, Event, GrantedOffer)
    return [row.model_dump() for table in tables for row in company.all(table)]


@pytest.mark.parametrize(
    ("kind", "column"), [("delivered", "delivered_at"), ("opened", "opened_at"), ("clicked", "clicked_at")]
)
def test_what_became_of_a_message(marie: Company, kind: str, column: str) -> None:
    assert take(marie, event(kind, message="<1.J-14@example.org>")) == FeedbackReport(read=1, taken=1)
    assert getattr(mail(marie), column) == paris("2025-12-18T09:12")
    assert [one.kind for one in marie.all(Event)] == [f"mail_{kind}"]


def test_an_opening_moves_the_case_at_once(marie: Company) -> None:
    before = marie.one(Subscription)
    take(marie, event("clicked"))
    after = marie.one(Subscription)
    assert (before.rule, before.reason) != (after.rule, after.reason)


def test_without_message_it_is_the_last_one_of_the_channel(marie: Company) -> None:
    marie.mail(1, "J-7", paris("2025-12-24T09:00"))
    take(marie, event("opened"), event("delivered", 2, channel="sms"))
    found = {message.message_id: message for message in marie.all(Message)}
    assert found["<1.J-14@example.org>"].opened_at
    assert not found["<1.J-7@example.org>"].opened_at
    assert found["<sms@example.org>"].delivered_at


def test_the_first_opening_stays(marie: Company) -> None:
    take(marie, event("opened", 1, at="2025-12-18T09:00"), event("opened", 2, at="2025-12-18T08:00"))
    take(marie, event("opened", 3, at="2025-12-18T09:30"))
    assert mail(marie).opened_at == paris("2025-12-18T08:00")


def test_what_comes_back_proves_that_a_message_went(company: Company) -> None:
    company.queue(245, status="active")
    number = company.all(Message)[0].id
    with company.database.writing() as session:
        message = session.get(Message, number)
        assert message
        message.status, message.error = "failed", "Le serveur n’a pas dit s’il acceptait le message."
    company.now = paris("2025-12-18T10:00")
    take(company, event("delivered"))
    message = company.one(Message)
    assert (message.status, message.error, message.sent_at) == ("sent", "", paris("2025-12-18T09:12"))


@pytest.mark.parametrize(
    ("fields", "usable", "sms"),
    [
        ({"bounce": "hard"}, False, True),
        ({"bounce": "Hard_Bounce"}, False, True),
        ({"bounce": "Permanent"}, False, True),
        ({"bounce": "5.1.1"}, False, True),
        *(
            ({"bounce": word}, True, True)
            for word in ("soft", "Soft", "transient", "temporary", "Deferred", "mailbox-full", "4.2.2")
        ),
        ({}, True, True),
        ({"channel": "sms", "bounce": "hard"}, True, False),
        ({"channel": "sms", "bounce": "soft"}, True, True),
    ],
)
def test_a_bounce_condemns_its_own_channel_alone(
    marie: Company, fields: dict[str, Any], usable: bool, sms: bool
) -> None:
    marie.mail(1, "J-7", None)
    assert take(marie, event("bounced", **fields)).taken == 1
    client = marie.one(Client)
    assert (client.email_usable, client.sms_usable, client.phone_kind) == (usable, sms, "mobile")
    waiting = [message.status for message in marie.all(Message) if message.kind == "J-7"]
    assert waiting == ["queued" if usable else "cancelled"]


@pytest.mark.parametrize("word", ["eaten", "hardly", "5.9.9", "harder than soft"])
def test_a_word_nobody_knows_condemns_nobody(marie: Company, word: str) -> None:
    before = state(marie)
    report = take(marie, event("bounced", bounce=word))
    assert f"le mot « {word} » n’est pas connu" in plain(report.faults[0].reason)
    assert state(marie) == before


def test_a_bounce_from_before_the_address_was_used_condemns_nothing(marie: Company) -> None:
    report = take(marie, event("bounced", bounce="hard", at="2025-12-01T09:00:00+01:00"))
    assert report.set_aside == 1
    assert marie.one(Client).email_usable


def test_a_bounced_sms_leaves_the_voice(marie: Company) -> None:
    take(marie, event("bounced", channel="sms", bounce="hard"))
    file = marie.services.clients.file(1)
    assert (file.phone_state, file.condemned) == ("mobile, SMS refusés", True)
    with marie.database.reading() as session:
        (case,) = cases(session, marie.context, [1])
    assert standing_obstacle(case.facts, Channel.CALL) is None
    assert standing_obstacle(case.facts, Channel.SMS) is Obstacle.NO_ADDRESS
    with marie.database.writing() as session:
        client = session.get(Client, 1)
        assert client
        client.email_usable = False
        assert way_to(client, "confirmation-renouvellement", marie.now, CONTENT.data.field) is None


def test_a_supervisor_gives_back_what_came_back(marie: Company) -> None:
    take(marie, event("bounced", bounce="hard"), event("bounced", 2, channel="sms", bounce="hard"))
    with marie.database.writing() as session:
        client = session.get(Client, 1)
        assert client
        client.phone_kind = "invalid"
    words = marie.services.clients.give_back(1)
    assert "marie.dupuis@example.org" in words
    client = marie.one(Client)
    assert (client.email_usable, client.sms_usable, client.phone_kind) == (True, True, "mobile")
    assert [one.kind for one in marie.all(Event)][-1] == "given_back"
    with pytest.raises(RefusedInputError, match="en service"):
        marie.services.clients.give_back(1)


def test_a_bounce_of_an_address_since_put_right(marie: Company) -> None:
    with marie.database.writing() as session:
        client = session.get(Client, 1)
        assert client
        client.email = "nouvelle@example.org"
    take(marie, event("bounced", bounce="hard"))
    assert marie.one(Client).email_usable


@pytest.mark.parametrize("kind", ["complained", "unsubscribed"])
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_an_opposition(marie: Company, kind: str, channel: str) -> None:
    marie.mail(1, "J-7", None, channel=channel)
    marie.mail(1, "J-0", None, channel=channel)
    marie.mail(1, "cloture", None, channel=channel)
    take(marie, event(kind, channel=channel))
    client = marie.one(Client)
    assert (client.opposed_email, client.opposed_sms) == (channel == "email", channel == "sms")
    assert not client.opposed_call
    states = {message.kind: message.status for message in marie.all(Message) if message.kind != "J-14"}
    assert states == {"J-7": "cancelled", "J-0": "queued", "cloture": "queued"}
    assert [one.kind for one in marie.all(Event)] == ["opposition"]


@pytest.mark.parametrize("kind", ["renewed", "paid"])
def test_a_renewal_without_us(marie: Company, kind: str) -> None:
    marie.mail(1, "J-7", None)
    with marie.database.writing() as session:
        session.add(
            GrantedOffer(
                client_id=1,
                subscription_id=1,
                offer="fidelite",
                granted_at=marie.now,
                ends_at=paris("2025-12-24T23:59"),
                price_cents=3499,
                normal_price_cents=3699,
                face_value_cents=2200,
                cost_cents=800,
                workshops=1,
            )
        )
    report = take(marie, event(kind, offer="fidelite", amount_cents=3499))
    assert report.exit_code == 0
    term, following = marie.all(Subscription)
    assert (term.status, term.retention, term.pane) == ("renewed", "renewed", "retained")
    assert term.workshops_given == 1
    assert term.settled_at == paris("2025-12-18T09:12")
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (following.status, following.plan, following.billing) == ("active", "premium", "annual")
    assert marie.one(GrantedOffer).accepted_at == paris("2025-12-18T09:12")
    states = {message.kind: message.status for message in marie.all(Message) if message.sent_at is None}
    assert states == {"J-7": "cancelled", "confirmation-renouvellement": "queued"}
    kinds = [one.kind for one in marie.all(Event)]
    assert sorted(kinds) == sorted(["offer_accepted", "renewed", *(["paid"] if kind == "paid" else [])])


def test_the_offer_is_known_by_what_was_paid(marie: Company) -> None:
    with marie.database.writing() as session:
        for code, price in (("remise-5", 3514), ("fidelite", 3499)):
            session.add(
                GrantedOffer(
                    client_id=1,
                    subscription_id=1,
                    offer=code,
                    granted_at=marie.now,
                    ends_at=paris("2025-12-24T23:59"),
                    price_cents=price,
                    normal_price_cents=3699,
                )
            )
    take(marie, event("paid", amount_cents=3499))
    taken = [offer.offer for offer in marie.all(GrantedOffer) if offer.accepted_at]
    assert taken == ["fidelite"]


def test_renewed_then_paid_is_one_renewal(marie: Company) -> None:
    take(marie, event("renewed"), event("paid", 2, amount_cents=3699))
    marie.now = paris("2026-01-06T10:00")
    take(marie, event("paid", 3, at="2026-01-05T09:00"), event("renewed", 4, at="2026-01-05T09:00"))
    assert [term.status for term in marie.all(Subscription)] == ["renewed", "active"]
    assert sum(message.kind == "confirmation-renouvellement" for message in marie.all(Message)) == 1


def test_a_way_back_after_the_expiry(marie: Company) -> None:
    marie.now = paris("2026-01-03T10:00")
    take(marie, event("renewed", offer="retour", at="2026-01-03T09:00"))
    term, following = marie.all(Subscription)
    assert (term.status, term.pane, term.came_back_how) == ("expired", "lapsed", "renewed")
    assert term.came_back_at == paris("2026-01-03T09:00")
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 3), date(2027, 1, 2))
    assert marie.one(GrantedOffer).price_cents == 3299


def test_three_months_paid_five_of_service(marie: Company) -> None:
    marie.now = paris("2026-01-30T10:00")
    take(marie, event("paid", offer="dernier-mot", amount_cents=10500, at="2026-01-30T09:00"))
    following = marie.all(Subscription)[1]
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 30), date(2026, 6, 29))


def test_a_written_acceptance(marie: Company) -> None:
    marie.agreed(1, CallOutcome.DOWNGRADED)
    marie.mail(1, "acceptation", None)
    take(marie, event("confirmed"))
    made = marie.one(Agreement)
    assert (made.confirmed_by, made.confirmed_at) == ("written", paris("2025-12-18T09:12"))
    assert [one.status for one in marie.all(Message) if one.kind == "acceptation"] == ["cancelled"]
    assert take(marie, event("confirmed", 2)).taken == 1
    assert take(marie, event("renewed", 3)).faults[0].reason == "ce client est passé à la formule inférieure"


EVERYTHING = [
    event("sent"),
    event("delivered", 2),
    event("opened", 3),
    event("clicked", 4),
    event("bounced", 5),
    event("complained", 6),
    event("unsubscribed", 7, channel="sms"),
    event("renewed", 8, offer="fidelite"),
    event("paid", 9, amount_cents=3499),
    event("confirmed", 10),
]


def test_taken_again_nothing_changes(marie: Company) -> None:
    assert take(marie, *EVERYTHING) == FeedbackReport(read=10, taken=10)
    before = state(marie)
    assert take(marie, *EVERYTHING, *EVERYTHING) == FeedbackReport(read=20, known=20)
    assert state(marie) == before


def test_an_event_twice_in_a_file_is_taken_once(marie: Company) -> None:
    assert take(marie, EVERYTHING[7], EVERYTHING[7]) == FeedbackReport(read=2, taken=1, known=1)
    assert len(marie.all(Subscription)) == 2


def test_what_a_client_wrote_is_kept_whole(marie: Company) -> None:
    wrote = "Bonjour,\nje pars. " + "Trop cher. " * 160
    assert take(marie, event("reply", text=wrote)).taken == 1
    assert any(one.text == wrote.replace("\n", " ").strip() for one in marie.all(Event))


FAULTS: list[tuple[object, str]] = [
    ("{", "ce n’est pas du JSON"),
    ("[1]", "un objet JSON est attendu"),
    ("[" * 90_000, "ce n’est pas du JSON"),
    ('{"id": "' + "x" * 200_000 + '"}', "la ligne est démesurément longue"),
    ({"events": [event("opened")]}, "une enveloppe autour d’événements"),
    ({"n": 2, "events": [event("opened")] * 2_000}, "une enveloppe autour d’événements"),
    (event("eaten"), "le type « eaten » n’est pas connu"),
    (event("opened", client="CLT-99999"), "le client « CLT-99999 » n’est pas dans la base"),
    (event("opened", message="<x@y>"), "le message « <x@y> » n’est pas dans la base"),
    (event("opened", at="hier"), "« at » n’est pas un instant"),
    (event("opened", at="2027-01-01"), "l’événement est dans le futur"),
    (event("opened", at="0001-01-01T00:00:00+14:00"), "« at » n’est pas un instant"),
    ({**event("opened"), "id": ""}, "« id » manque"),
    ({**event("opened"), "id": ["x"]}, "« id » doit être un texte"),
    ({**event("opened"), "id": "a\nb"}, "« id » n’est pas une valeur acceptable"),
    (event("renewed", offer="rien"), "l’offre « rien » n’est pas faite à ce client"),
    (event("reply", text="x" * 2_001), "« text » dépasse 2000 caractères"),
    (event("paid", amount_cents="12"), "« amount_cents » est un nombre entier de centimes"),
    (event("paid", amount_cents=-1), "« amount_cents » est un nombre entier de centimes"),
    (event("paid", amount_cents=True), "« amount_cents » est un nombre entier de centimes"),
    (event("opened", channel="call"), "« channel » est « email » ou « sms »"),
    (event("confirmed"), "aucun accord de ce client n’attend de confirmation"),
]


@pytest.mark.parametrize(("line", "reason"), FAULTS, ids=[reason[:30] for _, reason in FAULTS])
def test_a_faulty_line_is_set_aside_and_the_rest_goes_on(marie: Company, line: object, reason: str) -> None:
    before = state(marie)
    report = take(marie, "", line, "  ")
    assert (report.read, report.set_aside, report.exit_code) == (1, 1, 1)
    assert report.faults[0].line == 2
    assert report.faults[0].reason.replace("\u00a0", " ").startswith(reason)
    assert state(marie) == before
    assert take(marie, line, event("opened", 77)).taken == 1


def test_objects_written_over_several_lines_are_events(marie: Company) -> None:
    spread = [json.dumps(event("opened", number), indent=2) for number in (1, 2)]
    assert take(marie, "", spread[0]) == FeedbackReport(read=1, taken=1)
    report = take(marie, *spread, json.dumps({"events": [event("opened", 3)]}, indent=2))
    assert (report.read, report.taken, report.known, report.set_aside) == (3, 1, 1, 1)
    assert (report.faults[0].line, report.faults[0].reason[:12]) == (13, "une envelopp")


def test_a_message_of_somebody_else(marie: Company) -> None:
    marie.add("CLT-00001", email="x@example.org")
    report = take(marie, event("opened", client="CLT-00001", message="<1.J-14@example.org>"))
    assert "n’a pas été écrit à CLT-00001" in report.faults[0].reason


@given(
    st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
)
def test_any_line_is_understood_or_refused(line: str) -> None:
    with contextlib.suppress(ValueError):
        assert read_line(line).id


@given(
    st.fixed_dictionaries(
        {
            "id": st.text(),
            "type": st.sampled_from(["paid", "opened", "x"]),
            "client": st.text(),
            "at": st.text(),
        },
        optional={"offer": st.integers() | st.text(), "amount_cents": st.floats() | st.integers()},
    )
)
def test_any_fields_are_understood_or_refused(fields: dict[str, Any]) -> None:
    with contextlib.suppress(ValueError):
        assert read_line(json.dumps(fields)).id == fields["id"].strip()


def test_bytes_that_are_no_utf8(marie: Company) -> None:
    path = marie.path.parent / "bytes.jsonl"
    good = json.dumps(event("opened")).encode()
    path.write_bytes(b"\xef\xbb\xbf" + good + b"\r\n\xff\xfe\xff\n" + json.dumps(event("opened", 2)).encode())
    ctx = Context(
        marie.database,
        marie.clock,
        CONTENT,
        "",
        machine=marie.clock,
        outside=marie.outside,
        tracking=MEASURED,
    )
    report = FeedbackService(ctx).run(path)
    assert (report.taken, report.set_aside, report.faults[0].line) == (2, 1, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_of_events_in_any_encoding(marie: Company, encoding: str, indent: int | None) -> None:
    path = marie.path.parent / "list.json"
    told = [event("reply", text="C’est noté, à bientôt"), "x", event("opened", 2, client="clt-245")]
    path.write_text(json.dumps(told, ensure_ascii=False, indent=indent), encoding=encoding)
    ctx = Context(
        marie.database,
        marie.clock,
        CONTENT,
        "",
        machine=marie.clock,
        outside=marie.outside,
        tracking=MEASURED,
    )
    report = FeedbackService(ctx).run(path)
    assert (report.taken, report.set_aside) == (2, 1)
    assert report.faults[0].line == (9 if indent else 1)
    assert "C’est noté, à bientôt" in [one.text for one in marie.all(Event)]
    path.write_text("[]", encoding=encoding)
    assert FeedbackService(ctx).run(path).exit_code == 0


def test_events_in_any_number(marie: Company) -> None:
    lines = [
        event("opened", n, at=(paris("2025-12-18T09:00") + timedelta(seconds=n)).isoformat())
        for n in range(500)
    ]
    assert take(marie, *lines) == FeedbackReport(read=500, taken=500)
    assert take(marie, *lines) == FeedbackReport(read=500, known=500)


@pytest.fixture
def command(marie: Company, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        options = ("--base", str(marie.path), "--date", "2025-12-18T10:00")
        return ready.run("evenements", *arguments, *options, env={**home(tmp_path), "PATH": ""})

    return run


def test_from_outside(command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text("\n".join([json.dumps(event("opened")), "{", json.dumps(event("eaten", 2))]) + "\n")
    done = command(str(path))
    assert done.returncode == 1
    assert "Mise de côté, ligne 2\u202f: ce n’est pas du JSON" in done.stderr
    assert "Mise de côté, ligne 3" in done.stderr
    assert "1 pris en compte" in done.stdout
    told = json.loads(command(str(path), "--json").stdout)
    assert (told["read"], told["known"], told["set_aside"]) == (3, 1, 2)
    path.write_text(json.dumps(event("opened")))
    assert command(str(path)).returncode == 0
    missing = command(str(tmp_path / "none"))
    assert missing.returncode == 2
    assert "n’existe pas" in missing.stderr


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "delivered"},
        {"client": "CLT-00001"},
        {"at": "2025-12-18T09:13:00+01:00"},
        {"message": "<2.J-14@example.org>"},
    ],
)
def test_an_id_that_stands_for_something_else_is_set_aside(marie: Company, other: dict[str, Any]) -> None:
    marie.add("CLT-00001", email="x@example.org")
    marie.mail(1, "J-7", marie.now, message_id="<2.J-14@example.org>", dedup_key="other")
    take(marie, event("opened", message="<1.J-14@example.org>"))
    before = state(marie)
    again = event(**{"kind": "opened", "message": "<1.J-14@example.org>"} | other)
    if "client" in other:
        del again["message"]
    report = take(marie, again)
    assert (report.known, report.set_aside, report.exit_code) == (0, 1, 1)
    words = plain(report.faults[0].reason)
    assert "« e1 » a déjà servi à un autre événement (opened, CLT-00245, 18/12/2025 à 09:12)" in words
    assert "--source" in words
    assert state(marie) == before


def test_another_amount_under_the_same_id_is_another_payment(marie: Company) -> None:
    take(marie, event("paid", amount_cents=3699))
    assert take(marie, event("paid", amount_cents=3499)).set_aside == 1
    assert take(marie, event("paid", amount_cents=3699)).known == 1


def test_each_source_numbers_its_own_events(marie: Company) -> None:
    post, bank = event("opened", source="Poste"), event("renewed", source="banque", amount_cents=3699)
    assert take(marie, post, bank, post, bank) == FeedbackReport(read=4, taken=2, known=2)
    assert take(marie, event("delivered")).taken == 1
    renewed = next(one for one in marie.all(Event) if one.kind == "renewed")
    assert renewed.data["source"] == "banque"
    (fault,) = take(marie, event("opened", source="a:b")).faults
    assert plain(fault.reason).startswith("« source » est un nom")


def test_the_command_names_the_source_of_a_file(
    command: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(json.dumps(event("opened")))
    assert "1 pris en compte" in command(str(path), "--source", "poste").stdout
    assert "1 déjà connu" in command(str(path), "--source", "poste").stdout
    assert "1 pris en compte" in command(str(path), "--source", "banque").stdout
    assert command(str(path), "--source", "é é").returncode == 2


@pytest.mark.parametrize("kind", ["renewed", "paid"])
def test_a_message_of_last_year_does_not_settle_last_year(marie: Company, kind: str) -> None:
    with marie.database.writing() as session:
        last = Subscription(
            client_id=1,
            plan="premium",
            billing="annual",
            starts_on=date(2024, 1, 1),
            expires_on=date(2024, 12, 31),
            status="expired",
        )
        session.add(last)
        session.flush()
        message = session.get(Message, 1)
        assert message
        message.subscription_id, message.created_at = last.id, paris("2024-12-17T09:00")
    before = state(marie)
    report = take(marie, event(kind, message="<1.J-14@example.org>"))
    reason = report.faults[0].reason
    assert "échu le 31/12/2024" in reason
    assert "expire le 31/12/2025" in reason
    assert state(marie) == before
    assert take(marie, event(kind, 2)).taken == 1
    assert [term.status for term in marie.all(Subscription) if term.id == 1] == ["renewed"]


def test_nothing_came_back_before_the_message_was_written(marie: Company) -> None:
    report = take(marie, event("opened", message="<1.J-14@example.org>", at="2025-11-01T09:00:00+01:00"))
    assert "avant que ce message ne soit écrit" in report.faults[0].reason
