"""Dialling the client of an open call, for real where a way is set, else by the agent's own hand."""

from dataclasses import dataclass

from console.base.errors import HotlinerError, RefusedInputError
from console.base.french import THIN
from console.base.phone import read_phone
from console.calls.service import CallService
from console.context import Context


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of it. Where it is not `done`, the agent dials `national`; `number` is to be copied."""

    number: str
    national: str
    done: bool
    failed: bool
    sentence: str


class DialService:
    """Dials; may be called from any thread, and takes seconds."""

    def __init__(self, ctx: Context, calls: CallService) -> None:
        self._ctx = ctx
        self._calls = calls

    def dial(self, call_id: str) -> Dialled:
        """Dial the client of the call in hand, in which dialling was chosen: hours were looked at then.

        A failure is told in the answer, as the call goes on. A demo dials nobody. Raises RefusedInputError
        when there is no such call under way.
        """
        client = self._calls.dialled(call_id)
        if client is None:
            raise RefusedInputError("Aucun appel n’est à composer.", "Rien n’a été composé.")
        phone = read_phone(client.phone, fiction=self._ctx.demo)
        number, national = phone.e164, phone.national
        if self._ctx.demo:
            return Dialled(number, national, False, False, f"Démonstration{THIN}: rien n’est composé.")
        outside = self._ctx.outside
        if not (outside and outside.dials):
            return Dialled(number, national, False, False, "Composez ce numéro sur votre téléphone.")
        try:
            outside.dialler().dial(number)
        except HotlinerError as error:
            return Dialled(number, national, False, True, f"{error.happened} Composez-le à la main.")
        return Dialled(number, national, True, False, "Votre téléphone compose ce numéro.")
