"""Messages held back: after a restoration or a transfer nobody knows which of them have gone already."""

from sqlmodel import Session

from console.audit import audit
from console.base.french import THIN
from console.context import Context
from console.db.meta import read_meta, write_meta

_HELD = "messages_held"
HELD_WORDS = (
    "Les messages sont retenus depuis que la base a été restaurée, ou transférée ailleurs"
    f"{THIN}: certains sont peut-être déjà partis. Relisez les envois en attente, puis lancez"
    " « hotliner envoyer --liberer », ou « g » à l’écran Envois"
)


def hold(session: Session, ctx: Context) -> None:
    """Nothing leaves from now on, until somebody says that it may."""
    write_meta(session, _HELD, ctx.clock.now().isoformat())


def is_held(session: Session) -> bool:
    """Whether nothing may leave."""
    return bool(read_meta(session, _HELD))


def release(session: Session, ctx: Context) -> bool:
    """Lets messages leave again, and writes down who said so; False when nothing was held."""
    if not is_held(session):
        return False
    write_meta(session, _HELD, "")
    audit(session, ctx, "messages.released")
    return True
