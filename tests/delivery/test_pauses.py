"""The reminders of a pause by the commands, day by day: each is received on its day, by SMTP and by HTTP."""

from pathlib import Path

import pytest

from console.db.tables import Pause, Subscription
from tests.delivery.post import Post, SmsDesk
from tests.delivery.test_worked_example import CLIENTS, Outside, read
from tests.world import DIAL, World, paris, plain

PAUSE = (
    *DIAL,
    "Hésite",
    "Ce n’est pas le moment",
    "Accepte la pause",
    "Le client confirme",
    "Ne pas demander",
)


@pytest.fixture
def outside(tmp_path: Path, post: Post, desk: SmsDesk) -> Outside:
    """A pause agreed on 22/12/2025, until 31/03/2026; what came before has left."""
    one = Outside(tmp_path, post, desk)
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    one.run("2025-12-22T09:00", "importer", str(tmp_path / "clients.csv"))
    one.call("2025-12-22T14:00", *PAUSE)
    one.run("2025-12-22T14:10", "envoyer")
    return one


def test_each_reminder_of_a_pause_is_received_on_its_day(outside: Outside, post: Post, desk: SmsDesk) -> None:
    outside.day("2026-01-02")
    begun = len(post.letters)
    received = {}
    for day in (
        "2026-03-16",
        "2026-03-17",
        "2026-03-20",
        "2026-03-28",
        "2026-03-29",
        "2026-03-31",
        "2026-04-01",
    ):
        letters, notes = len(post.letters), len(desk.taken)
        outside.day(day)
        outside.run(f"{day}T10:30", "envoyer")  # an SMS waits for its hour
        received[day] = [*map(read, post.letters[letters:])], desk.taken[notes:]
    assert [day for day, (mails, _) in received.items() if mails] == [
        "2026-03-17",
        "2026-03-28",
        "2026-03-31",
    ]
    assert [day for day, (_, texts) in received.items() if texts] == ["2026-03-28"]
    assert len(post.letters) == begun + 3
    for mails, texts in received.values():
        for words in (
            *(f"{subject} {text}" for subject, text in mails),
            *(one.body["text"] for one in texts),
        ):
            assert "31/03/2026" in plain(words) or "31 mars 2026" in plain(words)
            assert "36,99 €" in plain(words) or "36,99" in words
            assert "terminé" not in words


def test_who_resumed_hears_no_more_of_it(outside: Outside, post: Post) -> None:
    outside.day("2026-01-02")
    outside.day("2026-03-17")
    outside.call("2026-03-18T11:00", *DIAL, "Oui, reprend", "Le client confirme", "Ne pas demander")
    outside.run("2026-03-18T11:10", "envoyer")
    subject, _ = read(post.letters[-1])
    assert "reprend, jusqu’au 17/03/2027" in subject
    letters = len(post.letters)
    outside.day("2026-03-28")
    outside.day("2026-03-31")
    assert not any("pause" in read(letter)[0] for letter in post.letters[letters:])
    world = World(outside.base, paris("2026-04-02T09:00"))
    assert world.one(Pause).resumed_at == paris("2026-03-18T11:02:30")
    assert len(world.all(Subscription)) == 2
    world.database.close()
