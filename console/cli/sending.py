"""What `envoyer`, `evenements`, `rebonds` and `essai-envoi` do; each returns its exit code."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING
from uuid import uuid4

from console.base.address import read_address
from console.base.errors import RefusedInputError, StorageError
from console.base.french import THIN, plural
from console.base.phone import read_phone
from console.base.roles import Role
from console.base.text import clean
from console.base.vocabulary import Channel
from console.cases.runs import ENVOYER, ran
from console.cli import output
from console.cli.settings import Configuration
from console.cli.start import tell_run, working
from console.cli.workspace import refuse_doubt
from console.context import Context
from console.integrity import clock
from console.messages.delivery import unset, ways_out
from console.messages.leases import SendReport
from console.messages.outbox import OutboxService
from console.outside.gate import DeliveryError, Outgoing

if TYPE_CHECKING:
    from console.messages.events import FeedbackReport
    from console.messages.mailbox import MailboxReport
    from console.messages.webhooks import PostReport

_SHOWN = 50
_LOOK_SECONDS = 5.0
"""How often a sender that keeps going looks for new messages."""
_PAUSE_SECONDS = 60.0
"""How long it leaves alone what could not be reached."""


def send(
    configuration: Configuration, *, keep_going: bool, release: bool, change_doors: bool, as_json: bool
) -> int:
    """Deliver the outbox once, or until told to stop. A message under way is finished before stopping.

    release: let leave what a restoration held back. change_doors: leave by this machine's doors from now on.
    Raises RefusedInputError on a base that machines share, where this one has no way out.
    """
    with stopping() as stop, working(configuration, job="envoyer") as ctx:
        outbox = OutboxService(ctx)
        if unset(ctx) == [Channel.EMAIL, Channel.SMS]:
            raise RefusedInputError(
                "Cette base est partagée, et cette machine n’a ni serveur d’e-mail ni service de SMS.",
                "Rien n’est parti.",
                "Réglez smtp_host et sms_url ici, ou demandez des fichiers en nommant leur dossier (outbox).",
            )
        if change_doors:
            output.say(*(f"{one}." for one in outbox.change_doors()))
        if release:
            outbox.release()
        if not keep_going:
            report = outbox.send_due(stop=stop.is_set)
            tell_run(ctx, configuration, "envoyer", sent=report.sent, failed=report.failed)
            _tell(report, as_json=as_json)
            return report.exit_code
        output.say("Envoi en continu ; Ctrl+C pour arrêter.")
        while not stop.is_set():
            stop.wait(_round(ctx, outbox, stop, sure=configuration.date_sure, as_json=as_json))
    return 0


def _round(ctx: Context, outbox: OutboxService, stop: Event, *, sure: bool, as_json: bool) -> float:
    """Send what is due; for how many seconds to wait then. What fails is told, and tried again.

    Raises RefusedInputError where the clock has become doubtful, unless somebody is `sure` of it.
    """
    try:
        if not sure:
            refuse_doubt(clock.doubt(ctx))
        clock.seen(ctx)
        report = outbox.send_due(stop=stop.is_set)
        ran(ctx, ENVOYER)
    except StorageError as error:
        output.say_error(error)
        return _PAUSE_SECONDS
    if report != SendReport():
        _tell(report, as_json=as_json)
    return _PAUSE_SECONDS if report.unreachable else _LOOK_SECONDS


def try_source(configuration: Configuration, file: Path, source: str, *, as_json: bool) -> int:
    """Tell what a request of a source that was copied to a file would do; nothing is written."""
    from console.messages.webhooks import WebhookService
    from console.outside.files import given_file

    with given_file(file) as path, working(configuration, job="evenements", reads=True) as ctx:
        service = WebhookService(ctx)
        report = service.take(service.source(source), path.read_bytes(), simulate=True)
    taken = plural(report.taken, "serait pris", "seraient pris")
    words = (
        f"Simulation : {plural(report.read, 'lu')} ; {taken},"
        f" {plural(report.known, 'déjà connu', 'déjà connus')}, {plural(report.ignored, 'ignoré')},"
        f" {report.set_aside} mis de côté. Rien n’a été écrit."
    )
    tell_taken(report, [f"Serait mis de côté : {one}" for one in report.reasons], words, as_json=as_json)
    return int(report.set_aside > 0)


def take_events(configuration: Configuration, file: Path, source: str, *, as_json: bool) -> int:
    """Take in what came back from mail, SMS and payment."""
    from console.messages.events import FeedbackService
    from console.outside.files import given_file

    with given_file(file) as path, working(configuration, job="evenements") as ctx:
        report = FeedbackService(ctx).run(path, source=source)
        tell_run(ctx, configuration, "evenements", taken=report.taken, set_aside=report.set_aside)
    taken = plural(report.taken, "pris en compte", "pris en compte")
    known = plural(report.known, "déjà connu", "déjà connus")
    words = f"Événements : {plural(report.read, 'lu')} ; {taken}, {known}, {report.set_aside} mis de côté."
    tell_taken(report, [f"Mise de côté, {one}" for one in report.faults], words, as_json=as_json)
    return report.exit_code


def take_mails(configuration: Configuration, place: Path | None, *, as_json: bool) -> int:
    """Take in what comes back to a mailbox: at a place on this machine, else on the server that is set."""
    from console.messages.mailbox import MailboxService
    from console.outside.mailbox import imap_mails, mails_of

    server = configuration.settings.imap()
    if place is None and server is None:
        raise RefusedInputError(
            "Aucune boîte n’est donnée.",
            "Rien n’a été lu.",
            "Donnez un fichier, un mbox ou un Maildir, ou réglez imap_host.",
        )
    with ExitStack() as stack:
        ctx = stack.enter_context(working(configuration, job="rebonds"))
        mails = mails_of(place) if place else stack.enter_context(imap_mails(server)) if server else ()
        report = MailboxService(ctx).take(mails)
        tell_run(ctx, configuration, "rebonds", taken=report.taken, set_aside=report.set_aside)
    taken = plural(report.taken, "pris en compte", "pris en compte")
    known = plural(report.known, "déjà connu", "déjà connus")
    words = (
        f"Courrier{THIN}: {plural(report.read, 'lu')} ; {taken}, {known},"
        f" {plural(report.silent, 'réponse automatique', 'réponses automatiques')},"
        f" {report.set_aside} à lire."
    )
    if report.against_us:
        refused = plural(report.against_us, "refus nous vise", "refus nous visent")
        output.say(
            f"{refused}, aucune adresse n’est en cause. La réponse la plus fréquente{THIN}:"
            f" «\u00a0{report.answer}\u00a0»."
        )
    tell_taken(report, [f"À lire, {one}" for one in report.faults], words, as_json=as_json)
    return report.exit_code


def tell_taken(
    report: "FeedbackReport | PostReport | MailboxReport", faults: list[str], words: str, *, as_json: bool
) -> None:
    """What could not be taken, then the counts: in words, or for a machine."""
    output.say_some(faults, report.set_aside, _SHOWN)
    if as_json:
        output.result_json(asdict(report))
    else:
        output.result(words)


def try_out(configuration: Configuration, recipient: str) -> int:
    """Send one message about nothing to an address or a number of one's own, and tell what was answered.

    The exit code: 0 taken, 1 not taken or not known. Raises RefusedInputError for what is neither.
    """
    channel = Channel.EMAIL if "@" in recipient else Channel.SMS
    address, valid = read_address(recipient) if channel is Channel.EMAIL else _number(recipient)
    if not valid:
        raise RefusedInputError(
            f"«\u00a0{clean(recipient, limit=60)}\u00a0» n’est ni une adresse e-mail ni un numéro.",
            "Rien n’a été envoyé.",
        )
    with working(configuration) as ctx:
        ctx.need(Role.SUPERVISOR)
        gateway = ways_out(ctx)[channel]
        company, now = ctx.content.data.catalogue.company, ctx.clock.now()
        message = Outgoing(
            message_id=f"<{uuid4().hex}@{company.support_email.rpartition('@')[2]}>",
            channel=channel,
            kind="essai-envoi",
            recipient=address,
            subject=f"Essai d’envoi de {company.name}",
            text=f"Essai d’envoi de {company.name}{THIN}: si vous lisez ceci, les messages partent.\n",
            html="",
            created_at=now,
            at=now,
        )
        try:
            gateway.open()
            answer = gateway.send(message, lambda: None)
        except DeliveryError as error:
            output.say(str(error))
            return 1
        finally:
            gateway.close()
        tell_run(ctx, configuration, "essai-envoi", sent=1)
    output.say(f"Le message est parti pour {address}. Réponse{THIN}: {clean(answer, limit=300)}")
    if channel is Channel.EMAIL and not ctx.links.base.startswith("https://"):
        output.say(
            f"Les liens mènent à {ctx.links.base}{THIN}: sans https, ils ne servent que sur cette machine, et"
            " la désinscription en un clic (RFC 8058) n’est pas proposée."
        )
    return 0


def _number(given: str) -> tuple[str, bool]:
    phone = read_phone(given)
    return phone.e164, bool(phone.e164)


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that Ctrl+C, or a polite end of the process, sets."""
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _tell(report: SendReport, *, as_json: bool) -> None:
    output.say(*report.unreachable)
    if report.answer:
        output.say(f"La réponse la plus fréquente aux refus{THIN}: «\u00a0{report.answer}\u00a0».")
    if as_json:
        output.result_json(asdict(report))
        return
    parts = [
        plural(report.sent, "envoyé"),
        plural(report.postponed, "à réessayer", "à réessayer"),
        f"{report.failed} en échec",
        plural(report.cancelled, "annulé"),
    ]
    output.result(f"Messages : {', '.join(parts)}.")
