"""Writes the ONNX project's own node tests as files, in the layout of its data folder:
OUT/NAME/model.onnx, OUT/NAME/test_data_set_0/{input,output}_I.pb (TensorProto, SequenceProto,
OptionalProto).

    pip install onnx==1.23.0
    python packages/onnx/scripts/exportNodeTests.py OUT
"""

import os
import random
import sys

import numpy as np
from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases


def bytes_of(value, info):
    kind = info.type.WhichOneof("value")
    if isinstance(value, TensorProto):
        return value.SerializeToString()
    if kind == "sequence_type":
        return numpy_helper.from_list(value, info.name).SerializeToString()
    if kind == "optional_type":
        return numpy_helper.from_optional(value, info.name).SerializeToString()
    return numpy_helper.from_array(np.asarray(value), info.name).SerializeToString()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def main(out):
    np.random.seed(0)
    random.seed(0)
    count = 0
    for case in collect_testcases(None):
        folder = os.path.join(out, case.name)
        data = os.path.join(folder, "test_data_set_0")
        os.makedirs(data, exist_ok=True)
        write(os.path.join(folder, "model.onnx"), case.model.SerializeToString())
        graph = case.model.graph
        for what, values, infos in zip(
            ["input", "output"], case.data_sets[0], [graph.input, graph.output]
        ):
            for i, (value, info) in enumerate(zip(values, infos)):
                write(os.path.join(data, f"{what}_{i}.pb"), bytes_of(value, info))
        count += 1
    print(f"{count} cases in {out}")


if __name__ == "__main__":
    main(sys.argv[1])
