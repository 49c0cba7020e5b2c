// Operations of keras.ops that order values, and pools of windows. keras.io/api/ops
import type { Value } from "@cajal/onnx";
import { first, integer, integers, option, refusal, type Operation } from "./operationArguments";
import { poolAttributes, pooled } from "./pooling";

/** All values along an axis in their order, and where they were. */
const sorted: Operation<readonly Value[]> = (args, g) => {
  const x = first(args, g);
  const given = integer(option<unknown>(args, "axis", 1, -1), "axis");
  const axis = given < 0 ? given + x.shape!.length : given;
  const extent = x.shape![axis];
  if (typeof extent !== "number") throw refusal(given, "an axis whose extent is known");
  return g.topK(x, extent, { axis, largest: 0 });
};

export const ofOrder: Readonly<Record<string, Operation>> = {
  Sort: (args, g) => sorted(args, g)[0]!,
  Argsort: (args, g) => g.cast(sorted(args, g)[1]!, "float32"),
};

/** The largest along the last axis, and where they were, as float32. */
export const topK: Operation<readonly Value[]> = (args, g) => {
  const k = integer(option<unknown>(args, "k", 1, undefined), "k");
  const inOrder = option(args, "sorted", 2, true);
  if (!inOrder) throw refusal(inOrder, "sorted = true: otherwise any order may come");
  const [values, places] = g.topK(first(args, g), k, { axis: -1 });
  return [values, g.cast(places, "float32")];
};

/** Windows of [batch, …, channels], in whose middle ONNX has the channels first. */
const pool =
  (name: "maxPool" | "averagePool"): Operation =>
  (args, g) => {
    const x = first(args, g);
    const rank = x.shape!.length;
    const layout = option<unknown>(args, "data_format", 4, "channels_last");
    if (layout !== "channels_last") throw refusal(layout, "channels_last");
    const perAxis = (value: unknown, what: string) => {
      const list = integers(value, what);
      return list.length === 1 ? Array.from({ length: rank - 2 }, () => list[0]!) : list;
    };
    const padding = option<unknown>(args, "padding", 3, "valid");
    if (padding !== "valid" && padding !== "same") throw refusal(padding, "valid or same");
    const pool_size = perAxis(option<unknown>(args, "pool_size", 1, undefined), "pool_size");
    const given = option<unknown>(args, "strides", 2, undefined);
    const strides = given === undefined ? pool_size : perAxis(given, "strides");
    const shape = x.shape!.map((extent) => (typeof extent === "number" ? extent : null));
    const config = { pool_size, strides, padding } as const;
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
    const channelsFirst = g.transpose(x, [0, rank - 1, ...spatial]);
    const y = g[name](pooled(config, channelsFirst, g, shape), poolAttributes(config, shape));
    return g.transpose(y, [0, ...spatial.map((axis) => axis + 1), 1]);
  };

export const ofWindows: Readonly<Record<string, Operation>> = {
  MaxPool: pool("maxPool"),
  AveragePool: pool("averagePool"),
};
