"""The three ways in which a segment follows from scaled features, as plain numbers.

A scorer is all that is kept of a fitted method. What it predicts here, SQL predicts
from the registry. Nothing here imports scikit-learn: a build that only scores must not
pay for it.
"""

from segmentation.score.network import NetworkScorer
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.rules import RulesScorer

Scorer = QuadraticScorer | RulesScorer | NetworkScorer
SCORERS: dict[str, type[QuadraticScorer] | type[RulesScorer] | type[NetworkScorer]] = {
    scorer.name: scorer for scorer in (QuadraticScorer, RulesScorer, NetworkScorer)
}
