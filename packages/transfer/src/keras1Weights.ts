// Weights as Keras 1 laid them out, in the layouts of Keras 2 (keras/engine/saving.py of Keras 2,
// preprocess_weights_for_loading): each gate of an LSTM and a GRU was an array of its own, and kernels of
// sequences had an axis more.
import { sizeOf, tensor, type Tensor } from "@cajal/core";
import type { NetworkLayer } from "@cajal/models";
import type { StoredGroup, StoredWeight } from "./storedWeights";

/** The groups of layers, found by name, else in order. */
export function fromKeras1(
  groups: readonly StoredGroup[],
  layers: readonly NetworkLayer[],
): readonly StoredGroup[] {
  const wanting = layers.filter(({ weights }) => weights.length > 0);
  const filled = groups.filter(({ weights }) => weights.length > 0);
  return groups.map((group) => {
    const layer = wanting.find(({ name }) => name === group.name) ?? wanting[filled.indexOf(group)];
    return layer ? { ...group, weights: converted(group.weights, layer) } : group;
  });
}

function converted(
  stored: readonly StoredWeight[],
  { weights }: NetworkLayer,
): readonly StoredWeight[] {
  // Each gate its kernel, recurrent kernel and bias; Keras 1 lists an LSTM's input, cell, forget, output.
  if (weights.length === 3 && stored.length === 12) return gates(stored, [0, 2, 1, 3]);
  if (weights.length === 3 && stored.length === 9) return gates(stored, [0, 1, 2]);
  return stored.map((weight, i) => {
    const { shape } = weight;
    if (weights[i]?.shape.length !== 3 || shape.length !== 4 || shape[1] !== 1) return weight;
    return {
      ...weight,
      shape: shape.toSpliced(1, 1),
      read: () => weight.read().then(withoutAxis1),
    };
  });
}

const withoutAxis1 = (value: Tensor): Tensor => ({ ...value, shape: value.shape.toSpliced(1, 1) });

/** Three arrays, the gates side by side along their last axes. */
function gates(stored: readonly StoredWeight[], order: readonly number[]): StoredWeight[] {
  return [0, 1, 2].map((part) => {
    const parts = order.map((gate) => stored[3 * gate + part]!);
    const last = (shape: readonly number[]) => shape.at(-1) ?? 1;
    const units = parts.reduce((sum, { shape }) => sum + last(shape), 0);
    const shape = [...parts[0]!.shape.slice(0, -1), units];
    return {
      name: parts.map(({ name }) => name).join(", "),
      shape,
      read: async () => {
        const values = await Promise.all(parts.map((each) => each.read()));
        const data = new Float32Array(sizeOf(shape));
        const rows = sizeOf(shape.slice(0, -1));
        let at = 0;
        for (let row = 0; row < rows; row++)
          for (const value of values)
            for (let i = 0; i < last(value.shape); i++)
              data[at++] = Number(value.data[row * last(value.shape) + i]);
        return tensor("float32", shape, data);
      },
    };
  });
}
