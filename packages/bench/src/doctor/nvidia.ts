// What NVIDIA's cards need, whatever computes on them: the driver, and libraries of CUDA.
import type { Examination, Finding } from "./finding";
import { findLibrary, type System, textOf } from "./system";

export function driver(system: System): Finding[] {
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

/** @param first folders in which the loader looks before its own */
export function libraryFinding(
  system: System,
  library: string,
  first: readonly string[] = [],
): Finding {
  const path = findLibrary(system, library, first);
  return {
    what: library,
    ok: path !== undefined,
    found: path ?? "not found",
    cure: cureOf(library),
  };
}

/** The package of an NVIDIA library; the number in the library's name is the required version. */
function cureOf(library: string): string {
  const [, name = library, version = ""] = /^lib([^.]+)\.so\.?([\d.]*)$/.exec(library) ?? [];
  if (name.startsWith("cudnn")) return `cuDNN ${version}: pip install nvidia-cudnn-cu13, -cu12 or -cu11 as the CUDA libraries are, or NVIDIA's package; its folder belongs in LD_LIBRARY_PATH before Node starts.`; // prettier-ignore
  if (/^(cu|nv)/.test(name)) return `CUDA ${version}: the runtime libraries of the CUDA toolkit ${version}; their folder belongs in LD_LIBRARY_PATH before Node starts.`; // prettier-ignore
  return "A library of the system: its package manager has it.";
}

/** Of other platforms than Linux x64 that is all that is found. */
export function examinedOnLinux(
  system: System,
  { device, cure }: { device: string; cure: string },
  findings: () => readonly Finding[],
): Examination {
  if (system.platform === "linux" && system.arch === "x64") return { device, findings: findings() };
  const found = `${system.platform} ${system.arch}`;
  return { device, findings: [{ what: "platform", ok: false, found, cure }] };
}
