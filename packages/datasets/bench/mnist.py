"""torchvision's MNIST through DataLoader, for mnist.ts: ROOT WORKERS. Prints seconds and examples as JSON."""
import json, sys, time

import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

root, workers = sys.argv[1], int(sys.argv[2])
chain = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
began = time.perf_counter()
n, total = 0, 0.0
for train in (True, False):
    data = datasets.MNIST(root, train=train, transform=chain)
    for x, y in DataLoader(data, batch_size=128, num_workers=workers):
        n += len(x)
        total += float(x[0].sum())
print(json.dumps({"seconds": time.perf_counter() - began, "examples": n, "first": total}))
