// The doctor on machines that are made up of folders.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { examineCuda } from "./cuda";
import { needsOf } from "./elf";
import { examineNodeGpu } from "./nodeGpu";
import { findLibrary, type System, thisSystem } from "./system";
import { examineWebgpu } from "./vulkan";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** A machine with these files. */
function machine(files: Readonly<Record<string, string | Uint8Array>>, env: System["env"] = {}) {
  const root = mkdtempSync(join(tmpdir(), "cajal-machine-"));
  folders.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return thisSystem(root, env, { platform: "linux", arch: "x64" });
}

/** A library that needs others: header, a loaded and a dynamic segment, entries, strings. By the System V ABI. */
function library(needed: readonly string[], runpath?: string): Uint8Array {
  const names = [...needed, ...(runpath === undefined ? [] : [runpath])];
  const strings = Buffer.from(`\0${names.map((name) => `${name}\0`).join("")}`);
  const entries: [tag: number, value: number][] = [];
  const [base, headers, table] = [0x1000, 64, 64 + 2 * 56];
  const end = table + 16 * (names.length + 2);
  let at = 1;
  for (const [i, name] of names.entries()) {
    entries.push([i < needed.length ? 1 : 29, at]);
    at += name.length + 1;
  }
  entries.push([5, base + end], [0, 0]);
  const file = Buffer.alloc(end + strings.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeBigUInt64LE(BigInt(headers), 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (i: number, type: number, offset: number, length: number) => {
    const start = headers + 56 * i;
    file.writeUInt32LE(type, start);
    file.writeBigUInt64LE(BigInt(offset), start + 8);
    file.writeBigUInt64LE(BigInt(base + offset), start + 16);
    file.writeBigUInt64LE(BigInt(length), start + 32);
  };
  segment(0, 1, 0, file.length);
  segment(1, 2, table, end - table);
  entries.forEach(([tag, value], i) => {
    file.writeBigUInt64LE(BigInt(tag), table + 16 * i);
    file.writeBigUInt64LE(BigInt(value), table + 16 * i + 8);
  });
  file.set(strings, end);
  return file;
}

const runtime = "/app/node_modules/onnxruntime-node";
const provider = `${runtime}/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so`;
const driver = {
  "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Mon",
  "/dev/nvidia0": "",
  "/usr/lib/x86_64-linux-gnu/libcuda.so.1": "",
};
const missing = (examination: { findings: readonly { what: string; ok: boolean }[] }) =>
  examination.findings.filter(({ ok }) => !ok).map(({ what }) => what);

describe("needsOf", () => {
  it("reads what a library needs, and where it looks first", () => {
    expect(needsOf(library(["libcudart.so.13", "libc.so.6"], "$ORIGIN:/opt/cuda"))).toEqual({
      needed: ["libcudart.so.13", "libc.so.6"],
      runpath: ["$ORIGIN", "/opt/cuda"],
    });
  });

  it.runIf(process.platform === "linux")("reads this Node itself", () => {
    expect(needsOf(readFileSync(process.execPath))!.needed).toContain("libc.so.6");
  });

  it("takes nothing else for a library, however it is cut off", () => {
    const whole = library(["libcudart.so.13"]);
    expect(needsOf(new Uint8Array())).toBeUndefined();
    expect(needsOf(new TextEncoder().encode("#!/bin/sh\n".repeat(50)))).toBeUndefined();
    for (const length of [5, 40, 70, 130, 200]) expect(() => needsOf(whole.subarray(0, length))).not.toThrow(); // prettier-ignore
  });
});

describe("cuda", () => {
  it("has all where driver, provider and its libraries are", () => {
    const system = machine(
      {
        ...driver,
        [provider]: library(["libcudart.so.13", "libcudnn.so.9", "libonnxruntime_providers_shared.so"], "$ORIGIN"),
        [join(dirname(provider), "libonnxruntime_providers_shared.so")]: "",
        "/opt/cuda/lib/libcudart.so.13": "",
        "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
        "/etc/ld.so.conf.d/cudnn.conf": "# NVIDIA\n/opt/cudnn/lib\n",
        "/opt/cudnn/lib/libcudnn.so.9": "",
      },
      { LD_LIBRARY_PATH: "/nowhere:/opt/cuda/lib" },
    ); // prettier-ignore
    const examination = examineCuda(system, runtime);
    expect(missing(examination)).toEqual([]);
    expect(examination.findings.map(({ found }) => found)).toContain(
      "/opt/cudnn/lib/libcudnn.so.9",
    );
  });

  it("names each library that is missing, by the version that the provider's file says", () => {
    const needed = ["libcudart.so.13", "libcudnn.so.9", "libstdc++.so.6"];
    const system = machine({ ...driver, [provider]: library(needed), "/usr/lib/libcudart.so.12": "" });
    const { findings } = examineCuda(system, runtime);
    expect(missing({ findings })).toEqual(needed);
    const cures = findings.filter(({ ok }) => !ok).map(({ cure }) => cure);
    expect(cures[0]).toContain("CUDA toolkit 13");
    expect(cures[1]).toContain("cuDNN 9");
    expect(cures[2]).toContain("package manager");
  }); // prettier-ignore

  it("tells a container that is shown no card from a machine that has none", () => {
    const inside = examineCuda(machine({ "/.dockerenv": "" }, { NVIDIA_DRIVER_CAPABILITIES: "utility" }), undefined); // prettier-ignore
    expect(missing(inside)).toEqual(["NVIDIA driver", "graphics cards", "libcuda.so.1", "onnxruntime-node"]); // prettier-ignore
    expect(inside.findings[1]!.cure).toContain("--gpus all");
    expect(inside.findings[2]!.cure).toContain("and is utility");
    const outside = examineCuda(machine({}), runtime);
    expect(outside.findings[1]!.cure).not.toContain("container");
    expect(outside.findings.at(-1)).toMatchObject({ what: "CUDA provider", ok: false });
    const mac = { ...machine({}), platform: "darwin" };
    expect(missing(examineCuda(mac, runtime))).toEqual(["platform"]);
  });
});

describe("node-gpu", () => {
  const binding = "/app/node_modules/@tensorflow/tfjs-node-gpu";
  const libraries = ["libcudart.so.11.0", "libcublas.so.11", "libcublasLt.so.11", "libcufft.so.10", "libcurand.so.10", "libcusolver.so.11", "libcusparse.so.11", "libcudnn.so.8"]; // prettier-ignore
  const installed = {
    [`${binding}/lib/napi-v8/tfjs_binding.node`]: "",
    [`${binding}/deps/lib/libtensorflow.so.2`]: "",
  };

  it("has all where binding, driver and the libraries of CUDA 11 are", () => {
    const files = Object.fromEntries(libraries.map((name) => [`/usr/local/cuda-11.2/lib64/${name}`, ""]));
    const system = machine({ ...driver, ...installed, ...files }, { LD_LIBRARY_PATH: "/usr/local/cuda-11.2/lib64" });
    expect(missing(examineNodeGpu(system, binding, "20.20.2"))).toEqual([]);
    expect(missing(examineNodeGpu(system, binding, "24.1.0"))).toEqual(["Node below 23"]);
  }); // prettier-ignore

  it("names what is missing: the package, its parts, libraries of the right version", () => {
    const none = examineNodeGpu(machine(driver), undefined, "20.20.2");
    expect(missing(none)).toEqual(["@tensorflow/tfjs-node-gpu", ...libraries]);
    const newer = machine({ ...driver, [`${binding}/package.json`]: "{}", "/usr/lib/libcudart.so.13": "" }); // prettier-ignore
    const { findings } = examineNodeGpu(newer, binding, "20.20.2");
    expect(missing({ findings })).toEqual(["its binding", "libtensorflow", ...libraries]);
    expect(findings.find(({ what }) => what === "libcudart.so.11.0")!.cure).toContain("CUDA 11.0");
    expect(findings.find(({ what }) => what === "libcudnn.so.8")!.cure).toContain("cuDNN 8");
    const mac = { ...machine({}), platform: "darwin" };
    expect(missing(examineNodeGpu(mac, undefined))).toEqual(["platform"]);
  });
});

describe("webgpu", () => {
  const icd = (path: string) => JSON.stringify({ ICD: { library_path: path } });

  it("follows manifests to their libraries", () => {
    const system = machine({
      "/usr/lib/x86_64-linux-gnu/libvulkan.so.1": "",
      "/usr/share/vulkan/icd.d/radeon.json": icd("libvulkan_radeon.so"),
      "/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so": "",
      "/usr/share/vulkan/icd.d/gone.json": icd("libvulkan_gone.so"),
      "/usr/share/vulkan/icd.d/torn.json": "{",
      "/dev/dri/renderD128": "",
    });
    const { findings } = examineWebgpu(system, "webgpu");
    expect(findings.map(({ what, ok }) => [what, ok])).toEqual([
      ["Vulkan loader", true],
      ["Vulkan driver gone", false],
      ["Vulkan driver radeon", true],
      ["Vulkan driver torn", false],
      ["graphics cards", true],
    ]);
  });

  it("tells a driver that lacks a library, and takes NVIDIA's own nodes for cards", () => {
    const system = machine({
      "/usr/share/vulkan/icd.d/nvidia_icd.json": icd("libGLX_nvidia.so.0"),
      "/usr/lib/x86_64-linux-gnu/libGLX_nvidia.so.0": library(["libX11.so.6"]),
      "/dev/nvidia0": "",
    });
    const [, driver, cards] = examineWebgpu(system, "webgpu").findings;
    expect(driver).toMatchObject({ ok: false, found: expect.stringContaining("libX11.so.6") });
    expect(cards).toMatchObject({ ok: true, found: "/dev/nvidia0" });
  });

  it("takes the manifests that the environment names, relative to themselves", () => {
    const files = { "/usr/lib/chromium/swiftshader.json": icd("./libvk_swiftshader.so"), "/usr/lib/chromium/libvk_swiftshader.so": "", "/usr/share/vulkan/icd.d/x.json": icd("x.so") }; // prettier-ignore
    const env = { VK_DRIVER_FILES: "/usr/lib/chromium/swiftshader.json" };
    const { findings } = examineWebgpu(machine(files, env), "webgpu");
    expect(findings[1]).toMatchObject({
      ok: true,
      found: "/usr/lib/chromium/libvk_swiftshader.so",
    });
    expect(missing({ findings })).toEqual(["Vulkan loader", "graphics cards"]);
  });

  it("says how to get a driver where there is none", () => {
    const { findings } = examineWebgpu(machine({}), "webgpu");
    expect(missing({ findings })).toEqual(["Vulkan loader", "Vulkan driver", "graphics cards"]);
    expect(findings[1]!.cure).toContain("mesa-vulkan-drivers");
  });
});

it("looks in the loader's order: the library's own folders, the environment, the configuration, the system", () => {
  const at = (folder: string) => ({ [`${folder}/libx.so`]: "" });
  const all = { ...at("/own"), ...at("/env"), ...at("/conf"), ...at("/usr/lib"), "/etc/ld.so.conf": "/conf\n" }; // prettier-ignore
  const env = { LD_LIBRARY_PATH: "/env" };
  expect(findLibrary(machine(all, env), "libx.so", ["/own"])).toBe("/own/libx.so");
  expect(findLibrary(machine(all, env), "libx.so")).toBe("/env/libx.so");
  expect(findLibrary(machine(all), "libx.so")).toBe("/conf/libx.so");
  expect(findLibrary(machine(at("/usr/lib")), "libx.so")).toBe("/usr/lib/libx.so");
  expect(findLibrary(machine({}), "libx.so")).toBeUndefined();
});
