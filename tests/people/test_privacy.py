"""All that is held about a person is given; once erased not a byte of it is left, and no figure moves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select

from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import DraftField
from console.cases.versions import used
from console.cases.views import Campaign
from console.db.tables import CallStep, ChurnRecord, Client, Commitment, Event, Message, Subscription
from console.integrity.database import faults
from console.ledger import personal
from console.people import privacy_store
from console.people.privacy import _LEFT_OUT, _TITLES, PrivacyService, as_json, as_text
from tests.supervision.test_escalations import as_, escalate
from tests.world import REFUSAL, World, paris

TRACES = (
    "Zéphyrine", "Quatremère", "zephyrine", "quatremere", "CLT-77777", "zq@example.org", "639987654",
    "clé-77", "zinzolin", "rappelée par la direction", "Rien de neuf", "Brouillon secret", "Un avoir bleu",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    for number in range(1, 4):
        client = one.add(f"CLT-0000{number}", email=f"{number}@example.org", search=f"petit {number}")
        one.walk(one.begin(client), *REFUSAL)
    person = {
        "code": "CLT-77777", "first_name": "Zéphyrine", "last_name": "Quatremère", "email": "zq@example.org",
        "phone": "+33639987654", "phone_raw": "06 39 98 76 54", "search": "zephyrine quatremere clt-77777",
    }  # fmt: skip
    client = escalate(one, **person)
    as_(one, "Anne").answer(1, "Un avoir bleu.")
    one.wait(hours=0.2)
    one.services.clients.add_note(client, "Rien de neuf pour Zéphyrine.")
    one.services.calls.keep_words(client, DraftField.NOTE, 0, "Brouillon secret")
    said = REFUSAL[-2].partition("=")[0] + "= Motif zinzolin."
    one.walk(one.begin(client), *REFUSAL[:-2], said, REFUSAL[-1])
    yield one
    one.database.close()


def traces(folder: Path) -> set[str]:
    held = b"".join(path.read_bytes() for path in folder.iterdir()).lower()
    return {one for one in TRACES if one.encode().lower() in held}


def test_all_that_is_held_is_given_and_only_to_the_administrator(world: World, tmp_path: Path) -> None:
    service = PrivacyService(world.context)
    held = service.held("CLT-77777")
    assert {"client", "subscription", "event", "message", "call", "call_step", "churn_record"} < held.keys()
    said = as_text(held)
    for one in ("Zéphyrine", "zq@example.org", "zinzolin", "Rien de neuf", "Brouillon secret"):
        assert one in said
        assert one in as_json(held)
    files = service.export("CLT-77777", tmp_path / "elle")
    assert [path.name for path in files] == ["elle.json", "elle.txt"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    with pytest.raises(RefusedInputError, match="n’est pas dans la base"):
        service.held("CLT-00009")
    for role in (Role.HOTLINER, Role.SUPERVISOR):
        other = PrivacyService(replace(world.context, role=role))
        for act in (other.held, other.erase, other.name):
            with pytest.raises(ForbiddenError):
                act("CLT-77777")


def test_each_table_about_a_person_is_read_under_a_french_title() -> None:
    about = {name for name, table in SQLModel.metadata.tables.items() if personal.about(table, 1) is not None}
    assert about - _LEFT_OUT == set(_TITLES)


def test_nothing_of_the_person_is_left_and_no_figure_moves(world: World) -> None:
    def figures() -> tuple[object, ...]:
        month = Campaign(paris("2025-12-01T00:00").date(), paris("2025-12-31T00:00").date())
        records = [
            (one.reason, one.at, one.duration_s, one.attempts, one.agent) for one in world.all(ChurnRecord)
        ]
        events = [(one.kind, one.at, one.data) for one in world.all(Event) if one.kind == "call_ended"]
        messages = [(one.kind, one.channel, one.created_at) for one in world.all(Message)]
        steps = [(one.step, one.choice) for one in world.all(CallStep)]
        return world.services.dashboard.view(month).counts, records, events, messages, steps

    assert len(traces(world.path.parent)) > 10
    before = figures()
    done = PrivacyService(world.context).erase("CLT-77777")
    assert figures() == before
    assert not done.remains
    assert traces(world.path.parent) == set()
    assert faults(f"sqlite:///{world.path}") == []
    assert not PrivacyService(world.context).erase(done.new_code).remains, "again changes nothing"
    client = next(one for one in world.all(Client) if one.code == done.new_code)
    assert world.services.clients.file(client.id).case.name == "Client effacé"
    assert "client.erased" in [one.text for one in world.all(Event) if one.kind == "audit"]
    assert [one.email for one in world.all(Client) if one.email] == [f"{n}@example.org" for n in (1, 2, 3)]


def test_the_base_is_not_named_for_the_content_that_it_keeps(world: World) -> None:
    """The made-up clients of the demonstration are in the content: their codes may be somebody's."""
    person: dict[str, Any] = {"first_name": "Zoé", "last_name": "Quillfeldt", "email": "z.q@numi.example"}
    world.add("CLT-00245", **person, phone="", phone_kind="none")
    with world.database.writing() as session:
        used(session, world.context)
    assert not PrivacyService(world.context).erase("CLT-00245").remains


def test_a_copy_beside_the_base_is_named_and_an_open_call_is_not_cut(world: World) -> None:
    world.database.back_up(world.path.with_name("base-copie.db"))
    done = PrivacyService(world.context).erase("CLT-77777")
    assert [path.name for path in done.remains] == ["base-copie.db"]
    world.begin(world.add("CLT-00009"))
    with pytest.raises(ConflictError, match="Un appel"):
        PrivacyService(world.context).erase("CLT-00009")


MARK = "zzmarquezz"


def test_every_text_that_is_not_listed_as_kept_is_emptied(world: World) -> None:
    texts = {name: personal.emptied(table) for name, table in SQLModel.metadata.tables.items()}
    about = {name for name, table in SQLModel.metadata.tables.items() if personal.about(table, 1) is not None}
    with world.database.writing() as session:
        for name in about:
            for column, empty in texts[name].items():
                value = f"'[\"{MARK}\"]'" if isinstance(empty, list) else f'\'{{"a": "{MARK} {column}"}}\''
                if isinstance(empty, str):
                    value = f"'{MARK} {name}'"
                session.execute(text(f'UPDATE {name} SET "{column}" = {value}'))
        number = session.execute(text("SELECT id FROM client WHERE code = 'CLT-77777'")).scalar_one()
    PrivacyService(world.context).erase("CLT-77777")
    held = PrivacyService(world.context).held(f"EFFACE-{number:05d}")
    assert MARK not in as_json(held)


def test_what_is_kept_is_there_and_short() -> None:
    for name, columns in personal.KEPT.items():
        table = SQLModel.metadata.tables[name]
        assert {one for one in columns.split() if one in table.c or one == "record_hash"} == set(
            columns.split()
        )
    free = {"message": "subject text html recipient error", "call_step": "said captured"}
    for name, columns in free.items():
        assert set(columns.split()) <= set(personal.emptied(SQLModel.metadata.tables[name]))


def test_what_we_owed_the_person_is_given_then_emptied_and_ends(world: World) -> None:
    with world.database.writing() as session:
        client = session.scalars(select(Client).where(Client.code == "CLT-77777")).one()
        term = session.scalars(select(Subscription).where(Subscription.client_id == client.id)).first()
        assert client.id is not None
        assert term is not None
        assert term.id is not None
        session.add(
            Commitment(
                client_id=client.id,
                subscription_id=term.id,
                kind="document",
                what="le document demandé",
                words="Zéphyrine attend son certificat zinzolin.",
                agent="Jean",
                owner="Jean",
                created_at=world.now,
                due_on=world.now.date(),
            )
        )
    service = PrivacyService(world.context)
    assert "certificat zinzolin" in as_text(service.held("CLT-77777"))
    service.erase("CLT-77777")
    owed = world.one(Commitment)
    assert (owed.kind, owed.what, owed.words, owed.owner) == ("document", "", "", "Jean")
    assert owed.done_at == world.now
    assert not world.services.todo.page(None, 0, 9).rows


def test_a_copy_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "base-avant.db").write_bytes(b"x")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    assert list(privacy_store.files_that_tell(tmp_path / "base.db", ["Dupuis"])) == [
        tmp_path / "base-avant.db"
    ]
