// Checks what TF.js' native binding for NVIDIA's cards needs. It is TensorFlow 2.9.1, of 2022, built with CUDA 11.2 and
// cuDNN 8.1, whose libraries it loads by name when it starts; without them it computes on the CPU, and says so in a log.
import type { Examination, Finding } from "./finding";
import { driver, examinedOnLinux, libraryFinding } from "./nvidia";
import type { System } from "./system";

/** What libtensorflow 2.9.1 opens: tensorflow/stream_executor/platform/default/dso_loader.cc, and third_party/gpus. */
const libraries = [
  "libcudart.so.11.0",
  "libcublas.so.11",
  "libcublasLt.so.11",
  "libcufft.so.10",
  "libcurand.so.10",
  "libcusolver.so.11",
  "libcusparse.so.11",
  "libcudnn.so.8",
];

/**
 * @param binding folder of the package @tensorflow/tfjs-node-gpu; absent where it is not installed
 * @param node version of Node, such as 20.20.2
 */
export function examineNodeGpu(
  system: System,
  binding: string | undefined,
  node = process.versions.node,
): Examination {
  const cure = "Examined for Linux x64 only; on others use webgpu.";
  return examinedOnLinux(system, { device: "tfjs · node-gpu", cure }, () => [
    ...packageOf(system, binding, node),
    ...driver(system),
    ...libraries.map((library) => libraryFinding(system, library)),
  ]);
}

function packageOf(system: System, binding: string | undefined, node: string): Finding[] {
  // It calls util.isNullOrUndefined, which Node 23 took away.
  const isOld = Number(node.split(".")[0]) < 23;
  const version: Finding = {
    what: "Node below 23",
    ok: isOld,
    found: node,
    cure: "tfjs-node-gpu 4.22 calls what Node 23 no longer has: use Node 20 or 22, or webgpu.",
  };
  if (binding === undefined)
    return [
      version,
      {
        what: "@tensorflow/tfjs-node-gpu",
        ok: false,
        found: "not installed",
        cure: "npm install @tensorflow/tfjs-node-gpu --ignore-scripts=false: its script fetches libtensorflow (some 400 MB) and the binding, or compiles it.",
      },
    ];
  const native = system
    .list(`${binding}/lib`)
    .map((folder) => `${binding}/lib/${folder}/tfjs_binding.node`)
    .find((path) => system.exists(path));
  const tensorflow = [`${binding}/deps/lib/libtensorflow.so.2`, `${binding}/deps/lib/libtensorflow.so`].find((path) => system.exists(path)); // prettier-ignore
  const cure = "npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false fetches it."; // prettier-ignore
  return [
    version,
    {
      what: "its binding",
      ok: native !== undefined,
      found: native ?? `no tfjs_binding.node in ${binding}/lib`,
      cure,
    },
    {
      what: "libtensorflow",
      ok: tensorflow !== undefined,
      found: tensorflow ?? `not in ${binding}/deps/lib`,
      cure,
    },
  ];
}
