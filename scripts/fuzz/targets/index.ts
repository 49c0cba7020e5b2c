// All readers that the fuzzer feeds: one file each, and its name here.
import { checkpoint } from "./checkpoint";
import { cifar } from "./cifar";
import { csv } from "./csv";
import { hdf5 } from "./hdf5";
import { idx } from "./idx";
import { images } from "./images";
import { kerasConfigs } from "./kerasConfigs";
import { modelFiles } from "./modelFiles";
import { npy } from "./npy";
import { onnxBytes } from "./onnxBytes";
import { onnxGraphs } from "./onnxGraphs";
import { parquet } from "./parquet";
import { records } from "./records";
import { report } from "./report";
import { safetensors } from "./safetensors";
import { tar } from "./tar";
import { webDataset } from "./webDataset";
import { zip } from "./zip";

export const targets = [
  records,
  report,
  idx,
  cifar,
  npy,
  zip,
  tar,
  webDataset,
  csv,
  parquet,
  images,
  safetensors,
  checkpoint,
  hdf5,
  kerasConfigs,
  modelFiles,
  onnxBytes,
  onnxGraphs,
];
