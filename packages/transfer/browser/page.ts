// A page without a server side: a model's file that the user chooses is read, shown, run and saved as ONNX.
import { sizeOf, tensor } from "@cajal/core";
import { summary } from "@cajal/models";
import { open } from "@cajal/runtime";
import { env } from "onnxruntime-web/wasm";
import { encodeModel, readModel } from "../src/index";

env.wasm.wasmPaths = "/onnxruntime-web/";

const part = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

part<HTMLInputElement>("file").addEventListener("change", async ({ target }) => {
  const show = (text: string) => (part("result").textContent = text);
  try {
    const [file] = (target as HTMLInputElement).files!;
    const read = await readModel(file!);
    const { totalParams, layers } = summary(read.model);
    await using session = await open(read.model, read.weights, { engine: "onnx", device: "wasm" });
    const shape = session.inputs[0]!.shape!.map((dim) => (typeof dim === "number" ? dim : 1));
    const x = Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i));
    const { data } = await session.predict(tensor("float32", shape, x));
    const [bytes] = encodeModel(read, { format: "onnx" }).values();
    const link = part<HTMLAnchorElement>("save");
    link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    link.download = "model.onnx";
    const names = layers.map(({ name }) => name);
    show(JSON.stringify({ format: read.format, totalParams, names, output: [...data] }));
  } catch (error) {
    show(`error: ${(error as Error).message}`);
  }
});
