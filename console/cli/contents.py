"""What `contenu` does: the content taken out, checked, published, compared, put back."""

from pathlib import Path
from typing import TYPE_CHECKING

from console.base.errors import RefusedInputError
from console.base.french import plural
from console.cli import output
from console.cli.settings import Configuration
from console.cli.start import working

if TYPE_CHECKING:
    from console.integrity.publishing import Published

JOB = "contenu"


def take_out(configuration: Configuration, folder: Path) -> int:
    """Write the content in force to a folder."""
    from console.integrity.publishing import PublishingService

    with working(configuration, job=JOB, reads=True) as ctx:
        n = PublishingService(ctx).take_out(folder)
    output.say(
        f"{plural(n, 'fichier')} dans « {folder} ».",
        f"Modifiez-les, puis\u202f: hotliner contenu verifier {folder}",
    )
    return 0


def check(folder: Path) -> int:
    """Every fault and warning of a folder; 1 when there is a fault."""
    from console.integrity.publishing import findings

    found = findings(folder)
    faults = sum(not one.warning for one in found)
    output.result(*map(str, found))
    output.say(f"{plural(faults, 'défaut')}, {plural(len(found) - faults, 'avertissement')}.")
    return int(faults > 0)


def publish(configuration: Configuration, folder: Path) -> int:
    """Put the content of a folder in force."""
    from console.integrity.publishing import PublishingService

    with working(configuration) as ctx:
        _tell(PublishingService(ctx).publish(folder))
    return 0


def put_back(configuration: Configuration, version: str) -> int:
    """Put a former version in force again."""
    from console.integrity.publishing import PublishingService

    number = _number(version)
    with working(configuration) as ctx:
        _tell(PublishingService(ctx).put_back(number))
    return 0


def show(configuration: Configuration, *, as_json: bool) -> int:
    """List the versions."""
    from console.integrity.publishing import PublishingService

    with working(configuration, job=JOB, reads=True) as ctx:
        found = PublishingService(ctx).versions()
    if as_json:
        output.result_json(
            [
                {
                    "version": one.number,
                    "le": one.at,
                    "par": one.agent,
                    "origine": one.origin,
                    "hash": one.hash,
                }
                for one in found
            ]
        )
    else:
        marks = ("en vigueur", *("" for _ in found))
        output.result(
            *(f"{one.words}{f' · {mark}' if mark else ''}" for one, mark in zip(found, marks, strict=False))
        )
    return 0


def compare(configuration: Configuration, before: str, after: str) -> int:
    """What changed between two versions, or between one and a folder."""
    from console.integrity.publishing import PublishingService, differences, read_folder

    with working(configuration, job=JOB, reads=True) as ctx:
        service = PublishingService(ctx)
        former, present = (
            service.version(int(one)) if one.isdecimal() else read_folder(Path(one))
            for one in (before, after)
        )
        output.result(*(tuple(differences(former, present)) or ("Rien ne change.",)))
    return 0


def _number(version: str) -> int:
    if not version.isdecimal():
        raise RefusedInputError(
            f"« {version} » n’est pas un numéro de version.",
            todo="« hotliner contenu versions » les donne tous.",
        )
    return int(version)


def _tell(published: "Published") -> None:
    if not published.changes:
        output.say(f"Rien ne change : ces fichiers sont ceux de la version {published.number}, en vigueur.")
        return
    output.result(*published.changes)
    output.say(
        f"Version {published.number} en vigueur. Chaque console la prend à son prochain appel ; "
        "un appel commencé garde ses mots.",
    )
    if published.waiting:
        output.say(
            f"{plural(published.waiting, 'message déjà écrit', 'messages déjà écrits')} "
            "en attente gardent les mots d’avant."
        )
    output.say(f"Pour revenir en arrière\u202f: hotliner contenu revenir {published.number - 1}")


def preview(
    configuration: Configuration,
    name: str,
    *,
    client: str,
    every: bool,
    folder: Path | None,
    target: Path | None,
) -> int:
    """Show messages and steps as they will be read, in the terminal or as a page in a new file."""
    from console.base.clock import running_from, system_clock
    from console.cli.start import content_of
    from console.integrity import previews
    from console.integrity.database import published
    from console.integrity.publishing import read_folder
    from console.outside.files import new_file

    date = configuration.settings.date
    today = (running_from(date) if date else system_clock()).today()
    content = read_folder(folder) if folder else published(configuration.settings.database_url)
    content = content or content_of(configuration)
    whom = previews.profiles(today)[: None if every else 1]
    if client:
        with working(configuration, reads=True) as ctx, ctx.database.reading() as session:
            whom = (previews.profile_of(session, client),)
    found = previews.previews(content, name, whom, today)
    if target is None:
        output.result(*previews.as_lines(found))
        return 0
    with new_file(target) as file:
        file.write(previews.as_page(found, today))
    output.say(f"{plural(len(found), 'texte')} dans « {target} ».")
    return 0
