"""PyTorch on a workload, speaking the worker protocol of src/measure/workers.ts.

    python torch_worker.py WORKLOAD              times it (eager, NCHW)
    python torch_worker.py WORKLOAD FILE.onnx    exports its network, for plain ONNX Runtime

PEERS_DEVICE=cuda computes on the GPU, from and to arrays of the CPU; TF32 is off there but for PEERS_TF32=1.
Needs torch and torchvision; timm for xception and inceptionresnetv2; onnx to export, and onnxscript where it is there.
Tried with torch 2.14.1, torchvision 0.29.1, timm 1.0.29, onnxscript 0.5.
"""

import json
import os
import resource
import sys
import time

import torch
from torch import nn

DEVICE = os.environ.get("PEERS_DEVICE", "cpu")
TRAIN = {"T1": ("lenet5", 64), "T2": ("convnet", 64), "T3": ("mobilenet", 8), "T4": ("resnet50", 8)}
PREDICT = {"I1": "mobilenet", "I2": "resnet50"}


def block(inputs, outputs, kernel, stride=1, groups=1, activation=nn.ReLU):
    return [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        activation(),
    ]


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def convnet():
    return nn.Sequential(
        *block(3, 32, 3), *block(32, 32, 3), nn.MaxPool2d(2),
        *block(32, 64, 3), *block(64, 64, 3), nn.MaxPool2d(2),
        *block(64, 128, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip


def mobilenet():
    """Version 1 (Howard et al. 2017, table 1); torchvision has only the later ones."""
    layers, channels = block(3, 32, 3, 2, activation=nn.ReLU6), 32
    rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    for outputs, stride in rows + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]:
        layers += block(channels, channels, 3, stride, channels, nn.ReLU6)
        layers += block(channels, outputs, 1, activation=nn.ReLU6)
        channels = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def resnet50():
    from torchvision.models import resnet50

    net = resnet50()
    for module in net.modules():
        # As in the paper and in Keras: the stride is the first 1x1's, not the 3x3's.
        if type(module).__name__ == "Bottleneck" and module.conv2.stride == (2, 2):
            module.conv1.stride, module.conv2.stride = (2, 2), (1, 1)
    return net


class UNet(nn.Module):
    """Lesson 12 with --full; these three are those of packages/train/bench/courseSteps.ts."""

    def __init__(self, widths=(16, 32, 64)):
        super().__init__()
        twice = lambda inputs, width: nn.Sequential(*block(inputs, width, 3), *block(width, width, 3))
        self.down = nn.ModuleList(twice(inputs, width) for inputs, width in zip((3,) + widths, widths))
        pairs = list(zip(widths, widths[1:]))[::-1]
        self.ups = nn.ModuleList(nn.ConvTranspose2d(deep, width, 2, 2) for width, deep in pairs)
        self.joined = nn.ModuleList(twice(2 * width, width) for width, _ in pairs)
        self.head = nn.Conv2d(widths[0], 4, 1)

    def forward(self, x):
        skips = []
        for layers in self.down:
            x = layers(x)
            skips.append(x)
            x = nn.functional.max_pool2d(x, 2)
        x = skips.pop()
        for up, layers in zip(self.ups, self.joined):
            x = layers(torch.cat([skips.pop(), up(x)], 1))
        return self.head(x)


class Forecast(nn.Module):
    def __init__(self, recurrent):
        super().__init__()
        self.recurrent, self.head = recurrent(8, 64, batch_first=True), nn.Linear(64, 1)

    def forward(self, x):
        return self.head(self.recurrent(x)[0][:, -1])


def dcgan():
    normalized = lambda layer, norm: [layer, norm, nn.LeakyReLU(0.2)]
    strided = dict(kernel_size=4, stride=2, padding=1)
    generator = nn.Sequential(
        *normalized(nn.Linear(100, 7 * 7 * 64, bias=False), nn.BatchNorm1d(7 * 7 * 64)),
        nn.Unflatten(1, (64, 7, 7)),
        *normalized(nn.ConvTranspose2d(64, 32, bias=False, **strided), nn.BatchNorm2d(32)),
        nn.ConvTranspose2d(32, 1, **strided), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 32, **strided), nn.LeakyReLU(0.2),
        *normalized(nn.Conv2d(32, 64, bias=False, **strided), nn.BatchNorm2d(64)),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 1),
    )  # fmt: skip
    return generator, discriminator


def adversaries(batch=64):
    """The judge learns from real pictures and drawn ones, then the drawer, through the judge."""
    generator, discriminator = (net.to(DEVICE).train() for net in dcgan())
    adam = lambda net: torch.optim.Adam(net.parameters(), lr=0.0002, betas=(0.5, 0.999), eps=1e-7)
    drawer, judge = adam(generator), adam(discriminator)
    crossentropy = nn.functional.binary_cross_entropy_with_logits
    real, z, own = torch.rand(batch, 1, 28, 28), torch.randn(batch, 100), torch.randn(batch, 100)
    doubtful, no, yes = (torch.full((batch, 1), value) for value in (0.9, 0.0, 1.0))

    def step():
        judge.zero_grad(set_to_none=True)
        with torch.no_grad():
            drawn = generator(z)
        judged = crossentropy(discriminator(real), doubtful) + crossentropy(discriminator(drawn), no)
        judged.backward()
        judge.step()
        drawer.zero_grad(set_to_none=True)
        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        deceived = crossentropy(discriminator(generator(own)), yes)
        deceived.backward()
        drawer.step()
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)
        return judged.item(), deceived.item()

    return step, nn.ModuleList([generator, discriminator]), z


def course(workload):
    """As `prepare`, for a step of the course."""
    if workload == "T7":
        return adversaries()
    forecast = lambda recurrent: (Forecast(recurrent), torch.randn(32, 64, 8), torch.randn(32, 1), nn.functional.mse_loss, 0.001)
    net, x, y, loss, rate = {
        "T5": lambda: (UNet(), torch.rand(16, 3, 32, 32), torch.randint(0, 4, (16, 32, 32)), nn.functional.cross_entropy, 0.005),
        "T6": lambda: forecast(nn.LSTM),
        "T8": lambda: forecast(nn.GRU),
    }[workload]()  # fmt: skip
    net.train()
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, eps=1e-7)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss(net(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step, net, x


def build(name):
    own = {"lenet5": lenet5, "convnet": convnet, "mobilenet": mobilenet, "resnet50": resnet50}
    if name in own:
        return own[name]()
    if name in ("xception", "inceptionresnetv2"):
        import timm

        return timm.create_model({"xception": "legacy_xception"}.get(name, "inception_resnet_v2"))
    import torchvision.models

    if name == "inceptionv3":
        return torchvision.models.inception_v3(aux_logits=False, init_weights=False)
    return getattr(torchvision.models, name)()


def images(name, batch):
    if name == "lenet5":
        return torch.rand(batch, 1, 28, 28)
    side = 32 if name == "convnet" else 299 if name.startswith(("xception", "inception")) else 224
    return torch.rand(batch, 3, side, side)


def prepare(workload):
    """A step, and the network and input that it is made of."""
    if workload in ("T5", "T6", "T7", "T8"):
        return course(workload)
    if workload in TRAIN:
        name, batch = TRAIN[workload]
        net = build(name).to(DEVICE).train()
        x = images(name, batch)
        y = torch.randint(0, net[-1].out_features if name != "resnet50" else 1000, (batch,))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(net(x.to(DEVICE)), y.to(DEVICE))
            loss.backward()
            optimizer.step()
            return loss.item()
    else:
        kind, *rest = workload.split("-")
        name = PREDICT.get(kind) or rest[0]
        batch = int(rest[-1][1:]) if rest[-1][:1] == "b" and rest[-1][1:].isdigit() else 1
        net = build(name).to(DEVICE).eval()
        x = images(name, batch)

        @torch.inference_mode()
        def step():
            return net(x.to(DEVICE)).cpu().numpy()

    return step, net, x


def say(**fields):
    print(json.dumps(fields), flush=True)


def serve(step):
    def timed():
        began = time.perf_counter()
        step()
        return 1000 * (time.perf_counter() - began)

    say(ready=True, best_warm_ms=min(timed() for _ in range(2)))
    for line in sys.stdin:
        times = sorted(timed() for _ in range(int(line)))
        middle = (times[len(times) // 2] + times[(len(times) - 1) // 2]) / 2
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(median_ms=middle, n=len(times), rss_mb=round(rss), times_ms=times, version=torch.__version__)


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("PEERS_THREADS", "2")))
    torch.manual_seed(0)
    tf32 = os.environ.get("PEERS_TF32") == "1"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    step, net, x = prepare(sys.argv[1])
    if len(sys.argv) > 2:
        try:
            torch.onnx.export(net, (x,), sys.argv[2], dynamo=True, external_data=False, verbose=False)
        except ModuleNotFoundError:  # onnxscript: the exporter of before
            torch.onnx.export(net, (x,), sys.argv[2], dynamo=False, opset_version=18)
    else:
        serve(step)
