// The examples of array jobs, run as far as can be without a cluster: their shell, with npm and npx that only tell.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

describe.skipIf(process.platform === "win32")("examples", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cajal-examples-"));
    for (const name of ["npm", "npx"]) {
      writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@"\n`);
      chmodSync(join(folder, name), 0o755);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const shell = (args: readonly string[], env: NodeJS.ProcessEnv) =>
    execFileSync("sh", args, {
      encoding: "utf8",
      env: { PATH: `${folder}${delimiter}${process.env.PATH}`, ...env },
    })
      .trim()
      .split("\n");

  it("for Slurm takes the part of its task", () => {
    const env = { SLURM_ARRAY_TASK_ID: "2", SLURM_ARRAY_TASK_COUNT: "4" };
    expect(shell([example("slurm.sh")], env)).toEqual(["npx cajal run table --device gpu --shard 2/4 --out results/part-2"]); // prettier-ignore
  });

  it("for Kubernetes takes the part of its index, which begins at 0", () => {
    const yaml = readFileSync(example("kubernetes.yaml"), "utf8");
    const script = /args:\n +- \|\n((?: {14}.*\n)+)/.exec(yaml)![1]!.replaceAll(/^ {14}/gm, "");
    const [, count] = /name: COUNT, value: "(\d+)"/.exec(yaml)!;
    expect(Number(/completions: (\d+)/.exec(yaml)![1])).toBe(Number(count));
    const parts = Array.from({ length: Number(count) }, (_, index) =>
      shell(["-ec", script], { JOB_COMPLETION_INDEX: String(index), COUNT: count }).at(-1),
    );
    expect(parts).toEqual([1, 2, 3, 4].map((part) => `npx cajal run table --device gpu --shard ${part}/4 --out /results/part-${part}`)); // prettier-ignore
  });

  it("for a matrix covers every part once", () => {
    const yaml = readFileSync(example("github-actions.yml"), "utf8");
    const parts = /part: \[(.*)\]/.exec(yaml)![1]!.split(", ");
    expect(parts).toEqual(["1", "2", "3", "4"]);
    expect(yaml).toContain(`--shard \${{ matrix.part }}/${parts.length}`);
  });
});
