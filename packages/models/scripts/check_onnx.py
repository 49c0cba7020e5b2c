"""Checks exported networks with the onnx package: the checker with full_check (which infers all types and shapes),
strict shape inference, and that what it infers of the outputs is what the file declares. A developer's check; the
package and its tests need no Python.

    pip install onnx==1.23.1
    npm run build && node packages/models/scripts/export_onnx.mjs FOLDER && python check_onnx.py FOLDER
"""
import collections
import pathlib
import sys

import onnx
from onnx import shape_inference


def shape(value):
    return [d.dim_param or d.dim_value or "?" for d in value.type.tensor_type.shape.dim]


failed = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    try:
        onnx.checker.check_model(str(path), full_check=True)
        model = onnx.load(path)
        declared = {v.name: shape(v) for v in [*model.graph.input, *model.graph.output, *model.graph.value_info]}
        del model.graph.value_info[:]
        for output in model.graph.output:  # keep the type, infer the shape anew
            output.type.tensor_type.ClearField("shape")
        inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        found = {v.name: shape(v) for v in [*inferred.graph.output, *inferred.graph.value_info]}
        wrong = [
            (name, declared[name], now)
            for name, now in found.items()
            if name in declared
            and (len(now) != len(declared[name]) or any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(now, declared[name])))
        ]
        assert not wrong, f"declared and inferred shapes differ: {wrong[:3]}"
        untyped = [o for node in inferred.graph.node for o in node.output if o and o not in found]
        assert not untyped, f"no shape inferred for {untyped[:3]}"
        operators = collections.Counter(node.op_type for node in model.graph.node)
        images = [v for v in model.graph.input]
        print(path.stem, "ok:", sum(operators.values()), "nodes,", path.stat().st_size >> 20, "MiB,",
              "opset", model.opset_import[0].version, "ir", model.ir_version, dict(operators.most_common()),
              *(f"{v.name}{shape(v)}" for v in [*images, *inferred.graph.output]))  # fmt: skip
    except Exception as error:  # each file is checked, whatever became of the others
        failed += 1
        print(path.stem, "FAILED:", str(error)[:2000])
sys.exit(1 if failed else 0)
