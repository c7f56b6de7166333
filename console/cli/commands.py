"""What the commands do, once their line is understood; each returns its exit code."""

import signal
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from console.base.clock import running_from, system_clock
from console.base.dates import within_years
from console.base.errors import BusyError, RefusedInputError, StorageError
from console.base.french import plural
from console.base.roles import Role
from console.cli import output
from console.cli.settings import (
    DEFAULT,
    Configuration,
    data_folder,
    database_address,
    database_file,
    masked,
    shown,
)
from console.cli.start import content_of, tell_run, working

if TYPE_CHECKING:
    from console.cases.views import Campaign

_SHOWN = 50


def import_file(
    configuration: Configuration, file: Path, *, simulate: bool, rejects: Path | None, as_json: bool
) -> int:
    """Import clients; Ctrl+C stops between two batches, so that what is counted is what is written."""
    from console.imports.service import ImportService
    from console.outside.files import given_file

    stop: list[int] = []

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.append(number)

    former = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        with (
            given_file(file) as path,
            working(configuration, job="importer", reads=simulate, makes=True) as ctx,
            output.Progress("lignes") as progress,
        ):
            report = ImportService(ctx).run(
                path, simulate=simulate, rejects=rejects, progress=progress, cancelled=lambda: bool(stop)
            )
            if not simulate:
                tell_run(ctx, configuration, "importer", added=report.added, updated=report.updated)
    finally:
        signal.signal(signal.SIGINT, former)
    if report.unknown_columns:
        named = ", ".join(report.unknown_columns[:_SHOWN])
        more = len(report.unknown_columns) - _SHOWN
        output.say(f"Colonnes inconnues, ignorées : {named}{f' et {more} autres' if more > 0 else ''}.")
    output.say_some([f"Attention, {one}" for one in report.warnings], report.warned, _SHOWN)
    output.say_some([f"Refusée, {one}" for one in report.faults], report.rejected, _SHOWN)
    if report.forgotten:
        lines = plural(report.forgotten, "ligne refusée", "lignes refusées")
        output.say(f"Personnes effacées : {lines}. Demandez qu’elles quittent aussi le fichier.")
    if report.rejects:
        output.say(f"Lignes refusées, à corriger puis à importer de nouveau : {report.rejects}")
    if report.cancelled:
        output.say("Interrompu : les lignes comptées sont enregistrées, relancez pour finir.")
    if as_json:
        output.result_json(asdict(report))
    else:
        verb = "Contrôle, rien n’est écrit" if report.simulated else "Import"
        counts = (
            plural(report.added, "ajoutée"),
            plural(report.updated, "mise à jour", "mises à jour"),
            plural(report.unchanged, "inchangée"),
            plural(report.rejected, "refusée"),
        )
        output.result(f"{verb} : {plural(report.read, 'ligne')} ; {', '.join(counts)}.")
        if report.renewed:
            renewed = plural(report.renewed, "renouvellement fait ailleurs", "renouvellements faits ailleurs")
            undated = plural(report.undated, "daté", "datés")
            output.result(f"{renewed}{f', dont {undated} par l’import' if report.undated else ''}.")
    return report.exit_code


def plan_reminders(configuration: Configuration, *, simulate: bool, as_json: bool) -> int:
    """Plan what the timeline has due; what was planned, what was skipped and why."""
    from console.ledger.sealer import SealService
    from console.messages.reminders import RelanceService

    with (
        working(configuration, job="relancer", reads=simulate) as ctx,
        output.Progress("dossiers") as progress,
    ):
        report = RelanceService(ctx).run(simulate=simulate, progress=progress)
        if not simulate:
            tell_run(
                ctx,
                configuration,
                "relancer",
                queued=report.queued.total(),
                skipped=report.skipped.total(),
                closed=report.closed,
            )
            SealService(ctx).of_today()
    output.say_some([f"Non planifié, {one}" for one in report.faults], report.failed, _SHOWN)
    if report.unwatched:
        forgotten = plural(report.unwatched, "dossier n’est plus suivi", "dossiers ne sont plus suivis")
        output.say(
            f"{forgotten} par les relances : la base a été abîmée.",
            "Faites « hotliner verifier --reparer », puis relancez.",
        )
    if as_json:
        output.result_json(report.plain())
    else:
        output.result(*report.lines())
    return report.exit_code


def export(configuration: Configuration, what: str, form: str, target: str, since: str, until: str) -> int:
    """Export rows to a file, or to standard output."""
    from console.exports.forms import Format, What
    from console.exports.service import ExportService
    from console.ledger.sealer import SealService

    first, last = _day(since, "--du"), _day(until, "--au")
    with working(configuration) as ctx:
        path = None if target == "-" else Path(target)
        n = ExportService(ctx).write(What(what), Format(form), path, first, last)
        seal = SealService(ctx).latest()
    output.say(f"{plural(n, 'ligne')}.{f' Dernier {seal.words}.' if seal else ''}")
    return 0


def show_kpis(configuration: Configuration, since: str, until: str, campaign: str, *, as_json: bool) -> int:
    """Print the key figures of a period, the present one by default; of a named campaign, or of all."""
    from console.figures.service import KpiService

    period = _period(since, until)
    with working(configuration, reads=True) as ctx:
        kpis = KpiService(ctx)
        if campaign:
            period = replace(period, named=campaign) if period else kpis.usual(campaign)
        view = kpis.view(period)
    if as_json:
        output.result_json(view.plain())
        return 0
    table = [("", "valeur", "cible", "verdict", "tendance", "calcul")]
    table += [(m.title, m.words, m.target_words, m.verdict, m.trend, m.detail) for m in view.measures]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    output.result(view.words, *([view.reserves] if view.reserves else []), "")
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        output.result("  ".join(cells).rstrip())
    output.result("", *(line for m in view.measures for line in (f"{m.title}\u202f:", f"  {m.definition}")))
    return 0


def report(configuration: Configuration, month: str, campaign: str, target: Path | None) -> int:
    """The monthly report, of a named campaign or of all: a page in a new file, else text."""
    from console.figures.report import ReportService

    try:
        first = within_years(date.fromisoformat(f"{month}-01"))
    except ValueError:
        raise RefusedInputError(
            f"La valeur de « --mois » est refusée : « {month} » ; attendu : AAAA-MM, comme 2025-12."
        ) from None
    with working(configuration, reads=target is None) as ctx:
        service = ReportService(ctx)
        if target is None:
            output.result(*service.report(first, campaign).lines())
        else:
            service.write(first, target, campaign)
            output.say(f"Rapport écrit dans « {target} ».")
    return 0


def _period(since: str, until: str) -> "Campaign | None":
    from console.cases.views import Campaign

    first, last = _day(since, "--du"), _day(until, "--au")
    if first is None and last is None:
        return None
    if first is None or last is None or first > last:
        raise RefusedInputError("« --du » et « --au » vont ensemble, le premier jour d’abord.")
    return Campaign(first, last)


def _day(text: str, option: str) -> date | None:
    from console.base.days import read_day

    try:
        return within_years(read_day(text)) if text else None
    except ValueError as error:
        raise RefusedInputError(f"La valeur de « {option} » est refusée : {error}.") from None


def show_script(configuration: Configuration, *, graph: bool) -> int:
    """Print the call script: its steps, or its graph."""
    from console.calls.script_graph import listing, mermaid
    from console.integrity.database import published

    script = (published(configuration.settings.database_url) or content_of(configuration)).script
    output.result(mermaid(script) if graph else listing(script))
    return 0


def verify(configuration: Configuration, seal: str, *, repair: bool, as_json: bool) -> int:
    """Print every fault and warning; 1 when there is a fault. seal: one that the base is to continue.

    repair: rebuild what is derived, after a copy of the base. Raises StorageError for a base that was named
    and is not there.
    """
    from console.cli.seals import read_seal
    from console.db.failures import Failure
    from console.integrity.database import published
    from console.integrity.verify import verify as findings_of

    settings = configuration.settings
    given = read_seal(seal) if seal else None
    file = database_file(settings.database_url)
    asked = configuration.origins["database_url"] != DEFAULT or given or repair
    if file and not file.exists() and asked:
        raise Failure.MISSING.at(str(file))
    if repair:
        _repair(configuration)
    clock = running_from(settings.date) if settings.date else system_clock()
    with output.Progress("clients") as progress:
        url = settings.database_url
        content = published(url) or content_of(configuration)
        found = list(findings_of(content, url, clock=clock, seal=given, progress=progress))
    faults = sum(not one.warning for one in found)
    if as_json:
        output.result_json([asdict(one) for one in found])
    else:
        output.result(*map(str, found))
        warned = len(found) - faults
        output.say(f"{plural(faults, 'défaut')}, {plural(warned, 'avertissement')}.")
        if given and not faults:
            output.say(f"La base continue le sceau {given.fingerprint}.")
    return int(faults > 0)


def _repair(configuration: Configuration) -> None:
    """Rebuild what is derived, and say what was."""
    from console.integrity.repair import RepairService

    with working(configuration) as ctx, output.Progress("dossiers") as progress:
        kept, done = RepairService(ctx).run(progress)
    if kept:
        output.say(f"La base d’avant est gardée : {kept}")
    output.say(*(done or ["Rien n’était à refaire."]))


def show_settings(configuration: Configuration, *, as_json: bool) -> int:
    """Print the file, each setting and where it comes from; passwords are masked."""
    values = {}
    for name in type(configuration.settings).model_fields:
        values[name] = shown(name, getattr(configuration.settings, name))
    if as_json:
        settings = {
            name: {"valeur": value, "origine": configuration.origins[name]} for name, value in values.items()
        }
        output.result_json({"fichier": configuration.file, "reglages": settings})
        return 0
    state = "" if configuration.file_exists else " (absent)"
    output.result(f"Fichier de réglages : {configuration.file}{state}", "")
    for name, field in type(configuration.settings).model_fields.items():
        value = values[name]
        text = "–" if value in ("", None, {}) else value
        output.result(f"{name} = {text}", f"    {field.description} · {configuration.origins[name]}")
    return 0


def back_up(configuration: Configuration, target: Path, kept: int, *, secrets: bool) -> int:
    """Copy the database to a new file, or to one named by its instant in a folder; `kept` of those stay.

    secrets: take along the passwords of the settings too.
    """
    from console.cases.runs import SAUVEGARDER, ran
    from console.cli.kept_settings import being_edited, told
    from console.integrity.backup import add_secrets, named_in, prune
    from console.integrity.backup import back_up as copy

    folder = target if target.is_dir() else None
    if kept and folder is None:
        raise RefusedInputError(
            "« --garder » demande un dossier qui existe, où les sauvegardes prennent leur nom.",
            f"« {target} » n’en est pas un, rien n’a été sauvegardé.",
        )
    with working(configuration) as ctx:
        shared = ctx.database.shared
        target = named_in(folder, ctx.machine.now(), shared=shared) if folder else target
        if secrets and shared:
            raise RefusedInputError(
                "Les mots de passe n’entrent que dans la copie d’une base SQLite.",
                "Rien n’a été sauvegardé.",
                "Gardez à part le fichier d’environnement.",
            )
        edited = being_edited(configuration, ctx.content.root)
        settings = told(configuration, edited, secrets=False)
        seal = copy(ctx, target, settings, configuration.settings.postgresql_bin)
        if secrets:
            add_secrets(target, told(configuration, edited, secrets=True))
        ran(ctx, SAUVEGARDER)
    if seal is None:
        output.say(
            f"Base sauvegardée dans «\u00a0{target}\u00a0».",
            "Un autre programme était à l’œuvre\u202f: elle n’a que les sceaux d’avant.",
        )
    else:
        output.say(f"Base sauvegardée dans « {target} », avec son {seal.words}.")
    output.say(
        "Avec elle, le contenu en vigueur, et le dossier de contenu des réglages, pas encore publié."
        if edited
        else "Avec elle, le contenu en vigueur.",
        "Une copie sortie ailleurs pour être modifiée n’en est pas, tant qu’elle n’est pas publiée.",
    )
    if kept and folder and (old := prune(folder, kept, target.suffix)):
        output.say(f"{plural(len(old), 'ancienne sauvegarde ôtée', 'anciennes sauvegardes ôtées')}.")
    return 0


def transfer(configuration: Configuration, target: str) -> int:
    """Move the base into another one, and compare the two; 1 where they differ."""
    from console.integrity.transfer import lines, move

    try:
        there = database_address(target)
    except ValueError as error:
        raise RefusedInputError(f"CIBLE est refusée\u202f: {error}.", "Rien n’a été changé.") from None
    here = configuration.settings.database_url
    with (
        working(configuration) as ctx,
        output.Progress("lignes") as progress,
        output.Progress("clients vérifiés") as checked,
    ):
        moved = move(ctx, here, there, masked(there), progress, checked)
    output.say(*lines(moved))
    if not moved.same:
        return 1
    output.say(
        f"Donnez maintenant «\u00a0{masked(there)}\u00a0» à toutes les machines (HOTLINER_DATABASE_URL).",
        "De l’ancienne base, gardée telle quelle, aucun message ne part plus.",
    )
    return 0


def migrate(configuration: Configuration, folder: Path | None) -> int:
    """Bring a team's base up to date, once it has been copied; a file's is by whoever opens it."""
    from console.db.tables import READABLE_FROM
    from console.integrity.backup import upgrade

    url, before = configuration.settings.database_url, None
    if database_file(url) is None:
        tools = configuration.settings.postgresql_bin
        before = upgrade(url, folder or data_folder(), system_clock(), tools)
    with working(configuration, job="migrer"):  # which says what has changed, and where the copy is
        pass
    if before is None:
        output.say("La base est à jour.")
        return 0
    output.say(
        "Les consoles d’avant y travaillent encore\u202f: installez la nouvelle version quand il vous plaira."
        if before >= READABLE_FROM
        else "Installez maintenant cette version sur chaque machine\u202f: celles d’avant ne s’ouvrent plus.",
    )
    return 0


def _who_restores(configuration: Configuration) -> str:
    """Their name: an administrator's, as long as the database in place can be asked who that is, else empty:
    a name without a password is nobody's."""
    file = database_file(configuration.settings.database_url)
    if file is None or file.exists():
        try:
            with working(configuration) as ctx:
                ctx.need(Role.ADMINISTRATOR)
                return ctx.agent
        except BusyError:  # it can be asked later
            raise
        except StorageError:
            pass
    return ""


def restore(configuration: Configuration, backup: Path) -> int:
    """Put a backup in the place of the database."""
    from console.cli.kept_settings import give_back
    from console.cli.start import make_folder
    from console.integrity.backup import restore as put_back
    from console.integrity.backup import restore_on_server, settings_of, tell_restored

    address, clock = configuration.settings.database_url, system_clock()
    make_folder(address)
    who = _who_restores(configuration)
    if file := database_file(address):
        kept = put_back(backup, file, clock)
    else:
        tools = configuration.settings.postgresql_bin
        with output.Progress("lignes de l’ancienne base") as progress:
            kept = restore_on_server(address, backup, clock, tools, progress)
    output.say(f"Base restaurée depuis « {backup} ».")
    if kept:
        output.say(f"L’ancienne est gardée : {kept}")
    unsigned = configuration.settings.model_copy(update={"password": ""})  # the backup's may be another
    # What it knows is as old as the backup.
    restored = replace(configuration, settings=unsigned, date_sure=True)
    with suppress(StorageError), working(restored, job="restaurer") as ctx:
        output.say(*tell_restored(replace(ctx, agent=who or ctx.agent), backup, kept))
        output.say(*give_back(configuration, settings_of(ctx), f"{ctx.machine.now():%Y%m%d-%H%M%S}"))
        if ctx.role is Role.HOTLINER:
            output.say("Les comptes et leurs mots de passe sont ceux de la sauvegarde.")
    return 0
