"""Publish the public tables of a warehouse to a file that readers may always open."""
