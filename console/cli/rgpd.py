"""The commands about a person's data."""

from pathlib import Path

from console.base.errors import RefusedInputError
from console.cli import output
from console.cli.settings import Configuration
from console.cli.start import working


def export(configuration: Configuration, code: str, target: Path | None, *, as_json: bool) -> int:
    """Give everything held about a person."""
    from console.people.privacy import PrivacyService, as_text
    from console.people.privacy import as_json as written

    with working(configuration) as ctx:
        service = PrivacyService(ctx)
        if target is not None:
            output.say(*(f"Écrit : {path}" for path in service.export(code, target)))
            return 0
        held = service.held(code)
    output.result((written(held) if as_json else as_text(held)).rstrip("\n"))
    return 0


def erase(configuration: Configuration, code: str, *, sure: bool) -> int:
    """Erase a person, once the code was typed again."""
    from console.people.privacy import PrivacyService

    with working(configuration) as ctx:
        service = PrivacyService(ctx)
        name = service.name(code)
        if not sure:
            output.say(
                f"Tout ce qui permet de reconnaître {name} ({code}) sera effacé, pour toujours.",
                "Les chiffres restent. Pour continuer, tapez le code du client :",
            )
            try:
                typed = input().strip()
            except EOFError:
                typed = ""
            if typed != code:
                raise RefusedInputError("Ce n’est pas le code du client.", "Rien n’a été effacé.")
        done = service.erase(code)
        folder = ctx.outside.folder if ctx.outside else None
    output.result(f"{code} est effacé ; ses chiffres restent, sous {done.new_code}.")
    if done.on_server:
        output.say("Sur le serveur : VACUUM FULL, puis les sauvegardes et les journaux archivés.")
    for path in done.remains:
        output.say(f"Cette copie contient encore la personne, à supprimer : {path}")
    output.say("Les sauvegardes gardées ailleurs la contiennent encore : supprimez-les, ou refaites-les.")
    if folder and folder.is_dir():
        output.say(f"Les messages déjà remis dans ce dossier aussi : {folder}")
    return 0


def purge(configuration: Configuration, *, simulate: bool, sure: bool, as_json: bool) -> int:
    """Show what has been kept for long enough, then empty it once that was confirmed."""
    from console.base.french import plural
    from console.people.purge import PurgeService
    from console.people.retention_policy import KEPT_LABELS

    with working(configuration, reads=simulate) as ctx:
        service = PurgeService(ctx)
        planned = service.plan()
        if as_json and simulate:
            output.result_json(planned)
            return 0
        output.say(*(plural(n, *KEPT_LABELS[kind]) for kind, n in planned.items()))
        if simulate or not any(planned.values()):
            output.say("Contrôle, rien n’est changé." if simulate else "Rien n’est à purger.")
            return 0
        if not sure:
            output.say("Les textes seront vidés pour toujours. Pour continuer, tapez oui :")
            try:
                typed = input().strip().lower()
            except EOFError:
                typed = ""
            if typed != "oui":
                raise RefusedInputError("La purge n’est pas confirmée.", "Rien n’a été changé.")
        with output.Progress("éléments") as progress:
            done = service.run(progress)
    if as_json:
        output.result_json(done)
    else:
        output.result(f"Purge faite : {plural(sum(done.values()), 'élément')}.")
    output.say("Les sauvegardes gardent ce qui a été purgé : supprimez les anciennes.")
    return 0
