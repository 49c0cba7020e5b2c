// Runs the graphs of a training step over arrays that stay where it runs: weights, and what an
// optimizer keeps. The same on the caller's thread and on another, which Node gives this file as it is:
// plain JavaScript, its types in graphHost.d.ts.

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

    async run({ ort, session, shapes }, { feeds, kept, into }) {
      const given = {};
      for (const [name, { dtype, data, shape }] of Object.entries(feeds))
        given[name] = new ort.Tensor(dtype, data, shape);
      for (const [name, ref] of Object.entries(kept))
        given[name] = new ort.Tensor("float32", at(ref), shapes[name]);
      const fetches = {};
      for (const name of session.outputNames) {
        const data = into[name] && at(into[name]);
        fetches[name] = data ? new ort.Tensor("float32", data, [data.length]) : null;
      }
      const results = await session.run(given, fetches);
      const made = {};
      for (const [name, { type, dims, data }] of Object.entries(results))
        // ONNX Runtime's own memory does not travel.
        if (!into[name]) made[name] = { dtype: type, shape: [...dims], data: data.slice() };
      return made;
    },
  };
}
