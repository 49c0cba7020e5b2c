"""Writes small networks as PyTorch exports them, with outputs and gradients in float64, for checkNetworks.ts: of each
kind of module a few, and small forms of the architectures of torchvision and timm.

    pip install torch==2.11.0 torchvision==0.26.0 timm onnx==1.23.1 onnxscript==0.7.2
    python packages/onnx/scripts/exportCases.py OUT [--legacy] [--only NAME,NAME] [--jobs 16]

By the newer exporter with opset 18 (d18), its own default and free extents (ddef), and opset 23 without optimization
(d23raw); with --legacy by the older one (l17, l18f with free extents and folded constants, l20t as for training). What an
exporter refuses is listed in OUT/failures.txt.
"""
import os
for _k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"): os.environ[_k] = "1"
import argparse, contextlib, io, json, logging, math, multiprocessing as mp, time, traceback, warnings
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
START = time.time()
import torch, torch.nn as nn, torch.nn.functional as F
torch.set_num_threads(1)
try: torch.backends.mha.set_fastpath_enabled(False)
except Exception: pass
R = torch.randn
def seq(*a): return nn.Sequential(*a)
class Fn(nn.Module):
    def __init__(s, f, *mods, **params):
        super().__init__(); s.f = f; s.m = nn.ModuleList(mods)
        for k, v in params.items(): setattr(s, k, nn.Parameter(v))
class F1(Fn):
    def forward(s, x): return s.f(s, x)
class F2(Fn):
    def forward(s, x, y): return s.f(s, x, y)
class F3(Fn):
    def forward(s, x, y, z): return s.f(s, x, y, z)
class SelfAttention(nn.Module):
    def __init__(s, d, h, causal=False):
        super().__init__(); s.q = nn.Linear(d, 3 * d); s.o = nn.Linear(d, d); s.h = h; s.causal = causal
    def forward(s, x):
        b, t, d = x.shape
        q, k, v = s.q(x).reshape(b, t, 3, s.h, d // s.h).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=s.causal)
        return s.o(y.transpose(1, 2).reshape(b, t, d))

# The building blocks of the larger networks
def cbr(i, o, k=3, s=1, g=1): return seq(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o), nn.ReLU())
class GPT(nn.Module):
    def __init__(s, v=11, d=8, h=2, n=2, t=16):
        super().__init__(); s.e = nn.Embedding(v, d); s.p = nn.Embedding(t, d)
        s.a = nn.ModuleList(SelfAttention(d, h, True) for _ in range(n)); s.f = nn.ModuleList(seq(nn.Linear(d, 4 * d), nn.GELU(approximate="tanh"), nn.Linear(4 * d, d)) for _ in range(n))
        s.n1 = nn.ModuleList(nn.LayerNorm(d) for _ in range(n)); s.n2 = nn.ModuleList(nn.LayerNorm(d) for _ in range(n)); s.nf = nn.LayerNorm(d)
        s.head = nn.Linear(d, v, bias=False)
    def forward(s, x):
        h = s.e(x) + s.p(torch.arange(x.shape[1], device=x.device))
        for a, f, n1, n2 in zip(s.a, s.f, s.n1, s.n2): h = h + a(n1(h)); h = h + f(n2(h))
        return s.head(s.nf(h))
class Llama(nn.Module):
    """RMS norms, rotary positions, grouped queries and SwiGLU."""
    def __init__(s, v=11, d=8, h=4, kv=2):
        super().__init__(); s.e = nn.Embedding(v, d); s.n1 = nn.Parameter(torch.ones(d)); s.n2 = nn.Parameter(torch.ones(d)); s.h = h; s.kv = kv; k = d // h
        s.q = nn.Linear(d, d, False); s.k = nn.Linear(d, kv * k, False); s.v = nn.Linear(d, kv * k, False); s.o = nn.Linear(d, d, False)
        s.g = nn.Linear(d, 12, False); s.u = nn.Linear(d, 12, False); s.w = nn.Linear(12, d, False); s.head = nn.Linear(d, v, False)
    def rope(s, x):
        t, k = x.shape[-2], x.shape[-1]
        a = torch.arange(t, device=x.device).to(x.dtype)[:, None] * (10000.0 ** (-torch.arange(0, k, 2, device=x.device).to(x.dtype) / k))[None]
        c, n = torch.cat([a.cos(), a.cos()], -1), torch.cat([a.sin(), a.sin()], -1)
        return x * c + torch.cat([-x[..., k // 2:], x[..., :k // 2]], -1) * n
    def forward(s, x):
        h = s.e(x); b, t, d = h.shape; k = d // s.h
        y = F.rms_norm(h, (d,), s.n1, 1e-5)
        q = s.rope(s.q(y).view(b, t, s.h, k).transpose(1, 2)); kk = s.rope(s.k(y).view(b, t, s.kv, k).transpose(1, 2)); v = s.v(y).view(b, t, s.kv, k).transpose(1, 2)
        kk = kk.repeat_interleave(s.h // s.kv, 1); v = v.repeat_interleave(s.h // s.kv, 1)
        h = h + s.o(F.scaled_dot_product_attention(q, kk, v, is_causal=True).transpose(1, 2).reshape(b, t, d))
        y = h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-5) * s.n2
        return s.head(h + s.w(F.silu(s.g(y)) * s.u(y)))
class Bert(nn.Module):
    def __init__(s, v=13, d=8, h=2):
        super().__init__(); s.w = nn.Embedding(v, d); s.p = nn.Embedding(16, d); s.t = nn.Embedding(2, d); s.n = nn.LayerNorm(d, eps=1e-12); s.h = h
        s.q, s.k, s.v, s.o = (nn.Linear(d, d) for _ in range(4)); s.a = nn.LayerNorm(d, eps=1e-12); s.i = nn.Linear(d, 16); s.j = nn.Linear(16, d); s.b = nn.LayerNorm(d, eps=1e-12); s.pool = nn.Linear(d, d); s.c = nn.Linear(d, 3)
    def forward(s, x, y):
        b, t = x.shape
        h = s.n(s.w(x) + s.p(torch.arange(t, device=x.device).unsqueeze(0)) + s.t(torch.zeros_like(x)))
        mask = (1.0 - y[:, None, None, :].to(h.dtype)) * torch.finfo(torch.float32).min
        f = lambda l: l(h).view(b, t, s.h, -1).transpose(1, 2)
        q, k, v = f(s.q), f(s.k), f(s.v)
        p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask, -1)
        h = s.a(h + s.o((p @ v).permute(0, 2, 1, 3).contiguous().view(b, t, -1)))
        h = s.b(h + s.j(F.gelu(s.i(h))))
        return s.c(torch.tanh(s.pool(h[:, 0])))
class UNet(nn.Module):
    def __init__(s):
        super().__init__(); s.a = seq(cbr(3, 6), cbr(6, 6)); s.b = seq(cbr(6, 12), cbr(12, 12)); s.c = cbr(12, 12); s.d = cbr(24, 8); s.e = cbr(14, 6); s.o = nn.Conv2d(6, 2, 1)
    def forward(s, x):
        a = s.a(x); b = s.b(F.max_pool2d(a, 2)); c = s.c(F.max_pool2d(b, 2))
        u = F.interpolate(c, scale_factor=2, mode="bilinear", align_corners=True)
        d = s.d(torch.cat([u, b], 1)); u = F.interpolate(d, size=a.shape[2:], mode="bilinear", align_corners=False)
        return s.o(s.e(torch.cat([u, a], 1)))
class Chomp(nn.Module):
    def __init__(s, i, o, d):
        super().__init__(); s.c = nn.utils.parametrizations.weight_norm(nn.Conv1d(i, o, 3, padding=2 * d, dilation=d)); s.k = 2 * d; s.r = nn.Conv1d(i, o, 1) if i != o else None
    def forward(s, x):
        y = F.relu(s.c(x)[:, :, :-s.k].contiguous()); return F.relu(y + (x if s.r is None else s.r(x)))
class Mixer(nn.Module):
    def __init__(s, t=16, d=8):
        super().__init__(); s.p = nn.Conv2d(3, d, 8, 8); s.n1 = nn.LayerNorm(d); s.a = seq(nn.Linear(t, 12), nn.GELU(), nn.Linear(12, t)); s.n2 = nn.LayerNorm(d); s.b = seq(nn.Linear(d, 12), nn.GELU(), nn.Linear(12, d)); s.h = nn.Linear(d, 4)
    def forward(s, x):
        x = s.p(x).flatten(2).transpose(1, 2); x = x + s.a(s.n1(x).transpose(1, 2)).transpose(1, 2); x = x + s.b(s.n2(x)); return s.h(x.mean(1))
class LSTMText(nn.Module):
    def __init__(s):
        super().__init__(); s.e = nn.Embedding(17, 6); s.l = nn.LSTM(6, 5, 2, batch_first=True, bidirectional=True); s.a = nn.Linear(10, 1); s.f = nn.Linear(10, 3)
    def forward(s, x):
        h, (n, c) = s.l(s.e(x)); w = torch.softmax(s.a(h), 1); return s.f((w * h).sum(1) + torch.cat([n[-2], n[-1]], 1))
class ConvLSTM(nn.Module):
    def __init__(s):
        super().__init__(); s.c = nn.Conv2d(2 + 3, 12, 3, padding=1)
    def forward(s, x):
        h = torch.zeros(x.shape[0], 3, x.shape[3], x.shape[4], dtype=x.dtype); c = h
        for t in range(x.shape[1]):
            i, f, o, g = s.c(torch.cat([x[:, t], h], 1)).chunk(4, 1); c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g); h = torch.sigmoid(o) * torch.tanh(c)
        return h
class VAE(nn.Module):
    def __init__(s):
        super().__init__(); s.e = seq(nn.Conv2d(1, 4, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 8, 3, 2, 1), nn.LeakyReLU(0.2), nn.Flatten()); s.mu = nn.Linear(128, 4); s.lv = nn.Linear(128, 4); s.d = nn.Linear(4, 128); s.g = seq(nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Sigmoid())
    def forward(s, x, y):
        h = s.e(x); m, l = s.mu(h), s.lv(h); z = m + torch.exp(0.5 * l) * y
        return s.g(s.d(z).view(-1, 8, 4, 4)), m, l
class ASPP(nn.Module):
    def __init__(s):
        super().__init__(); s.a = cbr(3, 6, s=2); s.b = nn.ModuleList([nn.Conv2d(6, 4, 1), *(nn.Conv2d(6, 4, 3, padding=d, dilation=d) for d in (2, 3))]); s.p = nn.Conv2d(6, 4, 1); s.o = nn.Conv2d(16, 3, 1)
    def forward(s, x):
        h = s.a(x); g = F.interpolate(s.p(F.adaptive_avg_pool2d(h, 1)), size=h.shape[-2:], mode="bilinear", align_corners=False)
        return F.interpolate(s.o(torch.cat([*(b(h) for b in s.b), g], 1)), size=x.shape[-2:], mode="bilinear", align_corners=False)
def tv():
    import torchvision.models as t
    return t
def resnet():
    from timm.models.resnet import ResNet, BasicBlock
    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=5, channels=(64, 8, 12, 16))
def resnetOwn():
    from torchvision.models.resnet import BasicBlock, Bottleneck
    down = lambda i, o, s: seq(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o))
    return seq(nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(True), nn.MaxPool2d(3, 2, 1), BasicBlock(8, 8), BasicBlock(8, 12, 2, down(8, 12, 2)), Bottleneck(12, 4, 2, down(12, 16, 2)), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(16, 5))
def mobilenetV2():
    from torchvision.models.mobilenetv2 import InvertedResidual
    return seq(cbr(3, 8, s=2), InvertedResidual(8, 8, 1, 1), InvertedResidual(8, 12, 2, 6), InvertedResidual(12, 12, 1, 6), nn.Conv2d(12, 24, 1), nn.BatchNorm2d(24), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(24, 5))
def mobilenetV3():
    from torchvision.models.mobilenetv3 import MobileNetV3, InvertedResidualConfig as C
    return MobileNetV3([C(8, 3, 8, 8, True, "RE", 2, 1, 1), C(8, 5, 24, 12, True, "HS", 2, 1, 1), C(12, 5, 24, 12, False, "HS", 1, 1, 1)], last_channel=24, num_classes=5)
def efficientnet():
    from torchvision.models.efficientnet import EfficientNet, MBConvConfig as C
    return EfficientNet([C(1, 3, 1, 8, 8, 1, 1.0, 1.0), C(6, 5, 2, 8, 12, 2, 1.0, 1.0)], dropout=0.2, num_classes=5, last_channel=24)
def shufflenet():
    return tv().ShuffleNetV2([2, 2, 1], [8, 12, 16, 24, 32], num_classes=5)
def squeezenet():
    from torchvision.models.squeezenet import Fire
    return seq(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(8, 4, 8, 8), Fire(16, 4, 8, 8), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(16, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten())
def densenet(): return tv().DenseNet(growth_rate=4, block_config=(2, 2), num_init_features=8, bn_size=2, num_classes=5)
def regnet():
    from torchvision.models.regnet import RegNet, BlockParams
    return RegNet(BlockParams([1, 2], [8, 16], [4, 8], [1.0, 1.0], [2, 2], 0.25), num_classes=5, stem_width=8)
def convnext():
    from torchvision.models.convnext import ConvNeXt, CNBlockConfig as C
    return ConvNeXt([C(8, 12, 1), C(12, None, 1)], num_classes=5)
def swin(v2=False):
    from torchvision.models import swin_transformer as t
    k = dict(block=t.SwinTransformerBlockV2, downsample_layer=t.PatchMergingV2) if v2 else {}
    return t.SwinTransformer([4, 4], 8, [2, 2], [2, 4], [4, 4], num_classes=5, **k)
def vit(): return tv().VisionTransformer(32, 8, 2, 2, 16, 24, num_classes=5)
def maxvit():
    from torchvision.models.maxvit import MaxVit
    return MaxVit((32, 32), 8, 4, [8], [1], 4, 0.0, num_classes=5)
def inception():
    from torchvision.models.googlenet import Inception
    return seq(cbr(3, 8, s=2), Inception(8, 4, 4, 6, 2, 4, 4), nn.MaxPool2d(3, 2, ceil_mode=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(18, 5))
def mobilevit():
    from timm.models.byobnet import ByobNet, ByoModelCfg
    from timm.models.mobilevit import _inverted_residual_block as I, _mobilevit_block as V
    return ByobNet(ByoModelCfg(blocks=(I(d=1, c=8, s=1, br=2.0), V(d=1, c=12, s=2, transformer_dim=16, transformer_depth=1, patch_size=2, br=2.0)), stem_chs=8, stem_type="3x3", stem_pool="", downsample="", act_layer="silu", num_features=24), num_classes=5)
def mobilevit2():
    from timm.models.byobnet import ByobNet, ByoModelCfg
    from timm.models.mobilevit import _mobilevitv2_block as V
    return ByobNet(ByoModelCfg(blocks=(V(d=1, c=12, s=2, transformer_depth=1, patch_size=2, br=2.0), V(d=1, c=12, s=1, transformer_depth=1, patch_size=2, br=2.0)), stem_chs=8, stem_type="3x3", stem_pool="", downsample="", act_layer="silu"), num_classes=5)
def timmModel(name, **kw):
    import timm
    return timm.create_model(name, pretrained=False, num_classes=5, **kw)
I32, I64 = [(2, 3, 32, 32)], [(2, 3, 64, 64)]

# name: (build, inputs, dynamic axes of them or None)
M = {
"grouped": (lambda: seq(nn.Conv2d(8, 12, 3, groups=4, stride=2, padding=1), nn.GELU(), nn.Conv2d(12, 12, (3, 5), groups=12, dilation=(1, 2), padding="same", bias=False)), [(2, 8, 11, 13)]),
"transposed": (lambda: seq(nn.ConvTranspose2d(6, 8, 3, stride=2, padding=1, output_padding=1, groups=2), nn.ELU(), nn.ConvTranspose2d(8, 4, (2, 4), stride=(1, 3), dilation=(2, 1))), [(2, 6, 5, 7)]),
"transposed1d": (lambda: seq(nn.ConvTranspose1d(3, 4, 5, stride=3, padding=2), nn.Tanh(), nn.ConvTranspose1d(4, 4, 3, groups=4)), [(2, 3, 9)]),
"conv3d": (lambda: seq(nn.Conv3d(2, 4, (2, 3, 3), stride=(1, 2, 1), padding=1, groups=2), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2), nn.ConvTranspose3d(4, 3, 2, stride=2)), [(2, 2, 5, 8, 6)]),
"lstm": (lambda: F1(lambda s, x: torch.cat([s.m[0](x)[0].flatten(1), s.m[0](x)[1][1].transpose(0, 1).flatten(1)], 1), nn.LSTM(5, 4, num_layers=2, bidirectional=True, batch_first=True)), [(3, 6, 5)]),
"lstm_nobias": (lambda: F1(lambda s, x: s.m[0](x)[0], nn.LSTM(5, 4, batch_first=False, bias=False)), [(6, 2, 5)]),
"gru": (lambda: F2(lambda s, x, h: torch.cat([s.m[0](x, h)[0].mean(1), s.m[0](x, h)[1][1]], 1), nn.GRU(5, 4, num_layers=2, batch_first=True)), [(3, 6, 5), (2, 3, 4)]),
"rnn": (lambda: F1(lambda s, x: s.m[0](x)[0][:, -1], nn.RNN(5, 4, bidirectional=True, batch_first=True, nonlinearity="relu")), [(3, 6, 5)]),
"attention": (lambda: SelfAttention(8, 2), [(2, 5, 8)]),
"attention_causal": (lambda: SelfAttention(8, 4, True), [(2, 5, 8)]),
"mha": (lambda: F2(lambda s, x, y: s.m[0](x, y, y, need_weights=True)[0] + s.m[0](x, y, y)[1].sum(), nn.MultiheadAttention(8, 2, batch_first=True, kdim=6, vdim=6)), [(2, 5, 8), (2, 4, 6)]),
"encoder": (lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True, activation="gelu"), 2, enable_nested_tensor=False), [(2, 5, 8)]),
"layernorm": (lambda: seq(nn.LayerNorm([4, 6]), nn.Conv1d(4, 4, 3), nn.Hardswish(), nn.LayerNorm(4, elementwise_affine=False)), [(2, 4, 6)]),
"einsum": (lambda: F2(lambda s, x, y: torch.einsum("bhi,bij,jk->bhk", x, torch.einsum("bik,bjk->bij", y, y), s.w), w=R(4, 3)), [(2, 5, 4), (2, 4, 3)]),
"einsum2": (lambda: F1(lambda s, x: torch.einsum("...ij,kj->...ki", x, s.w) + torch.einsum("bcij->bji", x).sum(), w=R(4, 5)), [(2, 3, 4, 5)]),
"norms": (lambda: seq(nn.InstanceNorm2d(6, affine=True), nn.GroupNorm(3, 6), nn.PReLU(6), nn.LocalResponseNorm(3), nn.BatchNorm2d(6)), [(2, 6, 5, 4)]),
"pools": (lambda: F1(lambda s, x: torch.cat([t.flatten(1) for t in (F.max_pool2d(x, 3, 2, 1, ceil_mode=True), F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False), F.avg_pool2d(x, (2, 3), (1, 2)), F.adaptive_avg_pool2d(x, 1), F.adaptive_max_pool2d(x, 1), F.lp_pool2d(x.abs() + 1, 2, 2), F.max_pool2d(x, 2, 1, dilation=2))], 1)), [(2, 3, 8, 7)]),
"adaptive": (lambda: F1(lambda s, x: F.adaptive_avg_pool2d(x, (2, 4))), [(2, 3, 8, 8)]),
"adaptive_uneven": (lambda: F1(lambda s, x: F.adaptive_avg_pool2d(x * s.w, (3, 5)), w=R(1)), [(2, 3, 8, 8)]),
"resize": (lambda: F1(lambda s, x: torch.cat([F.interpolate(x, scale_factor=2, mode="nearest").flatten(1), F.interpolate(x, size=(7, 9), mode="bilinear", align_corners=False).flatten(1), F.interpolate(x, size=(9, 5), mode="bilinear", align_corners=True).flatten(1), F.interpolate(x, size=(10, 8), mode="bicubic").flatten(1)], 1)), [(2, 3, 4, 5)]),
"resize_aa": (lambda: F1(lambda s, x: F.interpolate(x, size=(3, 3), mode="bilinear", antialias=True) + F.interpolate(x, size=(3, 3), mode="nearest-exact") + F.interpolate(x, size=(3, 3), mode="area")), [(2, 3, 7, 6)]),
"pixelshuffle": (lambda: seq(nn.Conv2d(3, 12, 3, padding=1, padding_mode="reflect"), nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.ReplicationPad2d((1, 2, 0, 1)), nn.ZeroPad2d(-1), nn.Conv2d(12, 2, 1)), [(2, 3, 6, 5)]),
"circular": (lambda: seq(nn.Conv1d(2, 3, 3, padding=1, padding_mode="circular"), nn.Tanh()), [(2, 2, 7)]),
"shapes": (lambda: F1(lambda s, x: torch.roll(x, (1, -2), (1, 2)).flip(-1)[:, ::2].reshape(x.shape[0], -1) @ s.w + x.transpose(1, 2).unfold(1, 2, 2).sum((1, 3))[:, :1], w=R(12, 5)), [(2, 4, 6)]),
"slices": (lambda: F1(lambda s, x: torch.cat([*(t * (i + 1) for i, t in enumerate(x.chunk(3, 1))), x[:, -2:], x[..., None, 1].repeat(1, 1, 4), x.split([1, 5], 1)[1]], 1) * s.w, w=R(4)), [(2, 6, 4)]),
"gather": (lambda: F2(lambda s, i, x: s.m[0](i).mean(1) + torch.gather(x, 1, i) @ s.w + x.index_select(1, i[0]).sum(), nn.Embedding(7, 4), w=R(3, 4)), [("int", (2, 3), 7), (2, 7)]),
"indexing": (lambda: F1(lambda s, x: x[:, [2, 0, 1]] * s.w + x[[1, 0], :, 1][:, None, :, None][..., 0].mean(2, keepdim=True), w=R(4)), [(2, 3, 4)]),
"where": (lambda: F2(lambda s, x, y: torch.where(x > y, x * s.w, y.exp()).masked_fill(x < -0.5, 0.1).clamp(-1, 2) + torch.maximum(x, y) - torch.minimum(x, s.w), w=R(4)), [(3, 4), (3, 4)]),
"reductions": (lambda: F1(lambda s, x: torch.stack([x.var(1), x.std(1, unbiased=False), torch.logsumexp(x, 1), x.amax(1), x.norm(dim=1), x.prod(1), x.cumsum(1)[:, 2], F.cosine_similarity(x, s.w.expand(3, 5), dim=1), x.abs().mean(1)], 1), w=R(5)), [(3, 5)]),
"activations": (lambda: F1(lambda s, x: sum(f(x * s.w) for f in (F.silu, F.mish, F.softsign, F.hardsigmoid, F.hardtanh, F.celu, F.selu, F.logsigmoid, F.relu6, F.tanhshrink, F.softshrink, F.hardshrink, lambda v: F.gelu(v, approximate="tanh"), lambda v: F.glu(torch.cat([v, v.sin()], 1), 1), lambda v: F.softplus(v, beta=2), lambda v: F.leaky_relu(v, 0.2), lambda v: F.threshold(v, 0.0, 0.0), torch.erf, torch.atan)), w=R(6)), [(3, 6)]),
"softmaxes": (lambda: F1(lambda s, x: F.log_softmax(x @ s.w, 1) + F.softmax(x, 0) + F.softmin(x, 2) + F.normalize(x, dim=1) + F.normalize(x, p=1.0, dim=2), w=R(4, 4)), [(2, 3, 4)]),
"broadcast": (lambda: F2(lambda s, x, y: (x[:, None] * y[None]) / (1 + s.w ** 2) + torch.pow(x.abs() + 1, 1.7).sum(0) - torch.outer(s.w, s.w)[0].abs().rsqrt().nan_to_num(0), w=R(4).abs() + 1), [(2, 4), (3, 4)]),
"bmm": (lambda: F2(lambda s, x, y: torch.baddbmm(s.w, x, y) + torch.matmul(x, y.unsqueeze(1))[0], w=R(2, 3, 5)), [(2, 3, 4), (2, 4, 5)]),
"topk": (lambda: F1(lambda s, x: torch.topk(x * s.w, 3, 1)[0].cumsum(1) + torch.sort(x, 1, descending=True)[0][:, :3], w=R(6)), [(3, 6)]),
"scatter": (lambda: F1(lambda s, x: torch.zeros(2, 5, dtype=x.dtype).scatter_add(1, torch.tensor([[0, 1, 1], [4, 0, 4]]), x * s.w) + torch.zeros(2, 5, dtype=x.dtype).scatter(1, torch.tensor([[0, 1, 2], [4, 0, 3]]), x), w=R(3)), [(2, 3)]),
"index_put": (lambda: F1(lambda s, x: torch.zeros(2, 5, dtype=x.dtype).index_put((torch.tensor([0, 1, 0]), torch.tensor([1, 3, 4])), x[0] * s.w).index_add(1, torch.tensor([0, 2, 3]), x), w=R(3)), [(2, 3)]),
"slice_assign": (lambda: F1(lambda s, x: s.f2(x.clone(), s.w), w=R(2)), [(2, 3, 4)]),
"tril": (lambda: F1(lambda s, x: torch.tril(x @ s.w) + torch.triu(x, 1), w=R(4, 4)), [(2, 4, 4)]),
"gridsample": (lambda: F2(lambda s, x, g: F.grid_sample(x * s.w, g.tanh(), align_corners=False), w=R(1)), [(2, 3, 5, 6), (2, 4, 4, 2)]),
"affine": (lambda: F2(lambda s, x, t: F.grid_sample(x, F.affine_grid(t, (2, 3, 4, 5), align_corners=True), align_corners=True)), [(2, 3, 5, 6), (2, 2, 3)]),
"conv_unfold": (lambda: F1(lambda s, x: F.unfold(x, 2, stride=2).transpose(1, 2) @ s.w, w=R(12, 5)), [(2, 3, 6, 6)]),
"fold": (lambda: F1(lambda s, x: F.fold(F.unfold(x, 2, stride=2) * s.w, (4, 4), 2, stride=2), w=R(1, 12, 1)), [(2, 3, 4, 4)]),
"weightnorm": (lambda: nn.utils.weight_norm(nn.Conv2d(3, 4, 3)), [(2, 3, 6, 6)]),
"spectral": (lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(5, 4)), [(2, 5)]),
"dynamic": (lambda: F1(lambda s, x: s.m[0](x).flatten(2).mean(2) + x.shape[0] * 0.1 + x.size(2), seq(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Upsample(scale_factor=2))), [(2, 3, 7, 6)], [{0: "batch", 2: "height", 3: "width"}]),
"dynamic_view": (lambda: F1(lambda s, x: s.m[0](x.view(x.size(0), -1, 4)).permute(0, 2, 1).reshape(x.size(0), 2, x.size(1) // 4, -1), nn.Linear(4, 6)), [(2, 16)], [{0: "batch"}]),
"losses": (lambda: F2(lambda s, x, y: F.cross_entropy(x @ s.w, y) + F.nll_loss(F.log_softmax(x, 1), y) + F.smooth_l1_loss(x, x.detach() * 0 + 0.3), w=R(4, 4)), [(3, 4), ("int", (3,), 4)]),
"trig": (lambda: F1(lambda s, x: sum(f(x * s.w * 0.1) for f in (torch.sin, torch.cos, torch.tan, torch.asin, torch.acos, torch.atan, torch.sinh, torch.cosh, torch.tanh, torch.asinh, torch.atanh, torch.expm1, torch.log1p, torch.erf, torch.exp2, torch.square, lambda v: torch.log2(v.abs() + 1), lambda v: torch.log10(v.abs() + 1), lambda v: torch.atan2(v, v + 1), lambda v: torch.hypot(v, v + 1), lambda v: v.sign() * v.abs().sqrt(), lambda v: torch.fmod(v, 0.3), lambda v: torch.remainder(v, 0.3), lambda v: torch.round(v * 3) + v.floor() + v.ceil() + v.trunc())), w=R(6)), [(3, 6)]),
"trig2": (lambda: F1(lambda s, x: sum(f(x * s.w * 0.1) for f in (torch.sin, torch.cos, torch.tan, torch.asin, torch.acos, torch.atan, torch.tanh, torch.log1p, torch.erf, torch.square, lambda v: torch.log2(v.abs() + 1), lambda v: torch.log10(v.abs() + 1), lambda v: torch.atan2(v, v + 1), lambda v: v.sign() * v.abs().sqrt(), lambda v: torch.fmod(v, 0.3), lambda v: torch.remainder(v, 0.3), lambda v: torch.round(v * 3) + v.floor() + v.ceil())), w=R(6)), [(3, 6)]),
"cdist": (lambda: F2(lambda s, x, y: torch.cdist(x * s.w, y), w=R(4)), [(3, 4), (5, 4)]),
"meshgrid": (lambda: F1(lambda s, x: x * torch.stack(torch.meshgrid(torch.arange(3).to(x.dtype), torch.linspace(-1, 1, 4).to(x.dtype), indexing="ij")).sum(0) + torch.full_like(x, 0.5) * s.w + torch.eye(3, 4).to(x.dtype), w=R(4)), [(2, 3, 4)]),
"embedding_bag": (lambda: F2(lambda s, i, x: s.m[0](i) * x, nn.EmbeddingBag(7, 4, mode="mean")), [("int", (2, 3), 7), (2, 4)]),
"one_hot": (lambda: F2(lambda s, i, x: F.one_hot(i, 5).to(x.dtype).sum(1) @ s.w * x, w=R(5, 4)), [("int", (2, 3), 5), (2, 4)]),
"linalg": (lambda: F1(lambda s, x: torch.det(x + 3 * torch.eye(3).to(x.dtype)) + torch.diagonal(x @ s.w, dim1=1, dim2=2).sum(1) + torch.linalg.norm(x, dim=(1, 2)), w=R(3, 3)), [(2, 3, 3)]),
"repeat": (lambda: F1(lambda s, x: torch.tile(x, (1, 2)) * s.w.repeat_interleave(2) + x.repeat_interleave(2, 1) + torch.stack([x, x], 2).movedim(2, 1).reshape(x.shape[0], -1), w=R(3)), [(2, 3)]),
"outputs": (lambda: F2(lambda s, x, y: (x @ s.w, (x * y).sum(1), torch.cat([x, y], 1)), w=R(4, 3)), [(2, 4), (2, 4)]),
"decoder": (lambda: nn.TransformerDecoderLayer(8, 2, 16, 0.0, batch_first=True), [(2, 3, 8), (2, 4, 8)]),
"sdpa_mask": (lambda: F3(lambda s, q, k, m: F.scaled_dot_product_attention(s.m[0](q), k, k, attn_mask=m, scale=0.4), nn.Linear(4, 4)), [(2, 2, 5, 4), (2, 2, 6, 4), (5, 6)]),
"sdpa_gqa": (lambda: F2(lambda s, q, k: F.scaled_dot_product_attention(s.m[0](q), k, k, enable_gqa=True), nn.Linear(4, 4)), [(2, 4, 5, 4), (2, 2, 5, 4)]),
"rms": (lambda: seq(nn.RMSNorm(6), nn.Linear(6, 4), nn.RMSNorm(4, eps=1e-5)), [(2, 3, 6)]),
"batchnorm1d": (lambda: seq(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.SiLU(), nn.Unflatten(1, (2, 3)), nn.Flatten(), nn.Dropout(), nn.Linear(6, 2), nn.Softmax(1)), [(4, 4)]),
"bilinear": (lambda: F2(lambda s, x, y: s.m[0](x, y), nn.Bilinear(3, 4, 5)), [(2, 3), (2, 4)]),
# networks
"n_resnet": (resnetOwn, I32), "n_mobilenet2": (mobilenetV2, I32), "n_mobilenet3": (mobilenetV3, I32), "n_efficientnet": (efficientnet, I32), "n_shufflenet": (shufflenet, I32), "n_squeezenet": (squeezenet, I32),
"n_densenet": (densenet, I32), "n_regnet": (regnet, I32), "n_convnext": (convnext, I32), "n_swin": (swin, I32), "n_swin2": (lambda: swin(True), I32), "n_vit": (vit, I32), "n_maxvit": (maxvit, I32), "n_inception": (inception, I32),
"n_mobilevit": (mobilevit, I32), "n_mobilevit2": (mobilevit2, I32),
"n_gpt": (GPT, [("int", (2, 7), 11)]), "n_llama": (Llama, [("int", (2, 6), 11)]), "n_bert": (Bert, [("int", (2, 6), 13), ("int", (2, 6), 2)]), "n_unet": (UNet, I32), "n_lstmtext": (LSTMText, [("int", (2, 6), 17)]),
"n_dcgan": (lambda: seq(nn.ConvTranspose2d(6, 12, 4, 1, 0, bias=False), nn.BatchNorm2d(12), nn.ReLU(True), nn.ConvTranspose2d(12, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(True), nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh()), [(2, 6, 1, 1)]),
"n_tcn": (lambda: seq(Chomp(3, 6, 1), Chomp(6, 6, 2), Chomp(6, 6, 4)), [(2, 3, 20)]),
"n_autoencoder": (lambda: seq(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 4), nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))), [(2, 1, 8, 8)]),
"n_vae": (VAE, [(2, 1, 16, 16), (2, 4)]), "n_mixer": (Mixer, I32), "n_convlstm": (ConvLSTM, [(2, 3, 2, 5, 5)]), "n_aspp": (ASPP, I32),
"n_pointnet": (lambda: seq(nn.Conv1d(3, 8, 1), nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 16, 1), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(16, 4), nn.LogSoftmax(1)), [(2, 3, 20)]),
"n_espcn": (lambda: seq(nn.Conv2d(1, 8, 5, padding=2), nn.Tanh(), nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2)), [(2, 1, 8, 8)]),
"n_gcn": (lambda: F2(lambda s, x, a: s.m[1](torch.relu((a.softmax(-1) @ s.m[0](x)))).mean(1), nn.Linear(4, 6), nn.Linear(6, 3)), [(2, 5, 4), (2, 5, 5)]),
"n_simplecnn": (lambda: seq(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(200, 10)), [(2, 1, 28, 28)], [{0: "batch"}]),
}
for _n in ("test_vit", "test_byobnet", "test_mambaout", "test_nfnet", "test_convnext2", "test_efficientnet_gn", "test_resnet", "test_efficientnet_evos"):
    M["t_" + _n] = (lambda _n=_n: timmModel(_n), I64 if _n != "test_vit" else [(1, 3, 160, 160)])
def _assign(t, w):
    t[:, 1] = t[:, 1] * 2
    t[:, 0, 1:3] = w
    return t
Fn.f2 = staticmethod(_assign)

def numbers(t):
    return {"shape": list(t.shape), "data": [float("%.9g" % v) if t.is_floating_point() else int(v) for v in t.flatten().tolist()]}
def parts(y): return list(y) if isinstance(y, (tuple, list)) else [y]
def dynamic(specs, axes, auto):
    """Axis 0 of every input is free (or the axes named), by name or as torch.export finds."""
    from torch.export import Dim
    dims = {}
    out = {}
    for name, spec, a in zip("xyz", specs, axes or [{0: "batch"}] * len(specs)):
        out[name] = {k: (Dim.AUTO if auto else dims.setdefault(v, Dim(v, min=1, max=1024))) for k, v in a.items()}
    return out
def one(task):
    name, seed, out, legacy = task
    build, specs, *axes = M[name]
    axes = axes[0] if axes else None
    log = []
    t0 = time.time()
    try:
        torch.manual_seed(seed)
        m = build().eval()
        big = sum(p.numel() for p in m.parameters()) > 60000
        for p in m.parameters():
            p.data = p.data + (0.02 if big else 0.08) * torch.randn(p.shape)
        for n, b in m.named_buffers():
            if n.endswith("running_mean"): b.copy_(torch.round(0.1 * torch.randn(b.shape) * 64) / 64)
            if n.endswith("running_var"): b.copy_(torch.round((0.5 + torch.rand(b.shape)) * 64) / 64)
        xs = [torch.randint(0, s[2], s[1]) if s[0] == "int" else torch.round(torch.randn(s) * 64) / 64 for s in specs]
        names = list("xyz")[:len(xs)]
        forms = [("d18", dict(opset_version=18), None), ("ddef", {}, "named")]
        if not big: forms += [("d23raw", dict(opset_version=23, optimize=False), None)]
        if big: forms = forms[1:]
        if legacy: forms = [("l17", dict(opset_version=17, do_constant_folding=False), None), ("l18f", dict(opset_version=18), "named"), ("l20t", dict(opset_version=20, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE), None)]
        done = []
        for form, kw, dyn in forms:
            path = f"{out}/{name}.{form}.onnx"
            for attempt in (("named", "auto", None) if dyn and not legacy else (dyn,)):
                extra = {}
                if legacy and attempt: extra["dynamic_axes"] = {n: (a if axes else {0: "batch"}) for n, a in zip(names, axes or [None] * len(names))}
                elif attempt:
                    shapes = dynamic(specs, axes, attempt == "auto")
                    extra["dynamic_shapes"] = tuple(shapes.values())
                try:
                    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), torch.no_grad():
                        if legacy: torch.onnx.export(m, tuple(xs), path, input_names=names, dynamo=False, **kw, **extra)
                        else: torch.onnx.export(m, tuple(xs), path, input_names=names, dynamo=True, external_data=False, verbose=False, **kw, **extra)
                    done.append(form)
                    break
                except Exception as e:
                    log.append(f"{name} {form} {attempt}: {type(e).__name__} {str(e).strip()[:300]!r}")
        parameters = {n: numbers(p.detach()) for n, p in m.named_parameters()}
        m = m.double()
        xd = [x.double().requires_grad_(True) if x.is_floating_point() else x for x in xs]
        ys = parts(m(*xd))
        g = torch.Generator().manual_seed(seed + 1000)
        dys = [torch.round(torch.randn(y.shape, generator=g) * 16) / 16 for y in ys]
        sum((y * d.double()).sum() for y, d in zip(ys, dys)).backward()
        with open(f"{out}/{name}.json", "w") as file:
            json.dump({
                "case": name,
                "forms": done,
                "inputs": [{"name": n, "dtype": "float32" if x.is_floating_point() else "int64", **numbers(x)} for n, x in zip(names, xs)],
                "outputs": {str(i): numbers(y.detach()) for i, y in enumerate(ys)},
                "dys": [numbers(d)["data"] for d in dys],
                "gradients": {
                    "inputs": {n: numbers(x.grad) for n, x in zip(names, xd) if x.is_floating_point() and x.grad is not None},
                    "parameters": {n: numbers(p.grad) for n, p in m.named_parameters() if p.grad is not None},
                },
                "parameters": parameters,
            }, file)
        return name, done, log, time.time() - t0
    except BaseException as e:
        log.append(f"{name} MODEL {type(e).__name__} {str(e).strip()[:300]!r}\n{traceback.format_exc()[-600:]}")
        return name, [], log, time.time() - t0

def main():
    a = argparse.ArgumentParser(); a.add_argument("out"); a.add_argument("--legacy", action="store_true"); a.add_argument("--only", default=""); a.add_argument("--seconds", type=float, default=600); a.add_argument("--jobs", type=int, default=min(16, os.cpu_count() or 1))
    a = a.parse_args(); os.makedirs(a.out, exist_ok=True)
    legacy = a.legacy
    try: import onnxscript
    except Exception as e: legacy = True; print("no onnxscript: legacy exports", e)
    try: import torchvision, timm
    except Exception as e: print("torchvision/timm", e)
    names = [n for n in M if not a.only or n in a.only.split(",")]
    # The slow ones first, so that the last second is not one network's
    order = sorted(names, key=lambda n: 0 if n.startswith("t_") else 1 if n.startswith("n_") else 2)
    tasks = [(n, 1 + list(M).index(n), a.out, legacy) for n in order]
    left = set(order); lines = []
    # What an export imports is imported once, before the processes part.
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), torch.no_grad():
            torch.onnx.export(nn.Linear(2, 2).eval(), (torch.randn(2, 2),), io.BytesIO() if legacy else os.path.join(a.out, "warm.onnx"), dynamo=not legacy)
    except Exception as e: print("warm-up", repr(e)[:200])
    print(f"warm after {time.time() - START:.0f} s", flush=True)
    pool = mp.get_context("fork").Pool(a.jobs, maxtasksperchild=None)
    it = pool.imap_unordered(one, tasks, chunksize=1)
    while left:
        try: name, done, log, s = it.next(timeout=max(0.1, a.seconds - (time.time() - START)))
        except (mp.TimeoutError, StopIteration) as e: lines.append(f"not finished: {sorted(left)} {type(e).__name__}"); break
        except Exception as e: lines.append(f"pool: {e!r}"); continue
        left.discard(name); lines += log
        print(name, done, f"{s:.1f}s", flush=True)
    pool.terminate()
    import torch as t
    versions = {"torch": t.__version__}
    for n in ("onnx", "onnxscript", "torchvision", "timm"):
        try: versions[n] = __import__(n).__version__
        except Exception: pass
    # A half-written case is no case
    for n in left:
        for f in os.listdir(a.out):
            if f.startswith(n + "."): os.remove(os.path.join(a.out, f))
    open(os.path.join(a.out, "failures.txt"), "w").write("\n".join([json.dumps(versions), *lines]) + "\n")
    for f in os.listdir(a.out):
        if f.startswith("warm.onnx"): os.remove(os.path.join(a.out, f))
    print(f"{len(order) - len(left)} of {len(order)} cases, {time.time() - START:.0f} s")
if __name__ == "__main__": main()
