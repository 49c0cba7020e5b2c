// smallTraining in a process of its own: how many threads ONNX Runtime's wasm has, and which drivers a
// GPU's, is settled once a process.  node PROGRAM '{"engine":"onnx","device":"wasm","threads":2}'
import { smallTraining } from "./smallTraining";

const losses = await smallTraining(JSON.parse(process.argv[2]!));
// At once: Dawn's threads keep a process, and some drivers crash while they shut down.
process.stdout.write(JSON.stringify(losses), () => process.kill(process.pid, "SIGKILL"));
