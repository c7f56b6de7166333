"""Who may do what: three roles, each may do all that the one before may."""

from enum import StrEnum


class Role(StrEnum):
    """A role; `HOTLINER < SUPERVISOR < ADMINISTRATOR` by `includes`."""

    HOTLINER = "hotliner"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do everything that `other` may."""
        order = tuple(Role)
        return order.index(self) >= order.index(other)


ROLE_LABELS = {
    Role.HOTLINER: "hotliner",
    Role.SUPERVISOR: "superviseur",
    Role.ADMINISTRATOR: "administrateur",
}
