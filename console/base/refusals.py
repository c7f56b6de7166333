"""What a mail server means by a refusal: the recipient's address, their full mailbox, or us who send.

Read alike in an answer to us and in a report that comes back later. Only an address that does not exist is
ever given up, so whatever may mean something else is looked at first.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from console.base.text import fold


class Blame(StrEnum):
    """Whom a refusal is about. OTHER is the message, the server, or nobody knows what."""

    ADDRESS = "address"
    FULL = "full"
    US = "us"
    OTHER = "other"


_NAMES = re.compile(
    r"https?://\S+|\S{1,320}@\S+|(?<![\w.-])(?:[\w-]{1,63}\.){1,8}[a-z]{2,20}\b", re.IGNORECASE
)
"""Addresses, hosts and pages: what they are called says nothing of a refusal."""
_FULL = re.compile(
    r"\b[45]\.2\.2\b|mailbox (?:\S+ )?(?:is )?full|mailbox size|(?:mailbox|inbox) .{0,20}exceeded"
    r"|boite (?:\S+ ){0,6}pleine|messagerie (?:\S+ )?pleine|over ?quota|quota de la boite"
    r"|(?:user|recipient|mailbox|disk|storage) (?:\S+ ){0,4}quota"
    r"|(?:out of|exceeded|insufficient) (?:\S+ )?storage|storage (?:limit|allocation)"
    r"|espace (?:\S+ )?insuffisant"
)
_OUR_QUOTA = re.compile(
    r"(?:sending|daily|hourly|outgoing|message) (?:\S+ )?(?:limit|quota)|rate limit|quota d.envoi"
    r"|too many (?:messages|mails|emails)|trop de messages"
)
_SENDER = re.compile(
    r"\b5\.1\.[78]\b|sender (?:\S+ )?(?:address )?(?:rejected|refused|denied|blocked|not allowed|unknown)"
    r"|invalid sender|emetteur (?:\S+ )?(?:invalide|refuse)|expediteur (?:\S+ )?(?:invalide|refuse|inconnu)"
)
_BAD_ADDRESS = re.compile(r"\b5\.1\.(?:[1236]|10)\b")
"""Enhanced status codes about the recipient's address (RFC 3463, RFC 7505)."""
_US = re.compile(
    r"\b53[0458] |\bsender\b|mail from|from (?:address|header)|return.?path|expediteur|emetteur"
    r"|relay(?:ing)? (?:access )?(?:denied|not)|not authenticated|authentication required|quota"
    r"|block ?(?:ed|list)|black ?list|spamhaus|\bbanned\b|reputation|polic(?:y|ies)|politique"
    r"|\bspam\b|\bpourriel|unsolicited|\b(?:spf|dkim|dmarc)\b"
)
_NOBODY = re.compile(
    r"(?:no such|unknown|invalid|non.?existent) (?:\S+ )?(?:user|recipient|mailbox|address|account)"
    r"|(?:user|recipient|mailbox|address|account|domain) (?:\S+ ){0,3}(?:unknown|not found|not exist|invalid)"
    r"|(?:does not|doesn.?t) (?:exist|have an? \S* ?account)|no mailbox here|(?:domain|host) not found"
    r"|(?:adresse|utilisateur|destinataire|boite|compte|domaine) (?:\S+ ){0,3}(?:inconnue?|invalide|inexist)"
    r"|n.existe (?:pas|plus)"
)


_READ = 5_000
"""Characters of what is said that are looked at."""


def commonest(answers: Iterable[str]) -> str:
    """The answer given most often, whomever it names; empty without any."""
    by_sense: dict[str, list[str]] = {}
    for said in answers:
        by_sense.setdefault(_NAMES.sub("", said[:_READ]), []).append(said)
    return max(by_sense.values(), key=len, default=[""])[0]


def blame(said: str, sender: str = "", *, words: bool = False) -> Blame:
    """Whom a refusal is about; `sender` is our address, which a refusal of us may name.

    words: take « no such user », without a status code, for an address that does not exist.
    """
    text = fold(said[:_READ])
    named = bool(sender) and fold(sender) in text
    text = " ".join(_NAMES.sub(" ", text).split())
    coded = bool(_BAD_ADDRESS.search(text))
    if _OUR_QUOTA.search(text) or _SENDER.search(text):
        return Blame.US
    if _FULL.search(text):
        return Blame.FULL
    if coded:
        return Blame.ADDRESS
    if named or _US.search(text):
        return Blame.US
    return Blame.ADDRESS if words and _NOBODY.search(text) else Blame.OTHER
