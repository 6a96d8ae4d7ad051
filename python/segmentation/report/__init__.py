"""A report that people look at, made of the published file alone.

One page of HTML without a request to anywhere: `python -m segmentation.report`. Each
module is one page of it and holds queries and the specifications of charts.
"""
