// What runs in the browser: the training that Node does, too.
import { env as ofWebGpu } from "onnxruntime-web/webgpu";
import { env as ofWasm } from "onnxruntime-web/wasm";
import { smallTraining, type Where } from "../testing/smallTraining";

export interface Page {
  train(where: Where): Promise<number[]>;
  threads(): number | undefined;
}

for (const env of [ofWasm, ofWebGpu]) env.wasm.wasmPaths = "/onnxruntime-web/";

const page: Page = { train: smallTraining, threads: () => ofWasm.wasm.numThreads };
Object.assign(globalThis, { page });
