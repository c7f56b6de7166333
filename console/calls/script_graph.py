"""The call script as people read it: a plain listing, and a graph for Mermaid."""

from collections.abc import Iterable

from console.base.vocabulary import CallOutcome
from console.calls.script_files import JUMPS
from console.rules.outcomes import OUTCOMES
from console.rules.script import ANNUAL, PAUSED, PROMISED, SPOKEN, Choice, Script

_CLIENTS = {
    PAUSED: "client en pause",
    ANNUAL: "client à l’année",
    PROMISED: "appel promis",
    SPOKEN: "déjà parlé",
}
_JUMP_NAMES = {jump: name for name, jump in JUMPS.items()}


def listing(script: Script) -> str:
    """Every step by phase, with its choices and where they lead."""
    lines = [f"Script {script.hash[:12]}, {len(script.steps)} étapes"]
    phase = ""
    for step in script.steps.values():
        if step.phase != phase:
            phase = step.phase
            lines += ["", f"== {phase} =="]
        lines += ["", f"{step.id}\u202f: {step.title} ({step.place})" if step.place else step.title]
        if step.capture:
            lines.append(f"     à saisir\u202f: {step.capture.label}")
        lines += [f"     {_CLIENTS[fact]} → {instead}" for fact, instead in step.stand_ins.items()]
        lines += [
            f"  {number}. {choice.label} → {_end(choice)}" for number, choice in enumerate(step.choices, 1)
        ]
    lines += ["", "== À une touche, depuis une étape de conversation =="]
    lines += [f"  {_JUMP_NAMES.get(name, name)} → {target}" for name, target in script.anywhere.items()]
    return "\n".join(lines) + "\n"


def mermaid(script: Script) -> str:
    """The graph in Mermaid's language; the one-key steps stand apart, reachable from everywhere."""
    names = _names(script)
    lines = ["flowchart TD"]
    lines += [f'    {names[step.id]}["{_mermaid(step.title)}"]' for step in script.steps.values()]
    lines += [f'    {_outcome(end)}(["{OUTCOMES[end].word}"])' for end in _outcomes(script)]
    for source, choice in _edges(script):
        target = _outcome(choice.outcome) if choice.outcome else names[str(choice.to)]
        lines.append(f'    {names[source]} -->|"{_mermaid(choice.label)}"| {target}')
    return "\n".join(lines) + "\n"


def _edges(script: Script) -> Iterable[tuple[str, Choice]]:
    return ((step.id, choice) for step in script.steps.values() for choice in step.choices)


def _outcomes(script: Script) -> list[CallOutcome]:
    return sorted({choice.outcome for _, choice in _edges(script) if choice.outcome})


def _outcome(outcome: CallOutcome) -> str:
    return f"issue_{outcome.value}"


def _end(choice: Choice) -> str:
    return f"[{OUTCOMES[choice.outcome].word}]" if choice.outcome else str(choice.to)


def _names(script: Script) -> dict[str, str]:
    """Mermaid reads some words (« end ») and dashes as its own: steps go by number."""
    return {step: f"e{number}" for number, step in enumerate(script.steps)}


def _mermaid(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
