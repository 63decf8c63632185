"""Serves measurements to the benchmarks: a line with a peer's key comes in, a JSON line with its figures goes out.

First line out: {"peers": {key: {"name", "version"}}, "missing": {key: module}}. Seconds are CPU seconds of the whole
process; what a peer does before it calls `Clock` is not measured. Prints of libraries go to standard error.
"""

import importlib
import json
import os
import sys
import time


def serve(peers):
    """peers: list of (key, name, modules, setup); setup() loads the data and returns measure() -> dict of figures."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    found, missing, setups = {}, {}, {}
    for key, name, modules, setup in peers:
        try:
            loaded = [importlib.import_module(module) for module in modules]
        except ImportError as error:
            missing[key] = error.name or modules[0]
            continue
        version = next((m.__version__ for m in loaded if hasattr(m, "__version__")), "unknown")
        found[key] = {"name": name, "version": version}
        setups[key] = setup
    print(json.dumps({"peers": found, "missing": missing}), file=out)
    ready = {}
    for line in sys.stdin:
        key = line.strip()
        if key not in ready:
            ready[key] = setups[key]()
        print(json.dumps(ready[key]()), file=out)


def cpu(work):
    """CPU seconds of work(), and its result."""
    before = time.process_time()
    result = work()
    return time.process_time() - before, result
