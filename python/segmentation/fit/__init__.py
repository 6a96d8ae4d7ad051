"""Fit segments to training customers, choose their number and measure stability."""
