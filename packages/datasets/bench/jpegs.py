"""The peers of jpegs.ts: reads their names from standard input, a line each, and answers with one JSON line."""
import json, os, sys, time
from pathlib import Path

import numpy as np
import torch
from multiprocessing import active_children
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.transforms.v2 import functional

try:
    from torchvision.io import ImageReadMode, decode_jpeg, read_file

    decode_jpeg(read_file(str(sorted(Path(sys.argv[1]).glob("*.jpg"))[0])))
except Exception as error:  # builds without libjpeg
    decode_jpeg = None
    print(f"torchvision cannot decode: {error}", file=sys.stderr)

files = sorted(Path(sys.argv[1]).glob("*.jpg"))
mean = np.array([0.485, 0.456, 0.406], np.float32)
std = np.array([0.229, 0.224, 0.225], np.float32)
torch.set_num_threads(1)


def pil(path):
    image = Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.array(image, dtype=np.float32)
    x /= 255
    x -= mean
    x /= std
    return x


class ByPil(Dataset):
    chain = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor(), transforms.Normalize(mean.tolist(), std.tolist())])

    def __len__(self):
        return len(files)

    def __getitem__(self, i):
        return self.chain(Image.open(files[i]).convert("RGB"))


class ByTensors(ByPil):
    def __getitem__(self, i):
        x = decode_jpeg(read_file(str(files[i])), ImageReadMode.RGB)
        x = functional.resize(x, [224, 224], antialias=True)
        return functional.normalize(functional.to_dtype(x, torch.float32, scale=True), mean.tolist(), std.tolist())


def loader(data):
    return DataLoader(data, batch_size=32, num_workers=2, persistent_workers=True)


def pil_batches():
    for at in range(0, len(files), 32):
        yield np.stack([pil(path) for path in files[at : at + 32]])


peers = {"pil": pil_batches(), "dataloader": loader(ByPil())}
if decode_jpeg is not None:
    peers["torchvision"] = loader(ByTensors())


def cpu():
    def of(pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    return time.process_time() + sum(of(child.pid) for child in active_children())


def run(name):
    batches = pil_batches() if name == "pil" else peers[name]
    began, used = time.perf_counter(), cpu()
    n = sum(len(batch) for batch in batches)
    return {"name": name, "images": n, "seconds": time.perf_counter() - began, "cpu": cpu() - used}


for name in peers:
    run(name)
print(json.dumps(list(peers)), flush=True)
for line in sys.stdin:
    print(json.dumps(run(line.strip())), flush=True)
