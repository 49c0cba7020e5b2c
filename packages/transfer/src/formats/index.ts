// All formats; the first that recognizes a file reads it.
import type { Format } from "./format";
import { kerasH5 } from "./kerasH5";
import { kerasFolder, kerasZip } from "./kerasZip";
import { npz } from "./npz";
import { onnx } from "./onnx";
import { safetensors } from "./safetensors";
import { tfjs } from "./tfjs";

export const formats: readonly Format[] = [
  kerasH5,
  kerasZip,
  kerasFolder,
  npz,
  safetensors,
  tfjs,
  onnx,
];
