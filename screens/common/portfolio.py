"""The question whose some clients are, from the file of one or from a list of many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from console.base.french import THIN, plural
from console.base.roles import Role
from screens.common.choose import Answer, ChooseModal
from screens.common.client_actions import NO_CLIENT
from screens.keys import letter
from screens.kit.screen import SUPERVISORS_ONLY, shown

if TYPE_CHECKING:
    from console.dashboard.portfolios import Owner, PortfolioService
    from console.services import Services
    from screens.kit.screen import Acts

GIVE = letter(
    "portefeuille", "d", "give", "Confier", "Confier à un agent, à une équipe, ou rendre à tous", show=False
)
_OFFERED = 14
"""How many owners are offered: those beyond the nine digits by the arrows."""


def given_by(services: Services, *, any_client: bool) -> str | None:
    """Why nothing can be given now; empty where there is nobody to give it to."""
    if not services.in_team:
        return ""
    if not services.may(Role.SUPERVISOR):
        return SUPERVISORS_ONLY
    return None if any_client else NO_CLIENT


def ask_owner(
    screen: Acts,
    services: Services,
    whom: str,
    give: Callable[[PortfolioService, Owner], int],
) -> None:
    """Ask whose these clients are (`whom`: « Marie Dupuis », « les 12 clients de cette liste »), then give
    them."""

    def ask(owners: tuple[Owner, ...]) -> None:
        offered = owners[:_OFFERED]
        answers = [Answer(str(number), one.words) for number, one in enumerate(offered)]

        def chosen(number: str | None) -> None:
            if number is not None:
                owner = offered[int(number)]
                screen.serve(lambda: give(services.portfolios, owner), partial(given, owner))

        sentence = f"À qui confier {shown(whom)}{THIN}?"
        screen.open(ChooseModal("Portefeuille", sentence, answers, stay="ne rien changer"), chosen)

    def given(owner: Owner, count: int) -> None:
        if count:
            screen.tell(f"{plural(count, 'client confié', 'clients confiés')} à {shown(owner.words)}.")
        else:
            screen.tell("C’était déjà ainsi.")
        screen.reload()

    def read() -> tuple[Owner, ...]:
        return services.portfolios.owners()  # imported in the thread

    screen.serve(read, ask, group="owners", opens=True)
