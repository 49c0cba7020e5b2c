// Runs models of a folder in ONNX Runtime, from number FIRST on, and says of each what came of it; a parent
// starts it again behind one that ends the process:
//   node runCases.mjs FOLDER FIRST
import { readFileSync, writeSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";

process.env.ORT_DISABLE_TELEMETRY ??= "1";
const [folder, first] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(`${folder}/cases.json`, "utf8"));
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);
const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array, bool: Uint8Array }; // prettier-ignore

for (let i = Number(first); i < cases.length; i++) {
  say({ i, begins: true });
  let stage = "open";
  try {
    const session = await InferenceSession.create(`${folder}/${i}.onnx`, {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
      graphOptimizationLevel: "disabled",
    });
    stage = "run";
    const feeds = Object.fromEntries(
      cases[i].map(({ name, dtype, shape, data }) => [
        name,
        new Tensor(dtype, dtype === "int64" ? BigInt64Array.from(data, BigInt) : arrays[dtype].from(data), shape), // prettier-ignore
      ]),
    );
    const results = await session.run(feeds);
    const shapes = Object.values(results).map(({ dims }) => dims);
    say({ i, stage: "ok", shapes });
    await session.release();
  } catch (error) {
    say({ i, stage, message: String(error.message).slice(0, 300) });
  }
}
process.exit(0);
