"""What Keras and PyTorch have, by their own lists: fixtures/features.json, which the docs' comparison counts.

    python features.py      (Keras 3.15.1, torch; no network)
"""

import datetime
import inspect
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"
import keras
import torch


def classes(module, base, but=()):
    """Names of a module's classes that derive from base, base and abstract ones aside."""
    return sorted(
        name
        for name, each in vars(module).items()
        if inspect.isclass(each) and issubclass(each, base) and each is not base and not name.startswith("_") and name not in but
    )


def unique(module, base, but=()):
    """As classes, each class once, by its own name."""
    names = {getattr(module, name).__name__ for name in classes(module, base, but)}
    return sorted(names - set(but))


record = {
    "at": datetime.date.today().isoformat(),
    "keras": {
        "version": keras.__version__,
        "layers": unique(keras.layers, keras.layers.Layer, ("Wrapper", "RNN", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "StackedRNNCells", "InputLayer", "Lambda", "Pipeline")),
        "losses": unique(keras.losses, keras.losses.Loss),
        "metrics": unique(keras.metrics, keras.metrics.Metric, ("MeanMetricWrapper", "Mean", "Sum")),
        "optimizers": unique(keras.optimizers, keras.optimizers.Optimizer, ("LossScaleOptimizer",)),
        "schedules": unique(keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
    },
    "torch": {
        "version": torch.__version__.split("+")[0],
        "layers": [name for name in classes(torch.nn, torch.nn.Module) if not name.endswith("Loss")],
        "losses": [name for name in classes(torch.nn, torch.nn.Module) if name.endswith("Loss")],
        "optimizers": classes(torch.optim, torch.optim.Optimizer),
        "schedules": classes(torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler),
    },
}
path = pathlib.Path(__file__).parent.parent / "fixtures" / "features.json"
path.write_text(json.dumps(record, indent=1) + "\n")
for name, lists in record.items():
    print(name, lists if isinstance(lists, str) else {k: v if isinstance(v, str) else len(v) for k, v in lists.items()})
