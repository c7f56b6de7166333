"""Messages held back: after a restoration or a transfer nobody knows which of them have gone already."""

from collections.abc import Callable

from sqlmodel import Session

from console.audit import audit
from console.base.french import THIN
from console.context import Context
from console.db.meta import kept, write_meta
from console.db.query import ReadBatch

_HELD = "messages_held"
HELD_WORDS = (
    "Les messages sont retenus depuis que la base a été restaurée, ou transférée ailleurs"
    f"{THIN}: certains sont peut-être déjà partis. Relisez les envois en attente, puis lancez"
    " « hotliner envoyer --liberer », ou « g » à l’écran Envois"
)


def hold(session: Session, ctx: Context) -> None:
    """Nothing leaves from now on, until somebody says that it may."""
    write_meta(session, _HELD, ctx.clock.now().isoformat())


def is_held(batch: ReadBatch) -> Callable[[], bool]:
    """Whether nothing may leave."""
    found = kept(batch, _HELD)
    return lambda: bool(found().get(_HELD))


def release(session: Session, ctx: Context) -> bool:
    """Lets messages leave again, and writes down who said so; False when nothing was held."""
    if not is_held(ReadBatch(session))():
        return False
    write_meta(session, _HELD, "")
    audit(session, ctx, "messages.released")
    return True
