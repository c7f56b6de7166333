"""The reasons of a final refusal, as the data file gives them (motifs.toml)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.base.vocabulary import Objection

DOORS = {
    "prix": Objection.PRICE,
    "service": Objection.SERVICE,
    "moment": Objection.TIMING,
    "autre": Objection.OTHER,
    "usage": Objection.USAGE,
    "definitif": Objection.DEFINITIVE,
}
"""The Phase 4 doors by their names in the data and in the script's files."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded reason: the code is what records, exports and statistics carry.

    door: the first objection that makes it likely, if one does. wordless: it may be recorded without the
    client's own words.
    """

    code: str
    label: str
    door: Objection | None = None
    wordless: bool = False


class Reasons(tuple[Reason, ...]):
    """The reasons that can be chosen, in their order; codes met in old records may be others."""

    __slots__ = ()

    def of(self, code: str) -> Reason:
        """The reason of a code; one that the data no longer names is shown by its code."""
        return next((one for one in self if one.code == code), Reason(code, code))

    def label(self, code: str) -> str:
        """In words: see `of`."""
        return self.of(code).label

    @property
    def codes(self) -> tuple[str, ...]:
        """What can be chosen."""
        return tuple(one.code for one in self)

    @property
    def likely(self) -> Mapping[Objection, str]:
        """The code that a Phase 4 door makes likely: preselected, never decided."""
        return {one.door: one.code for one in self if one.door}

    def met(self, codes: Iterable[str]) -> tuple[Reason, ...]:
        """Those of these codes, in order; those that the data no longer names come last."""
        found = set(codes)
        old = sorted(found.difference(self.codes))
        return (*(one for one in self if one.code in found), *map(self.of, old))
