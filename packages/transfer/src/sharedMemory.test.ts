// A model's bytes in memory that a page shares with its workers.
import { tensor } from "@cajal/core";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";
import { functional } from "@cajal/models";
import { decodeModel } from "@cajal/onnx";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { decodeAsBrowsers, inSharedMemory } from "../../core/testing/sharedMemory";
import { readModel } from "./readModel";
import { encodeModel } from "./writeModel";

const net = functional("m");
const x = net.input([2], { name: "x" });
const model = net.model(x, net.layer("Dense", { units: 1, name: "y" }, x));
const kernel = tensor("float32", [2, 1], [2, 3]);
const weights = new Map([["y/kernel", kernel], ["y/bias", tensor("float32", [1], [1])]]); // prettier-ignore
const encoded = (format: "h5" | "keras" | "onnx") =>
  inSharedMemory([...encodeModel({ model, weights }, { format }).values()][0]!);

beforeEach(decodeAsBrowsers);
afterEach(() => void vi.restoreAllMocks());

it.each(["h5", "keras"] as const)("is read, %s", async (format) => {
  const read = await readModel(encoded(format));
  expect(read.weights.get("y/kernel")).toEqual(kernel);
});

it("is read, ONNX", async () => {
  expect((await readModel(encoded("onnx"), { graphs: true })).format).toBe("ONNX");
  expect(decodeModel(encoded("onnx")).graph.inputs.map(({ name }) => name)).toEqual(["x"]);
});

it("is read, safetensors", () => {
  const bytes = encodeSafetensors({ tensors: weights, metadata: {} });
  expect(decodeSafetensors(inSharedMemory(bytes)).tensors.get("y/kernel")).toEqual(kernel);
});
