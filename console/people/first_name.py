"""An agent says by which first name clients will hear them."""

from console.base.errors import RefusedInputError
from console.base.text import clean
from console.cases import first_names
from console.context import Context

LIMIT = 30


class FirstNameService:
    """The first name of the agent in place; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def to_ask(self) -> bool:
        """Whether the agent is only known by the computer's login. Raises StorageError."""
        return first_names.is_to_be_asked(self._ctx)

    def known(self) -> str:
        """What was answered, empty before. Raises StorageError."""
        return first_names.told(self._ctx, self._ctx.agent)

    def tell(self, name: str) -> str:
        """Keeps it, and gives it as it will be spoken.

        Raises RefusedInputError for what is no first name, StorageError.
        """
        name = clean(name, limit=LIMIT + 1).strip()
        letters = name.replace("-", "").replace(" ", "").replace("’", "").replace("'", "")
        if not letters.isalpha() or len(name) > LIMIT:
            raise RefusedInputError("Un prénom, en lettres seulement.", "Rien n’a changé.")
        name = name[0].upper() + name[1:]
        first_names.tell_first_name(self._ctx, name)
        return name
