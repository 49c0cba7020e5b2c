// Layers with `channels_first` on TF.js, whose kernels take channels last: inputs and outputs of a channels-last
// layer are transposed. (Only some of TF.js' own layers do so.)
import type { KerasShape, Layer, NetworkLayer } from "@cajal/models";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { activate } from "./activations";
import type { Tfjs } from "./backend";

type Config = Readonly<Record<string, unknown>>;

/** TF.js' custom objects of one model: a class, and the function that makes an instance from a config. */
export type CustomObjects = Record<string, [LayerClass, (make: LayerClass, config: LayerArgs) => tfl.layers.Layer]>; // prettier-ignore
type LayerArgs = { name: string; trainable: boolean };
export type LayerClass = new (args: LayerArgs) => tfl.layers.Layer;

/** Number of axes before those of an image: the batch, and the steps of sequences of images. */
const leading = (definition: Layer, rank: number) =>
  definition.sequences && rank === definition.rank ? 2 : 1;

/** The permutation from channels first to channels last; undefined for values that are not images. */
function toLast(definition: Layer, rank: number): number[] | undefined {
  const leadingAxes = leading(definition, rank);
  if (rank <= leadingAxes + 1) return undefined;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.slice(0, leadingAxes), ...axes.slice(leadingAxes + 1), leadingAxes];
}

/** The shape with channels last. */
export const inChannelsLast = (definition: Layer, shape: KerasShape): KerasShape =>
  toLast(definition, shape.length)?.map((axis) => shape[axis]!) ?? shape;

/** A TF.js layer from its config in JSON. */
export function tfjsLayer(
  { tf }: Tfjs,
  { class_name, config }: { readonly class_name: string; readonly config: Config },
  customObjects: CustomObjects,
): tfl.layers.Layer {
  const custom = customObjects[class_name];
  if (custom) return new custom[0](config as LayerArgs);
  const [make, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[class_name]!;
  return fromConfig(make, camelCase(config) as tfc.serialization.ConfigDict) as tfl.layers.Layer;
}

/** Keys and names in camel case, as in TF.js' code. */
function camelCase(value: unknown): unknown {
  if (typeof value === "string") return inCamelCase(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(camelCase);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [
      inCamelCase(key),
      key === "name" ? each : camelCase(each),
    ]),
  );
}

const inCamelCase = (text: string) =>
  text.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/**
 * A TF.js layer class for such a layer.
 *
 * @param make the layer with channels last, and without an activation: a softmax is along the last axis
 */
export function channelsFirstClass(
  { tf, layers }: Tfjs,
  { definition, config }: NonNullable<NetworkLayer["layer"]>,
  make: () => tfl.layers.Layer,
): LayerClass {
  const listOf = (shape: tfl.Shape | tfl.Shape[]): tfl.Shape[] =>
    Array.isArray(shape[0]) ? (shape as tfl.Shape[]) : [shape as tfl.Shape];
  const oneOrAll = <T>(list: readonly T[]): T | T[] => (list.length === 1 ? list[0]! : [...list]);
  const ending = definition.ending?.(config);
  return class extends layers.layers.Layer {
    static readonly className: string = definition.className;
    readonly #inner = make();

    override build(inputShape: tfl.Shape | tfl.Shape[]): void {
      const shapes = listOf(inputShape).map((shape) => [...inChannelsLast(definition, shape)]);
      this.#inner.build(oneOrAll(shapes));
      this.#inner.built = true;
      this.built = true;
    }

    override get trainableWeights(): tfl.LayerVariable[] {
      return this.trainable ? this.#inner.trainableWeights : [];
    }

    override get nonTrainableWeights(): tfl.LayerVariable[] {
      const { trainableWeights, nonTrainableWeights } = this.#inner;
      return this.trainable ? nonTrainableWeights : [...trainableWeights, ...nonTrainableWeights];
    }

    /** The seed of random layers. */
    set seed(seed: number) {
      Object.assign(this.#inner, { seed });
    }

    override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
      return oneOrAll(definition.shape(config, listOf(inputShape)).map((shape) => [...shape]));
    }

    override call(inputs: tfc.Tensor | tfc.Tensor[], kwargs: Config): tfc.Tensor | tfc.Tensor[] {
      return tf.tidy(() => {
        const operands = [inputs].flat().map((x) => {
          const order = toLast(definition, x.rank);
          return order ? tf.transpose(x, order) : x;
        });
        const outputs = [this.#inner.call(oneOrAll(operands), kwargs)].flat().map((y) => {
          const order = toLast(definition, y.rank);
          const channelsFirstOutput = order ? tf.transpose(y, inverse(order)) : y;
          return ending
            ? activate(tf, ending.activation, channelsFirstOutput)
            : channelsFirstOutput;
        });
        return oneOrAll(outputs);
      });
    }
  };
}

const inverse = (order: readonly number[]) => order.map((_, axis) => order.indexOf(axis));
