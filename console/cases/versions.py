"""The content in force, kept in the base with all its files: it holds whatever becomes of the folder.

A base goes by its last version. As long as nobody has published one, what stands in the folder is one by
itself: when it is first used, then each time that it has changed and is sound. A call keeps the version that
it began with, the reminders of a day the one of its first run.
"""

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Connection
from sqlmodel import Session, col, func, select

from console.audit import audit
from console.base.errors import ContentError
from console.base.tree import Tree
from console.content import Content, default_root
from console.context import Context
from console.db.meta import read_meta, write_meta
from console.db.query import ReadBatch, columns
from console.db.tables import ContentFiles, ContentVersion

_SHIPPED = "livré"
_REMINDERS = "reminders.content"
"""The day of the last run of the reminders, and the content that its day goes by."""


def taken(ctx: Context) -> Context:
    """The context with the content in force; it comes with the folder's.

    Where the folder has become faulty, or is gone, the last version that was sound stays, and the context
    says so. Raises StorageError.
    """
    found = ctx.content
    with ctx.database.reading() as session:
        last = _last(session)
        if last is None or hash_of(found) == last.hash:
            return ctx
        kept = _kept(session, last.hash)
        published = session.exec(select(ContentVersion.number).where(ContentVersion.origin == "")).first()
        origin = _origin(found)
        seen = session.exec(
            select(ContentVersion.hash)
            .where(ContentVersion.origin == origin)
            .order_by(col(ContentVersion.number).desc())
        ).first()
    if published is not None or seen == hash_of(found):
        return replace(ctx, content=kept)
    try:
        found.check()
    except ContentError as error:
        return replace(ctx, content=kept, content_fault=error.happened.partition("\n")[0])
    with ctx.database.writing() as session:
        keep(session, ctx, origin)
    return ctx


def newest(session: Session, ctx: Context) -> Context:
    """The context with the version that is in force by now; the same one where it is."""
    last = _last(session)
    if last is None or last.hash == hash_of(ctx.content):
        return ctx
    return replace(ctx, content=_kept(session, last.hash), content_fault="")


def of_hash(session: Session, ctx: Context, hashed: str) -> Context:
    """The context with the content of that hash; the same one where it is not in the base."""
    if hashed in ("", hash_of(ctx.content)) or session.get(ContentFiles, hashed) is None:
        return ctx
    return replace(ctx, content=_kept(session, hashed))


def prices_since(session: Session, ctx: Context, since: datetime | None) -> Iterator[Context]:
    """The context with each former content that was in force after that instant; nothing without one."""
    if since is None:
        return
    until = ctx.clock.now()
    for version in session.exec(select(ContentVersion).order_by(col(ContentVersion.number).desc())):
        if until <= since:
            return
        if version.hash != hash_of(ctx.content):
            yield replace(ctx, content=_kept(session, version.hash))
        until = version.at


def used(session: Session, ctx: Context) -> str:
    """The hash of the content of the context, which is in the base from now on."""
    hashed = hash_of(ctx.content)
    if hashed and session.get(ContentFiles, hashed) is None:
        if _last(session) is None:
            keep(session, ctx, _origin(ctx.content))
        else:
            _add_files(session, ctx.content)
    return hashed


def of_the_day(session: Session, ctx: Context) -> Context:
    """The context with the content that this day's reminders go by: that of its first run, if prices changed
    since, so that no two clients are told two prices in a day."""
    today, hashed = ctx.clock.today(), used(session, ctx)
    if begun := of_reminders(session, today):
        first = of_hash(session, ctx, begun)
        return ctx if first.content.data.catalogue == ctx.content.data.catalogue else first
    write_meta(session, _REMINDERS, f"{today.isoformat()} {hashed}")
    return ctx


def number_in_force(session: Session) -> int:
    """The number of the last version; 0 before the first."""
    last = _last(session)
    return last.number if last else 0


def brought_along(session: Session, ctx: Context, number: int) -> bool:
    """Puts version `number` in force again, in a base that comes from another machine where it was, if it is
    of a folder that is not here; whether that was due. A published one stays by itself, a shipped one is this
    program's."""
    former = session.get(ContentVersion, number)
    if former is None or former.hash == hash_of(ctx.content):
        return False
    if former.origin.startswith(_SHIPPED) or former.origin in ("", _origin(ctx.content)):
        return False
    keep(session, replace(ctx, content=_kept(session, former.hash)))
    return True


def of_reminders(session: Session, today: date) -> str:
    """The hash of the content of a day's reminders; empty where none have run."""
    day, _, begun = read_meta(session, _REMINDERS).partition(" ")
    return begun if day == today.isoformat() else ""


def keep(session: Session, ctx: Context, origin: str = "") -> int:
    """Puts the content of the context in force; the number of its version.

    origin: the folder that it was found in, empty when somebody publishes it.
    """
    last = _last(session)
    if last is not None and last.hash == hash_of(ctx.content) and last.origin == origin:
        return last.number  # another console was faster
    _add_files(session, ctx.content)
    number = 1 + (last.number if last else 0)
    row = ContentVersion(
        number=number, hash=hash_of(ctx.content), at=ctx.clock.now(), agent=ctx.agent, origin=origin
    )
    session.add(row)
    session.flush()
    if not origin:
        audit(session, ctx, "content.published", version=number, hash=row.hash)
    return number


def publish(session: Session, ctx: Context, content: Content) -> int:
    """Puts that content in force; the number of its version, the one in force where it is the same.

    What was in force until then is a version too, so that one may go back to it.
    """
    used(session, ctx)
    return keep(session, replace(ctx, content=content))


def versions(session: Session) -> Sequence[ContentVersion]:
    """Every version, the latest first."""
    return session.exec(select(ContentVersion).order_by(col(ContentVersion.number).desc())).all()


def content_of(session: Session, number: int) -> Content | None:
    """The content of a version; None for a number that is none."""
    row = session.get(ContentVersion, number)
    return _kept(session, row.hash) if row else None


def published_in(connection: Connection) -> Content | None:
    """The content in force of a base that is only looked at, where somebody published it."""
    told = (
        select(ContentFiles.hash, ContentFiles.files)
        .join(ContentVersion, col(ContentVersion.hash) == col(ContentFiles.hash))
        .order_by(col(ContentVersion.number).desc())
    )
    anybody = connection.execute(select(ContentVersion.number).where(ContentVersion.origin == "")).first()
    row = connection.execute(told).first() if anybody else None
    return _understood(row.hash, row.files) if row else None


_IN_FORCE = (
    columns(ContentVersion.hash)
    .where(col(ContentVersion.number) == select(func.max(ContentVersion.number)).scalar_subquery())
)  # fmt: skip


def in_force(batch: ReadBatch) -> Callable[[], str]:
    """The hash of the content in force; empty before the first version."""
    found = batch.ask(_IN_FORCE)
    return lambda: found()[0].hash if found() else ""


def _last(session: Session) -> ContentVersion | None:
    newest_number = select(func.max(ContentVersion.number)).scalar_subquery()
    return session.exec(select(ContentVersion).where(ContentVersion.number == newest_number)).first()


def _add_files(session: Session, content: Content) -> None:
    if session.get(ContentFiles, hash_of(content)) is None:
        texts = json.dumps(dict(content.root.texts), ensure_ascii=False)
        session.add(ContentFiles(hash=hash_of(content), files=texts))
        session.flush()


def hash_of(content: Content) -> str:
    """What a content is known by; empty for what cannot be read, which is no version."""
    try:
        return content.root.hash
    except (OSError, UnicodeError):
        return ""


def _kept(session: Session, hashed: str) -> Content:
    row = session.get(ContentFiles, hashed)
    return _understood(hashed, row.files if row else "{}")


@lru_cache(maxsize=4)
def _understood(hashed: str, files: str) -> Content:
    """Read once a process: calls that are open and the next ones share it."""
    return Content(Tree.of_texts(json.loads(files)))


def _origin(content: Content) -> str:
    """The folder that it was found in, told apart from another machine's."""
    shipped = content.folder == default_root()
    return f"{_SHIPPED if shipped else content.folder} ({socket.gethostname()})"
