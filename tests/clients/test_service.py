"""Search, the client's file, notes and oppositions."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from console.base.errors import RefusedInputError
from console.base.text import search_text
from console.base.vocabulary import Channel, DraftField, Pane
from console.clients.service import search_words
from console.db.tables import Draft, Event, GrantedOffer, Subscription
from console.exports.forms import Format, What
from console.exports.service import ExportService
from tests.world import DIAL, World, paris, plain


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "unused.db", paris("2025-12-22T10:00"), url=url)
    yield world
    world.database.close()


def add(world: World, code: str, first: str, last: str, **columns: Any) -> int:
    email = columns.pop("email", f"{code.lower()}@example.org")
    phone = columns.pop("phone", "+33612345678")
    text = search_text(code=code, first_name=first, last_name=last, email=email, phone=phone)
    return world.add(code, first_name=first, last_name=last, email=email, phone=phone, search=text, **columns)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("lefevre", {"CLT-00001", "CLT-00002"}),
        ("LEFÈVRE", {"CLT-00001", "CLT-00002"}),
        ("zoe lefevre", {"CLT-00001"}),
        ("lefevre zoé", {"CLT-00001"}),
        ("fev zo", {"CLT-00001"}),
        ("clt-00002", {"CLT-00002"}),
        ("x-00002", set()),
        ("0033 6 12 34 56 78", {"CLT-00001"}),
        ("06 92 12 34 56", {"CLT-00003"}),
        ("06.12.34.56.78", {"CLT-00001"}),
        ("+33 6 12", {"CLT-00001"}),
        ("d'arc", {"CLT-00003"}),
        ("d’Arc", {"CLT-00003"}),
        ("jeanne.arc@", {"CLT-00003"}),
        ("100%", {"CLT-00004"}),
        ("_", {"CLT-00004"}),
        ("%", {"CLT-00004"}),
        ("' OR 1=1 --", set()),
        ("personne", set()),
        ("", set()),
        ("   ", set()),
        ("\x1b[31m", set()),
    ],
)
def test_search(world: World, typed: str, found: set[str]) -> None:
    add(world, "CLT-00001", "Zoé", "Lefèvre", phone="+33612345678")
    add(world, "CLT-00002", "Luc", "LEFEVRE", phone="+33142000000")
    add(world, "CLT-00003", "Jeanne", "d’Arc", phone="+262692123456", email="jeanne.arc@example.re")
    add(world, "CLT-00004", "Rémi", "100%_Pur", phone="")
    assert {row.code for row in world.services.clients.search(typed)} == found


def test_search_words() -> None:
    assert search_words("06 12.34-56 78") == ("0612345678",)
    assert search_words("+33 (0)6 12") == search_words("0033 6 12") == ("+33612",)
    assert search_words("Élodie  d’Arc") == ("elodie", "d'arc")


def test_an_exact_code_comes_first_then_names(world: World) -> None:
    add(world, "CLT-00010", "A", "Zola")
    add(world, "CLT-00011", "A", "Abel", email="clt-00010@example.org")
    add(world, "CLT-00012", "A", "Martin", email="voir-clt-00010@example.org")
    rows = world.services.clients.search("CLT-00010")
    assert [row.name for row in rows] == ["A Zola", "A Abel", "A Martin"]
    assert len(world.services.clients.search("a", limit=2)) == 2


def test_search_shows_the_term_of_today(world: World) -> None:
    client_id = add(world, "CLT-00001", "Zoé", "Lefèvre")
    with world.database.writing() as session:
        session.add(
            Subscription(
                client_id=client_id,
                plan="premium",
                billing="annual",
                starts_on=date(2026, 1, 1),
                expires_on=date(2026, 12, 31),
            )
        )
    assert world.services.clients.search("zoé")[0].expires_on == date(2025, 12, 31)
    world.now = paris("2026-01-01T10:00")
    assert world.services.clients.search("zoé")[0].expires_on == date(2026, 12, 31)


def test_the_file_tells_everything(world: World) -> None:
    client_id = world.add(phone="+33639981234", client_since=date(2024, 6, 1))
    world.mail(client_id, "J-30", paris("2025-12-01T09:00"))
    world.mail(client_id, "J-14", paris("2025-12-17T09:00"), opened_at=paris("2025-12-18T08:00"))
    world.services.clients.add_note(client_id, "Préfère le matin.\nA deux enfants.")
    with world.database.writing() as session:
        session.add(
            GrantedOffer(
                client_id=client_id,
                subscription_id=1,
                offer="fidelite-email",
                granted_at=paris("2025-12-17T09:00"),
                ends_at=paris("2025-12-24T23:59:59"),
                price_cents=3499,
                normal_price_cents=3699,
                face_value_cents=2200,
                cost_cents=800,
                workshops=1,
            )
        )
    world.wait(minutes=1)
    world.walk(world.begin(client_id), "Composer", "Pas de réponse")
    file = world.services.clients.file(client_id)
    assert file.case.status == "intéressée mais indécise"
    assert file.case.mails == "2 e-mails envoyés, dernier ouvert le 18/12, sans clic"
    assert file.case.note == "Préfère le matin."
    assert plain(file.case.offer) == "34,99 € + 1 atelier offert (20,00 €) jusqu’au 24/12"
    assert (file.case.vip, file.case.seniority_months) == (True, 18)
    assert (file.phone, file.phone_state) == ("06 39 98 12 34", "mobile")
    assert plain(f"{file.plan}, {file.tariff}") == "Premium, 36,99 € par an"
    assert file.score == sum(points for _, points in file.score_parts) > 0
    titles = [plain(entry.title) for entry in file.history]
    assert titles == [
        "Appel : pas de réponse",
        "Note",
        "E-mail J-14 : envoyé, ouvert jeu. 18/12 à 08:00",
        "E-mail J-30 : envoyé, non ouvert",
    ]
    assert [entry.at for entry in file.history] == sorted((e.at for e in file.history), reverse=True)
    assert [entry.detail for entry in file.notes] == ["Préfère le matin.\nA deux enfants."]
    assert [(plain(one.price), one.running) for one in file.offers] == [
        ("34,99 € au lieu de 36,99 €", True),
        ("34,99 € au lieu de 36,99 €", True),
    ]
    assert [step.partition(",")[0] for step in file.next_steps] == ["J-7", "J-3", "J-0"]


def test_offers_that_are_over_are_said_to_be(world: World) -> None:
    client_id = world.add()
    world.walk(world.begin(client_id), *DIAL, "Demande un rappel", "Promettre = demain 14h")
    (granted,) = world.all(GrantedOffer) or [None]
    if granted is not None:
        world.now = granted.ends_at
        world.wait(seconds=1)
        assert not world.services.clients.file(client_id).offers[-1].running


def test_after_a_downgrade(world: World) -> None:
    """The status follows the worked example: done, then active on the lower plan."""
    client_id = world.add()
    with world.database.writing() as session:
        term = session.get(Subscription, 1)
        assert term is not None
        term.status, term.retention = "downgraded", "downgraded"
        session.add(
            Subscription(
                client_id=client_id,
                plan="basic",
                billing="monthly",
                starts_on=date(2026, 1, 1),
                expires_on=date(2026, 12, 31),
            )
        )
    clients = world.services.clients
    assert clients.file(client_id).case.status == "passage à Basic"
    world.now = paris("2026-01-01T09:00")
    file = clients.file(client_id)
    assert file.case.status == "actif (formule inférieure)"
    assert plain(f"{file.plan}, {file.tariff}") == "Basic, 9,99 € par mois"


def test_unknown_client(world: World) -> None:
    with pytest.raises(RefusedInputError, match="pas dans la base"):
        world.services.clients.file(404)
    with pytest.raises(RefusedInputError, match="pas dans la base"):
        world.services.clients.add_note(404, "x")
    with pytest.raises(RefusedInputError, match="pas dans la base"):
        world.services.clients.oppose(404, Channel.CALL)
    assert world.all(Event) == []


def test_notes_are_cleaned_and_never_empty(world: World) -> None:
    client_id = world.add()
    clients = world.services.clients
    with pytest.raises(RefusedInputError, match="vide"):
        clients.add_note(client_id, " \n\x1b\u202e ")
    clients.add_note(client_id, "Dupont [/] x\x1b]52;c;AAAA\x07\n=1+1 [@click=app.quit]xyyy")
    with pytest.raises(RefusedInputError, match=r"4\W000 caractères au plus\W: 5 de trop"):
        clients.add_note(client_id, "y" * 4_005)
    (note,) = clients.file(client_id).notes
    assert note.detail.startswith("Dupont [/] x]52;c;AAAA\n=1+1 [@click=app.quit]xyyy")
    assert note.agent == "Jean"


def test_a_note_draft_is_kept_for_its_agent_until_saved(world: World) -> None:
    client_id = world.add()
    clients, calls = world.services.clients, world.services.calls
    assert calls.words(client_id, DraftField.NOTE) == ""
    for typed in ("P", "Pr", "Préf"):
        calls.keep_words(client_id, DraftField.NOTE, 0, typed)
    assert world.restart().calls.words(client_id, DraftField.NOTE) == "Préf"
    assert world.as_agent("Aïcha").calls.words(client_id, DraftField.NOTE) == ""
    clients.add_note(client_id, "Préfère le matin.")
    assert calls.words(client_id, DraftField.NOTE) == ""
    calls.keep_words(client_id, DraftField.NOTE, 0, "à jeter")
    calls.keep_words(client_id, DraftField.NOTE, 0, "")
    assert world.all(Draft) == []


def test_opposition_is_immediate_and_written_once(world: World) -> None:
    client_id = world.add(expires_on=date(2025, 12, 24))
    clients = world.services.clients
    for _ in range(2):
        clients.oppose(client_id, Channel.CALL)
    file = clients.file(client_id)
    assert file.opposed == {Channel.CALL}
    assert not file.case.callable_now
    assert file.case.action.value != "call"
    assert len([one for one in world.all(Event) if one.kind == "opposition"]) == 1
    clients.oppose(client_id, Channel.EMAIL)
    clients.oppose(client_id, Channel.SMS)
    case = clients.file(client_id).case
    assert (case.pane, case.status) == (Pane.LATER, "chez le superviseur")


def test_advice_on_notes_never_blocks(world: World) -> None:
    clients = world.services.clients
    assert clients.note_advice("Préfère être appelée le matin.") == ""
    assert clients.note_advice("Elle est malade depuis un cancer") != ""


def test_services_may_be_called_from_any_thread(world: World) -> None:
    ids = [add(world, f"CLT-0000{number}", "Zoé", f"Lefèvre{number}") for number in range(4)]
    clients, dashboard = world.services.clients, world.services.dashboard

    def act(number: int) -> int:
        clients.add_note(ids[number % 4], f"Note {number}")
        dashboard.view()
        return len(clients.search("lefevre"))

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(act, range(24))) == {4}
    assert len([one for one in world.all(Event) if one.kind == "note"]) == 24


# -- the words typed in a call --------------------------------------------------------------------------

SAID = "L’atelier du 3 a été annulé."
OUTCOMES = {
    "undecided": ("Accepte l’accomp", "Préfère voir", "Terminer"),
    "renewed": ("Accepte un avoir", "Oui, renouvelle", "Je m’en occupe", "Ne pas demander", "Terminer"),
    "callback": ("Accepte l’accomp", "Préfère un rappel", "Promettre = lundi 10h30"),
    "escalated": ("Demande un responsable", "Transmettre = Il veut un responsable."),
}


def told(world: World, client: int) -> str:
    return "\n".join(plain(entry.detail) for entry in world.services.clients.file(client).history)


def journal(world: World, folder: Path) -> list[str]:
    """What the journal's export says was typed, call by call."""
    file = folder / "journal.json"
    ExportService(world.context).write(What.JOURNAL, Format.JSON, file)
    rows = json.loads(file.read_text())
    assert all(not row["paroles"] for row in rows if row["nature"] != "call_ended")
    return [row["paroles"] for row in rows if row["nature"] == "call_ended"]


@pytest.mark.parametrize("labels", OUTCOMES.values(), ids=OUTCOMES)
def test_what_was_typed_is_on_the_file_and_in_the_export_however_the_call_ended(
    world: World, tmp_path: Path, labels: tuple[str, ...]
) -> None:
    client = world.add()
    world.walk(world.begin(client), *DIAL, "Hésite", "Le service", f"Noté = {SAID}", *labels)
    assert told(world, client).count(SAID) == 1
    (typed,) = journal(world, tmp_path)
    assert typed.split("\n")[0] == SAID
    assert "2025-12" not in typed, "a moment is no words"


def test_words_left_half_typed_are_kept(world: World, tmp_path: Path) -> None:
    client = world.add()
    view = world.walk(world.begin(client), *DIAL, "Hésite", "Le service")
    world.services.calls.draft(view.call_id, "analysis", "L’atelier du 3")
    view = world.services.calls.back(view.call_id, view.seq)
    view = world.press(view, "Le service")
    assert view.capture is not None
    world.services.calls.draft(view.call_id, "analysis", SAID)
    view = world.services.calls.jump(view.call_id, view.seq, "escalate")
    assert view.capture is not None
    assert view.capture.draft == SAID, "the summary starts from it"
    view = world.services.calls.back(view.call_id, view.seq)
    view = world.services.calls.jump(view.call_id, view.seq, "hung_up")
    world.press(view, "Terminer")
    assert told(world, client).count("L’atelier du 3") == 1
    assert journal(world, tmp_path) == [SAID]
