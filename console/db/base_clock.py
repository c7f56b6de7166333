"""The base's own clock, in whole seconds: what several machines compare must not go by theirs."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class base_seconds(FunctionElement[int]):  # noqa: N801  (reads as a function of SQL)
    """Seconds since 1970 by the base's clock, as an expression."""

    type = BigInteger()
    inherit_cache = True  # without it a statement that holds one is compiled each time it is asked


@compiles(base_seconds)
def _server(_element: Any, _compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)"


@compiles(base_seconds, "sqlite")
def _file(_element: Any, _compiler: Any, **_: Any) -> str:
    return "CAST(strftime('%s', 'now') AS INTEGER)"
