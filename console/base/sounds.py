"""How a French name sounds, so that one heard on the telephone is found whatever its spelling.

« legoff » and « Le Goff », « oneil » and « O'Neill », « kerguellen » and « Kerguelen » have one key. It is no
phonetic alphabet: letters that French ears take for one another become one, silent ones go.
"""

import re

from console.base.text import fold

_RULES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"^mac(?=[^aeiouyh])|^mc", "mak"),
        (r"y", "i"),
        (r"ch(?=[lrntm])", "k"),  # Christophe
        (r"tch|sch|sh|ch", "$"),
        (r"ph", "f"),
        (r"h", ""),
        (r"bv", "v"),  # Lefebvre
        (r"ill(?=[aeou])", "i"),
        (r"gu(?=[ei])", "*"),
        (r"g(?=[ei])", "j"),
        (r"gn", "ni"),
        (r"sc(?=[ei])|c(?=[ei])|z", "s"),
        (r"qu|ck|[ckq]", "k"),
        (r"w", "v"),
        (r"\*", "g"),
        (r"(?:ai|ei|i|u)[nm](?=[^aeiounm]|$)", "1"),  # Romain, Martin, Lebrun
        (r"[ae][nm](?=[^aeiounm]|$)", "2"),  # Armand, Clément
        (r"[o][nm](?=[^aeiounm]|$)", "3"),
        (r"oeu|eu", "e"),
        (r"e?au(?:l(?=[tdx]|$))?", "o"),
        (r"oi", "ua"),
        (r"ou", "u"),
        (r"ai|ei", "e"),
        (r"x(?=.)", "ks"),
        (r"(?<=..)(?:e[rtz]s?|e)$", "e"),
        (r"(?<=[^aeiou123]..)r[tds]+$", "r"),
        (r"(?<=..)[tdspx]+$", ""),
        (r"(?<=..)e[ns]t?$|(?<=..)e$", ""),
        (r"(?<=..)[tdspx]+$", ""),
        (r"(.)\1+", r"\1"),
    )
)


def sound(name: str) -> str:
    """The key of a name, empty for one without letters."""
    key = re.sub(r"[^a-z]", "", fold(name.casefold().replace("ç", "s")))
    for pattern, by in _RULES:
        key = pattern.sub(by, key)
    return key
