"""Who holds a server's locks, looked at many times a second by a connection beside."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.synchronize import Event
from time import sleep
from typing import Any

import psycopg

from console.db.dialect import JOB_LOCK

EACH_S = 0.02
_LOCKS = f"""
    SELECT locktype, classid, objid, granted, l.pid, application_name,
           xact_start, clock_timestamp(),
           extract(epoch FROM clock_timestamp() - waitstart)
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
      AND (locktype <> 'advisory' OR objid <> {JOB_LOCK})  -- only jobs wait for it
      AND (locktype = 'advisory' AND mode = 'ExclusiveLock' OR locktype = 'transactionid' OR NOT granted)
"""


@dataclass
class Held:
    """What was seen: in how many looks each advisory lock kept all others out, the longest in seconds."""

    looks: int = 0
    held: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    longest_by: str = ""
    waited_s: float = 0.0
    waited_by: str = ""
    connections: int = 0
    under_way: dict[tuple[int, datetime], datetime] = field(default_factory=dict)
    """Since when each transaction that holds something was seen to."""

    @property
    def busiest(self) -> float:
        """The share of the time, 0 to 1, in which the advisory lock that is held most was held."""
        return max(self.held.values(), default=0) / max(self.looks, 1)

    def look(self, rows: list[Any], connections: int) -> None:
        """One look more."""
        self.looks += 1
        self.connections = max(self.connections, connections)
        seen, before = set(), self.under_way
        self.under_way = {}
        for kind, high, low, granted, pid, who, began, now, waiting in rows:
            if kind == "advisory" and granted:
                seen.add(f"{high}/{low}")
            if granted and began is not None:
                since = self.under_way[pid, began] = before.get((pid, began), now)
                if (held := (now - since).total_seconds()) > self.longest_s:
                    self.longest_s, self.longest_by = held, who
            if waiting is not None and float(waiting) > self.waited_s:
                self.waited_s, self.waited_by = float(waiting), who
        self.held.update(seen)


def watch(url: str, stop: Event, give: Any) -> None:
    """Looks until told to stop, then gives a `Held` through the pipe."""
    found = Held()
    with psycopg.connect(url, autocommit=True) as server:
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hotliner%'"
        while not stop.is_set():
            open_now = server.execute(count).fetchone()
            found.look(server.execute(_LOCKS).fetchall(), open_now[0] if open_now else 0)
            sleep(EACH_S)
    give.send(found)
