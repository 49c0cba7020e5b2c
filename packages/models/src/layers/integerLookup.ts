// The places of whole numbers in a vocabulary. keras.io/api/layers/preprocessing_layers/categorical/integer_lookup
import { CajalError, tensor } from "@cajal/core";
import type { GraphBuilder, Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { dense, encodeCategories, encodedShape, encodings } from "./shared/categories";

const vocabulary = f.fieldOf<readonly number[] | null>("null or whole numbers", (raw) => {
  if (raw === null) return null;
  return Array.isArray(raw) && raw.length > 0 && raw.every((each) => Number.isSafeInteger(each))
    ? (raw as number[])
    : undefined;
});
const integerOrNone = f.seed;

export const integerLookup = defineLayer({
  className: "IntegerLookup",
  fields: {
    /** The numbers, in the order of their places. */
    vocabulary: vocabulary(null),
    /** How many there are with the places of unknown numbers; only kept. */
    vocabulary_size: f.kept(null),
    /** Only kept. */
    vocabulary_dtype: f.kept("int64"),
    /** Most places; counts where `pad_to_max_tokens`. */
    max_tokens: integerOrNone(null),
    /** How many places unknown numbers share, by their remainder; at 0 a run with an unknown one fails. */
    num_oov_indices: f.fieldOf<number>("a whole number of at least 0", (raw) =>
      Number.isSafeInteger(raw) && Number(raw) >= 0 ? Number(raw) : undefined,
    )(1),
    /** What stands for unknown numbers where places become numbers again. */
    oov_token: f.integer(-1),
    /** How unknown numbers are dealt out: by their remainder. */
    oov_method: f.oneOf(["floormod"])("floormod"),
    /** Only kept. */
    salt: f.kept(null),
    /** The number that means that nothing is there: place 0. */
    mask_token: integerOrNone(null),
    /** From places to numbers. */
    invert: f.flag(false),
    /** The place itself, or a row of zeros and ones. */
    output_mode: f.oneOf(["int", ...encodings])("int"),
    /** Whether rows have `max_tokens` columns. */
    pad_to_max_tokens: f.flag(false),
    /** Null; tf_idf is refused. */
    idf_weights: f.kept(null),
    /** False; sparse tensors are refused. */
    sparse: dense,
  },
  shape: (config, [x]) => {
    const { output_mode } = config;
    const { depth } = placesOf(config);
    return [output_mode === "int" ? x : encodedShape(output_mode, depth, x)];
  },
  integers: () => "moves",
  gives: ({ output_mode }) => (output_mode === "int" ? "int64" : "float32"),
  layout: "channelsLast",
  lower: (config, [x], g, { inputs }) => {
    const { invert, num_oov_indices, mask_token, output_mode } = config;
    const { tokens, firstUnknown, firstToken, depth } = placesOf(config);
    const numbers = g.cast(x, "int64");
    if (invert) return [lookupTokens(g, numbers, config)];
    const shape = inputs[0];
    /** Which numbers are known, and their places among `tokens`. */
    const same = g.cast(g.equal(g.unsqueeze(numbers, [shape.length]), int64s(g, tokens)), "int64");
    const along = { axes: [shape.length], keepdims: false };
    const matchCount = g.reduceSum(same, along);
    const tokenIndices = g.reduceSum(g.mul(same, int64s(g, tokens.map((_, i) => firstToken + i))), along); // prettier-ignore
    const isMask = mask_token === null ? undefined : g.equal(numbers, int64s(g, [mask_token]));
    const isToken = g.greater(matchCount, int64s(g, [0]));
    const indices =
      num_oov_indices === 0
        ? g.add(tokenIndices, zeroOfKnown(g, isMask ? g.or(isToken, isMask) : isToken))
        : g.where(
            isToken,
            tokenIndices,
            g.add(g.mod(numbers, int64s(g, [num_oov_indices])), int64s(g, [firstUnknown])),
          );
    const maskedIndices = isMask ? g.where(isMask, int64s(g, [0]), indices) : indices;
    return [
      output_mode === "int"
        ? maskedIndices
        : encodeCategories(g, maskedIndices, { mode: output_mode, depth, shape }),
    ];
  },
  samples: [
    { config: { vocabulary: [2, 0] }, inputs: [[2, 5]], dtype: "int32" },
    { config: { vocabulary: [2], num_oov_indices: 2, mask_token: 0 }, inputs: [[2, 5]], dtype: "int32" },
    { config: { vocabulary: [1, 5], output_mode: "multi_hot", max_tokens: 6, pad_to_max_tokens: true }, inputs: [[2, 5]], dtype: "int32" },
    { config: { vocabulary: [7, 9], invert: true, mask_token: 0 }, inputs: [[2, 5]], dtype: "int32" },
  ], // prettier-ignore
});

/** Zeros; a number that is not known ends the run, as in Keras: it reads behind a table's only row. */
const zeroOfKnown = (g: GraphBuilder, isKnown: Value): Value =>
  g.within("not_in_vocabulary", () =>
    g.gather(int64s(g, [0]), g.cast(g.not(isKnown), "int64"), { axis: 0 }),
  );

interface Config {
  readonly vocabulary: readonly number[] | null;
  readonly num_oov_indices: number;
  readonly mask_token: number | null;
  readonly oov_token: number;
  readonly output_mode: string;
  readonly pad_to_max_tokens: boolean;
  readonly max_tokens: number | null;
}

/** Place 0 is the mask's, then come those of unknown numbers, then the vocabulary's. */
function placesOf(config: Config) {
  const { vocabulary, num_oov_indices, mask_token, oov_token, output_mode } = config;
  if (vocabulary === null)
    throw new CajalError(
      "unsupported",
      "its vocabulary is not in the config but beside it: give the layer its vocabulary when it is made in Keras, IntegerLookup(vocabulary=[…])",
      {},
    );
  if (mask_token !== null && output_mode !== "int")
    throw new CajalError("unsupported", `mask_token with output_mode "${output_mode}" is not done; use output_mode "int" and a layer that encodes`, { output_mode }); // prettier-ignore
  const firstUnknown = mask_token === null ? 0 : 1;
  const firstToken = firstUnknown + num_oov_indices;
  // Keras takes a vocabulary that begins with what stands in the special places, too.
  const special = [...(mask_token === null ? [] : [mask_token]), ...Array.from({ length: num_oov_indices }, () => oov_token)]; // prettier-ignore
  const isComplete = special.length > 0 && special.every((each, i) => vocabulary[i] === each);
  const tokens = isComplete ? vocabulary.slice(special.length) : vocabulary;
  const depth = config.pad_to_max_tokens && config.max_tokens !== null ? config.max_tokens : firstToken + tokens.length; // prettier-ignore
  return { tokens, firstUnknown, firstToken, depth };
}

function lookupTokens(g: GraphBuilder, indices: Value, config: Config): Value {
  const { tokens, firstToken } = placesOf(config);
  const { mask_token, oov_token } = config;
  const table = Array.from({ length: firstToken }, (_, i) =>
    i === 0 && mask_token !== null ? mask_token : oov_token,
  );
  const allTokens = [...table, ...tokens, oov_token];
  const last = int64s(g, [allTokens.length - 1]);
  const isOutside = g.or(g.less(indices, int64s(g, [0])), g.greater(indices, last));
  return g.gather(int64s(g, allTokens), g.where(isOutside, last, indices), { axis: 0 });
}

const int64s = (g: GraphBuilder, values: readonly number[]): Value =>
  g.constant(tensor("int64", [values.length], BigInt64Array.from(values, BigInt)));
