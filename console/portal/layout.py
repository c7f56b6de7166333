"""One HTML document for every page: one column from 320 to 1,000 px, light and dark, readable on paper."""

from html import escape

from console.portal.views import RATINGS, Act, Choice, Page

STYLE = """
:root{color-scheme:light dark;--ink:#1c1b22;--paper:#fff;--line:#d8d6e0;--act:#4a2fbd;--on:#fff}
@media(prefers-color-scheme:dark){
:root{--ink:#ecebf2;--paper:#17161c;--line:#3d3b49;--act:#b7a6ff;--on:#17161c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 system-ui,sans-serif;
overflow-wrap:anywhere}
main{max-width:40rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.2rem;line-height:1.3;margin:0 0 .5rem}
section{border-top:1px solid var(--line);margin-top:2rem;padding-top:1.25rem}
a{color:var(--act)}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:break-word}
button{display:block;width:100%;min-height:3rem;padding:.6rem 1.25rem;border-radius:.5rem;
border:2px solid var(--act);background:var(--act);color:var(--on);font:inherit;font-weight:600;cursor:pointer}
fieldset{border:0;margin:0 0 1rem;padding:0;display:flex;flex-wrap:wrap;gap:.5rem}
legend{font-weight:600;padding:0;margin-bottom:.5rem}
fieldset label{display:flex;align-items:center;gap:.5rem;min-height:3rem;min-width:3.5rem;padding:0 .75rem;
border:2px solid var(--line);border-radius:.5rem;cursor:pointer}
fieldset input{width:1.25rem;height:1.25rem;margin:0;accent-color:var(--act)}
section button{background:transparent;color:var(--act)}
button:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
@media(min-width:30rem){button{width:auto}}
@media print{button{display:none}body{font-size:11pt}}
"""

_DOCUMENT = """<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex,nofollow">
<title>{title}</title>
<style>{style}</style></head>
<body><main>
<h1>{title}</h1>
{body}
</main></body></html>
"""
_FORM = """<form method="post"><input type="hidden" name="jeton" value="{token}">{ratings}
<button type="submit" name="acte" value="{act}">{label}</button></form>"""


def document(page: Page, form_token: str = "") -> str:
    """The whole page; its bodies are HTML already, made of checked texts."""
    parts = [page.lead, page.body]
    for index, choice in enumerate(page.choices):
        asked = f"{choice.body}\n{_button(choice, form_token)}"
        parts.append(asked if index == 0 else f"<section><h2>{escape(choice.title)}</h2>\n{asked}</section>")
    return _DOCUMENT.format(title=escape(page.title), style=STYLE, body="\n".join(filter(None, parts)))


def _button(choice: Choice, form_token: str) -> str:
    ratings = _ratings(choice.question) if choice.question else ""
    label = escape(choice.button)
    return _FORM.format(token=escape(form_token), act=Act(choice.act).value, label=label, ratings=ratings)


def _ratings(question: str) -> str:
    marks = "".join(
        f'<label><input type="radio" name="note" value="{n}" required>{n}</label>' for n in RATINGS
    )
    return f"\n<fieldset><legend>{escape(question)}</legend>{marks}</fieldset>"
