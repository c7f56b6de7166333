"""Composition root: puts database, clock, content and settings together, and opens the console."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from console.clock import running_from, system_clock
from console.content import Content, default_root
from console.errors import RefusedInputError
from console.log import start_log
from console.services.context import Context, build
from console.settings import Configuration, database_file, demo_database
from console.storage.engine import open_database
from console.talk import Progress


@contextmanager
def working(configuration: Configuration) -> Iterator[Context]:
    """The working database, open for a command or the console, and everything a service needs."""
    settings = configuration.settings
    start_log(settings.log)
    clock = running_from(settings.date) if settings.date else system_clock()
    make_folder(settings.database_url)
    database = open_database(settings.database_url, clock=clock)
    try:
        yield Context(database, clock, content_of(configuration), settings.agent)
    finally:
        database.close()


def content_of(configuration: Configuration) -> Content:
    """The content in force: the folder of the settings, else the one shipped."""
    return Content(configuration.settings.content or default_root())


def make_folder(address: str) -> None:
    """The folder of a database file in the user's own data folder, made when first needed; no other is."""
    file = database_file(address)
    ours = database_file(demo_database())
    if file and ours and file.parent == ours.parent:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def open_console(configuration: Configuration) -> int:
    """Open the console on the working database; its exit code. Goes on to the demo when asked for it."""
    _need_terminal(configuration)
    with working(configuration) as ctx:
        code, result = _run(ctx, configuration)
    return open_demo(configuration) if result == "demo" else code


def open_demo(configuration: Configuration, *, remake: bool = False, size: int = 0) -> int:
    """Open the console on the demo, made at first use or when `remake` asks; `size` clients, 0 for the 50."""
    _need_terminal(configuration)
    from console.services.demo import demo_context, park

    settings = configuration.settings
    start_log(settings.log)
    given = configuration.origins["database_url"] == "option --base"
    address = settings.database_url if given else demo_database()
    make_folder(address)
    content = content_of(configuration)
    with Progress("clients") as progress:
        ctx = demo_context(address, content, settings.agent, remake=remake, size=size, progress=progress)
    try:
        if settings.date:
            ctx = replace(ctx, clock=running_from(settings.date))
        code, _ = _run(ctx, configuration)
        if not settings.date:
            park(ctx)
        return code
    finally:
        ctx.database.close()


def _need_terminal(configuration: Configuration) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RefusedInputError(
            "La console s’ouvre dans un terminal.", todo="Les commandes sans écran : « hotliner --help »."
        )
    if not configuration.settings.kitty_keys:
        os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"


def _run(ctx: Context, configuration: Configuration) -> tuple[int, str | None]:
    from screens.app import HotlinerApp

    settings = configuration.settings
    app = HotlinerApp(
        build(ctx), demo=ctx.demo, agent=ctx.agent, keymap=settings.keymap, theme=settings.theme
    )
    result = app.run()
    return app.return_code or 0, result
