// The networks of inBrowserWorkloads.ts in jax-js: images channels first, the whole step, or prediction, one compiled call.
// @ts-expect-error: it is no dependency of ours, and is given by inBrowser.ts where it is installed.
import * as jaxModule from "@jax-js/jax";
import type { Part, Running, Workload } from "./inBrowserWorkloads";

// Its arrays count their users: `ref` is one more.
// eslint-disable-next-line typescript/no-explicit-any -- its types are not there
const jax = jaxModule as any;
type JaxArray = typeof jax;

interface Batch {
  readonly x: Float32Array;
  readonly labels: readonly number[];
}

/** The network as a function of its parameters, these, and the images, channels first. */
async function networkOf(
  { batch, input: [height, width, channels], parts, predicts }: Workload,
  pixels: Float32Array,
) {
  if (!("init" in jax)) throw new Error("not measured: --jax FOLDER says where it is installed");
  const { numpy: np, lax, nn } = jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");

  const parameters: JaxArray[] = []; // in the order of their use
  let given: readonly JaxArray[] | undefined;
  let next = 0;
  const parameter = (shape: readonly number[], scale: number): JaxArray => {
    if (given) return given[next++];
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => (2 * Math.random() - 1) * scale);
    parameters.push(np.array(values).reshape(shape));
    return parameters.at(-1).ref;
  };
  const constant = (shape: readonly number[], value: number) => {
    if (given) return given[next++];
    const size = shape.reduce((a, b) => a * b, 1);
    parameters.push(np.array(new Float32Array(size).fill(value)).reshape(shape));
    return parameters.at(-1).ref;
  };
  const convolved = (
    x: JaxArray,
    filters: number,
    size: number,
    stride: number,
    padding: string,
    groups = 1,
  ) => {
    const from = x.shape[1] / groups;
    const kernel = parameter([filters, from, size, size], Math.sqrt(3 / (from * size * size)));
    return lax.convGeneralDilated(x, kernel, [stride, stride], padding, {
      featureGroupCount: groups,
    });
  };
  const apply = (x: JaxArray, part: Part): JaxArray => {
    if (part === "norm") {
      const scale = constant([1, x.shape[1], 1, 1], 1);
      const shift = constant([1, x.shape[1], 1, 1], 0);
      if (predicts) return x.mul(scale).add(shift); // its averages are constants, and folded into these
      const centred = x.ref.sub(np.mean(x, [0, 2, 3], { keepdims: true }));
      const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
      return centred.mul(scale.div(np.sqrt(variance.add(1e-3)))).add(shift);
    }
    if (part === "relu") return nn.relu(x);
    if (part === "relu6") return nn.relu6(x);
    if (part === "average") return np.mean(x, [2, 3]);
    if (part === "flatten") return x.reshape([x.shape[0], -1]);
    if ("pool" in part)
      return lax.reduceWindow(x, np.max, [part.pool, part.pool], [part.pool, part.pool]);
    if ("dense" in part) {
      const from = x.shape[1];
      const y = np.dot(x, parameter([from, part.dense], Math.sqrt(3 / from)));
      return y.add(constant([part.dense], 0));
    }
    if ("depthwise" in part)
      return convolved(x, x.shape[1], part.depthwise, part.stride ?? 1, "SAME", x.shape[1]);
    const y = convolved(x, part.conv, part.size, part.stride ?? 1, part.valid ? "VALID" : "SAME");
    return part.bias ? y.add(constant([1, part.conv, 1, 1], 0)) : y;
  };
  const through = (x: JaxArray) => parts.reduce(apply, x);

  // One call at batch 1 makes the parameters.
  await through(np.zeros([1, channels, height, width])).data();
  const images = new Float32Array(pixels.length);
  for (let i = 0, to = 0; i < batch; i++)
    for (let c = 0; c < channels; c++)
      for (let at = 0; at < height * width; at++, to++)
        images[to] = pixels[(i * height * width + at) * channels + c]!;
  const forward = (p: readonly JaxArray[], x: JaxArray): JaxArray => {
    given = p;
    next = 0;
    return through(x);
  };
  return { parameters, forward, images, shape: [batch, channels, height, width] };
}

export async function jaxPrediction(work: Workload, { x: pixels }: Batch): Promise<Running> {
  const { parameters, forward, images, shape } = await networkOf(work, pixels);
  const { numpy: np, tree } = jax;
  const predict = jax.jit(forward);
  return {
    run: () => predict(tree.ref(parameters), np.array(images).reshape(shape)).data(),
  };
}

export async function jaxStep(
  work: Workload,
  { x: pixels, labels }: Batch,
  { learningRate, momentum }: { readonly learningRate: number; readonly momentum: number },
): Promise<Running> {
  const { parameters, forward, images, shape } = await networkOf(work, pixels);
  const { numpy: np, nn, tree } = jax;
  const { batch, classes } = work;
  const x = np.array(images).reshape(shape);
  const hot = new Float32Array(batch * classes);
  labels.forEach((label, i) => (hot[i * classes + label] = 1));
  const y = np.array(hot).reshape([batch, classes]);

  const loss = (p: readonly JaxArray[], x: JaxArray, y: JaxArray) =>
    nn
      .logSoftmax(forward(p, x))
      .mul(y)
      .sum()
      .mul(-1 / batch);
  const update = jax.jit(
    (p: readonly JaxArray[], v: readonly JaxArray[], x: JaxArray, y: JaxArray) => {
      const [value, gradients] = jax.valueAndGrad(loss)(tree.ref(p), x, y);
      const moved = v.map((each, i) => each.mul(momentum).add(gradients[i]));
      return [p.map((each, i) => each.sub(moved[i].ref.mul(learningRate))), moved, value];
    },
  );
  let state: readonly JaxArray[] = parameters;
  let velocity: readonly JaxArray[] = parameters.map(({ shape }) => np.zeros(shape));
  return {
    async run() {
      let value;
      [state, velocity, value] = update(state, velocity, x.ref, y.ref);
      await jax.blockUntilReady(state);
      return value.data();
    },
  };
}
