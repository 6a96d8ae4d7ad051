"""K-means (Lloyd 1982): as many segments as are set, or as the written rule chooses."""

from segmentation.fit import k_selection
from segmentation.fit.k_selection import SelectionSettings
from segmentation.methods import Division, Method, Problem
from segmentation.score.quadratic import QuadraticScorer


def divide(problem: Problem) -> Division:
    """Take the segments that came out of the choice of their number."""
    selection = problem.selection or k_selection.divide(
        problem.matrix,
        problem.n_segments or "auto",
        SelectionSettings.from_mapping(problem.settings),
    )
    clustering = selection.clustering
    return Division(
        labels=clustering.labels,
        n_segments=len(clustering.centers),
        scorer=QuadraticScorer.nearest_centroid(clustering.centers),
        selection=selection,
    )


METHOD = Method(divide, chooses_number=True)
