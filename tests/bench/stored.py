"""The dashboard's data whatever the number of clients, and a refusal made durable."""

from pathlib import Path
from time import perf_counter

from sqlalchemy import make_url
from sqlmodel import Field, Session, SQLModel

from console.dashboard.service import DashboardService
from console.db import dialect
from console.demo.demo import demo_context
from console.services import build
from tests.bench.pairs import Result, alternate, milliseconds
from tests.world import CONTENT, REFUSAL, World, paris

MANY = 100_000
START = paris("2025-12-19T15:00")
WARM_UP = 10


class PlainRow(SQLModel, table=True):
    """The row of the yardstick."""

    id: int | None = Field(default=None, primary_key=True)
    client_id: int
    reason: str
    verbatim: str


def dashboard(folder: Path, rounds: int, many: int = MANY) -> Result:
    """Everything that the dashboard paints, read by its service: with `many` clients, and with the 50."""
    large, small = _service(folder / "large.db", many), _service(folder / "small.db", 0)
    pair = alternate(lambda: _view(large), lambda: _view(small), rounds, WARM_UP)
    return Result(
        f"données du tableau de bord avec {many} clients ÷ avec 50",
        milliseconds(pair.ours),
        milliseconds(pair.yardstick),
        pair.ratio,
        1.3,
    )


def _service(file: Path, size: int) -> DashboardService:
    return build(demo_context(f"sqlite:///{file}", CONTENT, "Jean", size=size)).dashboard


def _view(service: DashboardService) -> float:
    start = perf_counter()
    service.view()
    return (perf_counter() - start) * 1000


def churn_record(folder: Path, rounds: int) -> Result:
    """The last key of a refusal, with all that it writes, until it is durable; and one row added alone."""
    world = World(folder / "full.db", START)
    clients = iter([world.add(f"CLT-{n:05}", email=f"c{n}@example.org") for n in range(WARM_UP + rounds)])
    engine = dialect.make_engine(make_url(f"sqlite:///{folder / 'plain.db'}"))
    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables["plainrow"]])

    def refuse() -> float:
        world.now = START
        view = world.walk(world.begin(next(clients)), *REFUSAL[:-1])
        start = perf_counter()
        view = world.services.calls.choose(view.call_id, view.seq, 0)
        taken = (perf_counter() - start) * 1000
        assert view.outcome == "refused"
        return taken

    def add_one() -> float:
        start = perf_counter()
        with Session(engine) as session:
            session.add(PlainRow(client_id=1, reason="price", verbatim="Je dois faire des économies."))
            session.commit()
        return (perf_counter() - start) * 1000

    pair = alternate(refuse, add_one, rounds, WARM_UP)
    world.database.close()
    engine.dispose()
    return Result(
        "fiche de résiliation durable, avec tout ce qui l’accompagne ÷ une ligne SQLModel seule",
        milliseconds(pair.ours),
        milliseconds(pair.yardstick),
        pair.ratio,
        3,
    )
