"""Captum and pytorch-grad-cam on PyTorch, for speed.ts: reads `model method` lines, answers with a line of JSON.

The first line of output says where each network was exported to. Needs torch, timm, torchvision, captum, grad-cam.
"""
import json
import resource
import sys
import time
from pathlib import Path

import timm
import torch

folder = Path(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(0)
# On processors that it does not know it warns at every convolution, and is not used.
torch.backends.nnpack.set_flags(False)
networks = {"MobileNet": "mobilenetv1_100", "ResNet50": "resnet50"}
models = {name: timm.create_model(id, pretrained=False).eval() for name, id in networks.items()}
image = torch.randn(1, 3, 224, 224)
for name, model in models.items():
    # Captum is free to take many images at once, and so are we.
    torch.onnx.export(model, image, str(folder / f"{name}.onnx"), dynamo=False, input_names=["image"], dynamic_axes={"image": {0: "batch"}}, do_constant_folding=False)
image.numpy().tofile(folder / "image.f32")
print(json.dumps({"exported": list(models), "torch": torch.__version__}), flush=True)


def last_maps(model):
    return model.blocks[-1] if hasattr(model, "blocks") else model.layer4


def grad_cam(model):
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    cam = GradCAM(model=model, target_layers=[last_maps(model)])
    return lambda: cam(input_tensor=image, targets=[ClassifierOutputTarget(3)])


def work(model, method):
    from captum.attr import IntegratedGradients, Occlusion, Saliency

    if method == "grad-cam":
        return grad_cam(model)
    if method == "saliency":
        saliency = Saliency(model)
        return lambda: saliency.attribute(image.clone().requires_grad_(), target=3, abs=False)
    if method == "integrated-gradients":
        integrated = IntegratedGradients(model)
        # With what is missing of completeness, which ours always tells.
        return lambda: integrated.attribute(
            image, target=3, n_steps=50, internal_batch_size=10, return_convergence_delta=True
        )
    occlusion = Occlusion(model)
    return lambda: occlusion.attribute(
        image, target=3, sliding_window_shapes=(3, 32, 32), strides=(3, 32, 32), perturbations_per_eval=7
    )


def processor():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


works = {}
for line in sys.stdin:
    name, method = line.split()
    run = works.setdefault((name, method), None) or work(models[name], method)
    if works[name, method] is None:
        works[name, method] = run
        run()
    began, used = time.perf_counter(), processor()
    run()
    print(json.dumps({"seconds": time.perf_counter() - began, "processor": processor() - used}), flush=True)
