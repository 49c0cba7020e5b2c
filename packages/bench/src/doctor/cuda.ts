// Checks what ONNX Runtime's CUDA provider needs: a driver, the provider's files, and the libraries that these need.
import { firstFolders, needsOf } from "./elf";
import type { Examination, Finding } from "./finding";
import { findLibrary, type System, textOf } from "./system";

/** @param runtime folder of the package onnxruntime-node; absent where it is not installed */
export function examineCuda(system: System, runtime: string | undefined): Examination {
  const device = "onnx · cuda";
  if (system.platform !== "linux" || system.arch !== "x64")
    return {
      device,
      findings: [
        {
          what: "platform",
          ok: false,
          found: `${system.platform} ${system.arch}`,
          cure: "ONNX Runtime's CUDA provider for Node exists for Linux x64; on others use webgpu.",
        },
      ],
    };
  return {
    device,
    findings: [...driver(system), ...provider(system, runtime)],
  };
}

function driver(system: System): Finding[] {
  const version = /Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(textOf(system, "/proc/driver/nvidia/version") ?? "")?.[1]; // prettier-ignore
  const nodes = system.list("/dev").filter((name) => /^nvidia\d+$/.test(name));
  const library = findLibrary(system, "libcuda.so.1");
  const contained = system.exists("/.dockerenv") || system.exists("/run/.containerenv") || system.env.KUBERNETES_SERVICE_HOST !== undefined; // prettier-ignore
  const capabilities = system.env.NVIDIA_DRIVER_CAPABILITIES;
  return [
    {
      what: "NVIDIA driver",
      ok: version !== undefined,
      found: version ?? "not loaded",
      cure: "Install NVIDIA's driver on the machine itself; in a container the host's is used.",
    },
    {
      what: "graphics cards",
      ok: nodes.length > 0,
      found: nodes.length > 0 ? nodes.map((name) => `/dev/${name}`).join(", ") : "no /dev/nvidia0",
      cure: contained
        ? "The container is shown no card: docker run --gpus all, or in Kubernetes resources.limits nvidia.com/gpu: 1."
        : "No card that NVIDIA's driver serves.",
    },
    {
      what: "libcuda.so.1",
      ok: library !== undefined,
      found: library ?? "not found",
      cure: contained
        ? `The driver's libraries are not in the container: NVIDIA_DRIVER_CAPABILITIES must name compute${capabilities === undefined ? "" : `, and is ${capabilities}`}.`
        : "It comes with the driver.",
    },
  ];
}

function provider(system: System, runtime: string | undefined): Finding[] {
  if (runtime === undefined)
    return [
      {
        what: "onnxruntime-node",
        ok: false,
        found: "not installed",
        cure: "npm install onnxruntime-node",
      },
    ];
  const folder = system
    .list(`${runtime}/bin`)
    .map((name) => `${runtime}/bin/${name}/linux/x64`)
    .find((path) => system.exists(path));
  const name = "libonnxruntime_providers_cuda.so";
  const file = `${folder ?? `${runtime}/bin`}/${name}`;
  const needs = needsOf(system.read(file) ?? new Uint8Array());
  if (needs === undefined)
    return [
      {
        what: "CUDA provider",
        ok: false,
        found: system.exists(file) ? `${file} is no library` : `${name} is not in ${folder ?? runtime}`, // prettier-ignore
        cure: "npm rebuild onnxruntime-node --ignore-scripts=false fetches it (some 400 MB); it is no part of the package.",
      },
    ];
  const first = [folder!, ...firstFolders(needs, folder!)];
  const libraries = needs.needed.map((library): Finding => {
    const path = findLibrary(system, library, first);
    return {
      what: library,
      ok: path !== undefined,
      found: path ?? "not found",
      cure: cureOf(library),
    };
  });
  return [{ what: "CUDA provider", ok: true, found: file }, ...libraries];
}

/** The package of an NVIDIA library; the number in the library's name is the required version. */
function cureOf(library: string): string {
  const [, name = library, version = ""] = /^lib([^.]+)\.so\.?([\d.]*)$/.exec(library) ?? [];
  if (name.startsWith("cudnn")) return `cuDNN ${version}: pip install nvidia-cudnn-cu13 or -cu12 as the CUDA libraries are, or NVIDIA's package; its folder belongs in LD_LIBRARY_PATH before Node starts.`; // prettier-ignore
  if (/^(cu|nv)/.test(name)) return `CUDA ${version}: the runtime libraries of the CUDA toolkit ${version}; their folder belongs in LD_LIBRARY_PATH before Node starts.`; // prettier-ignore
  return "A library of the system: its package manager has it.";
}
