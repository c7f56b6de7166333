"""The jobs that have stopped, judged by what they did before: where nothing ran, nothing is missed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from console.base.french import THIN, moment
from console.base.roles import Role
from console.base.vocabulary import Channel
from console.cases.runs import RECEIVED, RELANCER, SAUVEGARDER, Runs, runs_of
from console.context import Context
from console.db.query import ReadBatch
from console.messages.unsent import unsent_since
from console.rules.habits import missed, silent
from console.supervision.views import Stopped

_DAILY = {
    RELANCER: ("Les relances ne sont pas passées", "ce qui est dû partira"),
    SAUVEGARDER: ("Aucune sauvegarde n’a été faite", "en nommant un fichier ou un dossier"),
}
_UNSENT = {Channel.EMAIL: "Des e-mails", Channel.SMS: "Des SMS"}


def stopped(batch: ReadBatch, ctx: Context, now: datetime) -> Callable[[], tuple[Stopped, ...]]:
    """What a supervisor has to start again; nothing for others, nor in the demonstration."""
    if ctx.demo or not ctx.may(Role.SUPERVISOR):
        return tuple
    return found(batch, now)


def found(batch: ReadBatch, now: datetime) -> Callable[[], tuple[Stopped, ...]]:
    """Each job that has stopped, whoever asks."""
    runs = runs_of(batch, now)
    unsent = unsent_since(batch, runs, now)
    return lambda: tuple(_found(runs(), unsent(), now))


def _found(runs: Mapping[str, Runs], unsent: Mapping[Channel, datetime], now: datetime) -> Iterator[Stopped]:
    for job, (words, then) in _DAILY.items():
        known = runs.get(job)
        expected = missed(known.firsts, now) if known else None
        if known and expected:
            yield Stopped(
                job,
                f"{words} depuis le {moment(known.last)}{THIN}: c’était attendu le {moment(expected)}.",
                f"Vérifiez cron ou le minuteur, puis lancez hotliner {job}{THIN}: {then}.",
            )
    for channel, since in unsent.items():
        yield Stopped(
            channel,
            f"{_UNSENT[channel]} attendent depuis le {moment(since)}, et aucun n’est parti depuis une heure.",
            "Lancez hotliner diagnostic\u202f: il dit ce qui les arrête.",
        )
    back = runs.get(RECEIVED)
    if back and silent(back.firsts, back.last, now):
        yield Stopped(
            RECEIVED,
            f"Rien n’est revenu des messages ni des paiements depuis le {moment(back.last)}.",
            "Vérifiez le fichier des événements, la boîte de hotliner rebonds et le portail.",
        )
