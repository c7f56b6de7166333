"""Exact money: whole cents, never floats. Every figure read or sent is computed from the catalogue."""

from decimal import ROUND_HALF_UP, Decimal

Cents = int


def percent_off(cents: Cents, percent: Decimal) -> Cents:
    """The price once `percent` (0 to 100) is taken off, rounded half up: 36,99 less 5 is 35,14."""
    kept = Decimal(cents) * (100 - percent) / 100
    return int(kept.quantize(Decimal(1), ROUND_HALF_UP))


def share(part: int, whole: int, *, places: int = 0) -> Decimal:
    """`part` in percent of `whole`, rounded half up to `places` decimals; 0 when there is no whole."""
    if not whole:
        return Decimal(0)
    return (Decimal(part) * 100 / whole).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def percent_saved(normal: Cents, price: Cents) -> Decimal:
    """What a price takes off the normal one, in percent to one decimal: 36,99 to 32,99 is 10.8."""
    return share(normal - price, normal, places=1)
