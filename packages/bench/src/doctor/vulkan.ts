// Checks what WebGPU needs on Linux: the Vulkan loader, and a driver that it can load.
import { posix } from "node:path";
import { firstFolders, needsOf } from "./elf";
import type { Examination, Finding } from "./finding";
import { findLibrary, type System, textOf } from "./system";

export function examineWebgpu(system: System, device: string): Examination {
  if (system.platform !== "linux")
    return {
      device,
      findings: [
        {
          what: "graphics interface",
          ok: true,
          found: system.platform === "darwin" ? "Metal, part of macOS" : "Direct3D 12, part of Windows", // prettier-ignore
        },
      ],
    };
  const loader = findLibrary(system, "libvulkan.so.1");
  const drivers = manifests(system).map((path) => driverOf(system, path));
  const matches = (folder: string, pattern: RegExp) =>
    system.list(folder).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`); // prettier-ignore
  // NVIDIA's driver is reached through nodes of its own.
  const cards = [...matches("/dev/dri", /^renderD/), ...matches("/dev", /^nvidia\d+$/)];
  return {
    device,
    findings: [
      {
        what: "Vulkan loader",
        ok: loader !== undefined,
        found: loader ?? "libvulkan.so.1 is not found",
        cure: "apt-get install libvulkan1, or your distribution's vulkan-loader. The package chromium has one of its own: LD_LIBRARY_PATH=/usr/lib/chromium.",
      },
      ...(drivers.length > 0
        ? drivers
        : [
            {
              what: "Vulkan driver",
              ok: false,
              found: "no manifest (icd.d/*.json)",
              cure: "The graphics driver's Vulkan part: mesa-vulkan-drivers for AMD and Intel, NVIDIA's own for its cards (in containers NVIDIA_DRIVER_CAPABILITIES must name graphics). Without a card: SwiftShader of the package chromium, by VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json.",
            },
          ]),
      {
        what: "graphics cards",
        ok: cards.length > 0,
        found: cards.length > 0 ? cards.join(", ") : "no /dev/dri/renderD*, no /dev/nvidia0",
        cure: "No card is shown to this system; drivers in software do without. In containers: --device /dev/dri, or --gpus all.",
      },
    ],
  };
}

/** The manifests that the loader reads: those named in the environment, or all installed ones. */
function manifests(system: System): string[] {
  const fromEnvironment = system.env.VK_DRIVER_FILES ?? system.env.VK_ICD_FILENAMES;
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment.split(":");
  return ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"].flatMap(
    (folder) =>
      system
        .list(folder)
        .filter((name) => name.endsWith(".json"))
        .sort()
        .map((name) => posix.join(folder, name)),
  );
}

function driverOf(system: System, manifest: string): Finding {
  const what = `Vulkan driver ${posix.basename(manifest, ".json")}`;
  const unusableDriver = (found: string): Finding => ({
    what,
    ok: false,
    found,
    cure: "Install the driver anew, or take the manifest away.",
  });
  const text = textOf(system, manifest);
  if (text === undefined) return unusableDriver(`${manifest} is not there`);
  let library: unknown;
  try {
    library = (JSON.parse(text) as { ICD?: { library_path?: unknown } }).ICD?.library_path;
  } catch {
    return unusableDriver(`${manifest} is no JSON`);
  }
  if (typeof library !== "string") return unusableDriver(`${manifest} names no library`);
  // A plain name is searched like any library; a path is relative to the manifest.
  const path = library.includes("/")
    ? posix.resolve(posix.dirname(manifest), library)
    : findLibrary(system, library);
  if (path === undefined || !system.exists(path)) return unusableDriver(`${library} is not found`);
  // The loader silently skips a driver that lacks a library: NVIDIA's needs X11's even without a display.
  const needs = needsOf(system.read(path) ?? new Uint8Array()) ?? { needed: [], runpath: [] };
  const first = firstFolders(needs, posix.dirname(path));
  const missing = needs.needed.filter((name) => findLibrary(system, name, first) === undefined);
  if (missing.length > 0)
    return {
      what,
      ok: false,
      found: `${path} needs ${missing.join(", ")}, not found`,
      cure: "Install these libraries; on Debian and Ubuntu those of NVIDIA's driver come with apt-get install libx11-6 libxext6 libgl1 libegl1.",
    };
  return { what, ok: true, found: path };
}
