// @ts-check
// Does what graphHost.js does where a run may leave its results on the device (webgpu): weights, and what an
// optimizer keeps, stay there from step to step, and only batches and a few numbers cross the bus. Plain
// JavaScript, its types in deviceHost.d.ts.

import { numbersOf, toOrt } from "../toOrt.js";

/**
 * @import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common"
 * @import { DeviceHost } from "./deviceHost.js"
 * @import { Tensor } from "@cajal/core"
 * @import { Ref } from "./graphHost.js"
 * @import { Ort } from "../peers"
 * @typedef {Float32Array | OrtTensor} Kept on this side until a run reads it, then on the device
 * @typedef {{ up: InferenceSession, down: InferenceSession }} Copies
 */

/** @returns {DeviceHost} */
export function deviceHost() {
  /**
   * Name → the array in its versions.
   *
   * @type {Map<string, (Kept | undefined)[]>}
   */
  const arrays = new Map();
  /** @type {Promise<Copies> | undefined} */
  let copies;
  // Runs at the same time crash there (onnxruntime#32561).
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /**
   * @template T
   * @param {() => T | Promise<T>} body
   * @returns {Promise<T>}
   */
  const enqueue = (body) => {
    const result = last.then(body);
    // Without its value: results are large.
    const ended = () => {};
    last = result.then(ended, ended);
    return result;
  };

  /** @param {string} name */
  const remove = (name) => {
    for (const version of arrays.get(name) ?? []) dispose(version);
    arrays.delete(name);
  };
  /** @param {Record<string, Float32Array>} values */
  const put = (values) => {
    for (const [name, data] of Object.entries(values)) {
      remove(name);
      arrays.set(name, [data]);
    }
  };
  /** @param {Ref} ref */
  const arrayOf = ([name, version]) => {
    const array = arrays.get(name)?.[version];
    if (!array) throw new Error(`nothing is kept as version ${version} of ${name}.`);
    return array;
  };

  return {
    put: (values) => enqueue(() => put(values)),

    zero: (lengths) =>
      enqueue(() =>
        put(
          Object.fromEntries(
            Object.entries(lengths).map(([name, length]) => [name, new Float32Array(length)]),
          ),
        ),
      ),

    take: (refs) =>
      enqueue(async () => {
        const results = [];
        for (const ref of refs) {
          const array = arrayOf(ref);
          results.push(array instanceof Float32Array ? array.slice() : await read(array));
        }
        return results;
      }),

    run: ({ ort, session, shapes, copy }, { feeds, reads, writes }) =>
      enqueue(async () => {
        copies ??= copiesOf(ort, /** @type {Uint8Array} */ (copy));
        /** @type {Record<string, OrtTensor>} */
        const inputs = {};
        for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(ort, tensor);
        for (const [name, ref] of Object.entries(reads)) {
          const value = arrayOf(ref);
          inputs[name] =
            value instanceof Float32Array
              ? await moveToDevice(ref, new ort.Tensor("float32", value, shapes[name]))
              : value;
        }
        const results = await session.run(inputs);
        /** @type {Record<string, Tensor>} */
        const outputs = {};
        for (const [name, result] of Object.entries(results)) {
          const ref = writes[name];
          if (ref) {
            const versions = arrays.get(ref[0]) ?? [];
            dispose(versions[ref[1]]);
            versions[ref[1]] = result;
            arrays.set(ref[0], versions);
          } else {
            const numbers = /** @type {Tensor & { type: Tensor["dtype"], dims: number[] }} */ (
              /** @type {unknown} */ (result)
            );
            const data = numbersOf(numbers).slice();
            outputs[name] = { dtype: numbers.type, shape: [...numbers.dims], data };
          }
        }
        return outputs;
      }),

    end: () =>
      enqueue(async () => {
        for (const name of arrays.keys()) remove(name);
        const copySessions = await copies?.catch(() => undefined);
        await copySessions?.up.release();
        await copySessions?.down.release();
      }),
  };

  /**
   * @param {Ref} ref
   * @param {OrtTensor} tensor
   */
  async function moveToDevice([name, version], tensor) {
    const { up } = /** @type {Copies} */ (await copies);
    const onDevice = /** @type {OrtTensor} */ ((await up.run({ x: tensor }))["y"]);
    /** @type {(Kept | undefined)[]} */ (arrays.get(name))[version] = onDevice;
    return onDevice;
  }

  /**
   * A tensor of the device on this side; `getData()` throws in onnxruntime-node (1.30).
   *
   * @param {OrtTensor} tensor
   */
  async function read(tensor) {
    const { down } = /** @type {Copies} */ (await copies);
    const { y } = await down.run({ x: tensor });
    return /** @type {Float32Array} */ (/** @type {OrtTensor} */ (y).data).slice();
  }
}

/** @param {Kept | undefined} version */
const dispose = (version) => {
  if (version && !(version instanceof Float32Array)) version.dispose();
};

/**
 * @param {Ort} ort
 * @param {Uint8Array} model
 * @returns {Promise<Copies>}
 */
async function copiesOf(ort, model) {
  /** @param {"cpu" | "gpu-buffer"} preferredOutputLocation */
  const open = (preferredOutputLocation) =>
    ort.InferenceSession.create(model, {
      executionProviders: ["webgpu"],
      logSeverityLevel: 4,
      preferredOutputLocation,
    });
  return { up: await open("gpu-buffer"), down: await open("cpu") };
}
