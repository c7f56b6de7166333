"""A PostgreSQL role that the consoles take: it adds to what happened, and changes none of it."""

import psycopg
import pytest

from console.base.errors import RefusedInputError
from console.ledger.rights import missing, statements
from console.ledger.sealer import SealService
from tests.integrity.test_seals import NOW, company, found
from tests.servers import Server
from tests.world import World

REFUSED = (
    "UPDATE event SET at = now() WHERE id = 1",
    "UPDATE event SET agent = 'Zoé' WHERE id = 1",
    "UPDATE event SET text = 'Autre chose' WHERE text <> ''",
    "DELETE FROM event",
    "TRUNCATE event CASCADE",
    "UPDATE message SET created_at = now() WHERE id = 1",
    "DELETE FROM message",
    "UPDATE call SET agent = 'Zoé' WHERE ended_at IS NOT NULL",
    "DELETE FROM call WHERE ended_at IS NOT NULL",
    "UPDATE call_step SET said = 'Autre chose'",
    "UPDATE churn_record SET reason = 'USAGE'",
    "UPDATE churn_record SET verbatim = 'Autre chose'",
    "DELETE FROM churn_record",
    "UPDATE record_amendment SET author = 'Zoé'",
    "UPDATE granted_offer SET price_cents = 1",
    "DELETE FROM user_account",
    "UPDATE seal SET hash = 'x'",
    "DELETE FROM seal",
    "UPDATE seal_entry SET lines = ''",
    "DELETE FROM seal_entry",
    "UPDATE script_version SET content = ''",
    "UPDATE alembic_version SET version_num = '9999'",
    "DROP TRIGGER hotliner_ledger ON event",
    "CREATE OR REPLACE FUNCTION hotliner_ledger() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
)


def test_the_consoles_role_adds_and_changes_nothing(postgresql_url: Server) -> None:
    url = postgresql_url.new(postgresql_url.tables)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE ROLE consoles LOGIN")
        for _ in range(2):  # again after an upgrade
            for statement in statements("consoles"):
                owner.execute(statement)
    theirs = url.replace("numi@", "consoles@")
    world = World(postgresql_url.folder / "unused.db", NOW, url=theirs)
    company(world)  # calls, messages, a correction, an erasure, a seal: all that the consoles do
    assert SealService(world.context).latest() is not None
    assert found(world) == []
    with psycopg.connect(theirs, autocommit=True) as console:
        taken = []
        for statement in REFUSED:
            try:
                console.execute(statement)
                taken.append(statement)
            except psycopg.errors.InsufficientPrivilege:
                pass
        assert taken == []
    assert found(world) == []
    with world.database.reading() as session:
        assert missing(session.connection()) == []
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("REVOKE INSERT, DELETE ON claim FROM consoles")
    with world.database.reading() as session:
        assert missing(session.connection()) == ["claim (ajouter, retirer)"]
    world.database.close()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("UPDATE message SET created_at = now() WHERE id = 1")
        owner.execute("DROP OWNED BY consoles")
        owner.execute("DROP ROLE consoles")


def test_only_a_name_is_taken() -> None:
    for name in ("", 'x"; DROP TABLE event; --', "a\nb", "x" * 64):
        with pytest.raises(RefusedInputError):
            list(statements(name))
