"""The page of the monthly report: everything in one file, nothing asked from elsewhere."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

_PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{{ r.title }}</title>
<style>
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5a6474; --line: #d5dae2; --page: #fff;
  --bar: #2f6fb3; --good: #1d7a46; --bad: #a8442a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --soft: #a3adbb; --line: #3a4352;
  --page: #161b24; --bar: #6ea8e0; --good: #6cc794; --bad: #e8957c; } }
@page { size: A4; margin: 16mm; }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --bar: #2f6fb3;
  --good: #1d7a46; --bad: #a8442a; } body { margin: 0; } section { break-inside: avoid; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page);
  max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin: 0; } h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; } p { margin: .3rem 0; color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line); }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); }
svg { width: 100%; height: auto; display: block; } svg text { font-size: 13px; fill: var(--ink); }
svg rect { fill: var(--bar); } svg rect.rail { fill: var(--line); }
blockquote { margin: .5rem 0; padding-left: .8rem; border-left: 3px solid var(--bar); }
</style>
</head>
<body>
<h1>{{ r.title }}</h1>
<p>{{ r.made_on }} · {{ r.kpis.words }}</p>
<section><h2>Indicateurs</h2>
<table><thead><tr><th>Indicateur</th><th>Valeur</th><th>Cible</th><th>Verdict</th><th>Tendance</th>
<th>Calcul</th></tr></thead><tbody>
{% for m in r.kpis.measures %}<tr><td>{{ m.title }}</td><td class="n">{{ m.words }}</td>
<td>{{ m.target_words }}</td>
<td class="{{ 'good' if m.met else 'bad' if m.met is not none else '' }}">{{ m.verdict }}</td>
<td>{{ m.trend }}</td><td>{{ m.detail }}</td></tr>
{% endfor %}</tbody></table></section>
{% for heading, shares in charts %}<section><h2>{{ heading }}</h2>
{% if shares %}<svg viewBox="0 0 720 {{ shares|length * 44 }}" role="img" aria-label="{{ heading }}">
{% for s in shares %}<text x="0" y="{{ loop.index0 * 44 + 14 }}">{{ s.label }} · {{ s.words }}</text>
<rect class="rail" x="0" y="{{ loop.index0 * 44 + 20 }}" width="720" height="12" rx="3"></rect>
<rect x="0" y="{{ loop.index0 * 44 + 20 }}" width="{{ (s.share * 7.2)|round(1) }}"
 height="12" rx="3"></rect>
{% endfor %}</svg>{% else %}<p>Rien ce mois-ci.</p>{% endif %}</section>
{% endfor %}<section><h2>Ce que disent ceux qui partent</h2>
{% for text in r.verbatims %}<blockquote>{{ text }}</blockquote>
{% else %}<p>Rien ce mois-ci.</p>{% endfor %}</section>
</body>
</html>
"""


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    return Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)


def render_report(report: object) -> str:
    """The page; every text is escaped. `report` has the fields of the report's view."""
    charts = [
        ("Motifs des refus du mois", getattr(report, "reasons", ())),
        ("Les offres qui marchent (acceptées sur proposées)", getattr(report, "offers", ())),
        ("Quand les clients renouvellent", getattr(report, "moments", ())),
    ]
    return _template().render(r=report, charts=charts)
