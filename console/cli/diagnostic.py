"""What `diagnostic` does: looks at an installation, and says of each piece how it is; its exit code."""

from pathlib import Path

from console.base.clock import running_from, system_clock
from console.base.french import plural
from console.cli import output
from console.cli.settings import SECRETS, Configuration, masked, spool_file
from console.cli.start import content_of

_SIGNS = {"bien": "✓", "défaut": "✗", "non réglé": "–"}


def diagnose(configuration: Configuration, *, as_json: bool) -> int:
    """Tell each piece as soon as it is looked at; 1 when one is wrong. Nothing is written."""
    from console.integrity.diagnostic import Diagnostic, Installation, State

    settings = configuration.settings
    machine = system_clock()
    installation = Installation(
        url=settings.database_url,
        address=masked(settings.database_url).removeprefix("sqlite:///"),
        content=content_of(configuration),
        content_folder=settings.content,
        outside=configuration.outside(),
        imap=settings.imap(),
        log=settings.log,
        secret=_secret_files(configuration),
        spool=spool_file(),
        clock=running_from(settings.date) if settings.date else machine,
        machine=machine,
    )
    found = []
    for check in Diagnostic(installation).checks():
        found.append(check)
        if not as_json:
            unset = "non réglé. " if check.state is State.UNSET else ""
            output.result(f"{_SIGNS[check.state]} {check.name} : {unset}{check.words}")
            if check.todo:
                output.result(f"    {check.todo}")
    wrong = sum(one.state is State.WRONG for one in found)
    if as_json:
        output.result_json(
            [
                {"controle": one.name, "etat": one.state, "constat": one.words, "remede": one.todo}
                for one in found
            ]
        )
    else:
        output.say(f"{plural(wrong, 'défaut')}." if wrong else "Tout va bien.")
    return int(wrong > 0)


def _secret_files(configuration: Configuration) -> list[Path]:
    """The settings' file, where a secret stands in it."""
    told = [configuration.origins[name] for name in SECRETS]
    in_file = any(origin.startswith("fichier") for origin in told)
    return [configuration.file] if in_file and configuration.file_exists else []
