import { arrayTypes } from "@cajal/core";
import { describe, expect, it, vi } from "vitest";
import { GraphBuilder } from "../graph/builder";
import { decodeModel } from "../file/decode";
import { encodeModel, encodeModelWithExternalData } from "../file/encode";
import { dataOf, isLazy, lazyTensor, type Allocate } from "./lazyTensor";

const noMemory = () => {
  throw new Error("nothing is to be computed");
};

const threeTimes = () => {
  const compute = vi.fn<(allocate: Allocate) => Float32Array>((allocate) => {
    const data = allocate("float32", 3);
    data.set([3, 6, 9]);
    return data as Float32Array;
  });
  return { compute, tensor: lazyTensor("float32", [3], compute as never) };
};

describe("lazyTensor", () => {
  it("is computed once, when its numbers are first read, and is an ordinary tensor from then on", () => {
    const { compute, tensor } = threeTimes();
    expect(isLazy(tensor)).toBe(true);
    expect(compute).not.toHaveBeenCalled();
    const { data } = tensor;
    expect(data).toEqual(Float32Array.of(3, 6, 9));
    expect(tensor.data).toBe(data);
    expect(dataOf(tensor, noMemory)).toBe(data);
    expect(isLazy(tensor)).toBe(false);
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it("is computed in other memory without being kept", () => {
    const { tensor } = threeTimes();
    const memory = new Float32Array(8);
    const allocate = ((_: string, length: number) => memory.subarray(2, 2 + length)) as Allocate;
    expect(dataOf(tensor, allocate).buffer).toBe(memory.buffer);
    expect([...memory]).toEqual([0, 0, 3, 6, 9, 0, 0, 0]);
    expect(isLazy(tensor)).toBe(true);
  });

  it("refuses a computation that gives another number of elements", () => {
    const tensor = lazyTensor("float32", [2], (allocate) => allocate("float32", 3));
    const allocate: Allocate = (dtype, length) => new arrayTypes[dtype](length);
    expect(() => dataOf(tensor, allocate)).toThrow(expect.objectContaining({ code: "bad-shape" }));
  });

  it("goes through a graph, its checks and inference without being computed", () => {
    const { compute, tensor } = threeTimes();
    const g = new GraphBuilder({ name: "sum" });
    g.output(g.add(g.input("x", "float32", ["n", 3]), g.initializer("three", tensor)), "y");
    const model = g.build();
    expect(model.graph.outputs[0]!.shape).toEqual(["n", 3]);
    const external = encodeModelWithExternalData(model, { location: "weights", threshold: 0 });
    expect(external.entries).toEqual([{ name: "three", offset: 0, length: 12, tensor }]);
    expect(compute).not.toHaveBeenCalled();
    const { initializers } = decodeModel(encodeModel(model)).graph;
    expect(initializers.get("three")!.data).toEqual(Float32Array.of(3, 6, 9));
  });
});
