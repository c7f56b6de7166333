"""Senders killed while they send: what is lost, what leaves twice, what is called a failure."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic, sleep

from tests.bench.pairs import Result
from tests.delivery.conftest import WEDNESDAY, Company
from tests.delivery.post import Answer, Post, drop, post_office, wait
from tests.delivery.test_faults import Senders
from tests.ready import Ready

MANY = 10
"""Messages that wait when a sender begins: more than it is left the time for."""
ORDERS: dict[str, dict[str, list[Answer]]] = {
    "accepte": {"RCPT": [wait(0.02)]},
    "cale à DATA": {"GO": [wait(0.2)]},
    "coupe": {"GO": [None, drop, None], "DATA": [None, None, drop, None]},
    "répond tard": {"TAKEN": [wait(0.3)]},
}


@dataclass
class Seen:
    """What the kills came to.

    after: those that came when the server had the last line of a message whose fate was not written yet;
    `repeats`: how often each message may leave again for that. doubted: messages whose fate was in doubt
    though their last line had not left.
    """

    kills: int = 0
    after: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    doubted: set[str] = field(default_factory=set)


def sending(folder: Path, rounds: int) -> list[Result]:
    """One line a server: kills, messages lost, letters received twice, messages « en échec »."""
    return [_killed(folder / str(n), name, rounds) for n, name in enumerate(ORDERS)]


def _killed(folder: Path, name: str, kills: int) -> Result:
    folder.mkdir()
    company, chance, seen = Company(folder / "base.db", WEDNESDAY), random.Random(name), Seen()
    numbers = count()
    with post_office() as post:
        senders, at = Senders(folder, f"sqlite:///{company.path}", post.port), WEDNESDAY
        while seen.kills < kills:
            post.orders = {moment: list(answers) for moment, answers in ORDERS[name].items()}
            while sum(one.status == "queued" for one in company.messages().values()) < MANY:
                company.queue(next(numbers))
            at += timedelta(minutes=7)
            begun = len(post.dots)
            if _kill(post, partial(senders.start, f"{at:%Y-%m-%dT%H:%M}"), chance):
                seen.kills += 1
                _look(company, post, begun, seen)
        post.orders.clear()
        senders.run(f"{at + timedelta(hours=5):%Y-%m-%dT%H:%M}")
        received, dots = Counter(post.ids), post.dots
    messages = company.messages().values()
    states = Counter(one.status for one in messages)
    had = {"sent": received.keys(), "unsure": set(dots)}
    lost = sum(one.message_id not in had.get(one.status, {one.message_id}) for one in messages)
    twice = +Counter({one: times - 1 for one, times in received.items()})
    stray = (twice - seen.repeats).total()
    company.database.close()
    told = f"{dict(sorted(states.items()))}, {twice.total()} reçus deux fois"
    return Result(
        f"envoyer tué {seen.kills} fois, {seen.after} après un dernier point, serveur qui {name}"
        f"{chr(0x202F)}: {told}, {len(seen.doubted)} dont on doute à tort",
        f"{lost} perdus, {stray} répétés sans raison",
        f"{states['failed']} en échec",
        float(lost + stray + states["failed"]),
    )


def _kill(post: Post, start: Callable[[], Ready], chance: random.Random) -> bool:
    """Whether the sender was still at work."""
    process, seen, until = start(), len(post.dots) + chance.randint(0, 3), monotonic() + 20
    while process.poll() is None and monotonic() < until and len(post.dots) < seen:
        sleep(0.002)
    sleep(chance.random() * 0.3)
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive


def _look(company: Company, post: Post, begun: int, seen: Seen) -> None:
    """How things stand once a sender is dead, the first of whose last lines was the `begun`th."""
    sleep(0.02)  # what it had sent arrives
    queued = {one.message_id: one for one in company.messages().values() if one.status == "queued"}
    pending = set(post.dots[begun:]) & queued.keys()
    seen.after += bool(pending)
    seen.repeats.update(pending)
    seen.doubted |= {name for name, one in queued.items() if one.uncertain} - set(post.dots)
