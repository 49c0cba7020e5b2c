import { build } from "../../tsup.base";

// graphWorker.js is not imported: it is what a worker runs, found beside whatever starts one.
export default build({
  index: "src/index.ts",
  graphWorker: "src/engines/onnx/thread/graphWorker.js",
});
