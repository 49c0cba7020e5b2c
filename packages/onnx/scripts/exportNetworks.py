"""Writes networks of torchvision and timm with tiny inputs as PyTorch exports them, by both exporters, with outputs
and the gradients of inputs and parameters that autograd gives in float64: OUT/NAME.FORM.onnx, OUT/NAME.json.

    pip install torch==2.13.0 torchvision timm onnx==1.23.1 onnxscript
    python packages/onnx/scripts/exportNetworks.py OUT [NAME,NAME...]

checkNetworks.ts compares. Networks are in inference mode; widths are a fraction of the real ones.
"""

import json
import os
import sys
import warnings

import timm
import torch
import torchvision.models as tv
from timm.models import mlp_mixer
from timm.models.convmixer import ConvMixer
from torchvision.models.efficientnet import EfficientNet, MBConvConfig
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf
from torchvision.models.regnet import BlockParams, RegNet

warnings.filterwarnings("ignore")


def efficientnet():
    stages = [MBConvConfig(1, 3, 1, 8, 8, 1), MBConvConfig(6, 3, 2, 8, 12, 2), MBConvConfig(6, 5, 2, 12, 16, 1)]
    return EfficientNet(stages, dropout=0.2, stochastic_depth_prob=0.0, num_classes=5)


def mobilenetv3():
    settings, last = _mobilenet_v3_conf("mobilenet_v3_small", width_mult=0.25)
    return MobileNetV3(settings, last, num_classes=5)


def regnet(se):
    return RegNet(BlockParams.from_init_params(depth=4, w_0=8, w_a=8.0, w_m=2.0, group_width=8, se_ratio=se), num_classes=5)


def maxvit():
    return tv.MaxVit((32, 32), 8, 4, [8, 16], [1, 1], 8, 0.0, num_classes=5)


def swin(v2):
    kind = tv.swin_transformer
    more = dict(block=kind.SwinTransformerBlockV2, downsample_layer=kind.PatchMergingV2) if v2 else {}
    return tv.SwinTransformer([2, 2], 8, [2, 2], [2, 4], [4, 4], stochastic_depth_prob=0.0, num_classes=5, **more)


def of_timm(name, **options):
    return lambda: timm.create_model(name, pretrained=False, num_classes=5, **options)


# name: (how it is made, extent of its square input)
NETWORKS = {
    "regnet_x": (lambda: regnet(None), 32),
    "regnet_y": (lambda: regnet(0.25), 32),
    "mobilenet_v2": (lambda: tv.MobileNetV2(5, 0.25), 32),
    "mobilenet_v3": (mobilenetv3, 32),
    "mnasnet": (lambda: tv.MNASNet(0.25, 5), 32),
    "efficientnet": (efficientnet, 32),
    "maxvit": (maxvit, 32),
    "swin": (lambda: swin(False), 32),
    "swin_v2": (lambda: swin(True), 32),
    "shufflenet": (lambda: tv.ShuffleNetV2([2, 2, 2], [8, 16, 32, 32, 64], 5), 32),
    "squeezenet": (lambda: tv.SqueezeNet("1_1", 5), 48),
    "densenet": (lambda: tv.DenseNet(4, (2, 2), 8, num_classes=5), 32),
    "mixer": (lambda: mlp_mixer.MlpMixer(5, 32, patch_size=8, num_blocks=2, embed_dim=16), 32),
    "resmlp": (lambda: mlp_mixer.MlpMixer(5, 32, patch_size=8, num_blocks=2, embed_dim=16, mlp_ratio=4, block_layer=mlp_mixer.ResBlock, norm_layer=mlp_mixer.Affine), 32),
    "gmlp": (lambda: mlp_mixer.MlpMixer(5, 32, patch_size=8, num_blocks=2, embed_dim=16, mlp_ratio=6, block_layer=mlp_mixer.SpatialGatingBlock, mlp_layer=mlp_mixer.GatedMlp), 32),
    "convmixer": (lambda: ConvMixer(16, 2, kernel_size=3, patch_size=4, num_classes=5), 32),
    "convnextv2": (of_timm("convnextv2_atto", depths=(1, 1, 1, 1), dims=(8, 8, 16, 16)), 32),
    "nfnet": (of_timm("nfnet_f0", stem_chs=8, depths=(1, 1, 1, 1), channels=(8, 8, 16, 16), group_size=4), 32),
    "levit": (of_timm("levit_128s", img_size=64, embed_dim=(16, 16), key_dim=8, depth=(1, 1), num_heads=(2, 2)), 64),
    "deit": (of_timm("deit_tiny_distilled_patch16_224", img_size=32, patch_size=8, embed_dim=16, depth=2, num_heads=2), 32),
    "beit": (of_timm("beit_base_patch16_224", img_size=32, patch_size=8, embed_dim=16, depth=2, num_heads=2), 32),
    "resnest": (of_timm("resnest14d", stem_width=4, base_width=8), 64),
    "eca_resnet": (of_timm("ecaresnet26t", stem_width=4, base_width=8), 64),
    "ghostnet": (of_timm("ghostnet_050"), 64),
}  # fmt: skip

FORMS = {
    "dynamo": dict(dynamo=True, opset_version=20, external_data=False),
    # BatchNormalization stays apart from the convolution before it, and so do their parameters.
    "legacy": dict(dynamo=False, opset_version=17, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE),
}


def numbers(tensor):
    array = tensor.detach().float().contiguous().numpy()
    return {"shape": list(array.shape), "data": [float("%.9g" % v) for v in array.ravel()]}


def main(out, only):
    os.makedirs(out, exist_ok=True)
    for seed, (name, (build, extent)) in enumerate(NETWORKS.items()):
        if only and name not in only.split(","):
            continue
        try:
            torch.manual_seed(seed)
            module = build().eval()
            with torch.no_grad():
                # No two of equal numbers: the exporters make one of them, and a gradient of 0 shows nothing.
                for parameter in module.parameters():
                    parameter.add_(0.1 * torch.randn(parameter.shape))
                for buffer_name, buffer in module.named_buffers():
                    if buffer_name.endswith("running_mean"):
                        buffer.copy_(0.1 * torch.randn(buffer.shape))
                    if buffer_name.endswith("running_var"):
                        buffer.copy_(0.5 + torch.rand(buffer.shape))
            x = torch.randn(1, 3, extent, extent)
            forms = []
            for form, options in FORMS.items():
                try:
                    with torch.no_grad():
                        torch.onnx.export(module, (x,), os.path.join(out, f"{name}.{form}.onnx"), input_names=["x"], **options)
                    forms.append(form)
                except Exception as error:
                    print(f"{name}.{form}: not exported: {str(error).splitlines()[0]}", file=sys.stderr)
            parameters = {n: p.detach().clone() for n, p in module.named_parameters()}
            module = module.double()
            xd = x.double().requires_grad_(True)
            y = module(xd)
            dy = torch.randn(y.shape)
            (y * dy.double()).sum().backward()
            grads = {n: p.grad for n, p in module.named_parameters() if p.grad is not None}
            case = {
                "case": name,
                "forms": forms,
                "inputs": [{"name": "x", "dtype": "float32", **numbers(x)}],
                "outputs": {"0": numbers(y)},
                "dys": [numbers(dy)["data"]],
                "gradients": {"inputs": {"x": numbers(xd.grad)}, "parameters": {n: numbers(g) for n, g in grads.items()}},
                "parameters": {n: numbers(p) for n, p in parameters.items()},
            }
            with open(os.path.join(out, f"{name}.json"), "w") as file:
                json.dump(case, file, separators=(",", ":"))
            print(name, forms, sum(p.numel() for p in parameters.values()), "parameters", flush=True)
        except Exception as error:
            print(f"{name}: {type(error).__name__} {str(error)[:300]}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
