// Runs the graphs of a training step over arrays that stay where it runs: weights, and what an
// optimizer keeps. The same on the caller's thread and on another, which Node gives this file as it is:
// plain JavaScript, its types in graphHost.d.ts.

/** The output that is no tensor, and what ONNX Runtime says of it: see uncopied.ts. */
export const nothing = "nothing";
export const refusal = "Non tensor type is temporarily not supported.";

export function graphHost() {
  /** Name → the array in its versions. */
  const arrays = new Map();
  const at = ([name, version]) => {
    const versions = arrays.get(name);
    return (versions[version] ??= new Float32Array(versions.find(Boolean).length));
  };

  return {
    put(given) {
      for (const [name, data] of Object.entries(given)) arrays.set(name, [data]);
    },

    zero(lengths) {
      for (const [name, length] of Object.entries(lengths)) {
        const found = arrays.get(name)?.[0];
        if (found) found.fill(0);
        else arrays.set(name, [new Float32Array(length)]);
      }
    },

    take: (refs) => refs.map((ref) => at(ref).slice()),

    async run({ ort, session, shapes, written, fills }, { feeds, kept, into }) {
      const given = {};
      for (const [name, { dtype, data, shape }] of Object.entries(feeds))
        given[name] = new ort.Tensor(dtype, data, shape);
      for (const [name, ref] of Object.entries(kept))
        given[name] = new ort.Tensor("float32", at(ref), shapes[name]);
      const fetches = {};
      for (const name of session.outputNames) {
        const data = fills && into[name] && at(into[name]);
        const shape = written?.[name];
        if (data) fetches[name] = new ort.Tensor("float32", data, [data.length]);
        else if (shape) fetches[name] = empty(ort, shape);
        else fetches[name] = null;
      }
      const ran = await session.run(given, fetches).catch((error) => {
        if (!written || error.message !== refusal) throw error;
      });
      const made = {};
      for (const [name, result] of Object.entries(written ? fetches : ran)) {
        if (name === nothing) continue;
        if (into[name]) {
          const [array, version] = into[name];
          if (!fills) arrays.get(array)[version] = result.data;
          continue;
        }
        const { type, dims, data } = result;
        // ONNX Runtime's own memory does not travel.
        made[name] = { dtype: type, shape: [...dims], data: written ? data : data.slice() };
      }
      return made;
    },
  };
}

const empty = (ort, shape) =>
  new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
