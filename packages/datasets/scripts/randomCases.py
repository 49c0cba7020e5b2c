"""Random images and what Pillow, OpenCV, TensorFlow, torch and torchvision make of them, for compareRandom.ts.

pip install pillow==12.3.0 opencv-python-headless tensorflow-cpu torch torchvision numpy
python randomCases.py FOLDER SEED COUNT [PART ...]    # parts: pillow opencv tensorflow torch rotate colour decode

COUNT cases of each part: a line of cases.jsonl each, with the places of its bytes in cases.bin.
"""
import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

folder, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
parts = sys.argv[4:] or ["pillow", "opencv", "tensorflow", "torch", "rotate", "colour", "decode"]
folder.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(seed)
blob = open(folder / "cases.bin", "wb")
lines = open(folder / "cases.jsonl", "w")
at = 0


def put(data):
    global at
    data = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
    blob.write(data)
    at += len(data)
    return [at - len(data), len(data)]


def case(kind, options, source, result=None, **more):
    line = {"kind": kind, "options": options, "input": put(source), **more}
    if result is not None:
        line |= {"output": put(result), "dtype": str(result.dtype), "result": list(result.shape)}
    lines.write(json.dumps(line) + "\n")


def side():
    return int(rng.choice([1, 2, 3, rng.integers(1, 20), rng.integers(1, 80), rng.integers(1, 300)]))


def image(channels):
    h, w = side(), side()
    if rng.random() < 0.5:
        return rng.integers(0, 256, (h, w, channels), np.uint8)
    # Smooth, with edges.
    y, x = np.mgrid[0:h, 0:w]
    waves = [127 + 127 * np.sin(x * rng.uniform(0, 1) + y * rng.uniform(0, 1) + rng.uniform(0, 6)) for _ in range(channels)]
    return np.stack(waves, 2).astype(np.uint8)


def as_pil(a):
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    return Image.frombytes(modes[a.shape[2]], (a.shape[1], a.shape[0]), a.tobytes())


def as_array(i):
    a = np.asarray(i)
    return a[:, :, None] if a.ndim == 2 else a


def pillow():
    names = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
    for _ in range(count):
        a, name = image(int(rng.integers(1, 5))), str(rng.choice(names))
        h, w, _ = a.shape
        size, box = (side(), side()), None
        if rng.random() < 0.3:
            left, top = rng.uniform(0, w * 0.9), rng.uniform(0, h * 0.9)
            box = [left, top, rng.uniform(left + 0.01 * w, w), rng.uniform(top + 0.01 * h, h)]
        out = as_pil(a).resize(size, getattr(Image.Resampling, name.upper()), box)
        options = {"like": "pillow", "method": name, "width": size[0], "height": size[1]} | ({"box": box} if box else {})
        case("resize", options, a, as_array(out), shape=a.shape)


def opencv():
    import cv2

    if hasattr(cv2, "ipp"):
        cv2.ipp.setUseIPP(False)
    flags = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}
    for _ in range(count):
        a, name = image(int(rng.choice([1, 3, 4]))), str(rng.choice(list(flags)))
        size = (side(), side())
        out = cv2.resize(a, size, interpolation=flags[name])
        case("resize", {"like": "opencv", "method": name, "width": size[0], "height": size[1]}, a, out.reshape(size[1], size[0], -1), shape=a.shape)


def tensorflow():
    import tensorflow as tf

    names = ["nearest", "area", "bilinear", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"]
    for _ in range(count):
        a, name, antialias = image(int(rng.integers(1, 5))), str(rng.choice(names)), bool(rng.random() < 0.5)
        h, w = side(), side()
        out = tf.image.resize(a, (h, w), name, antialias=antialias).numpy()
        case("resize", {"like": "tensorflow", "method": name, "antialias": antialias, "width": w, "height": h}, a, out, shape=a.shape)


def torch():
    import torch

    for _ in range(count):
        a, name = image(int(rng.integers(1, 5))), str(rng.choice(["nearest", "nearest-exact", "bilinear", "bicubic"]))
        antialias = bool(rng.random() < 0.5) and name in ("bilinear", "bicubic")
        # torch 2.13 gives every row of an antialiased image of width 1 the first row's values.
        h, w = side(), max(side(), 2 if antialias else 1)
        x = torch.from_numpy(a).permute(2, 0, 1)[None].float().contiguous()
        out = torch.nn.functional.interpolate(x, (h, w), mode=name, antialias=antialias)[0].permute(1, 2, 0).contiguous().numpy()
        case("resize", {"like": "torch", "method": name, "antialias": antialias, "width": w, "height": h}, a, out, shape=a.shape)


def rotate():
    for _ in range(count):
        a, method, expand = image(int(rng.choice([1, 3]))), str(rng.choice(["nearest", "bilinear"])), bool(rng.random() < 0.4)
        degrees = float(rng.choice([rng.uniform(-400, 400), rng.integers(-8, 8) * 45, rng.integers(-360, 360)]))
        fill = [int(v) for v in rng.integers(0, 256, a.shape[2])]
        out = as_pil(a).rotate(degrees, getattr(Image.Resampling, method.upper()), expand, fillcolor=tuple(fill) if len(fill) > 1 else fill[0])
        case("rotate", {"degrees": degrees, "method": method, "expand": expand, "fill": fill}, a, as_array(out), shape=a.shape)


def colour():
    import torch
    from torchvision.transforms import functional as F

    ranges = {"brightness": (0, 3), "contrast": (0, 3), "saturation": (0, 3), "hue": (-0.5, 0.5)}
    for _ in range(count):
        a, name = image(3), str(rng.choice(list(ranges)))
        factor = float(rng.uniform(*ranges[name]))
        adjust = getattr(F, f"adjust_{name}")
        like = str(rng.choice(["pillow", "torch"]))
        if like == "pillow":
            out = as_array(adjust(as_pil(a), factor))
        else:
            out = adjust(torch.from_numpy(a).permute(2, 0, 1), factor).permute(1, 2, 0).numpy()
        case("colour", {"name": name, "factor": factor, "like": like}, a, out, shape=a.shape)


def exif(orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    return e.tobytes()


def encoded():
    """A file, whatever Pillow can write, with what it was."""
    kind = str(rng.choice(["jpeg", "png", "gif", "webp", "bmp", "tiff"]))
    out, options = io.BytesIO(), {}
    shape = {0: None, 1: (1, 1), 2: (1, int(rng.integers(1000, 4000))), 3: (int(rng.integers(1000, 4000)), 1)}[int(rng.choice([0, 0, 0, 0, 0, 1, 2, 3]))]
    a = image(4)
    if shape:
        a = rng.integers(0, 256, (*shape, 4), np.uint8)
    i = as_pil(a)
    modes = {
        "jpeg": ["L", "RGB", "RGB", "CMYK"],
        "png": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
        "gif": ["1", "L", "P", "RGB", "RGBA"],
        "webp": ["RGB", "RGBA", "L"],
        "bmp": ["1", "L", "P", "RGB", "RGBA"],
        "tiff": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "YCbCr"],
    }
    mode = str(rng.choice(modes[kind]))
    if mode == "I;16":
        i = Image.fromarray(rng.integers(0, 65536, a.shape[:2], np.uint16))
    elif mode == "P":
        i = i.convert("RGB").quantize(int(rng.choice([2, 4, 16, 256])))
    elif mode == "F":
        i = i.convert("F")
    else:
        i = i.convert("RGB").convert(mode) if mode not in ("RGBA", "LA") else i.convert(mode)
    if kind == "jpeg":
        options = {"quality": int(rng.integers(1, 101)), "progressive": bool(rng.random() < 0.4), "optimize": bool(rng.random() < 0.3)}
        if mode == "RGB":
            options["subsampling"] = int(rng.integers(0, 3))
        if rng.random() < 0.3:
            options["exif"] = exif(int(rng.integers(0, 10)))
        if rng.random() < 0.2:
            options["restart_marker_blocks"] = int(rng.integers(1, 9))
    if kind == "png":
        options = {"compress_level": int(rng.integers(0, 10)), "optimize": bool(rng.random() < 0.2)}
        if mode in ("L", "P", "RGB") and rng.random() < 0.5:
            options["transparency"] = {"L": 7, "P": bytes(rng.integers(0, 256, 2, np.uint8)), "RGB": (1, 2, 3)}[mode]
        if mode == "P" and rng.random() < 0.5:
            options["bits"] = 8
        if rng.random() < 0.2:
            options["exif"] = exif(int(rng.integers(1, 9)))
    if kind == "gif":
        options = {"interlace": int(rng.integers(0, 2))}
        if mode == "P" and rng.random() < 0.5:
            options["transparency"] = 1
    if kind == "webp":
        options = {"lossless": bool(rng.random() < 0.5), "quality": int(rng.integers(1, 101)), "exact": True}
    if kind == "tiff":
        options = {"compression": str(rng.choice(["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"]))}
        if mode in ("L", "RGB") and rng.random() < 0.3:
            options = {"compression": "jpeg"}
    i.save(out, kind, **options)
    shown = {k: v if not isinstance(v, bytes) else len(v) for k, v in options.items()}
    return out.getvalue(), {"format": kind, "mode": mode, "size": list(i.size), **shown}


def decode():
    Image.MAX_IMAGE_PIXELS = None
    for _ in range(count):
        data, options = encoded()
        try:
            picture = Image.open(io.BytesIO(data))
            plain = as_array(picture.convert("RGB"))
            upright = as_array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
        except Exception as error:
            case("decode", options, data, refused=str(error))
            continue
        case("decode", options, data, plain)
        case("decode", options | {"orientation": "upright"}, data, upright)


for part in parts:
    globals()[part]()
