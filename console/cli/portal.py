"""What `portail` does: serves the pages of the links until told to stop."""

from contextlib import suppress
from dataclasses import replace

from console.base.errors import RefusedInputError, StorageError, system_words
from console.base.french import THIN
from console.cli import output
from console.cli.sending import stopping
from console.cli.settings import Configuration
from console.cli.start import demo_place, working
from console.integrity import clock
from console.outside.servers import is_here
from console.portal.service import ONLINE

_LOOK_SECONDS = 600
"""How often the clock is looked at while nobody comes."""


def serve(configuration: Configuration, *, host: str, port: int, proxies: str, demo: bool) -> int:
    """Serve until Ctrl+C or SIGTERM; the exit code.

    proxies: the addresses, with commas between, whose word is taken for whom they serve; empty for none.
    Raises RefusedInputError where nothing can be listened to there, and what opening the base raises.
    """
    if demo and not is_here(host):
        raise RefusedInputError(
            "La démonstration ne se sert que sur cette machine.", todo="Retirez « --hote », ou « --demo »."
        )
    import socket

    from anyio.to_thread import run_sync
    from uvicorn import Server

    from console.demo.demo import served_at
    from console.portal.connections import settings_of
    from console.portal.web import Portal

    if not 0 <= port <= 65535:
        raise RefusedInputError("Un port va de 0 à 65535.")
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise RefusedInputError(
            f"On ne peut pas écouter sur {host}, port {port}{THIN}: {system_words(error)}.",
            todo="Un autre programme y est peut-être déjà ; choisissez un autre « --port ».",
        ) from None
    opened = demo_place(configuration).opened() if demo else working(configuration, job="portail")
    with stopping(), listening, opened as place:
        ctx = replace(place, agent=ONLINE)
        where = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        if demo:
            ctx = served_at(ctx, f"{where}/r")
        given = configuration.settings
        secrets = given.evenements_secrets | {"": given.evenements_secret}

        # A base that its clients alone keep in use leaves its daily mark too.
        async def looked_at() -> None:
            with suppress(StorageError):
                await run_sync(doubted)

        doubted = str if configuration.date_sure else clock.watch(ctx)
        portal = Portal(ctx, payment=given.paiement_url, secrets=secrets, doubted=doubted)
        settings = settings_of(portal, proxies=proxies)
        settings.callback_notify, settings.timeout_notify = looked_at, _LOOK_SECONDS
        output.say(f"Le portail écoute sur {where}{THIN}; Ctrl+C pour arrêter.")
        Server(settings).run(sockets=[listening])
    return 0
