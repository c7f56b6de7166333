"""What `sceller` does, and how a seal that was kept is read again."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.cli import output
from console.cli.settings import Configuration
from console.cli.start import working
from console.ledger.seals import LONGEST, Given, Sealing, read_given


def seal(configuration: Configuration, target: Path | None, *, as_json: bool) -> int:
    """Seal what happened until now, and print the seal; to a new file, with what it covers."""
    from console.ledger.sealer import SealService

    with working(configuration, job="sceller") as ctx, output.Progress("clients") as progress:
        service = SealService(ctx)
        made = service.seal(progress)
        earlier = service.earlier(made)
    if target is not None:
        _write(target, made, earlier)
    if as_json:
        output.result_json(made.plain(earlier))
        return 0
    output.result(made.words[0].upper() + made.words[1:])
    if sys.stdout.isatty():
        output.say("Notez cette empreinte ailleurs que sur cette machine, ou envoyez-la au superviseur.")
        output.say("« hotliner verifier --sceau EMPREINTE » dira si la base la continue.")
    return 0


def _write(target: Path, made: Sealing, earlier: Sequence[Sealing]) -> None:
    from console.outside.files import new_file

    with new_file(target) as file:
        json.dump(made.plain(earlier), file, ensure_ascii=False, indent=1)
    output.say(f"Sceau écrit dans « {target} ».")


def read_seal(given: str) -> Given:
    """A seal from a file, or from its fingerprint. Raises RefusedInputError."""
    path = Path(given).expanduser()
    if not path.is_file():
        return read_given(given)
    try:
        if path.stat().st_size > LONGEST:
            raise RefusedInputError(
                f"« {path} » est trop long pour un fichier de sceau.", "Rien n’a été vérifié."
            )
        return read_given(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise HotlinerError(
            f"« {path} » est illisible : {system_words(error)}.", "Rien n’a été vérifié."
        ) from None
