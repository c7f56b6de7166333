"""What `evenements` does with what the portal could not take; each returns its exit code."""

from dataclasses import asdict

from console.base.dates import day_of
from console.base.errors import RefusedInputError
from console.base.french import day, hour, plural
from console.cli import output
from console.cli.sending import tell_taken
from console.cli.settings import Configuration
from console.cli.start import tell_run, working
from console.messages.set_aside import SetAsideService


def show(configuration: Configuration, *, as_json: bool) -> int:
    """Print what is set aside: when it came, from which source, why; for a machine the event itself too."""
    with working(configuration, reads=True) as ctx:
        found = SetAsideService(ctx).listed()
    if as_json:
        output.result_json([asdict(one) for one in found])
        return 0
    for one in found:
        came = f"{day(day_of(one.at))} {hour(one.at)}"
        output.result(f"n° {one.number} · {came} · {one.source or 'notre format'} · {one.reason}")
    output.say(f"{plural(len(found), 'événement mis', 'événements mis')} de côté.")
    return 0


def take_again(configuration: Configuration, number: int | None, *, as_json: bool) -> int:
    """Take in what can be by now, or the one of that number."""
    with working(configuration) as ctx:
        report = SetAsideService(ctx).take_again(number)
        tell_run(ctx, configuration, "evenements", taken=report.taken)
    taken = plural(report.taken, "pris en compte", "pris en compte")
    known = plural(report.known, "déjà connu", "déjà connus")
    words = (
        f"Repris : {plural(report.read, 'lu')} ; {taken}, {known}, {plural(report.ignored, 'ignoré')},"
        f" {report.set_aside} encore de côté."
    )
    tell_taken(report, [f"Reste de côté : {one}" for one in report.reasons], words, as_json=as_json)
    return int(report.set_aside > 0)


def close(configuration: Configuration, number: int | None, word: str) -> int:
    """Nothing is made of one, and why."""
    if number is None:
        raise RefusedInputError("Il manque « --numero N ».", todo="« --mis-de-cote » donne les numéros.")
    with working(configuration) as ctx:
        SetAsideService(ctx).close(number, word)
    output.say(f"L’événement n° {number} est clos.")
    return 0
