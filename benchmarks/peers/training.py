"""LinearSVC on TF-IDF of word 1-2-grams and character 2-5-grams: CPU seconds of the fit with and without features."""

import json
import sys
from pathlib import Path

from serve import cpu, serve

folder = Path(sys.argv[1])


def with_svc():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union
    from sklearn.svm import LinearSVC

    corpus = json.loads((folder / "texts.json").read_text())
    texts, labels = ([row[key] for row in corpus["train"]] for key in ("text", "label"))
    unseen, truths = ([row[key] for row in corpus["test"]] for key in ("text", "label"))

    def measure():
        features = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        )
        extraction, rows = cpu(lambda: features.fit_transform(texts))
        model = LinearSVC()
        fit, _ = cpu(lambda: model.fit(rows, labels))
        accuracy = 100 * model.score(features.transform(unseen), truths)
        return {"fit": fit, "fitWithFeatures": extraction + fit, "accuracy": accuracy}

    return measure


serve([("svc", "scikit-learn LinearSVC", ["sklearn"], with_svc)])
