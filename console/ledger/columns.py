"""What becomes of each column of each table: sealed as it is, sealed as it stands, derived, or free.

A column that is named nowhere here is sealed and never changes. One that an erasure empties enters as a
digest salted for its client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sqlmodel import SQLModel

from console.ledger.personal import about, emptied

BASE, NOBODY = -1, 0
"""Subjects that are no client: the base itself (accounts, scripts), and what is about nobody."""

STATES: Mapping[str, str] = {
    "client": (
        "email_usable phone_kind sms_usable timezone client_since opposed_call opposed_email opposed_sms"
        " call_consent_at tracking_consent_at team advisor"
    ),
    "subscription": (
        "plan billing starts_on expires_on status retention settled_at settled_known_at dated_by_import"
        " came_back_at came_back_how workshops_given anchor_day"
    ),
    "pause": "subscription_id starts_on resume_by resumed_at refused_at",
    "event": "kind subscription_id call_id",
    "message": (
        "dedup_key subscription_id status sent_at opened_at clicked_at delivered_at bounced_at valid_until"
    ),
    "call": "subscription_id ended_at outcome direction answered satisfaction objection attempts",
    "granted_offer": "subscription_id ends_at accepted_at",
    "agreement": "subscription_id opened_id confirmed_at confirmed_by withdrawn_at",
    "proposal": "subscription_id answer answered_at",
    "callback": "subscription_id promised_at done_at taken_by",
    "escalation": "subscription_id answered_at taken_by taken_at answered_by closed_at closed_by",
    "commitment": "subscription_id owner due_on done_at done_by",
    "churn_record": "subscription_id erased_at",
    "user_account": "role password active",
}
"""What is added to a row later: it may differ from what was sealed if a fact about its subject tells it."""

TEXTS: Mapping[str, str] = {
    "client": "code",
    "event": "text data key",
    "churn_record": "client_code client_name",
}
"""What an erasure replaces rather than empties: personal too."""

DERIVED: Mapping[str, str] = {
    "client": "search sound",
    "subscription": (
        "pane action rule reason due_on act_at at_risk rank rank_at minus_score fresh_until deadline"
        " client_code tally"
    ),
    "watch": "subscription_id look_on",
    "campaign_count": "expires_on figure n",
    "record_word": "word record_id said",
    "churn_record": "search reason_now follow_up_now reviewed corrected_at",
    "record_amendment": "answered_at",
}
"""What `hotliner verifier` recomputes from the rest."""

FREE: Mapping[str, Mapping[str, str]] = {
    "alembic_version": {"*": "la version du schéma : la base ne s’ouvre pas avec une autre"},
    "client": {"updated_at": "la dernière écriture ; chaque fait a sa date"},
    "subscription": {"placed_at": "l’heure du dernier calcul, refait à la demande"},
    "call_undo": {"*": "ce qui sert à corriger une issue ; la correction, elle, est un fait"},
    "set_aside_event": {"*": "ce qui a été refusé à l’entrée, qui n’est pas un fait"},
    "claim": {"*": "à qui un client est proposé, pour deux minutes"},
    "seat": {"*": "la console ouverte de chacun, tant qu’elle l’est"},
    "presence": {"*": "à quoi chacun était, effacé après un temps ; rien d’un client n’en dépend"},
    "draft": {"*": "ce qui se tape, avant d’être un fait"},
    "absence": {"*": "qui est absent en ce moment ; le journal dit qui l’a noté"},
    "journal_view": {"*": "les critères que chacun garde pour soi"},
    "message": {
        "not_before": "l’heure du prochain essai",
        "attempts": "les essais, un compteur",
        "uncertain": "les essais, un compteur",
        "error": "les mots du dernier échec",
        "lease_token": "qui l’envoie en ce moment",
        "lease_until": "qui l’envoie en ce moment",
    },
    "call": {
        "drafts": "ce qui se tape pendant l’appel",
        "content": "d’où viennent ses paroles, que chaque étape garde",
    },
    "escalation": {"draft": "la réponse qui se tape"},
    "user_account": {
        "failures": "les essais manqués, un compteur",
        "locked_until": "jusqu’à quand le compte attend",
        "signed_in_at": "la dernière connexion ; le journal les dit toutes",
    },
    "seal_salt": {"client_id": "un sel changé fait échouer toutes les empreintes du client"},
}
"""What nothing proves, and why: by table and column, « * » for a whole table."""

CHANGING = frozenset(
    {"client", "agreement", "callback", "commitment", "escalation", "message", "user_account"}
)
"""Tables whose personal texts may be written later, told by a fact; elsewhere they only disappear."""
REMOVED = frozenset({"subscription", "pause"})
"""Tables from which an act may take a row: a term that never was, a pause refused on the phone."""
REWORKED = frozenset(
    {"event", "call", "agreement", "proposal", "granted_offer", "callback", "escalation", "commitment"}
)
"""Tables that an outcome taken back, or a payment, gives another state or takes a row from."""
APPENDED = frozenset({"event", "call"})
"""Those among them that nothing else changes."""
OWN = frozenset({"seal", "seal_entry", "seal_salt"})
SMALL = ("user_account", "script_version", "content_files", "content_version", "forgotten", "meta")
"""Tables about nobody, read whole at each seal."""
META = ("trial", "demo", "erasure_salt")
"""What of `meta` never changes; the rest of it are settings, and marks of the clock."""

_OPEN = "{t}.status IN ('active', 'expired', 'void')"
_SHOWN: Mapping[tuple[str, str], str] = {
    # Time alone ends a term, lapses an agreement or a pause: recomputed, not told.
    ("subscription", "status"): f"CASE WHEN {_OPEN} THEN 'open' ELSE {{t}}.status END",
    (
        "subscription",
        "retention",
    ): f"CASE WHEN {_OPEN} OR {{t}}.status = 'paused' THEN '' ELSE {{t}}.retention END",
    ("subscription", "settled_at"): f"CASE WHEN {_OPEN} THEN NULL ELSE {{c}} END",
    ("subscription", "came_back_at"): "CASE WHEN {t}.status = 'paused' THEN NULL ELSE {c} END",
    # A note taken in a call that was only prepared stays when that call goes.
    ("event", "call_id"): "CASE WHEN {t}.kind = 'note' THEN NULL ELSE {c} END",
    # The address is the client's at the moment of sending.
    ("message", "recipient"): "CASE WHEN {t}.status = 'queued' THEN '' ELSE {t}.recipient END",
}
"""How a column is read for its digest, where not as it is."""
_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "client": ("{t}.id", ""),
    # By an index, where the client's own has none.
    "agreement": ("s.client_id", "JOIN subscription s ON s.id = {t}.subscription_id"),
    "callback": ("s.client_id", "JOIN subscription s ON s.id = {t}.subscription_id"),
    "escalation": ("s.client_id", "JOIN subscription s ON s.id = {t}.subscription_id"),
    "call_step": ("k.client_id", "JOIN call k ON k.id = {t}.call_id"),
    "record_amendment": ("k.client_id", "JOIN churn_record k ON k.id = {t}.record_id"),
}
_CONDITIONS: Mapping[str, str] = {
    "call": "{t}.ended_at IS NOT NULL",  # an open one may still be given up
    "meta": f"{{t}}.key IN {META}",
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """How a table is sealed: the columns of each digest, and how its rows are found."""

    name: str
    key: str
    fixed: tuple[str, ...]
    states: tuple[str, ...]
    personal: tuple[str, ...]
    subject: str
    join: str
    condition: str
    numbered: bool


Layout = tuple[Sealed, ...]
"""The tables that a seal covers, with their columns: another version may cover others."""


@cache
def sealed_tables() -> Layout:
    """Every table that is sealed by this version, those about clients first."""
    return tuple(_sealed(name) for name in SQLModel.metadata.tables if _is_sealed(name))


Columns = Mapping[str, Sequence[Sequence[str]]]
"""A layout as a seal keeps it: by table, its columns that never change, that are added to, and of texts."""


def columns_of(layout: Layout) -> Columns:
    """What a seal keeps of its layout."""
    return {one.name: [one.fixed, one.states, one.personal] for one in layout}


def layout_of(kept: Columns | None) -> Layout:
    """The tables as a seal took them, but for those of which a column has gone since; None: as they are."""
    if kept is None:
        return sealed_tables()
    layout = []
    for one in sealed_tables():
        fixed, states, personal = map(tuple, kept.get(one.name, ((), (), ())))
        there = {column.name for column in SQLModel.metadata.tables[one.name].columns}
        if fixed and {*fixed, *states, *personal} <= there:
            layout.append(replace(one, fixed=fixed, states=states, personal=personal))
    return tuple(layout)


def _is_sealed(name: str) -> bool:
    whole_free = "*" in FREE.get(name, ())
    known = name in SMALL or about(SQLModel.metadata.tables[name], 1) is not None
    return known and not whole_free and name not in OWN and name not in {"watch", "record_word"}


def _sealed(name: str) -> Sealed:
    table = SQLModel.metadata.tables[name]
    left_out = {*DERIVED.get(name, "").split(), *FREE.get(name, ())}
    texts = set() if name in SMALL else {*emptied(table), *TEXTS.get(name, "").split()}
    states = set(STATES.get(name, "").split())
    columns = [column.name for column in table.columns if column.name not in left_out]
    subject, join = _SUBJECTS.get(name, (str(BASE) if name in SMALL else "{t}.client_id", ""))
    if name == "event":
        subject = "COALESCE({t}.client_id, 0)"
    (key,) = (column.name for column in table.primary_key)
    return Sealed(
        name,
        key,
        tuple(one for one in columns if one not in states | texts),
        tuple(one for one in columns if one in states and one not in texts),
        tuple(one for one in columns if one in texts),
        subject,
        join,
        _CONDITIONS.get(name, ""),
        numbered=str(table.c[key].type) == "INTEGER" and name not in SMALL,
    )


def shown(table: str, column: str, read: str) -> str:
    """How a column enters a digest: `read` is how it is read, in SQL."""
    return _SHOWN.get((table, column), "{c}").format(t=table, c=read)
