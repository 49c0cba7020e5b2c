// @ts-check
// Runs the graphs of a training step over arrays that stay where it runs: weights, and what an
// optimizer keeps. The same on the caller's thread and on another, which Node gives this file as it is:
// plain JavaScript, its types in graphHost.d.ts.

/** The output that is no tensor, and what ONNX Runtime says of it: see uncopied.ts. */
export const nothing = "nothing";
export const refusal = "Non tensor type is temporarily not supported.";

/**
 * @import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common"
 * @import { Tensor } from "@cajal/core"
 * @import { GraphHost, Ref } from "./graphHost.js"
 * @import { Ort } from "../peers"
 * @typedef {{ type: Tensor["dtype"], dims: readonly number[], data: Tensor["data"] }} Numbers
 */

/** @returns {GraphHost} */
export function graphHost() {
  /**
   * Name → the array in its versions, of which there is at least one.
   *
   * @type {Map<string, (Float32Array | undefined)[]>}
   */
  const arrays = new Map();
  /** @param {Ref} ref */
  const at = ([name, version]) => {
    const versions = /** @type {(Float32Array | undefined)[]} */ (arrays.get(name));
    return (versions[version] ??= new Float32Array(versions.find(Boolean)?.length ?? 0));
  };

  return {
    put(values) {
      for (const [name, data] of Object.entries(values)) arrays.set(name, [data]);
    },

    zero(lengths) {
      for (const [name, length] of Object.entries(lengths)) {
        const array = arrays.get(name)?.[0];
        if (array) array.fill(0);
        else arrays.set(name, [new Float32Array(length)]);
      }
    },

    take: (refs) => refs.map((ref) => at(ref).slice()),

    async run({ ort, session, shapes, written, fills }, { feeds, kept, into }) {
      /** @type {Record<string, OrtTensor>} */
      const inputs = Object.create(null);
      for (const [name, { dtype, data, shape }] of Object.entries(feeds))
        inputs[name] = new ort.Tensor(dtype, data, shape);
      for (const [name, ref] of Object.entries(kept))
        inputs[name] = new ort.Tensor("float32", at(ref), shapes[name]);
      /** @type {Record<string, OrtTensor | null>} */
      const fetches = Object.create(null);
      for (const name of session.outputNames) {
        const ref = into[name];
        const data = fills && ref ? at(ref) : undefined;
        const shape = written?.[name];
        if (data) fetches[name] = new ort.Tensor("float32", data, [data.length]);
        else if (shape) fetches[name] = empty(ort, shape);
        else fetches[name] = null;
      }
      const ran = await session.run(inputs, fetches).catch((error) => {
        if (!written || error.message !== refusal) throw error;
      });
      /** @type {Record<string, Tensor>} */
      const outputs = {};
      for (const [name, result] of Object.entries((written ? fetches : ran) ?? {})) {
        if (name === nothing || !result) continue;
        const ref = into[name];
        if (ref) {
          const [array, version] = ref;
          const versions = arrays.get(array);
          if (!fills && versions) versions[version] = /** @type {Float32Array} */ (result.data);
          continue;
        }
        // What a step gives beside its arrays are numbers.
        const { type, dims, data } = /** @type {Numbers} */ (/** @type {unknown} */ (result));
        // ONNX Runtime's own memory does not travel.
        outputs[name] = { dtype: type, shape: [...dims], data: written ? data : data.slice() };
      }
      return outputs;
    },
  };
}

/**
 * @param {Ort} ort
 * @param {readonly number[]} shape
 */
const empty = (ort, shape) =>
  new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
