// All readers that the fuzzer feeds: one file each, and its name here.
import { checkpoint } from "./checkpoint";
import { hdf5 } from "./hdf5";
import { idx } from "./idx";
import { kerasConfigs } from "./kerasConfigs";
import { onnxBytes } from "./onnxBytes";
import { onnxGraphs } from "./onnxGraphs";
import { records } from "./records";
import { report } from "./report";
import { safetensors } from "./safetensors";
import { tar } from "./tar";

export const targets = [
  records,
  report,
  idx,
  tar,
  safetensors,
  checkpoint,
  hdf5,
  kerasConfigs,
  onnxBytes,
  onnxGraphs,
];
