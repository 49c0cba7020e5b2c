"""Opens with real Keras what writeForKeras.ts wrote: outputs equal to Cajal's and to those of the original, an optimizer's
state equal to the original's, and equal weights after two more steps of training in Keras.

    pip install keras==3.15.1 tensorflow-cpu==2.21.0
    node scripts/run-source.mjs packages/transfer/scripts/writeForKeras.ts FROM… TO
    python packages/transfer/scripts/checkKeras.py FROM… TO
    TF_ENABLE_ONEDNN_OPTS=1 python packages/transfer/scripts/checkKeras.py FROM… TO     # those of channels first

Last result, Keras 3.15.1 on TensorFlow 2.21.0 (CPU): reference/files/{keras,old,tfjs}, real-models/{h5,keras,tfjs} and
fixtures, 121 models in 357 files: all open. Outputs are within 2e-6 of Cajal's and bit for bit the original's, but for
models of half precision (2.3e-3) and float64 (7e-8), which are written as float32; optimizers' states are equal, and so are
the weights after two more steps (1e-7 for float64). Where Keras does not open an original with its optimizer (those of
Keras 2, TF.js), `.keras` and `.h5` are trained beside each other, and are equal.

What is Keras' own, tried with files that Keras 3.15.1 wrote itself: a model loaded from `.h5` whose optimizer has slots
raises "Unknown variable" at its first step of training, for the optimizer was built for no variables (compile it anew, or
use `.keras`). And with oneDNN, TensorFlow 2.21's gradient of a 1 x 1 kernel with strides writes beyond its memory and ends
the process; so it does where the original `.hdf5` of mini_XCEPTION (Keras 2.0.5) is trained, and in one operation alone:

    x, y = tf.ones([2, 60, 60, 8]), tf.ones([2, 30, 30, 16])
    tf.raw_ops.Conv2DBackpropFilter(input=x, filter_sizes=[1, 1, 8, 16], out_backprop=y, strides=[1, 2, 2, 1], padding="SAME")

TF_ENABLE_ONEDNN_OPTS=0 trains all of them.
"""

import os
import pathlib
import sys
import traceback
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# TensorFlow convolves channels first on a processor only by oneDNN in graphs, and trains mini_XCEPTION only without it.
CHANNELS_FIRST = os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0") == "1"
import absl.logging
import h5py
import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.saving.legacy_h5_format import load_optimizer_weights_from_hdf5_group

absl.logging.set_verbosity("error")
tf.get_logger().setLevel("ERROR")
warnings.filterwarnings("ignore")
*originals, written = map(pathlib.Path, sys.argv[1:])
# What is compared is one and the same computation; for a policy of half precision, one with the weights' full precision.
CLOSE, CLOSE_TO_HALF = 1e-5, 2e-2


def flat(values):
    return [np.asarray(value, "f8") for value in keras.tree.flatten(values)]


def farthest(expected, got):
    for a, b in zip(expected, got, strict=True):
        assert a.shape == b.shape, f"shape {b.shape}, expected {a.shape}"
    return max((np.abs(a - b).max(initial=0) for a, b in zip(expected, got)), default=0)


def layers_of(layer):
    """A layer, and what it wraps or consists of."""
    yield layer
    for inner in layer._flatten_layers(include_self=False, recursive=False):
        yield from layers_of(inner)


def structured(of, values, names):
    """A list of values in a model's structure of inputs or outputs (`of` says which), by their names where it has such."""
    tensors = keras.tree.flatten(of)
    by_name = dict(zip(names, values))
    listed = [by_name[t.name] for t in tensors] if all(t.name in by_name for t in tensors) else values
    return keras.tree.pack_sequence_as(of, listed)


def graph_of(model):
    """What a Sequential computes is a functional model within it."""
    return getattr(model, "_functional", None) or model


def outputs_of(model, like, x):
    """The outputs, of inputs in the order of another model's."""
    graph, names = graph_of(model), [t.name for t in graph_of(like).inputs]
    x = structured(graph.input, x, names)
    return flat(tf.function(graph)(x, training=False) if CHANNELS_FIRST else graph(x, training=False))


def optimizer_of(model, path):
    """An optimizer with the state of the file, or None where the file has none."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or path.suffix == ".keras":
        return optimizer
    # Keras 3.15 builds the optimizer of a .h5 for no variables before it fills them, and begins anew with its own
    # files too; what lies in the file is given to it by hand.
    fresh = type(optimizer).from_config(optimizer.get_config())
    fresh.build(model.trainable_variables)
    with h5py.File(path) as file:
        if "optimizer_weights" not in file:
            return fresh
        values = [np.array(value) for value in load_optimizer_weights_from_hdf5_group(file)]
    if len(values) != len(fresh.variables):
        return None  # of Keras 1 and 2, which Keras 3 does not take over
    fresh.set_weights(values)
    return fresh


def train(model, like, x, optimizer, loss):
    """Two steps towards ones: from the same state they end at the same weights."""
    for layer in layers_of(model):
        for name in ["rate", "stddev", "dropout", "recurrent_dropout"]:
            try:
                if isinstance(getattr(layer, name, None), (int, float)):
                    setattr(layer, name, 0.0)  # both would draw other numbers
            except AttributeError:
                pass  # it is the cell's
    graph = graph_of(model)
    x = structured(graph.input, x, [t.name for t in graph_of(like).inputs])
    outputs = tf.function(graph)(x, training=False) if CHANNELS_FIRST else graph(x, training=False)
    y = [np.ones(each.shape, "f4") for each in flat(outputs)]
    if "sparse" in str(loss):
        y = [np.ones(each.shape[:-1], "int32") for each in y]
    y = keras.tree.pack_sequence_as(graph.output, y)
    model.compile(optimizer or "adam", loss or "mse", run_eagerly=not CHANNELS_FIRST, jit_compile=False)
    model._compile_metrics = None  # those of Keras 2 fail in Keras 3
    for _ in range(2):
        loss = model.train_on_batch(x, y)
    return loss, flat(model.get_weights())


def computes_halved(model):
    return any(layer.dtype_policy.name not in ("float32", "float64") for layer in layers_of(model))


def check(path, original, original_path, x, expected):
    """What was compared, in words."""
    notes = []
    form = path.with_name(path.name.removesuffix(".weights.h5") + ".keras")
    weights_alone = path.name.endswith(".weights.h5")
    model = keras.models.load_model(form if weights_alone else path, compile=not weights_alone)
    like, half = model, original is not None and computes_halved(original)
    if weights_alone:
        model = original or model
        for weight in model.weights:
            weight.assign(np.zeros(weight.shape))
        model.load_weights(path)
        original = None
    compared = {"Cajal's": expected}
    if original:
        compared["the original's"] = outputs_of(original, like, x)
    got = outputs_of(model, like, x)
    for whose, values in compared.items():
        scale = max([1, *(np.abs(value).max(initial=0) for value in values)])
        worst = farthest(values, got) / scale
        notes.append(f"outputs within {worst:.1e} of {whose}")
        assert worst <= (CLOSE_TO_HALF if half else CLOSE), f"outputs differ from {whose}: {worst:.1e}"
    if weights_alone:
        return notes
    optimizer = optimizer_of(model, path)
    theirs = original and optimizer_of(original, original_path)
    # States of a scaled loss are not written, and those of float64 are rounded.
    if theirs and not half:
        for a, b in zip(theirs.variables, optimizer.variables, strict=True):
            np.testing.assert_array_equal(np.asarray(a).astype(np.asarray(b).dtype), np.asarray(b), err_msg=a.path)
        notes.append(f"state of {len(theirs.variables)} variables equal")
    # Beside a kernel that has a low rank added others learn than in one to which it was added for good.
    lora = original and any(getattr(layer, "lora_enabled", False) for layer in layers_of(original))
    if half or lora or not model.trainable_variables:
        return notes
    # What it is compared with: the original, or where Keras does not open it with its optimizer, the other form.
    other, other_path = original, original_path
    if other is None or (theirs is None and optimizer):
        other_path = path.with_suffix({".keras": ".h5", ".h5": ".keras"}[path.suffix])
        if not other_path.exists():
            return notes
        other = keras.models.load_model(other_path)
    before = flat(model.get_weights())
    loss = getattr(model, "loss", None)
    state = theirs if other is original else optimizer_of(other, other_path)
    _, expected = train(other, like, x, state, loss)
    last, got = train(model, like, x, optimizer, loss)
    assert np.isfinite(last).all(), f"loss {last}"
    assert farthest(before, got) > 0, "training changed nothing"
    worst = farthest(expected, got)
    notes.append(f"two steps within {worst:.1e} of {'the original' if other is original else other_path.suffix}")
    assert worst <= CLOSE, f"weights after training differ: {worst:.1e}"
    return notes


def load(path):
    """The original, or why Keras does not open it."""
    if path.is_dir():
        return None, "of TF.js"
    error = None
    for compiled in (True, False):
        try:
            return keras.models.load_model(path, compile=compiled), error
        except Exception as reason:
            error = f"{type(reason).__name__}: {str(reason).strip().splitlines()[0][:80]}"
    return None, error


def check_model(name, ending):
    arrays = np.load(written / f"{name}.npz")
    x = [arrays[f"input/{i}"] for i in range(sum(key.startswith("input/") for key in arrays))]
    expected = flat([arrays[f"output/{i}"] for i in range(len(arrays) - len(x))])
    path = next(folder / name for folder in originals if (folder / name).exists())
    original, why = load(path)
    try:
        notes, ok = check(written / f"{name}.{ending}", original, path, x, expected), True
    except Exception as error:
        if os.environ.get("TRACE"):
            traceback.print_exc()
        notes, ok = [f"FAILED: {type(error).__name__}: {str(error)[:300]}"], False
    print(f"{name}.{ending}", "; ".join([*notes, *([f"original: {why}"] if why else [])]), flush=True)
    return ok


failed = files = models = 0
for arrays_path in sorted(written.glob("*.npz")):
    name = arrays_path.name.removesuffix(".npz")
    if name.startswith("channels_first") != CHANNELS_FIRST:
        continue
    # Not in .h5 are operations of Keras 3, which it does not read there.
    endings = [ending for ending in ("keras", "h5", "weights.h5") if (written / f"{name}.{ending}").exists()]
    # A process for each, as TensorFlow ends some of them.
    if (child := os.fork()) == 0:
        os._exit(sum(not check_model(name, ending) for ending in endings))
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        print(f"{name} FAILED: its process ended with signal {os.WTERMSIG(status)}", flush=True)
    files, models = files + len(endings), models + 1
    failed += 1 if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
print(f"{files} files of {models} models, {failed} failed")
sys.exit(failed > 0)
