"""The first name by which clients hear an agent: asked once, and never the computer's login."""

from getpass import getuser

from console.context import Context
from console.db.meta import read_meta, write_meta

UNKNOWN = "votre conseiller"
"""What is said while nobody has told."""
_KEY = "first_name:"


def first_name(ctx: Context, agent: str) -> str:
    """As it is spoken; read once a run, and kept up to date by `tell_first_name`."""
    return told(ctx, agent) or ("" if _is_login(ctx, agent) else _first(agent)) or UNKNOWN


def told(ctx: Context, agent: str) -> str:
    """What the agent answered, empty before."""
    if agent not in ctx.first_names:
        with ctx.database.reading() as session:
            ctx.first_names[agent] = read_meta(session, f"{_KEY}{agent}")
    return ctx.first_names[agent]


def is_to_be_asked(ctx: Context) -> bool:
    """Whether the agent is only known by the computer's login."""
    return _is_login(ctx, ctx.agent) and not told(ctx, ctx.agent)


def tell_first_name(ctx: Context, name: str) -> None:
    """Keep it for the agent in place."""
    with ctx.database.writing() as session:
        write_meta(session, f"{_KEY}{ctx.agent}", name)
    ctx.first_names[ctx.agent] = name


def _first(agent: str) -> str:
    return agent.split(maxsplit=1)[0] if agent.split() else ""


def _is_login(ctx: Context, agent: str) -> bool:
    """Whether nobody chose that name: it is the session's, on this machine."""
    try:
        return not ctx.account and agent == getuser()
    except (OSError, KeyError):
        return agent == "agent"
