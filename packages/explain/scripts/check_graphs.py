"""Runs the graphs of writeGraphs.ts in Python's onnxruntime: the largest difference of each map, relative to its
largest number. Needs onnxruntime and numpy.

    python check_graphs.py FOLDER
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

folder = Path(sys.argv[1])
expected = json.loads((folder / "maps.json").read_text())
image = np.array(expected["image"], np.float32).reshape(expected["shape"])
worst = 0.0
for method, numbers in expected["maps"].items():
    session = onnxruntime.InferenceSession(str(folder / f"{method}.onnx"), providers=["CPUExecutionProvider"])
    (got,) = session.run(["map"], {"image": image})
    want = np.array(numbers, np.float32).reshape(got.shape)
    difference = float(np.abs(got - want).max() / np.abs(want).max())
    worst = max(worst, difference)
    print(f"{method:22} {difference:.1e}")
print(f"onnxruntime {onnxruntime.__version__}: {len(expected['maps'])} graphs, at most {worst:.1e}")
sys.exit(worst >= 1e-4)
