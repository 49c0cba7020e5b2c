// Gradients on TF.js, by its own differentiation. Zeros are added to the outputs of layers: the gradient with
// respect to the zeros is the gradient with respect to the output.
import { CajalError, unknownName, type Tensor } from "@cajal/core";
import { weightSpecs, type Call, type Network } from "@cajal/models";
import type { ValueInfo } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { KerasSource } from "../engine";
import type {
  GradientRequest,
  GradientResult,
  OpenedGradient,
} from "../../session/gradientSession";
import { gradientDevices } from "./devices";
import { fromTfjs, toTfjs } from "./tensors";
import { tfjsModel } from "./model";
import { valuesOf } from "./session";
import { backendsReady, tfjsOn } from "./backend";

/** What a run does at the output of a layer: feeds it, adds zeros to it, records it. */
interface Tap {
  readonly fed?: tfc.Tensor | undefined;
  readonly zeros?: tfc.Tensor | undefined;
  value?: tfc.Tensor;
}

/** @throws CajalError `unsupported`, `unknown-name`, `missing-peer`, `no-device` */
export async function openGradientOnTfjs(
  { network, weights }: KerasSource,
  { of: target, withRespectTo, summed, values, feeds, rules, device: choice }: GradientRequest,
): Promise<OpenedGradient> {
  if (rules)
    throw new CajalError(
      "unsupported",
      "engine tfjs differentiates by itself and takes no backward rules. Use engine onnx.",
      { engine: "tfjs" },
    );
  const { inputs } = valuesOf(network);
  const sources = withRespectTo ?? inputs.map(({ name }) => name);
  const keys = weightSpecs(network).map(({ key }) => key);
  const calls = new Map(network.calls.toReversed().map((call) => [call.layer.path, call]));
  const isInput = (name: string) => inputs.some((input) => input.name === name);
  const tappedNames = [
    ...(target === undefined ? [] : [target]),
    ...sources,
    ...values,
    ...feeds,
  ].filter((name) => !isInput(name) && !keys.includes(name));
  for (const name of tappedNames)
    if (!calls.has(name))
      throw unknownName(`layer, input or weight of "${network.name}"`, name, [
        ...calls.keys(),
        ...keys,
      ]);
  for (const name of feeds)
    if ((calls.get(name)?.outputs.length ?? 1) > 1)
      throw new CajalError(
        "unsupported",
        `layer "${name}" has ${calls.get(name)!.outputs.length} outputs, and engine tfjs feeds only layers of one. Use engine onnx.`,
        { layer: name },
      );

  const tfjs = await tfjsOn(choice, gradientDevices);
  const { tf, device, runOnBackend: onBackend } = tfjs;
  const { model: tfModel, variables, layers } = await tfjsModel(tfjs, network);
  await backendsReady();
  onBackend(() => {
    for (const [key, variable] of variables)
      tf.tidy(() => void variable.write(toTfjs(tf, weights.get(key)!, key)));
  });
  const taps = new Map<string, Tap>();
  for (const name of new Set(tappedNames)) tap(tf, layers.get(name)!, () => taps.get(name));
  const neededNames = neededInputs(network, [target, ...values], feeds);
  const fedInputs: ValueInfo[] = [
    ...feeds.filter((name) => !isInput(name)).map((name) => infoOf(name, calls.get(name)!)),
    ...inputs.filter(({ name }) => neededNames.has(name)),
  ];
  const shapeOf = (name: string, batch: number) => {
    const [, ...rest] = calls.get(name)!.outputs[0]!.shape;
    if (!rest.every((extent) => extent !== null))
      throw new CajalError(
        "unsupported",
        `layer "${name}": its extents are free in the model, and engine tfjs must know them. State the input's shape, or use engine onnx.`,
        { layer: name },
      );
    return [batch, ...rest];
  };

  async function run(
    tensors: Readonly<Record<string, Tensor>>,
    dy: Tensor | undefined,
  ): Promise<GradientResult> {
    await backendsReady();
    const batch = Object.values(tensors)[0]!.shape[0]!;
    const compute = () =>
      tf.tidy(() => {
        const fed = Object.fromEntries(
          Object.entries(tensors).map(([name, x]) => [name, toTfjs(tf, x, name)]),
        );
        const x = inputs.map(
          ({ name, shape }) =>
            fed[name] ?? tf.zeros([batch, ...shape!.slice(1).map((extent) => Number(extent) || 1)]),
        );
        taps.clear();
        for (const name of new Set(tappedNames))
          taps.set(name, {
            fed: feeds.includes(name) ? fed[name] : undefined,
            zeros: sources.includes(name) ? tf.zeros(shapeOf(name, batch)) : undefined,
          });
        const forward = (): tfc.Tensor => {
          const outputs = [tfModel.apply(x, { training: false })].flat() as tfc.Tensor[];
          if (target === undefined) return outputs[0]!;
          return isInput(target)
            ? x[inputs.findIndex(({ name }) => name === target)]!
            : taps.get(target)!.value!;
        };
        const xs = sources.map(
          (name) =>
            taps.get(name)?.zeros ??
            (isInput(name)
              ? x[inputs.findIndex((input) => input.name === name)]!
              : (variables.get(name)!.read() as tfc.Tensor)),
        );
        const { value, grads } =
          sources.length === 0
            ? { value: forward(), grads: [] }
            : tf.engine().gradients(forward, xs, dy && toTfjs(tf, dy, "dy"), true);
        const requestedValues = values.map((name) =>
          isInput(name)
            ? x[inputs.findIndex((input) => input.name === name)]!
            : taps.get(name)!.value!,
        );
        const dxs = xs.map((each, i) => grads[i] ?? tf.zerosLike(each));
        return [
          value,
          ...requestedValues,
          ...dxs.map((dx, i) => (summed && !keys.includes(sources[i]!) ? tf.sum(dx, 0, true) : dx)),
        ];
      });
    let results: tfc.Tensor[] = [];
    let tapValues: tfc.Tensor[] = [];
    try {
      const data = await tfjs.checked(async () => {
        results = onBackend(compute);
        tapValues = [...taps.values()].flatMap(({ value }) => value ?? []);
        taps.clear();
        return Promise.all(results.map((each) => each.data()));
      });
      const tensors = results.map(({ shape }, i) => fromTfjs(data[i]!.slice(), shape, "float32"));
      const entries = (names: readonly string[], from: number) =>
        Object.fromEntries(names.map((name, i) => [name, tensors[from + i]!]));
      return {
        value: tensors[0]!,
        values: entries(values, 1),
        gradients: entries(sources, 1 + values.length),
      };
    } finally {
      tf.dispose([...results, ...tapValues]);
    }
  }

  return {
    engine: "tfjs",
    device,
    inputs: fedInputs,
    run,
    free: () => onBackend(() => void tfModel.dispose()),
  };
}

/** Applies the current tap at a layer's first call of a run. */
function tap(tf: TfCore, layer: tfl.layers.Layer, current: () => Tap | undefined): void {
  const call = layer.call.bind(layer);
  layer.call = (x, kwargs) => {
    const activeTap = current();
    if (!activeTap || activeTap.value) return call(x, kwargs);
    const [value, ...others] = activeTap.fed ? [activeTap.fed] : ([call(x, kwargs)].flat() as [tfc.Tensor]); // prettier-ignore
    const output = activeTap.zeros ? tf.add(value, activeTap.zeros) : value;
    // Kept, and cloned: TF.js disposes outputs that no layer reads any more.
    activeTap.value = tf.keep(tf.clone(output));
    return others.length > 0 ? [output, ...others] : output;
  };
}

/** The inputs on which the named layers depend (undefined: the first output), not counting layers that are fed. */
function neededInputs(
  { calls, inputs, outputs }: Network,
  names: readonly (string | undefined)[],
  feeds: readonly string[],
): ReadonlySet<string> {
  const byValue = new Map(calls.flatMap((call) => call.outputs.map((value) => [value, call])));
  const needed = new Set<string>();
  const visited = new Set<Call>();
  const visit = (call: Call | undefined): void => {
    if (!call || visited.has(call)) return;
    visited.add(call);
    const { path } = call.layer;
    if (feeds.includes(path) && !inputs.some(({ from }) => from === path)) return;
    if (call.inputs.length === 0) needed.add(path);
    for (const value of call.inputs) visit(byValue.get(value));
  };
  for (const name of names)
    visit(
      name === undefined
        ? byValue.get(outputs[0]!)
        : calls.find(({ layer }) => layer.path === name),
    );
  return needed;
}

const infoOf = (name: string, { outputs: [output] }: Call): ValueInfo => ({
  name,
  dtype: "float32",
  shape: ["batch", ...output!.shape.slice(1).map((extent) => extent ?? undefined)],
});

type TfCore = Awaited<ReturnType<typeof tfjsOn>>["tf"];
