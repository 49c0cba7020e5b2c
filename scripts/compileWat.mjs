// Compiles a module of WebAssembly text, x.wat, to x.wasm.ts beside it, with the WebAssembly Binary Toolkit, which is wanted
// for this alone:
//   npm install --no-save wabt@1 && node scripts/compileWat.mjs packages/models/src/lower/transpose.wat
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import wabt from "wabt";

const [path] = process.argv.slice(2);
const name = basename(path, ".wat");
const { parseWat } = await wabt();
const { buffer } = parseWat(`${name}.wat`, readFileSync(path, "utf8"), { simd: true }).toBinary({});
const lines = Buffer.from(buffer)
  .toString("base64")
  .match(/.{1,88}/g);
writeFileSync(
  path.replace(/\.wat$/, ".wasm.ts"),
  `// ${name}.wat, compiled by scripts/compileWat.mjs: ${buffer.length} bytes, base64.\nexport const ${name}Wasm =\n${lines.map((line) => `  "${line}"`).join(" +\n")};\n`,
);
