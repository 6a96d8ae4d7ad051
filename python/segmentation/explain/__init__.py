"""Explain segments by rules on the features."""
