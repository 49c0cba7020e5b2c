// Peers that are not installed: the runtime's own code, bundled into an empty folder, in a Node of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeviceInfo } from "./devices";

const folder = mkdtempSync(join(tmpdir(), "cajal-peers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = fileURLToPath(new URL("../../../", import.meta.url));

beforeAll(() =>
  build({
    stdin: {
      contents: `
        export { lenet5 } from "@cajal/models";
        export * from "@cajal/runtime";`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["onnxruntime-web", "@tensorflow/*"],
    outfile: join(folder, "cajal.mjs"),
    tsconfig: join(root, "tsconfig.base.json"),
    logLevel: "silent",
  }),
);

/** What a program printed as JSON; it may use `open`, `initialize`, `devices`, `lenet5`. */
function run(program: string): unknown {
  writeFileSync(
    join(folder, "program.mjs"),
    `import { devices, initialize, lenet5, open } from "./cajal.mjs";
     const print = (value) => console.log(JSON.stringify(value));
     ${program}`,
  );
  const output = execFileSync(process.execPath, ["program.mjs"], { cwd: folder, encoding: "utf8" });
  return JSON.parse(output);
}

const tfjs = "@tensorflow/tfjs-core @tensorflow/tfjs-layers";

describe("without any engine installed", () => {
  it.each([
    ["onnx", "auto", "onnxruntime-node --ignore-scripts"],
    ["onnx", "wasm", "onnxruntime-web"],
    ["onnx", "webgpu", "onnxruntime-node --ignore-scripts"],
    ["tfjs", "cpu", `${tfjs} @tensorflow/tfjs-backend-cpu`],
    ["tfjs", "wasm", `${tfjs} @tensorflow/tfjs-backend-wasm`],
    ["tfjs", "webgpu", `${tfjs} @tensorflow/tfjs-backend-webgpu webgpu`],
  ])("open on %s, %s says to install %s", (engine, device, peers) => {
    const error = run(`
      const model = lenet5();
      await open(model, initialize(model, { seed: 1 }), ${JSON.stringify({ engine, device })})
        .catch(({ code, message, facts }) => print({ code, message, facts }));`);
    expect(error).toMatchObject({
      code: "missing-peer",
      message: expect.stringContaining(`npm install ${peers}`),
      facts: { peer: peers.split(" ")[0], install: `npm install ${peers}` },
    });
  });

  it("devices() lists all as not available, with what to install", () => {
    const listed = run("print(await devices());") as DeviceInfo[];
    expect(listed.length).toBeGreaterThan(8);
    for (const { device, available, reason } of listed) {
      expect(available).toBe(false);
      expect(reason).toMatch(device === "webgl" ? /browsers/ : /npm install /);
    }
  });

  it("a peer that is installed and broken says itself what is wrong", () => {
    const broken = join(folder, "node_modules/onnxruntime-node");
    mkdirSync(broken, { recursive: true });
    writeFileSync(
      join(broken, "package.json"),
      '{ "name": "onnxruntime-node", "version": "9.9.9" }',
    );
    writeFileSync(join(broken, "index.js"), 'throw new Error("invalid ELF header");');
    const outcome = run(`
      const model = lenet5();
      const [{ available, reason }] = await devices();
      await open(model, initialize(model, { seed: 1 }))
        .catch(({ code, message }) => print({ code, message, available, reason }));`);
    expect(outcome).toMatchObject({
      code: "engine",
      message: expect.stringContaining("invalid ELF header"),
      available: false,
      reason: expect.stringContaining("invalid ELF header"),
    });
  });
});
