"""Composition root: puts settings, services and screens together, and opens the console."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.base.roles import Role
from console.cli import output
from console.cli.log import start_log
from console.cli.prefetch import Prefetch
from console.cli.settings import (
    DEFAULT,
    Configuration,
    database_file,
    demo_database,
    demo_outside,
    spool_file,
)
from console.cli.workspace import Place, mark, refuse_doubt
from console.content import Content, default_root
from console.context import Context
from console.messages.courier import Courier
from console.services import Services


@contextmanager
def working(
    configuration: Configuration, *, job: str = "", reads: bool = False, makes: bool = False
) -> Iterator[Context]:
    """The working database, open for a command, and everything a service needs.

    Where there are accounts somebody signs in, but for a `job`: what a machine does by itself, as a hotliner,
    under its own name; whoever is named without a password has not signed it. At another day than the
    machine's a job is a person's too, who is a supervisor.
    A clock that is doubted is refused but to what only `reads`, or where the command is sure of it. What
    `makes` a base makes it where there is none. Raises what opening the database and signing in raise.
    """
    from console.integrity import clock
    from console.integrity.upgraded import told
    from console.people.accounts import at_another_day

    place = _place(configuration, configuration.settings.database_url, makes=makes)
    password = configuration.settings.password
    with place.opened() as ctx:
        unnamed = bool(job) and not password and (reads or not at_another_day(ctx))
        signs_in = ctx.role is None and not unnamed
        writes = signs_in or not reads  # signing in is written down
        if writes and not configuration.date_sure:
            refuse_doubt(ctx.doubt)
        if sys.stderr.isatty() and (said := mark(ctx)):
            output.say(f"{said.capitalize()}.")
        if upgraded := told(ctx):
            output.say(*upgraded)
        if ctx.content_fault:
            output.say(
                f"Le contenu du dossier a un défaut\u202f: {ctx.content_fault}",
                "La dernière version sans défaut reste en vigueur.",
            )
        who = ctx
        if signs_in:
            who = _signed_in(ctx, password)
        elif ctx.role is None:
            who = replace(ctx, role=Role.HOTLINER, agent=machine_name(job))
        if writes:
            (clock.sure if ctx.doubt else clock.seen)(ctx)
        yield who


@contextmanager
def base_alone(configuration: Configuration) -> Iterator[Context]:
    """The working database, where nobody is asked who they are."""
    with _place(configuration, configuration.settings.database_url, makes=False).opened() as ctx:
        yield ctx


def machine_name(job: str) -> str:
    """Who does what nobody signed: « relancer · session camille · poste-3 »."""
    from console.base.text import clean
    from console.outside.machine import whose

    return clean(f"{job} · {whose()}", limit=80)


def tell_run(ctx: Context, configuration: Configuration, job: str, **counts: int) -> None:
    """Leave the mark of a run; write one down that did something: who, where, and the settings that change
    what it does."""
    from console.audit import audit
    from console.cases.runs import ran

    ran(ctx, job)
    if not any(counts.values()):
        return
    settings = configuration.settings
    where = {
        "machine": machine_name(job),
        "date": settings.date.isoformat() if settings.date else "",
        "contenu": str(settings.content or ""),
        "dossier": "" if configuration.origins["outbox"] == DEFAULT else str(settings.outbox),
    }
    told: dict[str, Any] = {name: value for name, value in where.items() if value} | counts
    with ctx.database.writing() as session:
        audit(session, ctx, "job.run", job=job, **told)


def _signed_in(ctx: Context, password: str) -> Context:
    from console.people.accounts import UserService, acting

    password = password or ask_password(f"Mot de passe de {ctx.agent}")
    return acting(ctx, UserService(ctx).sign_in(ctx.agent, password))


def ask_password(words: str) -> str:
    """A password typed at the terminal, not shown. Raises RefusedInputError where there is no terminal."""
    from getpass import getpass

    if not sys.stdin.isatty():
        raise RefusedInputError(
            "Cette base a des comptes, et personne n’est connecté.",
            "Rien n’a été lu ni changé.",
            "Donnez « --agent NOM » et la variable HOTLINER_PASSWORD.",
        )
    try:
        return getpass(f"{words}\u202f: ")
    except EOFError:
        return ""


def content_of(configuration: Configuration) -> Content:
    """The content in force: the folder of the settings, else the one shipped."""
    return Content(configuration.settings.content or default_root())


def make_folder(address: str) -> None:
    """The folder of a database file in the user's own data folder, made when first needed; no other is."""
    file = database_file(address)
    ours = database_file(demo_database())
    if file and ours and file.parent == ours.parent:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise HotlinerError(
                f"Le dossier « {file.parent} » ne peut pas être créé\u202f: {system_words(error)}.",
                "Rien n’a été changé.",
                "Donnez un dossier à soi par la variable HOME, ou une base par « --base ».",
            ) from error


def open_console(configuration: Configuration, prefetch: Prefetch | None = None) -> int:
    """Open the console on the working database; its exit code. Goes on to the demo when asked for it."""
    _need_terminal(configuration)
    code, result = _run(_place(configuration, configuration.settings.database_url), configuration, prefetch)
    return open_demo(configuration) if result == "demo" else code


def open_demo(
    configuration: Configuration, prefetch: Prefetch | None = None, *, remake: bool = False, size: int = 0
) -> int:
    """Open the console on the demo; `remake` makes it again, with `size` clients, 0 for the 50."""
    _need_terminal(configuration)
    place = demo_place(configuration, size=size)
    if remake:
        with place.opened(remake=True):
            pass
    return _run(place, configuration, prefetch)[0]


def demo_place(configuration: Configuration, *, size: int = 0) -> Place:
    """The demonstration: in the user's own folder, unless the command gives another base."""
    given = configuration.origins["database_url"] == "option --base"
    address = configuration.settings.database_url if given else demo_database()
    return _place(configuration, address, demo=True, size=size)


def _place(
    configuration: Configuration, address: str, *, demo: bool = False, size: int = 0, makes: bool = True
) -> Place:
    settings = configuration.settings
    if makes:
        make_folder(address)
    content = settings.content or default_root()
    return Place(
        address,
        content,
        settings.agent,
        settings.log,
        settings.date,
        demo,
        size,
        outside=demo_outside() if demo else configuration.outside(),
        tracking=settings.suivi_ouvertures,
        trial=settings.essai,
        makes=makes,
        trial_only=settings.essai and configuration.origins["essai"].startswith("option"),
        sure=configuration.date_sure,
        spool=spool_file(),
    )


def _need_terminal(configuration: Configuration) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedInputError(
            "La console s’ouvre dans un terminal.", todo="Les commandes sans écran : « hotliner --help »."
        )
    if not configuration.settings.kitty_keys:
        os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"


def _run(place: Place, configuration: Configuration, prefetch: Prefetch | None) -> tuple[int, str | None]:
    """Run the app on the place, opened when first needed if its first view is prefetched, else at once."""
    settings = configuration.settings
    start_log(settings.log)
    with ExitStack() as stack:
        services = Services(lambda: stack.enter_context(place.opened()), prefetch.last if prefetch else None)
        if prefetch:
            stack.callback(prefetch.end)
            prefetch.ask(place.prefetch)

        def daily(stop: Callable[[], bool]) -> None:
            services.seals.of_today(stop)

        courier = Courier(lambda: services.outbox, daily)

        # Each opens the services before it imports: they import one at a time.
        def sure() -> None:
            ctx = services.open()
            from console.integrity import clock

            clock.sure(ctx)

        def opened() -> list[str]:
            ctx = services.open()
            from console.integrity import clock
            from console.integrity.upgraded import told

            clock.seen(ctx)
            courier.start()
            return told(ctx)

        @cache
        def watch() -> Callable[[], str]:
            ctx = services.open()
            from console.integrity import clock

            return clock.watch(ctx)

        def doubted() -> str:
            return watch()()

        from screens.app import HotlinerApp

        shown, doubt = prefetch.take() if prefetch else None, ""
        if shown is None:
            ctx = services.open()
            shown, doubt = mark(ctx), ctx.doubt
            if doubt and place.sure:
                sure()
                doubt = ""

        app = HotlinerApp(
            services,
            keymap=settings.keymap,
            theme=settings.theme,
            lock_minutes=settings.lock_minutes,
            tour=settings.tour,
            opened=opened,
            mark=shown,
            doubt=doubt,
            sure=sure,
            doubted=doubted,
        )
        try:
            result = app.run()
        finally:
            courier.stop()
    return app.return_code or 0, result
