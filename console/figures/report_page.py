"""The page of the monthly report: everything in one file, nothing asked from elsewhere."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    page = Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return made.from_string(page)


def render_report(report: object) -> str:
    """The page; every text is escaped. `report` has the fields of the report's view."""
    return _template().render(r=report)
