"""K-means (Lloyd 1982): with the k that is set, or that the rule chooses."""

from segmentation.methods import FitInput, Method, Partition
from segmentation.score.quadratic import QuadraticScorer


def fit(fit_input: FitInput) -> Partition:
    """Take the segments of the chosen k."""
    from segmentation.fit import k_selection

    selection = fit_input.selection or k_selection.select_k(
        fit_input.matrix,
        fit_input.n_segments or "auto",
        k_selection.SelectionSettings.from_mapping(fit_input.settings),
        fit_input.next_window,
    )
    clustering = selection.clustering
    return Partition(
        labels=clustering.labels,
        n_segments=len(clustering.centers),
        scorer=QuadraticScorer.nearest_centroid(clustering.centers),
        selection=selection,
    )


METHOD = Method(fit, selects_k="if_auto")
