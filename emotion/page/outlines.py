"""The outlines of regions as SVG paths, on the grid of the 48x48 pixels."""

import numpy as np


def outlines(regions):
    """Trace every region along the edges of its pixels.

    Args:
        regions: (h, w) int, numbered from 0 without gaps.

    Returns:
        list of str, an SVG path a region: closed loops in pixels, x from 0 to w and y from 0 to h.
    """
    padded = np.pad(regions, 1, constant_values=-1)
    edges = [{} for _ in range(regions.max() + 1)]  # by region: where an edge begins -> where it may end
    for y, x in np.ndindex(regions.shape):
        region, (row, column) = regions[y, x], (y + 1, x + 1)
        for neighbour, begin, end in (  # clockwise, the region on the right
            (padded[row - 1, column], (x, y), (x + 1, y)),
            (padded[row, column + 1], (x + 1, y), (x + 1, y + 1)),
            (padded[row + 1, column], (x + 1, y + 1), (x, y + 1)),
            (padded[row, column - 1], (x, y + 1), (x, y)),
        ):
            if neighbour != region:
                edges[region].setdefault(begin, []).append(end)
    return ["".join(_loops(of_region)) for of_region in edges]


def _loops(edges):
    """Yield closed paths until no edge is left."""
    while edges:
        begin = point = next(iter(edges))
        path, direction = f"M{begin[0]} {begin[1]}", None
        while True:
            ends = edges[point]
            end = ends.pop()
            if not ends:
                del edges[point]
            step = (end[0] - point[0], end[1] - point[1])
            if direction is not None and step != direction:
                path += f"L{point[0]} {point[1]}"
            point, direction = end, step
            if point == begin:
                break
        yield f"{path}Z"
