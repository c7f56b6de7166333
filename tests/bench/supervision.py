"""What a supervisor reads, in a company of a million clients and in one a hundred times smaller."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from console.base.french import number
from console.cases.views import Campaign
from console.figures.rules import Kpi
from console.records.counting import Topic
from console.records.filters import Filters
from console.services import Services
from tests.bench.pairs import Result, alternate, milliseconds
from tests.multitude import NOW, generate
from tests.world import World

CLIENTS = 1_000_000
REFUSALS = 100_000
TIMES = 100
"""How many times smaller the other one is."""
PAGE = 50
DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
ALWAYS = Campaign(date(2022, 1, 1), date(2025, 12, 31))
ONE: Mapping[str, dict[str, Any]] = {
    "un jour": {"since": date(2025, 11, 4), "until": date(2025, 11, 4)},
    "un jour ancien": {"since": date(2023, 2, 3), "until": date(2023, 2, 3)},
    "un mois": {"since": date(2025, 11, 1), "until": date(2025, 11, 30)},
    "un mois ancien": {"since": date(2023, 3, 1), "until": date(2023, 3, 31)},
    "une échéance": {"expires_from": date(2025, 12, 1), "expires_to": date(2025, 12, 31)},
    "une échéance ancienne": {"expires_from": date(2023, 12, 1), "expires_to": date(2023, 12, 31)},
    "le motif le plus courant": {"reasons": ("PRIX",)},
    "le motif le plus rare": {"reasons": ("NON_DIT",)},
    "trois motifs": {"reasons": ("PRIX", "USAGE", "NON_DIT")},
    "un agent": {"agent": "Jean"},
    "plusieurs agents": {"agent": "J"},
    "l’agent le plus rare": {"agent": "Rémi"},
    "personne": {"agent": "xyz"},
    "Premium": {"plan": "premium"},
    "Basic": {"plan": "basic"},
    "VIP": {"vip": True},
    "non VIP": {"vip": False},
    "lus": {"reviewed": True},
    "à lire": {"reviewed": False},
    "un mot courant": {"text": "cher"},
    "un mot rare": {"text": "vichy"},
    "un mot absent": {"text": "zzzz"},
    "la première objection la plus rare": {"objection": "definitive"},
    "l’ancienneté la plus rare": {"seniority": "0"},
    "un mot du client": {"said": "etranger"},
}
"""Each criterion of the journal alone, its commonest and its rarest value."""
SEVERAL: Mapping[str, tuple[str, ...]] = {
    "Basic et VIP": ("Basic", "VIP"),
    "Basic, VIP, motif rare": ("Basic", "VIP", "le motif le plus rare"),
    "VIP à lire": ("VIP", "à lire"),
    "motif rare à lire": ("le motif le plus rare", "à lire"),
    "motif rare, agent rare": ("le motif le plus rare", "l’agent le plus rare"),
    "agent rare, VIP": ("l’agent le plus rare", "VIP"),
    "échéance ancienne à lire": ("une échéance ancienne", "à lire"),
    "échéance ancienne, déjà lus": ("une échéance ancienne", "lus"),
    "mois ancien, Basic, VIP": ("un mois ancien", "Basic", "VIP"),
    "mot absent, VIP": ("un mot absent", "VIP"),
    "mot rare, VIP": ("un mot rare", "VIP"),
    "mot rare, déjà lus": ("un mot rare", "lus"),
    "mot courant, Basic, VIP": ("un mot courant", "Basic", "VIP"),
    "mot courant, motif rare": ("un mot courant", "le motif le plus rare"),
    "ancienneté et objection rares": ("l’ancienneté la plus rare", "la première objection la plus rare"),
}
"""Criteria that hardly ever meet."""


def supervision(folder: Path, rounds: int, clients: int = CLIENTS, refusals: int = REFUSALS) -> list[Result]:
    """The journal's pages, the key figures and their cases, the reasons: large beside small."""
    large = _company(folder / "large.db", clients, refusals)
    small = _company(folder / "small.db", clients // TIMES, refusals // TIMES)

    def beside(name: str, read: Callable[[Services], object], limit: float | None = None) -> Result:
        pair = alternate(lambda: _timed(read, large), lambda: _timed(read, small), rounds)
        ours, yardstick = milliseconds(pair.ours), milliseconds(pair.yardstick)
        what = clients if "clients" in name else refusals
        return Result(f"{name} ÷ avec {number(what // TIMES)}", ours, yardstick, pair.ratio, limit)

    def slowest(
        reads: Mapping[str, Callable[[Services], object]],
    ) -> tuple[str, Callable[[Services], object]]:
        """By the ratio, on a few rounds."""
        ratios = {
            name: median(_timed(read, large) / _timed(read, small) for _ in range(5))
            for name, read in reads.items()
        }
        worst = max(ratios, key=lambda name: ratios[name])
        return worst, reads[worst]

    alone = {name: _journal(Filters(**given)) for name, given in ONE.items()}
    joined = {
        name: _journal(Filters(**{key: value for one in parts for key, value in ONE[one].items()}))
        for name, parts in SEVERAL.items()
    }
    long_ago = datetime(2023, 6, 1, tzinfo=NOW.tzinfo), 0
    cases = {kpi.value: _cases(kpi) for kpi in Kpi}
    counts = {topic.value: _crossing(topic) for topic in Topic if topic is not Topic.WORDS}
    one, by_one = slowest(alone)
    several, by_several = slowest(joined)
    kpi, of_kpi = slowest(cases)
    topic, by_topic = slowest(counts)
    return [
        beside(f"journal de {number(refusals)} refus, première page", _journal(Filters()), 2),
        beside("journal, page au fond de la liste", _journal(Filters(), long_ago), 2),
        beside(f"journal, le critère le plus lent des {len(ONE)} ({one})", by_one, 2),
        beside(f"journal, les critères croisés les plus lents ({several})", by_several),
        beside("journal, le nombre de tous les refus", lambda s: s.review.count(Filters())),
        beside(f"indicateurs d’un mois, {number(clients)} clients", lambda s: s.kpis.view(DECEMBER)),
        beside(f"indicateurs, première page des cas comptés ({kpi})", of_kpi),
        beside(f"motifs depuis toujours, le compte le plus lent ({topic})", by_topic),
    ]


def _company(path: Path, clients: int, refusals: int) -> Services:
    generate(path, clients, refusals)
    return World(path, NOW).services


def _timed(read: Callable[[Services], object], services: Services) -> float:
    start = perf_counter()
    read(services)
    return (perf_counter() - start) * 1000


def _journal(filters: Filters, after: tuple[datetime, int] | None = None) -> Callable[[Services], object]:
    return lambda services: services.review.page(filters, after, PAGE)


def _cases(kpi: Kpi) -> Callable[[Services], object]:
    return lambda services: services.kpis.rows(DECEMBER, kpi, None, PAGE)


def _crossing(topic: Topic) -> Callable[[Services], object]:
    return lambda services: services.reasons.crossing(topic, ALWAYS)
