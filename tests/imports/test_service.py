"""The import of clients, on real databases."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel, select

from console.base.clock import frozen_at
from console.base.errors import RefusedInputError, StorageError
from console.base.vocabulary import SubscriptionStatus
from console.content import Content, default_root
from console.context import Context
from console.db import turns
from console.db.engine import open_database
from console.db.tables import Callback, Client, Event, Subscription
from console.imports import service as imports
from console.imports.service import ImportReport, ImportService
from console.integrity import database as integrity

SATURDAY = datetime(2025, 12, 20, 13, tzinfo=UTC)
CONTENT = Content(default_root())

TITLES = "code;prenom;nom;email;telephone;expire_le;note;opposition_sms"
MARIE = "CLT-00245;Marie;Dupuis;marie@exemple.fr;06 39 98 12 34;31/12/2025;Préfère le matin;"
PAUL = "CLT-00156;Paul;Martin;paul@exemple.fr;;31/12/2025;;"


def context(url: str) -> Context:
    clock = frozen_at(SATURDAY)
    return Context(open_database(url, clock=clock), clock, CONTENT, "Jean", demo=True)


@pytest.fixture
def ctx(sqlite: str) -> Context:
    return context(sqlite)


def run(ctx: Context, path: Path, *lines: str, titles: str = TITLES, **options: Any) -> ImportReport:
    path.write_text("\n".join((titles, *lines)) + "\n", encoding="utf-8")
    return ImportService(ctx).run(path, **options)


def tally(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.added + report.updated + report.unchanged + report.rejected == report.read
    return report.added, report.updated, report.unchanged, report.rejected


def every(ctx: Context, table: type[SQLModel]) -> list[Any]:
    with ctx.database.reading() as session:
        return list(session.exec(select(table)).all())


def the_client(ctx: Context, code: str) -> Client:
    found: Client = next(client for client in every(ctx, Client) if client.code == code)
    return found


def change(ctx: Context, table: type[SQLModel], code: str, **columns: Any) -> None:
    with ctx.database.writing() as session:
        client = session.exec(select(Client).where(Client.code == code)).one()
        row: SQLModel = client
        if table is Subscription:
            row = session.exec(select(Subscription).where(Subscription.client_id == client.id)).one()
        for name, value in columns.items():
            setattr(row, name, value)
        session.add(row)


def test_rows_become_clients_with_their_term_note_and_place(url: str, tmp_path: Path) -> None:
    ctx = context(url)
    report = run(ctx, tmp_path / "f.csv", MARIE, PAUL)
    assert tally(report) == (2, 0, 0, 0)
    assert report.exit_code == 0
    marie = the_client(ctx, "CLT-00245")
    assert (marie.phone, marie.phone_kind, marie.email_usable) == ("+33639981234", "mobile", True)
    assert "dupuis marie" in marie.search
    terms = every(ctx, Subscription)
    assert {term.pane for term in terms} == {"week"}
    assert {term.starts_on for term in terms} == {date(2025, 1, 1)}
    assert {(event.kind, event.text) for event in every(ctx, Event)} == {
        ("imported", "Client importé."),
        ("note", "Préfère le matin"),
    }
    assert not integrity.faults(url)


def test_a_second_import_changes_nothing(url: str, tmp_path: Path) -> None:
    ctx = context(url)
    codeless = ";Zoé;Petit;zoe@exemple.fr;;31/12/2025;;", ";Léo;Roux;;06 39 98 55 55;31/12/2025;;"
    run(ctx, tmp_path / "f.csv", MARIE, PAUL, *codeless)
    before = [every(ctx, table) for table in (Client, Subscription, Event)]
    report = run(ctx, tmp_path / "f.csv", MARIE, PAUL, *codeless)
    assert tally(report) == (0, 0, 4, 0)
    assert [every(ctx, table) for table in (Client, Subscription, Event)] == before


def test_a_changed_row_updates_and_says_what(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE)
    changed = "CLT-00245;Marie;Dupuis-Roy;marie@exemple.fr;;28/12/2025;Rappeler Paul;oui"
    assert tally(run(ctx, tmp_path / "f.csv", changed)) == (0, 1, 0, 0)
    marie = the_client(ctx, "CLT-00245")
    assert (marie.last_name, marie.opposed_sms, marie.phone) == ("Dupuis-Roy", True, "+33639981234")
    (term,) = every(ctx, Subscription)
    assert term.expires_on == date(2025, 12, 28)
    assert [event.text for event in every(ctx, Event)][-2:] == [
        "Rappeler Paul",
        "Mis à jour par import\u202f: nom, opposition aux SMS, abonnement.",
    ]
    assert "dupuis-roy" in marie.search


def test_what_agents_learnt_survives_the_same_file(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE)
    learnt = {"phone_kind": "invalid", "email_usable": False, "opposed_call": True}
    change(ctx, Client, "CLT-00245", **learnt)
    assert tally(run(ctx, tmp_path / "f.csv", MARIE)) == (0, 0, 1, 0)
    marie = the_client(ctx, "CLT-00245")
    assert {name: getattr(marie, name) for name in learnt} == learnt


def test_a_settled_term_stands_and_a_later_expiry_opens_the_next(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE)
    settled = {"status": "downgraded", "settled_at": SATURDAY, "workshops_given": 1}
    change(ctx, Subscription, "CLT-00245", **settled)
    assert tally(run(ctx, tmp_path / "f.csv", MARIE.replace("Marie", "Anne"))) == (0, 1, 0, 0)
    assert tally(run(ctx, tmp_path / "f.csv", MARIE.replace("2025", "2026"))) == (0, 1, 0, 0)
    old, new = every(ctx, Subscription)
    assert {name: getattr(old, name) for name in settled} == settled
    assert (new.expires_on, new.status) == (date(2026, 12, 31), "active")
    earlier = run(ctx, tmp_path / "f.csv", MARIE.replace("31/12/2025", "30/11/2025"))
    assert tally(earlier) == (0, 0, 0, 1)
    assert "échéance antérieure" in earlier.faults[0].reason


def test_a_year_later_on_a_running_term_is_a_renewal_made_elsewhere(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE)
    (term,) = every(ctx, Subscription)
    with ctx.database.writing() as session:
        session.add(
            Callback(client_id=term.client_id, subscription_id=term.id, promised_at=SATURDAY,
                     agent="Jean", created_at=SATURDAY)
        )  # fmt: skip
    run(ctx, tmp_path / "f.csv", MARIE.replace("2025", "2026"))
    old, new = every(ctx, Subscription)
    assert (old.status, old.retention, old.pane) == ("renewed", "already_renewed", "retained")
    assert (new.status, new.starts_on) == ("active", date(2026, 1, 1))
    assert every(ctx, Callback)[0].done_at is not None
    assert not integrity.faults(f"sqlite:///{ctx.database.place}")


def test_an_expired_client_is_taken_as_expired(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE.replace("31/12/2025", "15/12/2025"))
    (term,) = every(ctx, Subscription)
    assert (term.status, term.pane) == (SubscriptionStatus.EXPIRED, "lapsed")


def test_clients_without_code_get_one_beyond_the_companys(ctx: Context, tmp_path: Path) -> None:
    zoe = ";Zoé;Petit;zoe@exemple.fr;;31/12/2025;;"
    run(ctx, tmp_path / "f.csv", MARIE, zoe)
    assert {client.code for client in every(ctx, Client)} == {"CLT-00245", "CLT-1000000"}
    named = run(ctx, tmp_path / "f.csv", zoe.replace("Petit", "Grand"), MARIE.replace("CLT-00245", ""))
    assert tally(named) == (0, 1, 1, 0), "by e-mail, whoever has a code or not"


def test_who_cannot_be_told_apart_is_refused(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE, MARIE.replace("245", "246"))
    report = run(ctx, tmp_path / "f.csv", MARIE.replace("CLT-00245", ""))
    assert tally(report) == (0, 0, 0, 1)
    assert "plusieurs clients" in report.faults[0].reason


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_the_same_client_twice_in_a_file_is_taken_once(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(imports, "BATCH", batch)
    zoe = ";Zoé;Petit;zoe@exemple.fr;;31/12/2025;;"
    lines = (MARIE, zoe, MARIE.replace("Marie", "Anne"), zoe.replace("Zoé", "Léa"))
    for _ in range(2):
        report = run(ctx, tmp_path / "f.csv", *lines)
        assert [(fault.line, fault.column) for fault in report.faults] == [(4, "code"), (5, "email")]
        assert {client.first_name for client in every(ctx, Client)} == {"Marie", "Zoé"}


def test_simulation_tells_the_same_and_writes_nothing(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", MARIE)
    lines = (MARIE.replace("Marie", "Anne"), PAUL, "x;y;z;;;;;")
    before = [every(ctx, table) for table in (Client, Subscription, Event)]
    told = run(ctx, tmp_path / "f.csv", *lines, simulate=True)
    assert [every(ctx, table) for table in (Client, Subscription, Event)] == before
    done = run(ctx, tmp_path / "f.csv", *lines)
    assert tally(told) == tally(done) == (1, 1, 0, 1)


def test_rejects_are_explained_mended_and_imported_again(ctx: Context, tmp_path: Path) -> None:
    rejects = tmp_path / "rejets.csv"
    bad = "CLT-00007;=cmd();Bond;james@exemple.fr;;31/02/2025;;"
    report = run(ctx, tmp_path / "f.csv", MARIE, bad, 'CLT-8;"Open', rejects=rejects)
    assert tally(report) == (1, 0, 0, 2)
    assert report.exit_code == 1
    assert [(fault.line, fault.column) for fault in report.faults] == [(3, "expire_le"), (4, "")]
    text = rejects.read_text(encoding="utf-8-sig")
    assert text.startswith(TITLES + ";rejet_ligne;rejet_colonne;rejet_valeur;rejet_raison")
    assert "'=cmd()" in text
    assert rejects.stat().st_mode & 0o777 == 0o600
    mended = [line for line in text.replace("31/02/2025", "31/12/2025").splitlines() if "CLT-8" not in line]
    rejects.write_text("\n".join(mended), encoding="utf-8-sig")
    again = ImportService(ctx).run(rejects)
    assert tally(again) == (1, 0, 0, 0)
    assert not again.unknown_columns
    assert the_client(ctx, "CLT-00007").first_name == "=cmd()"


def test_no_rejects_no_file_and_an_existing_one_stops_everything(ctx: Context, tmp_path: Path) -> None:
    assert run(ctx, tmp_path / "f.csv", MARIE, rejects=tmp_path / "r.csv").rejects is None
    assert not (tmp_path / "r.csv").exists()
    (tmp_path / "r.csv").symlink_to("nowhere")
    with pytest.raises(RefusedInputError, match="existe déjà"):
        run(ctx, tmp_path / "f.csv", PAUL, rejects=tmp_path / "r.csv")
    assert len(every(ctx, Client)) == 1


def test_nothing_acceptable_is_refused_input(ctx: Context, tmp_path: Path) -> None:
    assert run(ctx, tmp_path / "f.csv", "x;y;z;;;;;").exit_code == 2
    with pytest.raises(RefusedInputError, match="n’est pas un fichier de clients"):
        run(ctx, tmp_path / "f.csv", MARIE, titles="a;b;c")


def test_unknown_columns_are_named_and_ignored(ctx: Context, tmp_path: Path) -> None:
    titles = "nom;email;expire_le;Pointure;Signe [b]astral"
    report = run(ctx, tmp_path / "f.csv", "Petit;z@x.fr;31/12/2025;38;Lion", titles=titles)
    assert report.unknown_columns == ("Pointure", "Signe [b]astral")
    assert report.added == 1


def test_progress_reaches_the_end_and_cancelling_keeps_whole_batches(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    lines = [f"CLT-{i:05d};A;B;a{i}@x.fr;;31/12/2025;;" for i in range(1, 8)]
    seen: list[tuple[int, int]] = []
    report = run(
        ctx,
        tmp_path / "f.csv",
        *lines,
        progress=lambda done, total: seen.append((done, total)),
        cancelled=lambda: len(seen) == 2,
    )
    assert (report.cancelled, report.added, report.exit_code) == (True, 4, 1)
    assert tally(run(ctx, tmp_path / "f.csv", *lines, progress=lambda *at: seen.append(at))) == (3, 0, 4, 0)
    assert seen[-1] == (8, 8)


def test_a_long_import_writes_by_short_turns_and_rests_between_them(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call beside it gets the base after a turn: without rests its acts piled up until the end."""
    rests: list[float] = []
    monkeypatch.setattr(turns, "sleep", rests.append)
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)  # each turn has been too long
    lines = [f"CLT-{i:05d};A;B;a{i}@x.fr;;31/12/2025;;" for i in range(200)]
    reached: list[int] = []
    run(ctx, tmp_path / "f.csv", *lines, progress=lambda done, _: reached.append(done))
    assert [after - before for before, after in pairwise([1, *reached])] == [100, 50, 25, 12, 10, 3]
    assert rests == [turns.REST_SECONDS] * (len(reached) - 1)


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_row_that_comes_back_is_told_alike_however_the_turns_fall(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(imports, "BATCH", batch)
    report = run(ctx, tmp_path / "f.csv", PAUL, MARIE, PAUL)
    assert tally(report) == (2, 0, 0, 1)
    assert [(fault.line, fault.column) for fault in report.faults] == [(4, "code")]


def test_a_batch_that_fails_is_not_half_written(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("La base est pleine.")

    monkeypatch.setattr("console.imports.writing.reassess", fail)
    with pytest.raises(StorageError):
        run(ctx, tmp_path / "f.csv", MARIE)
    assert not every(ctx, Client)
    assert not every(ctx, Event)


NASTY = (
    "Dupont [/] x",
    "[@click=app.quit]x",
    "D’Arc\x1b]52;c;x\x07",
    "\u202etnopuD",
    "=1+1",
    "ＡＢ",
    "x" * 300,
)


def test_hostile_names_are_stored_clean_and_literal(ctx: Context, tmp_path: Path) -> None:
    lines = [
        f'CLT-{i:05d};"{name}";"{name}";a{i}@x.fr;;31/12/2025;"{name}";' for i, name in enumerate(NASTY, 1)
    ]
    assert run(ctx, tmp_path / "f.csv", *lines).added == len(NASTY)
    names = [client.last_name for client in every(ctx, Client)]
    assert names[:3] == ["Dupont [/] x", "[@click=app.quit]x", "D’Arc]52;c;x"]
    assert names[3] == "tnopuD"
    for client in every(ctx, Client):
        assert client.last_name.isprintable()


cells = st.text(st.sampled_from("abé;\"'=\n 0123456789/@.CLT-\x00\u202e"), max_size=14)
rows = st.lists(
    st.tuples(
        st.sampled_from(["", "CLT-00001", "CLT-00002", "3"]) | cells,
        st.just("P") | cells,
        st.just("Nom") | cells,
        st.sampled_from(["", "a@x.fr", "b@x.fr"]) | cells,
        st.sampled_from(["", "0612345678", "06 39 98 12 34"]) | cells,
        st.sampled_from(["31/12/2025", "2026-12-31", "01/01/2026", "15/11/2025"]) | cells,
        st.sampled_from(["", "note"]) | cells,
        st.sampled_from(["", "oui", "x"]) | cells,
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_any_file_imported_twice_changes_nothing_the_second_time(
    tmp_path_factory: pytest.TempPathFactory, make: Callable[[Path], Context], lines: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    ctx = make(folder / "base.db")
    quoted = ["\n".join([TITLES, *(_line(row) for row in lines)])]
    (folder / "f.csv").write_text(quoted[0], encoding="utf-8", newline="")
    first = ImportService(ctx).run(folder / "f.csv")
    tally(first)
    before = [every(ctx, table) for table in (Client, Subscription, Event)]
    second = ImportService(ctx).run(folder / "f.csv")
    assert tally(second)[:2] == (0, 0)
    assert second.rejected <= first.rejected, "a row that comes twice, once its client is known, says nothing"
    assert [every(ctx, table) for table in (Client, Subscription, Event)] == before
    assert not integrity.faults(f"sqlite:///{folder / 'base.db'}")
    ctx.database.close()


def _line(row: tuple[str, ...]) -> str:
    return ";".join(
        '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ';"\n') else cell for cell in row
    )


@pytest.fixture
def make() -> Callable[[Path], Context]:
    return lambda path: context(f"sqlite:///{path}")


def test_many_rows_keep_memory_flat(tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 20)

    def peak(count: int, start: int) -> int:
        path = tmp_path / f"{count}.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write(TITLES + "\n")
            for i in range(start, start + count):
                day = date(2025, 12, 21) + timedelta(days=i % 300)
                file.write(f"CLT-{i:05d};A;B;a{i}@x.fr;;{day:%d/%m/%Y};;\n")
        tracemalloc.start()
        ImportService(ctx).run(path)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(40, 1)
    small, large = peak(80, 1_000), peak(400, 10_000)
    assert large < small * 1.3
