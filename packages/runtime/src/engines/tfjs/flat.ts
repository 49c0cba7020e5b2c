// A network as a flat TF.js model: the layers of nested models become its own, named by their paths, and the masks
// that layers compute by become layers, whose outputs are further inputs of theirs. TF.js' own masks are not used.
// Of a value that a call reads twice it gets a copy, for TF.js would dispose of it while others still read it, and of one
// that the model gives twice. Values that nothing reads, as an unused input, are read by a layer at the first output.
import type { Call, Network, NetworkLayer } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type { Tfjs } from "./backend";
import type { CustomObjects } from "./channelsFirst";
import { tfjsName } from "./names";
import { withoutGradient } from "./withoutGradient";

type Mask = NonNullable<NonNullable<Call["masks"]>[number]>;
type NetworkValue = Call["inputs"][number];
type Ref = readonly [layer: string, call: number, output: number];

/** The masks that a layer computes by: places of inputs, and "pairs", attention's own. */
export type MaskSlots = readonly (number | "pairs")[];

/** A layer of the flat model. */
export interface FlatLayer {
  readonly layer: NetworkLayer;
  readonly masks: MaskSlots;
  /** The inputs of each call, and after them its masks. */
  readonly inbound: readonly (readonly Ref[])[];
}

/** A layer that makes a mask or a copy. */
interface AddedLayer {
  readonly class_name: string;
  readonly name: string;
  readonly config: { readonly name: string };
  readonly inbound_nodes: readonly (readonly Ref[])[];
}

export interface FlatModel {
  readonly layers: readonly FlatLayer[];
  readonly addedLayers: readonly AddedLayer[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly Ref[];
}

/** The layers of a network that are no models, those of nested models too. */
export const leavesOf = (layers: readonly NetworkLayer[]): readonly NetworkLayer[] =>
  layers.flatMap((layer) => (layer.layers ? leavesOf(layer.layers) : [layer]));

/** @param customObjects the classes of the layers that make masks are added to it */
export function flatModel(tfjs: Tfjs, network: Network, customObjects: CustomObjects): FlatModel {
  const calls = new Map<string, Call[]>();
  for (const call of network.calls) {
    const { path } = call.layer;
    calls.set(path, [...(calls.get(path) ?? []), call]);
  }
  const refs = new Map<NetworkValue, Ref>();
  for (const [path, ofLayer] of calls)
    ofLayer.forEach(({ outputs }, call) =>
      outputs.forEach((value, i) => refs.set(value, [tfjsName(path), call, i])),
    );
  const refOf = (value: NetworkValue) => refs.get(value)!;
  const added = addedLayers(tfjs, refOf, customObjects);
  const layers = leavesOf(network.layers).flatMap((layer): FlatLayer[] => {
    const ofLayer = calls.get(layer.path);
    if (!ofLayer) return []; // an input of a nested model
    const masks = slotsOf(ofLayer);
    const maskOf = ({ masks = [], inputs, attentionMask }: Call, slot: MaskSlots[number]) => {
      if (slot === "pairs") return attentionMask && [refOf(attentionMask)];
      const mask = masks[slot];
      return [mask ? added.mask(mask) : added.allSteps(inputs[slot] ?? inputs[1]!)];
    };
    return [
      {
        layer,
        masks,
        inbound: ofLayer
          .filter(({ inputs }) => inputs.length > 0)
          .map((call, i, all) =>
            added.withCopies([
              ...(i > 0 && changesByItself(layer)
                ? added.reading([refOf(all[i - 1]!.outputs[0]!)], call.inputs.map(refOf))
                : call.inputs.map(refOf)),
              ...masks.flatMap((slot) => maskOf(call, slot) ?? []),
            ]),
          ),
      },
    ];
  });
  const outputs = added.withCopies(network.outputs.map(refOf));
  const inbound = [...layers, ...added.layers.map((each) => ({ inbound: each.inbound_nodes }))].flatMap(({ inbound }) => inbound.flat()); // prettier-ignore
  const read = new Set([...inbound, ...outputs].map((ref) => ref.join()));
  const unread = network.calls
    .map((call) => call.outputs.map(refOf))
    .filter((refs) => !refs.some((ref) => read.has(ref.join())));
  return {
    layers,
    inputs: network.inputs.map(refOf),
    outputs: added.reading(unread.flatMap((refs) => refs.slice(0, 1)), outputs),
    addedLayers: added.layers,
  }; // prettier-ignore
}

/** Whether each call in training changes weights, as moving averages: then the calls' order counts, and TF.js has its own. */
const changesByItself = ({ weights }: NetworkLayer): boolean =>
  weights.some(({ trainable }) => !trainable);

/** The masks that any call of a layer has: in the others all steps are valid. */
function slotsOf(calls: readonly Call[]): MaskSlots {
  const places = new Set(calls.flatMap(({ masks = [] }) => masks.flatMap((mask, i) => (mask ? [i] : [])))); // prettier-ignore
  return [
    ...[...places].sort((a, b) => a - b),
    ...(calls.some(({ attentionMask }) => attentionMask) ? (["pairs"] as const) : []),
  ];
}

/** Adds layers that make masks and copies, each once. */
function addedLayers(
  { tf, layers: tfl }: Tfjs,
  refOf: (value: NetworkValue) => Ref,
  customObjects: CustomObjects,
) {
  const layers: AddedLayer[] = [];
  const known = new Map<string, Ref>();
  type Shape = (number | null)[];
  const add = (
    key: string,
    sources: readonly Ref[],
    compute: (x: readonly tfc.Tensor[]) => tfc.Tensor,
    shape: (x: Shape) => Shape = ([batch]) => [batch!, null],
  ): Ref => {
    const text = JSON.stringify([key, sources]);
    const existing = known.get(text);
    if (existing) return existing;
    const class_name = `Cajal${Object.keys(customObjects).length}Added`;
    const name = `cajal.added.${layers.length}`;
    class Added extends tfl.layers.Layer {
      static readonly className: string = class_name;
      override computeOutputShape(inputs: Shape | Shape[]): Shape {
        return shape(Array.isArray(inputs[0]) ? inputs[0] : (inputs as Shape));
      }
      override call(x: tfc.Tensor | tfc.Tensor[]): tfc.Tensor {
        return tf.tidy(() => compute([x].flat()));
      }
    }
    customObjects[class_name] = [Added, (make, args) => new make(args)];
    layers.push({ class_name, name, config: { name }, inbound_nodes: [sources] });
    const ref: Ref = [name, 0, 0];
    known.set(text, ref);
    return ref;
  };
  const allSteps = (x: tfc.Tensor) => tf.ones(x.shape.slice(0, 2), "bool");
  const of = (mask: Mask): Ref => {
    switch (mask.kind) {
      case "value":
        return refOf(mask.of);
      case "differs":
        return add(`${mask.value} ${mask.features}`, [refOf(mask.of)], (xs) =>
          withoutGradient(tf, xs, (x) => {
            const differs = tf.notEqual(x!, tf.scalar(mask.value, x!.dtype as "float32"));
            return mask.features ? tf.any(differs, -1) : differs;
          }),
        );
      case "any":
        return add("any", mask.masks.map(of), (masks) =>
          withoutGradient(tf, masks, (...each) =>
            each.map((one) => tf.cast(one, "bool")).reduce((a, b) => tf.logicalOr(a, b)),
          ),
        );
      case "joined": {
        const parts = mask.parts.map((part) => ({ isMask: part.mask !== undefined, ref: part.mask ? of(part.mask) : refOf(part.of) })); // prettier-ignore
        const key = `joined ${parts.map(({ isMask }) => isMask).join(" ")}`;
        return add(key, parts.map(({ ref }) => ref), (xs) =>
          tf.concat(xs.map((x, i) => (parts[i]!.isMask ? tf.cast(x, "bool") : allSteps(x))), 1),
        ); // prettier-ignore
      }
    }
  };
  return {
    layers,
    mask: of,
    allSteps: (x: NetworkValue) => add("all", [refOf(x)], ([value]) => allSteps(value!)),
    /**
     * The values, the first of which reads others too. Of outputs: what none of them reads would be no part of TF.js' model.
     * Of inputs: what they are not computed from comes first nevertheless.
     */
    reading: (others: readonly Ref[], [first, ...rest]: readonly Ref[]): readonly Ref[] =>
      others.length === 0 || !first
        ? [first!, ...rest]
        : [
            add(
              "reading",
              [first, ...others],
              ([x]) => tf.clone(x!),
              (shape) => shape,
            ),
            ...rest,
          ],
    withCopies: (refs: readonly Ref[]): readonly Ref[] =>
      refs.map((ref, i) => {
        const count = refs.slice(0, i).filter((other) => other.join() === ref.join()).length;
        return count === 0 ? ref : add(`copy ${count}`, [ref], ([x]) => tf.clone(x!), (shape) => shape); // prettier-ignore
      }),
  };
}
