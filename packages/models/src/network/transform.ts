// Networks derived from a network: without the last activation, with fewer outputs. They stay resolved.
import { CajalError, showValue } from "@cajal/core";
import { writeConfig } from "../layers/definition/readConfig";
import { isNetwork, type Call, type Network, type NetworkValue } from "./network";
import { readsOf } from "./masks";
import type { NetworkLayer } from "./planNode";

/**
 * The network without the activation at the end of an output, for losses that take the values before it (logits).
 *
 * @param index index of the output
 * @throws CajalError `bad-argument` for a value that is not a network, or an index without an output
 * @returns undefined where the output does not end with that activation, or the activation cannot be removed:
 *   another layer reads the output too or a regularizer does, it is an output twice, or its layer is called elsewhere
 */
export function withoutEnding(
  network: Network,
  index: number,
  activation: string,
): Network | undefined {
  checkOutputs("withoutEnding", network, [index]);
  const { calls, layers, model, outputs } = network;
  const output = outputs[index]!;
  const last = output.call;
  if (!last || !layers.includes(last.layer)) return undefined;
  const isRead =
    last.layer.activityRegularizer !== undefined ||
    calls.some((call) => readsOf(call).includes(output));
  const callCount = calls.filter(({ layer }) => layer === last.layer).length;
  if (isRead || callCount > 1 || outputs.filter((each) => each === output).length > 1)
    return undefined;
  const { definition, config, name } = last.inner;
  const ending = definition.ending?.(config);
  if (ending?.activation !== activation || !ending.without) return undefined;

  const innerLayer = { name, definition, ...ending.without };
  const layer: NetworkLayer = {
    ...last.layer,
    className: innerLayer.definition.className,
    layer: innerLayer,
  };
  const value: NetworkValue = { ...output };
  const call: Call = { ...last, layer, inner: innerLayer, outputs: [value] };
  value.call = call;
  const replace = <T>(list: readonly T[], replaced: T, replacement: T) =>
    list.map((each) => (each === replaced ? replacement : each));
  return {
    ...network,
    calls: replace(calls, last, call),
    layers: replace(layers, last.layer, layer),
    outputs: replace(outputs, output, value),
    model: {
      ...model,
      config: {
        ...model.config,
        layers: model.config.layers.map((entry) =>
          entry.name === layer.path
            ? {
                ...entry,
                class_name: layer.className,
                config: {
                  name,
                  trainable: entry.config.trainable ?? true,
                  ...writeConfig(innerLayer.definition.fields, innerLayer.config),
                },
              }
            : entry,
        ),
      },
    },
  };
}

/**
 * The network with only those outputs, without the calls that none of them depends on.
 *
 * @param keeps calls to keep whatever depends on them, with what they depend on; default none
 * @throws CajalError `bad-argument` for a value that is not a network, or a name that is not an output
 */
export function withOutputs(
  network: Network,
  indices: readonly number[],
  keeps: (call: Call) => boolean = () => false,
): Network {
  checkOutputs("withOutputs", network, indices);
  if (indices.length === network.outputs.length) return network;
  const outputs = indices.map((index) => network.outputs[index]!);
  const neededValues = new Set<NetworkValue>(outputs);
  // Calls stand behind those that they read from.
  const calls = network.calls
    .toReversed()
    .filter((call) => {
      const isNeeded =
        call.inner.definition.isInput ||
        call.outputs.some((value) => neededValues.has(value)) ||
        keeps(call);
      if (!isNeeded) return false;
      for (const input of readsOf(call)) neededValues.add(input);
      return true;
    })
    .toReversed();
  return {
    ...network,
    calls,
    outputs,
    outputNames: indices.map((index) => network.outputNames[index]!),
  };
}

function checkOutputs(where: string, network: Network, indices: readonly number[]): void {
  if (!isNetwork(network))
    throw new CajalError(
      "bad-argument",
      `${where}: got ${showValue(network)}, expected what resolve gives.`,
      { where },
    );
  const { outputs } = network;
  if (!Array.isArray(indices) || !indices.every((index) => outputs[index] !== undefined))
    throw new CajalError(
      "bad-argument",
      `${where}: got output ${showValue(indices)}, expected numbers from 0 to ${outputs.length - 1}.`,
      { where },
    );
}
