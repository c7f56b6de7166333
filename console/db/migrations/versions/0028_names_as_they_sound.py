"""How a client's last name sounds, so that one heard on the telephone is found whatever its spelling."""

import re

import sqlalchemy as sa
from alembic import op

from console.db.migrations.frozen import search_words

revision = "0028"
down_revision = "0027"

_CLIENT = sa.table("client", sa.column("id"), sa.column("last_name"), sa.column("sound"))
_BATCH = 1_000
_RULES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"^mac(?=[^aeiouyh])|^mc", "mak"),
        (r"y", "i"),
        (r"ch(?=[lrntm])", "k"),  # Christophe
        (r"tch|sch|sh|ch", "$"),
        (r"ph", "f"),
        (r"h", ""),
        (r"bv", "v"),  # Lefebvre
        (r"ill(?=[aeou])", "i"),
        (r"gu(?=[ei])", "*"),
        (r"g(?=[ei])", "j"),
        (r"gn", "ni"),
        (r"sc(?=[ei])|c(?=[ei])|z", "s"),
        (r"qu|ck|[ckq]", "k"),
        (r"w", "v"),
        (r"\*", "g"),
        (r"(?:ai|ei|i|u)[nm](?=[^aeiounm]|$)", "1"),  # Romain, Martin, Lebrun
        (r"[ae][nm](?=[^aeiounm]|$)", "2"),  # Armand, Clément
        (r"[o][nm](?=[^aeiounm]|$)", "3"),
        (r"oeu|eu", "e"),
        (r"e?au(?:l(?=[tdx]|$))?", "o"),
        (r"oi", "ua"),
        (r"ou", "u"),
        (r"ai|ei", "e"),
        (r"x(?=.)", "ks"),
        (r"(?<=..)(?:e[rtz]s?|e)$", "e"),
        (r"(?<=[^aeiou123]..)r[tds]+$", "r"),
        (r"(?<=..)[tdspx]+$", ""),
        (r"(?<=..)e[ns]t?$|(?<=..)e$", ""),
        (r"(?<=..)[tdspx]+$", ""),
        (r"(.)\1+", r"\1"),
    )
)


def upgrade() -> None:
    op.add_column("client", sa.Column("sound", sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_client_sound", "client", ["sound"])
    connection, last = op.get_bind(), 0
    named = sa.select(_CLIENT.c.id, _CLIENT.c.last_name).order_by(_CLIENT.c.id).limit(_BATCH)
    told = sa.update(_CLIENT).where(_CLIENT.c.id == sa.bindparam("key"))
    while clients := connection.execute(named.where(_CLIENT.c.id > last)).all():
        connection.execute(told, [{"key": one.id, "sound": _sound(one.last_name)} for one in clients])
        last = clients[-1].id


def _sound(name: str) -> str:
    key = re.sub(r"[^a-z]", "", search_words(name.casefold().replace("ç", "s")))
    for pattern, by in _RULES:
        key = pattern.sub(by, key)
    return key
