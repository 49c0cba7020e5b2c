"""Opens with real Keras what writeForKeras.ts wrote, and compares it with the originals that Keras wrote:
equal outputs, an equal optimizer state, and equal weights after two more steps of training.

    pip install keras==3.15.1 tensorflow-cpu==2.21.0
    python packages/transfer/scripts/checkKeras.py FROM TO     # the folders of writeForKeras.ts

Last result, Keras 3.15.1 on TensorFlow 2.21.0 (CPU), the 39 models of reference/files/keras: 32 are read and written (96 files).
All open; outputs are equal bit for bit, but for models of half precision (7.5e-4) and float64 (7.8e-8), which
are written as float32; the optimizer's state is equal, and so are the weights after two more steps.

What is Keras' own, tried with files that Keras 3.15.1 wrote itself: a model loaded from `.h5` whose optimizer has slots
raises "Unknown variable" at its first step of training, for the optimizer was built for no variables (compile it anew, or
use `.keras`). And TensorFlow 2.21 ends the process (SIGSEGV) where it trains the mini_XCEPTION of Keras 2.0.5 on the CPU,
with random weights, SGD and run eagerly, too: its gradients, not the file.
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np
from keras.src.legacy.saving.legacy_h5_format import load_optimizer_weights_from_hdf5_group

originals, written = map(pathlib.Path, sys.argv[1:])


def inputs_of(model):
    random = np.random.default_rng(0)
    def one(x):
        shape = [extent or 3 for extent in x.shape]
        if "int" in x.dtype:
            return random.integers(0, 4, shape).astype(x.dtype)
        return random.normal(size=shape).astype(x.dtype)
    return keras.tree.map_structure(one, model.inputs)


def flat(values):
    return [np.asarray(value, "f8") for value in keras.tree.flatten(values)]


def leaves(model):
    for layer in model.layers:
        yield from leaves(layer) if hasattr(layer, "layers") else [layer]


def train(model, x):
    """Two steps towards ones: from the same state they end at the same weights."""
    y = [np.ones([extent or 3 for extent in output.shape], "f4") for output in model.outputs]
    for layer in leaves(model):
        if hasattr(layer, "rate"):
            layer.rate = 0  # both would draw other masks
    y = y[0] if len(y) == 1 else (y if isinstance(model.output, list) else dict(zip(model.output_names, y)))
    for _ in range(2):
        model.train_on_batch(x, y)
    return flat(model.get_weights())


failed = 0
for path in sorted(written.iterdir()):
    name, ending = path.name.split(".", 1)
    original = keras.models.load_model(originals / f"{name}.keras")
    x = inputs_of(original)
    notes = []
    try:
        if ending == "weights.h5":
            model = keras.models.load_model(originals / f"{name}.keras", compile=False)
            for weight in model.weights:
                weight.assign(np.zeros(weight.shape))
            model.load_weights(path)
        else:
            model = keras.models.load_model(path)
        expected = original(x, training=False)
        # A model of named inputs and outputs is one of lists in the written file.
        if isinstance(expected, dict):
            by_name = dict(zip(original.output_names, flat(expected)))
            expected = [by_name[key] for key in model.output_names]
        listed = [x[tensor.name] for tensor in model.inputs] if isinstance(x, dict) else x
        expected, got = flat(expected), flat(model(listed, training=False))
        worst = max(np.abs(a - b).max() for a, b in zip(expected, got))
        notes.append(f"outputs within {worst:.1e}")
        if worst > (2e-2 if name.startswith("mixed") else 1e-5):
            raise AssertionError("outputs differ")
        optimizer = getattr(original, "optimizer", None)
        if ending != "weights.h5" and optimizer is not None and "mixed" not in name and "float64" not in name:
            if ending == "h5":
                # Keras 3.15 builds the optimizer for no variables before it fills them, and begins anew with its own
                # files too; what lies in the file is given to it by hand.
                with h5py.File(path) as file:
                    values = [np.array(value) for value in load_optimizer_weights_from_hdf5_group(file)]
                fresh = type(model.optimizer).from_config(model.optimizer.get_config())
                fresh.build(model.trainable_variables)
                fresh.set_weights(values)
                model.compile(fresh, original.loss, run_eagerly=True)
            pairs = zip(optimizer.variables, model.optimizer.variables, strict=True)
            for a, b in pairs:
                np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)
            notes.append(f"state of {len(optimizer.variables)} variables equal")
            expected, got = train(original, x), train(model, x)
            worst = max(np.abs(a - b).max() for a, b in zip(expected, got, strict=True))
            notes.append(f"after two steps within {worst:.1e}")
            if worst > 1e-5:
                raise AssertionError("weights after training differ")
    except Exception as error:
        failed += 1
        notes.append(f"FAILED: {type(error).__name__}: {str(error)[:300]}")
    print(path.name, "; ".join(notes), flush=True)
print(f"{failed} failed")
sys.exit(failed > 0)
