import { checkArgument } from "@cajal/core";
import type { Network } from "./network";

/**
 * Names of a network's outputs: those of the layers that give them. An output whose layer has given one before, or is
 * an input, has its place behind its name, as in "lstm:1": a graph has each name once.
 */
export function outputNames(network: Network): string[] {
  checkArgument("outputNames", "network", network, "object");
  const { inputs, outputs } = network;
  checkArgument("outputNames", "network.inputs", inputs, "array");
  checkArgument("outputNames", "network.outputs", outputs, "array");
  const names = new Set(inputs.map(({ from }) => from));
  return outputs.map(({ from }, i) => {
    const name = names.has(from) ? `${from}:${i}` : from;
    names.add(from);
    return name;
  });
}
