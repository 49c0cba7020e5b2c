// How long a .h5 of 100 MB takes to read, and how much memory: ResNet50 with random weights, written by us, then
// read in a process of its own. Prints one JSON line.
//   node scripts/run-source.mjs packages/transfer/scripts/readLarge.ts
//
// Last result (Node 20, two cores that others used too), file of 98 MB, the median of three, processor time and memory
// beyond the process and its weights: .h5 0.92 s and 18 MB, .safetensors 0.64 s and 5 MB, .keras 1.4 s and 16 MB (of which
// reading it once more for its checksum is a part). Alone on the machine .h5 takes 0.67 s by the clock.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resnet50, weightSpecs } from "@cajal/models";
import { random, sizeOf, tensor } from "@cajal/core";
import { readModel } from "../src/readModel";
import { writeModel, type WriteFormat } from "../src/writeModel";

const path = process.argv[2];
if (path) await measure(path);
else {
  const folder = mkdtempSync(join(tmpdir(), "cajal-large-"));
  try {
    const model = resnet50();
    const source = random(1);
    const weights = new Map(
      weightSpecs(model).map(({ key, shape }) => {
        const data = Float32Array.from({ length: sizeOf(shape) }, source.float);
        return [key, tensor("float32", shape, data)];
      }),
    );
    for (const format of ["h5", "keras", "safetensors"] as WriteFormat[]) {
      const file = join(folder, `resnet50.${format}`);
      await writeModel(file, { model, weights }, { format });
      const runs = Array.from(
        { length: 3 },
        () =>
        execFileSync(process.execPath, ["scripts/run-source.mjs", import.meta.filename ?? process.argv[1]!, file], { encoding: "utf8" }), // prettier-ignore
      );
      process.stdout.write(runs.join(""));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(file: string): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const spent = process.cpuUsage();
  const started = performance.now();
  const { weights } = await readModel(file);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(spent);
  const bytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const mb = (n: number) => Math.round(n / 2 ** 20);
  // Not getrusage's: that of the process which started this one counts there.
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
  console.log(
    JSON.stringify({
      file: file.split("/").at(-1),
      file_mb: mb(statSync(file).size),
      weights_mb: mb(bytes),
      read_ms: Math.round(ms),
      cpu_ms: Math.round((user + system) / 1000),
      rss_before_mb: mb(before.rss),
      peak_rss_mb: mb(peak),
      beyond_weights_mb: mb(peak - before.rss - bytes),
    }),
  );
}
