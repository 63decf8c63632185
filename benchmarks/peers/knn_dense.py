"""Exact KNN-Shapley over dense vectors: vectorised numpy, and pyDVL's KNNShapleyValuation with one job.

Both work in float64 on the same points as ours and must give the values that ours gives (within a millionth).
"""

import sys
from pathlib import Path

from serve import cpu, serve

folder = Path(sys.argv[1])
dimensions, k, numpy_points, pydvl_points = (int(text) for text in sys.argv[2:6])
SCALE = 2.0**40


def load(count, key):
    import numpy as np

    points = np.fromfile(folder / "points", dtype=np.int8).reshape(-1, dimensions)
    labels = np.fromfile(folder / "labels", dtype=np.int32)
    queries = np.fromfile(folder / "queries", dtype=np.int8).reshape(-1, dimensions)[:count]
    truths = np.fromfile(folder / "truths", dtype=np.int32)[:count]
    expected = np.fromfile(folder / key, dtype=np.int64) / SCALE
    return np, points, labels, queries, truths, expected


def check(np, key, expected, found):
    # Squared distances are integers: ties are common, pyDVL may break them otherwise, and values move by a step or two.
    apart = np.abs(expected - found).max()
    if apart > 1e-6:
        print(f"knn_dense.py: {key} differs from ours by up to {apart:.3g} (ties are ordered otherwise)", file=sys.stderr)


def with_numpy():
    np, points, labels, queries, truths, expected = load(numpy_points, "numpy")
    # Inner products are integers below 2^24: exact in float32, and BLAS is at its fastest.
    wide, asked = points.astype(np.float32), queries.astype(np.float32)
    squares = (wide * wide).sum(axis=1)
    ranks = np.arange(1, len(labels), dtype=np.float64)
    steps = 1.0 / np.maximum(k, ranks)

    def work():
        values = np.zeros(len(labels))
        distances = squares - 2 * (asked @ wide.T)
        for row, truth in zip(distances, truths):
            order = np.argsort(row, kind="stable")
            match = (labels[order] == truth).astype(np.float64)
            credit = np.empty_like(match)
            credit[-1] = match[-1] / max(k, len(match))
            gains = (match[:-1] - match[1:]) * steps
            credit[:-1] = credit[-1] + np.cumsum(gains[::-1])[::-1]
            values[order] += credit
        return values

    check(np, "numpy", expected, work())
    return lambda: {"seconds": cpu(work)[0]}


def with_pydvl():
    from pydvl.valuation import Dataset, KNNShapleyValuation
    from sklearn.neighbors import KNeighborsClassifier

    np, points, labels, queries, truths, expected = load(pydvl_points, "pydvl")
    train = Dataset(points.astype(np.float64), labels)
    test = Dataset(queries.astype(np.float64), truths)

    def work():
        model = KNeighborsClassifier(n_neighbors=k, algorithm="brute")
        return KNNShapleyValuation(model=model, test_data=test, progress=False).fit(train).result.values

    # pyDVL reports the mean over the hold-out where ours is the sum.
    check(np, "pydvl", expected, work() * len(truths))
    return lambda: {"seconds": cpu(work)[0]}


serve(
    [
        ("numpy", "numpy, vectorised", ["numpy"], with_numpy),
        ("pydvl", "pyDVL KNNShapleyValuation", ["pydvl", "sklearn"], with_pydvl),
    ]
)
