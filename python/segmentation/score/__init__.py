"""Predict the segment of any customer from scaled features, as SQL does."""
