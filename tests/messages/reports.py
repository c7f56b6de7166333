"""Mails that come back, as servers and programs in use write them; names are made up."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from hashlib import sha256

OURS = "<0123456789abcdef0123456789abcdef@numi.support>"
HIM, HER = "marie.dupuis@example.org", "élodie@example.org"


def report(
    action: str,
    status: str,
    diagnostic: str = "",
    *,
    given_back: str = "message/rfc822",
    to: str = HIM,
    more: str = "",
    text: str = "Your message could not be delivered.",
    sender: str = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
    subject: str = "Undelivered Mail Returned to Sender",
) -> bytes:
    """A report as RFC 3464 has it."""
    said = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return f"""From: {sender}
To: contact@numi.support
Subject: {subject}
Message-ID: <{sha256(f"{action}{status}{diagnostic}{to}{more}{text}".encode()).hexdigest()[:20]}@mx.example>
Date: Thu, 18 Dec 2025 09:12:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_x"

--=_x
Content-Type: text/plain; charset=utf-8

{text}

--=_x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
{more}{said}
--=_x
Content-Type: {given_back}

Message-ID: {OURS}
Subject: Votre abonnement
From: contact@numi.support

…
--=_x--
""".encode()


def letter(subject: str, body: str, *, sender: str = "MAILER-DAEMON@mx.example", more: str = "") -> bytes:
    """A plain mail."""
    number = sha256(f"{subject}{body}".encode()).hexdigest()[:20]
    return (
        f"From: {sender}\nTo: contact@numi.support\nSubject: {subject}\n{more}"
        f"Message-ID: <{number}@mx.example>\nDate: Thu, 18 Dec 2025 09:12:00 +0100\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}\n"
    ).encode()


def utf8(action: str, status: str, diagnostic: str = "", *, to: str = HER) -> bytes:
    """A report as RFC 6533 has it, of a server that takes addresses with accents."""
    raw = report(action, status, diagnostic, given_back="message/global", to=to)
    return raw.replace(b"message/delivery-status", b"message/global-delivery-status").replace(
        b"Final-Recipient: rfc822", b"Final-Recipient: utf-8"
    )


def forwarded(raw: bytes) -> bytes:
    """A mail attached to another."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "accueil@numi.support", "contact@numi.support"
    mail["Subject"], mail["Message-ID"] = "Tr : retour", "<tr@numi.support>"
    mail["Date"] = "Thu, 18 Dec 2025 09:12:00 +0100"
    mail.set_content("Pour information.")
    mail.add_attachment(message_from_bytes(raw, policy=default))
    return mail.as_bytes()


def complaint(kind: str) -> bytes:
    """What a provider's feedback loop passes on (RFC 5965)."""
    fields = (
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: loop/1\nVersion: 1\n"
    )
    status = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
    told = report("failed", "5.1.1").replace(status, fields.encode())
    return told.replace(b"report-type=delivery-status", b"report-type=feedback-report")


BACK = f"\n\n------ This is a copy of the message ------\n\nMessage-ID: {OURS}\nSubject: Votre abonnement\n"
HARD = {
    "rfc3464": report("failed", "5.1.1", "550 5.1.1 <marie.dupuis@example.org>: user unknown"),
    "without diagnostic": report("failed", "5.1.1"),
    "headers only": report(
        "failed", "5.1.10", "550 5.1.10 RecipientNotFound", given_back="text/rfc822-headers"
    ),
    "domain gone": report("failed", "5.1.2", "550 5.1.2 bad destination system"),
    "null mx": report("failed", "5.1.10", "556 5.1.10 domain does not accept mail"),
    "diagnostic is truer": report("failed", "5.0.0", "550 5.1.1 no mailbox here by that name"),
    "folded": report("failed", "5.1.1", "550\n 5.1.1 unknown\n user"),
    "upper case": report("Failed", "5.1.1").replace(b"Final-Recipient", b"FINAL-RECIPIENT"),
    "qmail": letter(
        "failure notice",
        f"Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message"
        f" to the following addresses.\nThis is a permanent error; I've given up. Sorry.\n\n"
        f"<{HIM}>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\n\n"
        f"--- Below this line is a copy of the message.\n\nMessage-ID: {OURS}\n",
    ),
    "exim": letter(
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could"
        f" not be delivered to one or more of its\nrecipients. This is a permanent error. The following"
        f" address(es) failed:\n\n  {HIM}\n    host mx [192.0.2.1]: 550 5.1.1 no such user{BACK}",
        more=f"X-Failed-Recipients: {HIM}\n",
    ),
    "exchange": report(
        "failed",
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        more="X-Supplementary-Info: < #5.1.10 smtp;550 5.1.10 not found>\nX-Display-Name: Marie Dupuis\n",
        sender="postmaster@exchange.example",
        subject="Non remis : Votre abonnement",
        text="Échec de remise pour ces destinataires ou groupes : marie.dupuis@example.org",
    ),
    "gmail": report(
        "failed",
        "5.1.1",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n 550-5.1.1"
        " double-checking the recipient's email address for typos or\n 550-5.1.1 unnecessary spaces. For more"
        " information, go to\n 550 5.1.1  https://support.example/mail/?p=NoSuchUser x-ab - gsmtp",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        subject="Delivery Status Notification (Failure)",
        more="Last-Attempt-Date: Thu, 18 Dec 2025 00:12:00 -0800 (PST)\n",
    ),
    "orange": report(
        "failed",
        "5.1.1",
        "550 5.1.1 hhtz Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
        more="Remote-MTA: dns; smtp-in.orange.example\n",
    ),
    "la poste": report("failed", "5.1.1", f"550 5.1.1 <{HIM}>: Recipient address rejected: unknown user"),
    "free": report(
        "failed",
        "5.0.0",
        "550 5.1.1 Adresse inconnue; user unknown in virtual mailbox table",
        text="Bonjour,",
    ),
    "ovh, without a code": report("failed", "5.0.0", "550 No such user here"),
    "yahoo": report(
        "failed",
        "5.0.0",
        f"554 delivery error: dd This user doesn't have a yahoo.example account ({HIM}) [0] - mta.example",
    ),
    "opensmtpd": report("error", "5.1.1", "550 5.1.1 Invalid recipient"),
    "a comment": report("failed (bad destination)", "5.1.2"),
    "headers of the report alone": report("failed", "5.1.1", "550 5.1.1 unknown")
    .partition(b"Content-Type: message/rfc822")[0]
    .removesuffix(b"--=_x\n")
    + b"--=_x--\n",
    "what is returned is encoded": report("failed", "5.1.1", given_back="text/rfc822-headers").replace(
        b"Content-Type: text/rfc822-headers\n",
        b"Content-Type: text/rfc822-headers\nContent-Disposition: inline\n",
    ),
    "in French, in words of its own": letter(
        "Échec de la remise de votre message",
        f"Votre message n’a pas pu être remis : l’adresse {HIM} n’existe pas.\n\nL’équipe technique{BACK}",
        sender="postmaster@hebergeur.example",
        more="Auto-Submitted: auto-replied\n",
    ),
    "in French, nothing given back": letter(
        "Non remis", f"Destinataire inconnu : <{HIM}>", sender="MAILER-DAEMON@hebergeur.example"
    ),
    "passed on by a colleague": forwarded(report("failed", "5.1.1", "550 5.1.1 user unknown")),
}
SOFT = {
    "delayed": report("delayed", "4.4.1", "connection timed out"),
    "full": report("failed", "5.2.2", "552 5.2.2 mailbox full"),
    "full for now": report("failed", "4.2.2", "452 4.2.2 over quota"),
    "policy": report("failed", "5.7.1", "550 5.7.1 message refused by policy"),
    "block": report("failed", "5.7.606", "550 5.7.606 access denied, banned sending IP"),
    "too large": report("failed", "5.3.4", "552 5.3.4 message too big"),
    "server down": report("failed", "4.4.2"),
    "loop": report("failed", "5.4.6", "554 5.4.6 too many hops"),
    "unknown host for now": report("failed", "5.4.4", "unable to look up host"),
    "delay, hard word": report("delayed", "4.0.0", "450 5.1.1 unknown, retrying"),
    "delayed, by exim": letter(
        "Warning: message 1abc delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not"
        " yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\nThe"
        f" address to which the message has not yet been delivered is:\n\n  {HIM}\n\nNo action is required on"
        f" your part. Delivery attempts will continue for\nsome time.{BACK}",
        more=f"X-Failed-Recipients: {HIM}\n",
    ),
    "delayed, given up at last": report(
        "failed", "4.4.7", "400 4.4.7 Message delayed; delivery time expired"
    ),
    "exchange, full": report(
        "failed",
        "5.2.2",
        "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuota",
        sender="postmaster@exchange.example",
    ),
    "orange, full": report(
        "failed", "5.1.1", "552 5.1.1 hibJ Boite du destinataire pleine. Recipient overquota. OFR_417 [417]"
    ),
    "gmail, full": report(
        "failed", "5.2.2", "552-5.2.2 The recipient's inbox is out of storage space and inactive."
    ),
    "full, in words": letter(
        "Undeliverable mail",
        f"Failed to deliver to '{HIM}'\nSMTP module reports:\n the mailbox of {HIM} is full, try later{BACK}",
    ),
    "full, in French": letter(
        "Message non distribué",
        f"La boîte aux lettres de {HIM} est pleine, votre message n’a pas été distribué.{BACK}",
        sender="postmaster@hebergeur.example",
    ),
    "qmail, full": letter(
        "failure notice",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message"
        f" to the following addresses.\nThis is a permanent error; I've given up. Sorry.\n\n<{HIM}>:\nThe"
        f" user's mailfolder is over the allowed quota (size). (#5.2.2)\n\n--- Below this line is a copy of"
        f" the message.\n\nMessage-ID: {OURS}\n",
    ),
    "our quota": report("failed", "5.4.5", "550 5.4.5 Daily user sending limit exceeded"),
    "our reputation": report(
        "failed", "5.7.1", "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.example"
    ),
    "orange, refused": report("failed", "5.2.0", "550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]"),
    "no proof of us": report("failed", "5.7.26", "550-5.7.26 unauthenticated: SPF and DKIM did not pass"),
    "our address, under a code of addresses": report(
        "failed", "5.1.1", "550 5.1.1 <contact@numi.support>: Sender address rejected: User unknown"
    ),
    "blocked, under a code of addresses": report("failed", "5.1.1", "550 Blocked: spam"),
    "nothing is said": report("failed", "5.0.0"),
    "exim, without a code": letter(
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could"
        " not be delivered to one or more of its\nrecipients. This is a permanent error. The following"
        f" address(es) failed:\n\n  {HIM}\n    retry timeout exceeded{BACK}",
        more=f"X-Failed-Recipients: {HIM}\n",
    ),
    "sent on, and unknown there": report(
        "failed",
        "5.1.1",
        "550 5.1.1 user unknown",
        to="old@elsewhere.example",
        more=f"Original-Recipient: rfc822; {HIM}\n",
    ),
}
GONE_THROUGH = {
    "delivered": report("delivered", "2.0.0", "250 2.0.0 OK"),
    "relayed": report("relayed", "2.0.0"),
    "expanded": report("expanded", "2.1.5"),
}
NOT_UNDERSTOOD = {
    "a carrier's own words, about ours": letter(
        "Undelivered", f"Something went wrong.{BACK}", more=f"In-Reply-To: {OURS}\n"
    ),
    "the same, marked as a machine's": letter(
        "Undelivered", "Something went wrong.", more="Auto-Submitted: auto-replied\n"
    ),
    "two addresses, in words": letter("Undelivered", f"User unknown: {HIM} or other@example.org"),
    "a feedback loop about something else": complaint("virus"),
    "no action": report("", "5.1.1", to="").replace(OURS.encode(), b"<else@where>"),
    "vague": letter("Undelivered", "Something went wrong, sorry."),
    "empty": b"",
    "noise": bytes(range(256)) * 4,
    "no recipient": report("failed", "5.1.1", to="").replace(OURS.encode(), b"<else@where>"),
    "broken parts": b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/rfc822",
    "spam": letter("You won", "Click here", sender="spam@else.example"),
    "broken charset": b"Subject: =?no-such?B?////?=\nContent-Type: text/plain; charset=nope\n\n\xff",
}
ACCENTED = {
    "unknown": (utf8("failed", "5.1.1", f"550 5.1.1 <{HER}>: utilisateur inconnu"), False),
    "unknown, escaped": (utf8("failed", "5.1.1", to=r"\x{E9}lodie@example.org"), False),
    "full": (utf8("failed", "5.2.2", "552 5.2.2 boîte pleine"), True),
    "delivered": (utf8("delivered", "2.0.0"), True),
}
"""About HER: whether the address may still be written to."""
SILENT = {
    "vacation, outlook": letter(
        "Réponse automatique : Votre abonnement",
        "Je suis absente jusqu’au 5 janvier.",
        sender=HIM,
        more="X-Auto-Response-Suppress: All\n",
    ),
    "vacation, by its subject": letter(
        "Automatic reply: Votre abonnement", "I am away", sender=HIM, more=f"In-Reply-To: {OURS}\n"
    ),
    "vacation, gmail": letter(
        "Absente Re: offre", "…", sender=HIM, more="X-Autoreply: yes\nPrecedence: bulk\n"
    ),
    "vacation, sieve": letter("Absence", "…", sender=HIM, more="Auto-Submitted: auto-replied (vacation)\n"),
    "a receipt": report("failed", "5.1.1").replace(b"delivery-status", b"disposition-notification"),
    "vacation": letter("Absence", "Je reviens lundi.", sender=HIM, more="Auto-Submitted: auto-replied\n"),
    "old vacation": letter("Absence", "Je reviens lundi !", sender=HIM, more="Precedence: bulk\n"),
}
