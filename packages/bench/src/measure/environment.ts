// Where a measurement was made: numbers mean little without it.
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";

export interface Environment {
  cpu: string;
  /** Cores that this process may use. */
  cores: number;
  memory_gb: number;
  os: string;
}

export function environment(): Environment {
  return {
    cpu: (cpus()[0]?.model ?? "unknown processor").replace(/\s+/g, " ").trim(),
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 1e8) / 10,
    os: `${type()} ${release()} ${arch()}`,
  };
}

/** The machine in one line, for records. */
export function host(): string {
  const { cpu, cores } = environment();
  return `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${process.platform} ${arch()}`;
}
