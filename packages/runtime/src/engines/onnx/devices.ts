// The devices of engine onnx: ONNX Runtime's execution providers.
import { encodeModel } from "@cajal/onnx";
import { inNode } from "../../device/device";
import { installedPath } from "../../device/installed";
import { probe } from "../../device/probe";
import type { EngineDevices } from "../engine";
import { doublingGraph } from "./doublingGraph";
import { onnxruntimeWeb } from "./peers";
import { withoutTelemetry } from "./telemetry";

export const onnxDevices: EngineDevices = {
  names: ["cpu", "wasm", "webgpu", "cuda"],
  auto: inNode ? ["cpu"] : ["webgpu", "wasm"],
  gpu: inNode ? ["cuda", "webgpu"] : ["webgpu"],
  onlyOn: { cpu: "Node", cuda: "Node" },
  peers: (device) => [device === "wasm" ? "onnxruntime-web" : "onnxruntime-node"],
  async probe(device, signal) {
    // WebAssembly runs wherever Node does.
    if (device === "wasm") return true;
    const argument = {
      device,
      folder: installedPath("onnxruntime-node"),
      model: Buffer.from(encodeModel(doublingGraph())).toString("base64"),
    };
    return probe({ program: double, argument, env: withoutTelemetry() }, signal);
  },
  async load(device) {
    const { env } = await onnxruntimeWeb(device === "webgpu" ? device : "wasm");
    return env.versions.web!;
  },
};

const double = `
    const { InferenceSession, Tensor } = require(argument.folder);
    const options = { executionProviders: [argument.device], logSeverityLevel: 4 };
    const session = await InferenceSession.create(Buffer.from(argument.model, "base64"), options);
    const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 2, 3), [3]) });
    if (String(y.data) !== "2,4,6") throw new Error("doubled 1,2,3 to " + y.data);
`;
