// ONNX Runtime on a thread of its own: graphs are opened and run as graphThread.ts asks. Plain
// JavaScript, for Node loads it as it is, from the sources as from the build.
import { parentPort } from "node:worker_threads";

const sessions = [];
let ort;

const answers = {
  async open({ model, options }) {
    if (!ort) {
      const loaded = await import("onnxruntime-node");
      ort = loaded.default ?? loaded;
      if (ort.env.logLevel === "warning") ort.env.logLevel = "fatal";
    }
    const session = await ort.InferenceSession.create(model, options);
    const { inputNames, outputNames } = session;
    return { number: sessions.push(session) - 1, inputNames, outputNames };
  },

  // The arrays came over with the request and go back with the answer: both threads use the same memory.
  async run({ number, feeds, fetches }) {
    try {
      const results = await sessions[number].run(mapped(feeds, toOrt), mapped(fetches, toOrt));
      const made = mapped(results, ({ type, dims, data }, name) => ({
        dtype: type,
        shape: [...dims],
        // ONNX Runtime's own memory does not travel.
        data: fetches[name] ? data : data.slice(),
      }));
      return { results: made, feeds };
    } catch (error) {
      return { error, feeds, fetches };
    }
  },

  async release({ number }) {
    await sessions[number].release();
    delete sessions[number];
  },
};

const toOrt = (tensor) => tensor && new ort.Tensor(tensor.dtype, tensor.data, tensor.shape);

const mapped = (values, body) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, body(value, name)]));

const buffersOf = ({ results = {}, feeds = {}, fetches = {} } = {}) => [
  ...new Set(
    [results, feeds, fetches].flatMap((tensors) =>
      Object.values(tensors).flatMap((tensor) => tensor?.data.buffer ?? []),
    ),
  ),
];

parentPort.on("message", async ({ what, request }) => {
  const answer = await answers[what](request).then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  parentPort.postMessage(answer, buffersOf(answer.value));
});
