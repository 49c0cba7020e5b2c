// What a layer sees and what it looks for, as pictures: its feature maps, and its filters.
import {
  CajalError,
  checkInteger,
  checkOptions,
  checkTensor,
  showShape,
  unknownName,
  type Tensor,
} from "@cajal/core";
import { checkFinite } from "../network/images";
import { colorMaps } from "./colorMaps";
import { emptyPicture, enlarged, gridOf, type Picture } from "./picture";

export interface ChannelsOptions {
  /** Tiles in a row. Default: as many as make a square. */
  readonly columns?: number;
  /** Of feature maps: which image of a batch. Default 0. */
  readonly index?: number;
  /** The largest number of tiles. Default 64. */
  readonly most?: number;
  /**
   * What the last colour stands for: "each" tile's own largest absolute number, or that of "all" of them, so that
   * weak channels look weak. Default "each".
   */
  readonly range?: "each" | "all";
}

const options = ["columns", "index", "most", "range"] as const;

export interface FiltersOptions extends Omit<ChannelsOptions, "index"> {
  /** Whether the kernel is of a depthwise convolution. Default false. */
  readonly depthwise?: boolean;
}

/** Tiles are enlarged to about so many pixels a side. */
const side = 48;

/**
 * Feature maps of an image, a tile a channel: dark where nothing is, or blue and red where a map has negative numbers.
 *
 * @param map [n, h, w, c], as `attribute` gives it with method `layer-activation`
 * @throws CajalError `bad-shape`
 */
export function featureMaps(map: Tensor, layout: ChannelsOptions = {}): Picture {
  const { index = 0 } = checkedOptions("featureMaps", map, layout);
  const [count = 0, height = 0, width = 0, channels = 0] = map.shape;
  if (map.shape.length !== 4 || map.data.length === 0 || index >= count)
    throw new CajalError(
      "bad-shape",
      `featureMaps: got ${showShape(map.shape)}, expected [n, h, w, c] with image ${index}.`,
      { shape: map.shape, index },
    );
  const area = height * width;
  const planes = Array.from({ length: channels }, (_, c) => ({
    height,
    width,
    values: Float64Array.from({ length: area }, (_, i) =>
      Number(map.data[(index * area + i) * channels + c]),
    ),
  }));
  return tiles(planes, layout);
}

/**
 * The filters of a convolution. Where they see one channel, or three as colours, a tile is a filter; of later layers a
 * row is a filter and a tile what it looks for in one channel of the layer before.
 *
 * @param kernel Keras' layout, [height, width, channels, filters], or depthwise [height, width, channels, multiplier]
 *   with `depthwise`
 * @throws CajalError `bad-shape`
 */
export function filters(kernel: Tensor, options: FiltersOptions = {}): Picture {
  checkOptions("filters", options, ["columns", "depthwise", "most", "range"]);
  const { depthwise = false, ...layout } = options;
  const { columns, most = 64 } = checkedOptions("filters", kernel, layout);
  const [height = 0, width = 0, channels = 0, maps = 0] = kernel.shape;
  if (kernel.shape.length !== 4 || kernel.data.length === 0)
    throw new CajalError(
      "bad-shape",
      `filters: got ${showShape(kernel.shape)}, expected a kernel [height, width, channels, filters].`,
      { shape: kernel.shape },
    );
  const plane = (channel: number, map: number) => ({
    height,
    width,
    values: Float64Array.from({ length: height * width }, (_, i) =>
      Number(kernel.data[(i * channels + channel) * maps + map]),
    ),
  });
  if (depthwise || channels === 1)
    return tiles(
      Array.from({ length: channels * maps }, (_, i) => plane(Math.floor(i / maps), i % maps)),
      layout,
    );
  if (channels === 3) {
    const planes = Array.from({ length: Math.min(maps, most) }, (_, map) => [0, 1, 2].map((c) => plane(c, map))); // prettier-ignore
    const all = largest(planes.flat());
    const pictures = planes.map((rgb) => colored(rgb, layout.range === "all" ? all : largest(rgb)));
    return gridOf(pictures, columns ?? Math.ceil(Math.sqrt(pictures.length)), 2);
  }
  const across = Math.min(channels, columns ?? 16);
  const down = Math.max(1, Math.min(maps, Math.floor(most / across)));
  const planes = Array.from({ length: across * down }, (_, i) => plane(i % across, Math.floor(i / across))); // prettier-ignore
  return tiles(planes, { ...layout, columns: across, most: planes.length });
}

interface Plane {
  readonly height: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** @throws CajalError `bad-argument` for what is no tensor */
function checkedOptions(where: string, value: Tensor, layout: ChannelsOptions): ChannelsOptions {
  checkTensor(value, where);
  checkFinite(where, value.data);
  checkOptions(where, layout, options);
  const { columns, index, most, range } = layout;
  if (columns !== undefined) checkInteger(where, "columns", columns, { least: 1 });
  if (index !== undefined) checkInteger(where, "index", index, { least: 0 });
  if (most !== undefined) checkInteger(where, "most", most, { least: 1, most: 10_000 });
  if (range !== undefined && range !== "each" && range !== "all")
    throw unknownName("range", range, ["each", "all"]);
  return layout;
}

const largest = (planes: readonly Plane[]): number =>
  planes.reduce(
    (most, { values }) => values.reduce((a, value) => Math.max(a, Math.abs(value)), most),
    0,
  );

/** A tile for each plane. */
function tiles(planes: readonly Plane[], { columns, most = 64, range }: ChannelsOptions): Picture {
  const firstPlanes = planes.slice(0, most);
  const all = largest(firstPlanes);
  const signed = firstPlanes.some(({ values }) => values.some((value) => value < 0));
  const { at } = colorMaps[signed ? "diverging" : "heat"];
  const pictures = firstPlanes.map((plane) => {
    const high = range === "all" ? all : largest([plane]);
    const picture = emptyPicture(plane.width, plane.height);
    plane.values.forEach((value, i) => {
      picture.data.set(at(high > 0 ? value / high : 0), 4 * i);
      picture.data[4 * i + 3] = 255;
    });
    return toTile(picture);
  });
  return gridOf(pictures, columns ?? Math.ceil(Math.sqrt(pictures.length)), 2);
}

/** A filter of three channels in the colours that it looks for; grey is 0. */
function colored([r, g, b]: readonly Plane[], high: number): Picture {
  const { width, height } = r!;
  const picture = emptyPicture(width, height);
  for (let i = 0; i < width * height; i++) {
    [r!, g!, b!].forEach(({ values }, c) => (picture.data[4 * i + c] = 127.5 + (127.5 * values[i]!) / (high || 1))); // prettier-ignore
    picture.data[4 * i + 3] = 255;
  }
  return toTile(picture);
}

const toTile = (picture: Picture): Picture =>
  enlarged(picture, Math.max(1, Math.round(side / Math.max(picture.width, picture.height))));
