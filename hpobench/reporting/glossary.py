"""What the words of a page mean, in tooltips."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

TERMS = {
    "normalised regret": "How far from the best possible loss: 0 is the optimum, 1 the median loss "
    "of a random configuration.",
    "simple regret": "The loss of the best result so far less the optimum.",
    "incumbent": "The best result of a run so far.",
    "clip value": "The median loss of a random configuration, the 1 of normalised regret; a failed "
    "run counts as it.",
    "full evaluation": "The training of one configuration to its last step.",
    "fidelity": "How far a trial trains: epochs, trees or data, say.",
    "rung": "A fidelity at which a scheduler compares trials and stops the worse ones.",
    "seed": "The number that a run's randomness begins with: runs with other seeds repeat it.",
    "expected running time": "The budget that all runs spent until they hit a target or ended, "
    "over the number of hits.",
    "interquartile mean": "The mean of the middle half of all runs.",
    "bootstrap": "Drawing seeds again and again to see how much a mean moves by chance.",
    "held-out loss": "A loss that the searcher did not see, on test data say.",
}
_PATTERN = re.compile(rf"\b({'|'.join(map(re.escape, TERMS))})(s?)\b", re.IGNORECASE)


def glossed(text: str | Markup) -> Markup:
    """``text``, where the first occurrence of each term of :data:`TERMS` has its meaning."""
    met: set[str] = set()

    def explained(match: re.Match[str]) -> str:
        term = match[1].lower()
        if term in met:
            return match[0]
        met.add(term)
        return f'<abbr tabindex="0" data-meaning="{escape(TERMS[term])}">{match[0]}</abbr>'

    return Markup(_PATTERN.sub(explained, str(escape(text))))
