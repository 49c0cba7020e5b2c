"""Compares models with what the onnx package says of them: its checker must pass them, and its
strict shape inference must find the types and shapes that they state.

    pip install onnx==1.23.1
    node scripts/run-source.mjs packages/onnx/scripts/writeSamples.ts /tmp/samples
    python packages/onnx/scripts/check_with_onnx.py /tmp/samples

Exit 1 where a model is refused or two statements contradict each other. Where onnx knows an extent
that the model leaves open it is listed as weaker, the other way round as stronger.
"""

import collections
import pathlib
import sys

import onnx
from onnx import shape_inference


# Samples (by the start of their names) for which onnx and ONNX Runtime differ, or onnx fails.
EXCUSED = {
    "AveragePool_4": "a last window that would begin in the padding: ONNX Runtime leaves it out",
    "MaxPool_4": "a last window that would begin in the padding: ONNX Runtime leaves it out",
    "GroupNormalization": "onnx calls its opset-18 form deprecated; ONNX Runtime runs it",
    "MeanVarianceNormalization": "onnx's own inference of it fails",
    "Squeeze_0_free": "the rank of the result is unknown; onnx's checker wants one",
}


def shape_of(value):
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return [
        d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim
    ]


def values_of(model):
    return {v.name: v for v in [*model.graph.value_info, *model.graph.output]}


def compare(path):
    model = onnx.load(path)
    ours = values_of(model)
    onnx.checker.check_model(model)
    bare = onnx.load(path)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    theirs = values_of(shape_inference.infer_shapes(bare, check_type=True, strict_mode=True, data_prop=True))
    for name, our in ours.items():
        if name not in theirs:
            yield "stronger", f"{name}: not inferred by onnx"
            continue
        their = theirs[name]
        a, b = our.type.tensor_type.elem_type, their.type.tensor_type.elem_type
        if a != b:
            yield "wrong", f"{name}: type {a}, onnx says {b}"
        a, b = shape_of(our), shape_of(their)
        if a == b:
            yield "equal", ""
        elif b is None:
            yield "stronger", f"{name}: {a}, onnx says nothing"
        elif a is None:
            yield "weaker", f"{name}: unknown, onnx says {b}"
        elif len(a) != len(b):
            yield "wrong", f"{name}: {a}, onnx says {b}"
        elif any(isinstance(x, int) and isinstance(y, int) and x != y for x, y in zip(a, b)):
            yield "wrong", f"{name}: {a}, onnx says {b}"
        elif any(not isinstance(x, int) and isinstance(y, int) for x, y in zip(a, b)):
            yield "weaker", f"{name}: {a}, onnx says {b}"
        else:
            yield "stronger", f"{name}: {a}, onnx says {b}"


def main(folder):
    paths = sorted(pathlib.Path(folder).glob("**/*.onnx"))
    counts = collections.Counter()
    for path in paths:
        if path.stem.startswith(tuple(EXCUSED)):
            counts["excused"] += 1
            continue
        try:
            results = list(compare(path))
        except Exception as error:  # each refusal is a finding, whatever its class
            results = [("refused", str(error).strip().splitlines()[0])]
        for verdict, message in results:
            counts[verdict] += 1
            if verdict in ("wrong", "weaker", "refused"):
                print(f"{verdict:8} {path.name}: {message}")
    print(f"{len(paths)} models:", ", ".join(f"{n} {verdict}" for verdict, n in counts.items()))
    return 1 if not paths or counts["wrong"] or counts["refused"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
