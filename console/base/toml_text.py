"""TOML as a person may have written it, within limits. It loads nothing heavy: settings use it too."""

import tomllib
from typing import Any

LARGEST_TOML = 1_000_000
"""Characters of a file that a person writes by hand; reading many more takes long for nothing."""


class TomlError(ValueError):
    """This text is no TOML that can be read; says why."""


def parse_toml(text: str) -> dict[str, Any]:
    """The tables of a text. Raises TomlError, for numbers and depths that no file needs too."""
    if len(text) > LARGEST_TOML:
        raise TomlError(f"plus de {LARGEST_TOML} caractères")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TomlError("trop de crochets ou d’accolades les uns dans les autres") from None
    except ValueError as error:  # a number of thousands of digits is none of the library's own errors
        known = isinstance(error, tomllib.TOMLDecodeError)
        raise TomlError(str(error) if known else "nombre trop long") from None
