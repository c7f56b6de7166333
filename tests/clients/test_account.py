"""The client's own view: every figure from the catalogue, the client's terms and the offer that runs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from console.base.dates import end_of
from console.clients.account import AccountView
from console.db.tables import GrantedOffer, Subscription
from tests.world import DIAL, REFUSAL, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def seen(view: AccountView) -> str:
    pairs = [*view.facts, *view.alternatives, *view.contacts]
    lines = [view.notice, *(f"{a} {b}" for a, b in pairs), *view.offer, view.tariffs, *view.buttons]
    return plain("\n".join(lines))


def grant(world: World, client: int, until: str) -> None:
    term = world.one(Subscription)
    with world.database.writing() as session:
        session.add(
            GrantedOffer(
                client_id=client, subscription_id=term.id, offer="fidelite", granted_at=world.now,
                ends_at=end_of(paris(until).date()), price_cents=3499, normal_price_cents=3699,
                face_value_cents=2200, cost_cents=800, workshops=1,
            )
        )  # fmt: skip


def test_a_client_who_has_not_answered_sees_the_notice_the_offer_and_the_ways_out(world: World) -> None:
    client = world.add()
    grant(world, client, "2025-12-24")
    view = world.services.accounts.view(client)
    assert view.soon
    page = seen(view)
    for words in (
        "expire bientôt : dans 12 jours, le 31/12/2025",
        "Formule Premium",
        "Temps restant 12 jours",
        "Tarif 36,99 € par an",
        "Prochaine facturation aucune",
        "Dernier jour : mercredi 24 décembre 2025",
        "34,99 € au lieu de 36,99 € + 1 atelier offert (valeur 20,00 €)",
        "Vous économisez 22,00 €",
        "36,99 € par an ou 35,00 € par mois",
        "Renouveler\nPlus d’options",
        "Pause jusqu’à 3 mois sans rien payer",
        "Basic 9,99 € au lieu de 35,00 € par mois, moins de fonctions",
        "support@numi.support",
    ):
        assert words in page


def test_an_offer_that_is_over_is_not_there(world: World) -> None:
    client = world.add()
    grant(world, client, "2025-12-24")
    world.now = paris("2025-12-25T00:00")
    assert not world.services.accounts.view(client).offer


@pytest.mark.parametrize(
    ("labels", "billing", "notice"),
    [
        (
            ("Oui", "Je m’en occupe", "Ne pas demander", "Terminer"),
            "01/01/2026, 34,99 €",
            "enregistré, jusqu’au 31/12/2026",
        ),
        (
            ("Hésite", "Le prix", "Accepte le passage à Basic", "Le client confirme", "Ne pas demander"),
            "01/01/2026, 9,99 €",
            "Vous passez à Basic le 01/01/2026",
        ),
        (
            ("Hésite", "Le prix", "Accepte la pause", "Le client confirme", "Ne pas demander"),
            "aucune",
            "en pause du 01/01/2026 au 31/03/2026",
        ),
        (REFUSAL[2:], "aucune", "s’arrête le mercredi 31 décembre 2025"),
    ],
)
def test_what_was_agreed_is_what_the_account_says(
    world: World, labels: tuple[str, ...], billing: str, notice: str
) -> None:
    client = world.add()
    view = world.walk(world.begin(client), *DIAL, *labels)
    assert view.outcome is not None
    account = world.services.accounts.view(client)
    assert billing in plain(dict(account.facts)["Prochaine facturation"])
    assert notice in plain(account.notice)
    assert not account.soon
    assert not account.alternatives


def test_after_the_term_the_account_can_be_reactivated(world: World) -> None:
    client = world.add()
    world.now += timedelta(days=20)
    view = world.services.accounts.view(client)
    assert view.buttons == ("Réactiver",)
    assert "a pris fin" in view.notice
