"""Keras on a workload, speaking the worker protocol of src/measure/workers.ts.

    python keras_worker.py WORKLOAD    I1-b1 ... I3-<network>: one prediction of a network of keras.applications

Weights are generated, the graph is compiled once (tf.function). Tried with keras 3.15.1, tensorflow 2.21.0 (CPU).
Where oneDNN dies with SIGFPE, as in virtual machines that hide their caches: TF_ENABLE_ONEDNN_OPTS=0.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
threads = int(os.environ.get("PEERS_THREADS", "2"))

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(threads)

import keras

NAMES = {"I1": "mobilenet", "I2": "resnet50"}

def build(name):
    found = [each for each in dir(keras.applications) if each.lower() == name and each[0].isupper()]
    if not found:
        sys.exit(f"error: keras.applications has no {name}")
    return getattr(keras.applications, found[0])(weights=None)

def prepare(workload):
    kind, *rest = workload.split("-")
    if kind[0] != "I":
        sys.exit(f"error: {workload}: predictions alone are timed with Keras")
    name = NAMES.get(kind) or rest[0]
    batch = int(rest[-1][1:]) if rest[-1][:1] == "b" and rest[-1][1:].isdigit() else 1
    model = build(name)
    x = tf.constant(np.random.default_rng(0).random((batch, *model.input_shape[1:]), dtype=np.float32))
    run = tf.function(lambda images: model(images, training=False))
    return lambda: run(x).numpy()

def say(**fields):
    print(json.dumps(fields), flush=True)

step = prepare(sys.argv[1])

def timed():
    began = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - began)

say(ready=True, best_warm_ms=min(timed() for _ in range(2)))
for line in sys.stdin:
    times = sorted(timed() for _ in range(int(line)))
    middle = (times[len(times) // 2] + times[(len(times) - 1) // 2]) / 2
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(median_ms=middle, n=len(times), rss_mb=round(rss), times_ms=times, version=keras.__version__)
