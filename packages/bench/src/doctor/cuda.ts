// Checks what ONNX Runtime's CUDA provider needs: a driver, the provider's files, and the libraries that these need.
import { firstFolders, needsOf } from "./elf";
import type { Examination, Finding } from "./finding";
import { driver, examinedOnLinux, libraryFinding } from "./nvidia";
import type { System } from "./system";

/** @param runtime folder of the package onnxruntime-node; absent where it is not installed */
export function examineCuda(system: System, runtime: string | undefined): Examination {
  const cure = "ONNX Runtime's CUDA provider for Node exists for Linux x64; on others use webgpu.";
  return examinedOnLinux(system, { device: "onnx · cuda", cure }, () => [
    ...driver(system),
    ...provider(system, runtime),
  ]);
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
  const libraries = needs.needed.map((library) => libraryFinding(system, library, first));
  return [{ what: "CUDA provider", ok: true, found: file }, ...libraries];
}
