"""Messages to clients: one source in `emails/` and `sms/` gives the subject, the text and the HTML."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any

from console.base.errors import ContentError
from console.base.templates import Form, TemplateRefusedError, plain, render_plain
from console.base.toml_table import Fault, Table, read_toml, toml_files
from console.base.tree import Folder
from console.base.vocabulary import Channel, MessagePurpose

PURPOSES: Mapping[str, MessagePurpose] = {
    "confirmation-renouvellement": MessagePurpose.CONFIRMATION,
    "lien-renouvellement": MessagePurpose.LINK,
    "rappel-lien": MessagePurpose.LINK,
    "confirmation-remise": MessagePurpose.CONFIRMATION,
    "confirmation-downgrade": MessagePurpose.CONFIRMATION,
    "confirmation-pause": MessagePurpose.CONFIRMATION,
    "confirmation-reprise": MessagePurpose.CONFIRMATION,
    "accuse-escalade": MessagePurpose.ACKNOWLEDGEMENT,
    "engagements": MessagePurpose.ACKNOWLEDGEMENT,
    "cloture": MessagePurpose.CLOSING,
    "transition": MessagePurpose.TRANSITION,
    "acceptation": MessagePurpose.ACCEPTANCE,
    "suivi-3-mois": MessagePurpose.FOLLOW_UP,
    "rappel": MessagePurpose.BY_HAND,
}
"""The e-mails that a call or an agent causes, and those that follow; the timeline's steps name their own."""

SMS = (
    "confirmation-renouvellement",
    "lien-renouvellement",
    "confirmation-remise",
    "confirmation-downgrade",
    "confirmation-pause",
    "confirmation-reprise",
    "engagements",
    "rappel",
)
"""The text messages that stand in for an e-mail when a client has a mobile only, and the agent's own."""

PAGE = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>@media(prefers-color-scheme:dark){{body,.paper{{background:#17161c!important;color:#ecebf2!important}}\
.paper a[href]:not([style]){{color:#b7a6ff!important}}}}</style></head>
<body style="margin:0;background:#ffffff;color:#1c1b22">
<div style="display:none;max-height:0;overflow:hidden">{preheader}</div>
<table role="presentation" class="paper" style="width:100%;border-collapse:collapse"><tr><td align="center">
<table role="presentation" class="paper" style="width:100%;max-width:600px;border-collapse:collapse"><tr>\
<td style="padding:16px;font-family:sans-serif;font-size:16px;line-height:1.5;text-align:left;\
overflow-wrap:anywhere">
{body}
</td></tr></table>
</td></tr></table>
</body></html>
"""
"""One column of 600 px at most; what mail programs show of a closed message comes first, hidden."""
_PREHEADER = 110
"""Characters of it that are shown at most."""


@dataclass(frozen=True, slots=True)
class MessageSource:
    """The source of a message."""

    name: str
    channel: Channel
    subject: str
    body: str
    place: str
    written: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The table that it was read from."""


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message ready for the outbox. An SMS has neither subject nor HTML."""

    subject: str
    text: str
    html: str


class Messages:
    """The message sources of a content folder, read once."""

    def __init__(self, root: Folder) -> None:
        self._root = root

    @cached_property
    def reading(self) -> tuple[Mapping[tuple[Channel, str], MessageSource], tuple[Fault, ...]]:
        """Every message, and what is wrong with the files."""
        found: dict[tuple[Channel, str], MessageSource] = {}
        faults: list[Fault] = []
        for channel, folder, wanted in ((Channel.EMAIL, "emails", PURPOSES), (Channel.SMS, "sms", SMS)):
            for path in toml_files(self._root / folder):
                place = f"{folder}/{path.name}"
                content, fault = read_toml(path)
                if fault:
                    faults.append(replace(fault, file=place))
                    continue
                table = Table(place, path.stem, content, faults)
                subject = table.raw("objet") if channel is Channel.EMAIL else ""
                message = MessageSource(path.stem, channel, subject, table.raw("texte"), place, content)
                if not message.body or (channel is Channel.EMAIL and not subject):
                    both = "« objet » et « texte » sont attendus"
                    table.fault(both if subject == "" else "« texte » manque", lacks=True)
                table.done()
                found[channel, path.stem] = message
            faults += [
                Fault(f"{folder}/{name}.toml", name, "message absent")
                for name in wanted
                if (channel, name) not in found and f"{folder}/{name}.toml" not in {f.file for f in faults}
            ]
        return found, tuple(faults)

    def render(
        self, name: str, variables: Mapping[str, Any], channel: Channel = Channel.EMAIL
    ) -> RenderedMessage:
        """The message for these variables.

        Raises ContentError, naming the file: no such message, or a text that cannot be rendered whole.
        """
        message = self.reading[0].get((channel, name))
        if message is None:
            raise ContentError(f"Le message « {name} » ({channel.value}) n’existe pas.")
        try:
            return render_message(message, variables)
        except TemplateRefusedError as error:
            raise ContentError(
                f"Le message {message.place} ne peut pas être écrit\u202f: {error}."
            ) from error


def render_message(message: MessageSource, variables: Mapping[str, Any]) -> RenderedMessage:
    """Render one source. Raises TemplateRefusedError."""
    checked = plain(variables)
    if message.channel is Channel.SMS:
        return RenderedMessage("", render_plain(message.body, checked, Form.SMS), "")
    subject = " ".join(render_plain(message.subject, checked, Form.TEXT).splitlines())
    text = render_plain(message.body, checked, Form.TEXT) + "\n"
    body = render_plain(message.body, checked, Form.HTML)
    page = PAGE.format(title=escape(subject), preheader=escape(_preheader(text)), body=body)
    return RenderedMessage(subject, text, page)


def _preheader(text: str) -> str:
    """The first words after the greeting."""
    words = " ".join(text.partition("\n\n")[2].split())
    return words if len(words) <= _PREHEADER else f"{words[:_PREHEADER].rsplit(' ', 1)[0]}…"
