"""The SQL by which a PostgreSQL role may add to what happened and not change it: for the owner of the base.

Columns that never change are named by the same list as the seals'. The owner is not held by it: it is who
upgrades the base.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from console.base.errors import RefusedInputError
from console.db import dialect
from console.ledger.columns import CHANGING, REMOVED, REWORKED, sealed_tables

_NAME_LONGEST = 63
_GUARD = """CREATE OR REPLACE FUNCTION hotliner_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  one text;
  was jsonb = to_jsonb(OLD);
  now jsonb;
BEGIN
  IF pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'member') THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF TG_TABLE_NAME = 'call' AND was ->> 'ended_at' IS NULL THEN RETURN OLD; END IF;
    IF TG_TABLE_NAME = 'seal_entry'
       AND NOT EXISTS (SELECT FROM seal WHERE number = (was ->> 'seal')::int) THEN RETURN OLD; END IF;
    RAISE EXCEPTION '% est inscrit, rien ne s''y efface', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  IF TG_TABLE_NAME = 'call' AND was ->> 'ended_at' IS NULL THEN RETURN NEW; END IF;
  now = to_jsonb(NEW);
  FOREACH one IN ARRAY string_to_array(TG_ARGV[0], ' ') LOOP
    IF was -> one IS DISTINCT FROM now -> one THEN
      RAISE EXCEPTION '%.% est inscrit et ne change pas', TG_TABLE_NAME, one
        USING ERRCODE = '42501';
    END IF;
  END LOOP;
  FOREACH one IN ARRAY string_to_array(TG_ARGV[1], ' ') LOOP
    IF was -> one IS DISTINCT FROM now -> one AND now ->> one NOT IN ('', '{}', '[]') THEN
      RAISE EXCEPTION '%.% est inscrit et ne peut que disparaître', TG_TABLE_NAME, one
        USING ERRCODE = '42501';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;"""
_REPLACED = {"event": "data key", "churn_record": "client_code client_name"}
"""Texts that an erasure, or an outcome taken back, replaces instead of emptying."""
_SEALS = ("seal", "seal_entry")


def statements(role: str) -> Iterator[str]:
    """The statements, in their order; to be run by the owner, again after each upgrade.

    Raises RefusedInputError for what is no name of a role.
    """
    if not role or len(role.encode()) > _NAME_LONGEST or not role.isprintable() or '"' in role:
        raise RefusedInputError("Ce n’est pas le nom d’un rôle de PostgreSQL.", "Rien n’a été écrit.")
    to = f'"{role}"'
    yield _GUARD
    yield f"GRANT USAGE ON SCHEMA public TO {to};"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {to};"
    yield f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {to};"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {to};"
    yield f"REVOKE INSERT ON alembic_version FROM {to};"
    for name in sorted(SQLModel.metadata.tables):
        if acts := _changes(name):
            yield f'GRANT {", ".join(acts)} ON "{name}" TO {to};'
    for one in sealed_tables():
        name = one.name
        if name == "meta":
            continue
        texts = (
            [] if name in CHANGING else [c for c in one.personal if c not in _REPLACED.get(name, "").split()]
        )
        yield from _guarded(name, " ".join(one.fixed), " ".join(texts))
    yield from _guarded("seal_entry", "subject seal lines", "")


def _changes(name: str) -> list[str]:
    """What a console does with the rows of a table, beside reading and adding."""
    if name == "seal":
        return []
    sealed = {one.name for one in sealed_tables()}
    acts = [] if name in (*_SEALS, "script_version", "content_files", "content_version") else ["UPDATE"]
    kept = name in sealed and name not in (REMOVED | REWORKED) - {"event"} and name != "meta"
    if not kept or name in {"call", "seal_entry"}:
        acts.append("DELETE")
    return acts


_ACTS = {"SELECT": "lire", "INSERT": "ajouter", "UPDATE": "changer", "DELETE": "retirer"}


def missing(connection: Connection) -> list[str]:
    """What the role of this connection lacks on a server's base, in French: « event (ajouter, changer) »."""
    lacking = []
    for name in sorted(SQLModel.metadata.tables):
        acts = ["SELECT", "INSERT", *_changes(name)]
        asked = ", ".join(f"has_table_privilege(:name, '{act}')" for act in acts)
        held = connection.execute(text(f"SELECT {asked}"), {"name": f'"{name}"'}).one()
        if found := [_ACTS[act] for act, has in zip(acts, held, strict=True) if not has]:
            lacking.append(f"{name} ({', '.join(found)})")
    return lacking


def roles_of(connection: Connection) -> list[str]:
    """The roles that were given such rights, by who owns the base."""
    query = text(
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants"
        " WHERE table_schema = current_schema() AND table_name = 'event' AND privilege_type = 'INSERT'"
        " AND grantee NOT IN ('PUBLIC', (SELECT tableowner FROM pg_tables"
        " WHERE schemaname = current_schema() AND tablename = 'event')) ORDER BY 1"
    )
    return list(connection.scalars(query))


def grant(connection: Connection, role: str) -> None:
    """Gives a role its rights, in the unit of this connection."""
    for statement in statements(role):
        dialect.run(connection, statement)


def _guarded(name: str, fixed: str, texts: str) -> Iterator[str]:
    acts = "UPDATE OR DELETE" if name in {"call", "seal_entry"} else "UPDATE"
    yield f'DROP TRIGGER IF EXISTS hotliner_ledger ON "{name}";'
    yield (
        f'CREATE TRIGGER hotliner_ledger BEFORE {acts} ON "{name}" FOR EACH ROW'
        f" EXECUTE FUNCTION hotliner_ledger('{fixed}', '{texts}');"
    )
