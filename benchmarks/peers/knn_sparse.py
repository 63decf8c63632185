"""Exact KNN-Shapley by cosine over sparse vectors: scipy's sparse product, numpy's stable sort.

The points come in the order that breaks ties, and dot^2 / norm is one correctly rounded division of exact integers, so
the values must be ours to the last step.
"""

import sys
from pathlib import Path

from serve import cpu, serve

folder, k = Path(sys.argv[1]), int(sys.argv[2])
SCALE = 2.0**40


def with_scipy():
    import numpy as np
    from scipy.sparse import csr_matrix

    def read(name):
        part = lambda what, dtype: np.fromfile(folder / f"{name}-{what}", dtype=dtype)
        labels = part("labels", np.int32)
        weights = part("weights", np.int8).astype(np.float64)
        shape = (len(labels), 1 << 18)
        return csr_matrix((weights, part("ids", np.int32), part("offsets", np.int32)), shape=shape), labels

    points, labels = read("points")
    queries, truths = read("queries")
    expected = np.fromfile(folder / "expected", dtype=np.int64) / SCALE
    by_term = points.T.tocsr()
    norms = np.asarray(points.multiply(points).sum(axis=1)).ravel()
    steps = 1.0 / np.maximum(k, np.arange(1, len(labels), dtype=np.float64))

    def work():
        values = np.zeros(len(labels))
        for row, truth in zip(queries, truths):
            dots = (row @ by_term).toarray().ravel()
            order = np.argsort(-dots * dots / norms, kind="stable")
            match = (labels[order] == truth).astype(np.float64)
            credit = np.empty_like(match)
            credit[-1] = match[-1] / max(k, len(match))
            gains = (match[:-1] - match[1:]) * steps
            credit[:-1] = credit[-1] + np.cumsum(gains[::-1])[::-1]
            values[order] += credit
        return values

    apart = np.abs(expected - work()).max()
    if apart > 1e-6:
        print(f"knn_sparse.py: the values differ from ours by up to {apart:.3g}", file=sys.stderr)
    return lambda: {"seconds": cpu(work)[0]}


serve([("scipy", "scipy CSR, numpy sort", ["scipy"], with_scipy)])
