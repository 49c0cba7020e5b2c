// @ts-check
// Does what graphHost.js does where a run may leave its results on the device (webgpu): weights, and what an
// optimizer keeps, stay there from step to step, and only batches and a few numbers cross the bus. Plain
// JavaScript, its types in deviceHost.d.ts.

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
  const inTurn = (body) => {
    const done = last.then(body);
    last = done.catch(() => {});
    return done;
  };

  /** @param {string} name */
  const forget = (name) => {
    for (const kept of arrays.get(name) ?? []) dispose(kept);
    arrays.delete(name);
  };
  /** @param {Record<string, Float32Array>} values */
  const put = (values) => {
    for (const [name, data] of Object.entries(values)) {
      forget(name);
      arrays.set(name, [data]);
    }
  };
  /** @param {Ref} ref */
  const at = ([name, version]) => {
    const kept = arrays.get(name)?.[version];
    if (!kept) throw new Error(`nothing is kept as version ${version} of ${name}.`);
    return kept;
  };

  return {
    put: (values) => inTurn(() => put(values)),

    zero: (lengths) =>
      inTurn(() =>
        put(
          Object.fromEntries(
            Object.entries(lengths).map(([name, length]) => [name, new Float32Array(length)]),
          ),
        ),
      ),

    take: (refs) =>
      inTurn(async () => {
        const taken = [];
        for (const ref of refs) {
          const kept = at(ref);
          taken.push(kept instanceof Float32Array ? kept.slice() : await read(kept));
        }
        return taken;
      }),

    run: ({ ort, session, shapes, copy }, { feeds, kept, into }) =>
      inTurn(async () => {
        copies ??= copiesOf(ort, /** @type {Uint8Array} */ (copy));
        /** @type {Record<string, OrtTensor>} */
        const inputs = {};
        for (const [name, { dtype, data, shape }] of Object.entries(feeds))
          inputs[name] = new ort.Tensor(dtype, data, shape);
        for (const [name, ref] of Object.entries(kept)) {
          const value = at(ref);
          inputs[name] =
            value instanceof Float32Array
              ? await moved(ref, new ort.Tensor("float32", value, shapes[name]))
              : value;
        }
        const results = await session.run(inputs);
        /** @type {Record<string, Tensor>} */
        const outputs = {};
        for (const [name, result] of Object.entries(results)) {
          const ref = into[name];
          if (ref) {
            const versions = arrays.get(ref[0]) ?? [];
            dispose(versions[ref[1]]);
            versions[ref[1]] = result;
            arrays.set(ref[0], versions);
          } else {
            const { type, dims, data } = /** @type {any} */ (result);
            outputs[name] = { dtype: type, shape: [...dims], data: data.slice() };
          }
        }
        return outputs;
      }),

    end: () =>
      inTurn(async () => {
        for (const name of arrays.keys()) forget(name);
        const opened = await copies?.catch(() => undefined);
        await opened?.up.release();
        await opened?.down.release();
      }),
  };

  /**
   * @param {Ref} ref
   * @param {OrtTensor} tensor
   */
  async function moved([name, version], tensor) {
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

/** @param {Kept | undefined} kept */
const dispose = (kept) => {
  if (kept && !(kept instanceof Float32Array)) kept.dispose();
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
