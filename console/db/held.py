"""Who writes about a client holds that client's row: two units about one client come one after the other."""

from collections.abc import Collection

from console.db.dialect import Unit, connected


def holding(client_ids: Collection[int]) -> str:
    """The statement that waits until nobody else writes about these clients; PostgreSQL's.

    In the order of their numbers, so that two units never wait for each other.
    """
    numbers = ", ".join(str(int(one)) for one in sorted(set(client_ids)))
    return f"SELECT id FROM client WHERE id IN ({numbers}) ORDER BY id FOR NO KEY UPDATE"  # noqa: S608


def hold_clients(unit: Unit, client_ids: Collection[int]) -> None:
    """Has this unit hold them from now on; SQLite's only writer has them all."""
    connection = connected(unit)
    if client_ids and connection.dialect.name != "sqlite":
        connection.exec_driver_sql(holding(client_ids))
