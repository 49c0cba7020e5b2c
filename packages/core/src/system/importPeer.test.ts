import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../testing/bundle";
import { importPeer, peerError } from "./importPeer";

// Node's own messages count, so node itself imports, beside packages made for the purpose.
let program: string;
beforeAll(async () => {
  program = await bundle(new URL("../../testing/importPeerProgram.ts", import.meta.url));
  return () => rm(dirname(program), { recursive: true, force: true });
});
function install(name: string, files: Record<string, string>, manifest: object = {}) {
  const folder = join(dirname(program), "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, ...manifest }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}
const run = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args]);
  return JSON.parse(stdout) as object;
};
const esm = { type: "module", exports: { ".": "./index.js", "./node": "./node.js" } };

describe("installed", () => {
  it("gives the module", async () => {
    install("good-peer", { "index.js": "export const answer = 42;" }, esm);
    expect(await run("good-peer")).toEqual({ answer: 42 });
  });
  it("passes on what the module itself throws", async () => {
    install("bad-peer", { "index.js": "throw new RangeError('own');" }, esm);
    expect(await run("bad-peer")).toEqual({ name: "RangeError", message: "own", cause: false });
  });
});

describe("not installed", () => {
  const missing = (peer: string) => ({
    name: "CajalError",
    code: "missing-peer",
    message: `"${peer}" is needed here and is not installed. Install it: npm install ${peer}`,
    facts: { peer, missing: expect.any(String), install: `npm install ${peer}` },
    cause: true,
  });

  it.each([["no-peer"], ["@scope/no-peer"]])("%s", async (name) =>
    expect(await run(name)).toEqual(missing(name)),
  );
  it("an entry of it", async () =>
    expect(await run("no-peer", "no-peer/node")).toEqual(missing("no-peer")));
  it("as CommonJS finds it missing", async () => {
    install("asks", { "index.js": 'require("no-peer/node")' });
    expect(await run("no-peer", "asks")).toEqual(missing("no-peer"));
  });
  it.each([
    ["Chromium", 'Failed to resolve module specifier "@scope/no-peer/wasm"'],
    ["Chromium", "Failed to resolve module specifier '@scope/no-peer'"],
    [
      "Firefox",
      "The specifier “@scope/no-peer” was a bare specifier, but was not remapped to anything.",
    ],
    ["Safari", 'Module name, "@scope/no-peer" does not resolve to a valid URL.'],
  ])("as %s says it of a bundle that was made without it: %s", (_, message) => {
    expect(peerError("@scope/no-peer", new TypeError(message))).toMatchObject(missingPeer);
    // Of something else, it is another's error.
    const other = new TypeError(message.replace("no-peer", "other"));
    expect(peerError("@scope/no-peer", other)).toBe(other);
  });
  const missingPeer = { code: "missing-peer", facts: { peer: "@scope/no-peer" } };
  it("names the command that installs it here", async () => {
    const absent = Object.assign(new Error("Cannot find module 'native'"), {
      code: "MODULE_NOT_FOUND",
    });
    const install = "npm install native --ignore-scripts";
    await expect(
      importPeer("native", () => Promise.reject(absent), { install }),
    ).rejects.toMatchObject({ message: expect.stringContaining(install), facts: { install } });
  });
  it("as Vite says it for an optional peer", () =>
    expect(
      importPeer("no-peer", () =>
        Promise.reject(new Error('Could not resolve "no-peer" imported by "@cajal/runtime".')),
      ),
    ).rejects.toMatchObject({ code: "missing-peer", facts: { peer: "no-peer" } }));
  it("here, by this test's own loader", () =>
    expect(importPeer("no-peer", () => import("no-peer" as string))).rejects.toMatchObject({
      code: "missing-peer",
      facts: { peer: "no-peer" },
    }));
});

describe("installed in part", () => {
  it.each([
    ["ESM", { "index.js": 'import "no-dependency";' }, esm],
    ["CommonJS", { "index.js": 'require("no-dependency")' }, {}],
  ])("lacks what it needs (%s): says which", async (kind, files, manifest) => {
    const peer = `part-${kind.toLowerCase()}`;
    install(peer, files, manifest);
    expect(await run(peer)).toMatchObject({
      code: "missing-peer",
      message: `"${peer}" is needed here and not wholly installed: it lacks no-dependency. Install it anew: npm install ${peer}`,
      facts: { peer, missing: "no-dependency" },
    });
  });

  it("lacks its native part: as @tensorflow/tfjs-node says it when its install script did not run", async () => {
    // The message of @tensorflow/tfjs-node 4.22.0, dist/index.js.
    const message =
      "The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/lib/napi-v8/tfjs_binding.node. \\nPlease run command 'npm rebuild @tensorflow/tfjs-node --build-addon-from-source' to rebuild the native addon module.";
    install("@tensorflow/tfjs-node", { "index.js": `throw new Error("${message}")` });
    expect(await run("@tensorflow/tfjs-node")).toMatchObject({
      code: "missing-peer",
      facts: { install: "npm rebuild @tensorflow/tfjs-node --ignore-scripts=false" },
    });
  });
});
