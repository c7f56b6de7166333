"""Senders killed while they send: what is lost, what leaves twice, what is called a failure."""

import random
from collections import Counter
from collections.abc import Callable
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

MANY = 40
"""Messages of one base."""
ORDERS: dict[str, dict[str, list[Answer]]] = {
    "accepte": {"RCPT": [wait(0.02)]},
    "cale à DATA": {"DATA": [wait(0.2)]},
    "coupe": {"DATA": [None, None, drop, None]},
    "répond tard": {"TAKEN": [wait(0.3)]},
}


def sending(folder: Path, rounds: int) -> list[Result]:
    """One line a server: kills, messages lost, letters received twice, messages « en échec »."""
    return [_killed(folder / str(n), name, rounds) for n, name in enumerate(ORDERS)]


def _killed(folder: Path, name: str, kills: int) -> Result:
    folder.mkdir()
    company, chance = Company(folder / "base.db", WEDNESDAY), random.Random(name)
    numbers = count()
    for _ in range(MANY):
        company.queue(next(numbers))
    with post_office() as post:
        post.orders.update({moment: list(answers) for moment, answers in ORDERS[name].items()})
        senders, at, done = Senders(folder, f"sqlite:///{company.path}", post.port), WEDNESDAY, 0
        while done < kills:
            at += timedelta(minutes=7)
            done += _kill(post, partial(senders.start, f"{at:%Y-%m-%dT%H:%M}"), chance)
            if not _waiting(company):
                company.queue(next(numbers))
        post.orders.clear()
        senders.run(f"{at + timedelta(hours=5):%Y-%m-%dT%H:%M}")
        received = Counter(post.ids)
    messages = company.messages().values()
    states = Counter(one.status for one in messages)
    lost = sum(one.message_id not in received for one in messages if one.status in ("sent", "unsure"))
    twice = sum(received.values()) - len(received)
    company.database.close()
    told = f"{dict(sorted(states.items()))}, {twice} reçus deux fois"
    return Result(
        f"envoyer tué {done} fois, le serveur {name}{chr(0x202F)}: {told}",
        f"{lost} perdus",
        f"{states['failed']} en échec",
        float(lost + states["failed"]),
    )


def _kill(post: Post, start: Callable[[], Ready], chance: random.Random) -> int:
    process, seen, until = start(), len(post.letters) + chance.randint(0, 3), monotonic() + 20
    while process.poll() is None and monotonic() < until and len(post.letters) < seen:
        sleep(0.002)
    sleep(chance.random() * 0.3)
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return int(alive)


def _waiting(company: Company) -> bool:
    return any(one.status == "queued" for one in company.messages().values())
