"""« Ne plus contacter » : an opposition, channel by channel, immediate and irrevocable by a hotliner."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from console.base.vocabulary import Channel
from screens.common.choose import Answer, ChooseModal

if TYPE_CHECKING:
    from console.clients.service import ClientService
    from console.clients.views import ClientFile
    from screens.kit.screen import Acts

LABELS = {
    Channel.CALL: "Ne plus l’appeler",
    Channel.EMAIL: "Ne plus lui écrire par e-mail",
    Channel.SMS: "Ne plus lui envoyer de SMS",
}


def oppose(
    host: Acts,
    clients: ClientService,
    client_id: int,
    call_id: str | None = None,
    *,
    then: Callable[[], object],
) -> None:
    """Ask which channel, record it, then call `then`. What is already recorded is shown, and stays."""

    def ask(file: ClientFile) -> None:
        answers = [
            Answer(channel.value, label, channel not in file.opposed, "déjà noté" * (channel in file.opposed))
            for channel, label in LABELS.items()
        ]
        host.open(
            ChooseModal(
                "Ne plus contacter",
                "Prend effet tout de suite. Seul un superviseur peut revenir dessus.",
                answers,
                stay="ne rien changer",
            ),
            record,
        )

    def record(value: str | None) -> None:
        if value is not None:
            channel = Channel(value)
            host.serve(lambda: clients.oppose(client_id, channel, call_id), partial(recorded, channel))

    def recorded(channel: Channel, news: bool) -> None:
        host.tell(f"{'Noté' if news else 'Déjà noté'} : {LABELS[channel].lower()}.")
        then()

    host.serve(lambda: clients.file(client_id), ask, group="opposition", opens=True)
