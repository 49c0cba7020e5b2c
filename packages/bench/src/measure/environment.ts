// The machine on which a measurement was made.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

export interface Environment {
  cpu: string;
  /** Cores that this process may use. */
  cores: number;
  memory_gb: number;
  os: string;
  /** Width of the processor's widest vector instructions, in bits. */
  vector_bits?: number;
  /** CPU frequency governor: "performance", "powersave" …; absent where it is not known. */
  governor?: string;
  /** Load average of the last minute. */
  load?: number;
  /** The kind of container, if any. */
  container?: string;
  /** NVIDIA graphics cards and their drivers. */
  gpus?: readonly string[];
}

export const environment = (): Environment => describeMachine(textOf);

/** @param read reads a system file, undefined where it does not exist; tests supply their own */
export function describeMachine(read: (path: string) => string | undefined): Environment {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(read("/proc/cpuinfo") ?? "")?.[1] ?? "";
  const governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")?.trim();
  const vector = vectorBits(flags);
  const container = containerOf(read);
  const gpus = gpusOf(read);
  const [load] = loadavg();
  return {
    cpu: (cpus()[0]?.model ?? "unknown processor").replace(/\s+/g, " ").trim(),
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 1e8) / 10,
    os: `${type()} ${release()} ${arch()}`,
    ...(vector !== undefined && { vector_bits: vector }),
    ...(governor && { governor }),
    // Windows has no load average, and returns 0.
    ...(process.platform !== "win32" && { load: Math.round(100 * load!) / 100 }),
    ...(container && { container }),
    ...(gpus.length > 0 && { gpus }),
  };
}

/** The machine in one line, for records. */
export function host(): string {
  const { cpu, cores } = environment();
  return `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${process.platform} ${arch()}`;
}

/** By the names that Linux has for them in /proc/cpuinfo. */
function vectorBits(flags: string): number | undefined {
  const has = (name: string) => new RegExp(`\\b${name}\\b`).test(flags);
  if (has("avx512f")) return 512;
  if (has("avx") || has("avx2")) return 256;
  if (has("sse2") || has("asimd") || has("neon")) return 128;
  return undefined;
}

function containerOf(read: (path: string) => string | undefined): string | undefined {
  if (process.env.KUBERNETES_SERVICE_HOST) return "kubernetes";
  if (read("/.dockerenv") !== undefined) return "docker";
  if (read("/run/.containerenv") !== undefined) return "podman";
  return /\b(docker|kubepods|containerd|lxc)\b/.exec(read("/proc/1/cgroup") ?? "")?.[1];
}

/** What NVIDIA's driver says of its cards: "NVIDIA H100 80GB HBM3, driver 580.65.06". */
function gpusOf(read: (path: string) => string | undefined): string[] {
  const version = /Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(read("/proc/driver/nvidia/version") ?? "")?.[1]; // prettier-ignore
  if (version === undefined) return [];
  const names = [...(read("/proc/driver/nvidia/gpus") ?? "").matchAll(/^Model:\s*(.+)$/gm)];
  return names.map(([, name]) => `${name!.trim()}, driver ${version}`);
}

/** A file's text; of a folder, that of the file "information" in each of its folders. */
function textOf(path: string): string | undefined {
  try {
    if (!statSync(path).isDirectory()) return readFileSync(path, "utf8");
    return readdirSync(path)
      .map((name) => readFileSync(`${path}/${name}/information`, "utf8"))
      .join("\n");
  } catch {
    // The file does not exist or cannot be read.
    return undefined;
  }
}
