"""Exact top k by inner product: usearch over int8, numpy over float32. Both must find the rows that ours found."""

import sys
from pathlib import Path

from serve import cpu, serve

folder, dimensions, k = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])


def load():
    import numpy as np

    corpus = np.fromfile(folder / "corpus", dtype=np.int8).reshape(-1, dimensions)
    queries = np.fromfile(folder / "queries", dtype=np.int8).reshape(-1, dimensions)
    expected = np.fromfile(folder / "nearest", dtype=np.uint32).reshape(-1, k)
    return np, corpus, queries, expected


def compare(np, corpus, queries, expected, found):
    """Equal scores may come in another order, so scores are compared, not rows."""
    wide = corpus.astype(np.int32)
    for query, ours, theirs in zip(queries.astype(np.int32), expected, found):
        a, b = np.sort(wide[ours] @ query), np.sort(wide[theirs.astype(np.int64)] @ query)
        if not np.array_equal(a, b):
            print("top_k.py: other neighbours than ours", a, b, file=sys.stderr)
            return


def with_usearch(block):
    def setup():
        from usearch.index import MetricKind, search

        np, corpus, queries, expected = load()

        def work():
            rows = [
                search(corpus, queries[i : i + block], k, MetricKind.IP, exact=True, threads=1).keys
                for i in range(0, len(queries), block)
            ]
            return np.concatenate([row.reshape(-1, k) for row in rows])

        compare(np, corpus, queries, expected, work())
        return lambda: {"ms": 1000 * cpu(work)[0] / len(queries)}

    return setup


def with_numpy(block):
    def setup():
        np, corpus, queries, expected = load()
        points, asked = corpus.astype(np.float32), queries.astype(np.float32)

        def best(scores):
            rows = np.argpartition(-scores, k)[:k]
            return rows[np.argsort(-scores[rows], kind="stable")]

        def work():
            if block == 1:
                return np.stack([best(points @ query) for query in asked])
            return np.stack([best(scores) for scores in asked @ points.T])

        compare(np, corpus, queries, expected, work())
        return lambda: {"ms": 1000 * cpu(work)[0] / len(queries)}

    return setup


serve(
    [
        ("usearch-1", "usearch i8, exact", ["usearch", "numpy"], with_usearch(1)),
        ("usearch-64", "usearch i8, exact", ["usearch", "numpy"], with_usearch(64)),
        ("numpy-1", "numpy f32 gemv, argpartition", ["numpy"], with_numpy(1)),
        ("numpy-64", "numpy f32 gemm, argpartition", ["numpy"], with_numpy(64)),
    ]
)
