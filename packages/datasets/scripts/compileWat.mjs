// Compiles resample.wat with the WebAssembly Binary Toolkit, which is wanted for this alone:
//   npm install --no-save wabt@1 && node packages/datasets/scripts/compileWat.mjs
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const folder = new URL("../src/images/kernels/", import.meta.url);
const { parseWat } = await wabt();
const text = readFileSync(new URL("resample.wat", folder), "utf8");
const { buffer } = parseWat("resample.wat", text, { simd: true }).toBinary({});
const lines = Buffer.from(buffer)
  .toString("base64")
  .match(/.{1,88}/g);
writeFileSync(
  new URL("resample.wasm.ts", folder),
  `// resample.wat, compiled by scripts/compileWat.mjs: ${buffer.length} bytes, base64.\nexport const resampleWasm =\n${lines.map((line) => `  "${line}"`).join(" +\n")};\n`,
);
