// Extents of parts of an image: of windows, strides and blocks.
import { CajalError, checkArgument, checkInteger } from "@cajal/core";
import { insideShape } from "../../network/images";
import type { Call } from "../call";

/**
 * One for every axis as images lie inside: from a number for all axes but the channels', from one for each of these, or for each
 * axis.
 *
 * @param where "attribute (occlusion)"
 * @throws CajalError `bad-argument`
 */
export function extentsOf(
  { format, images, network: { graph } }: Call,
  where: string,
  name: string,
  extents: number | readonly number[],
): readonly number[] {
  const shape = images.shape.slice(1);
  const { channelAxis } = graph;
  const others = channelAxis === undefined ? shape : shape.toSpliced(channelAxis, 1);
  if (typeof extents !== "number") checkArgument(where, name, extents, "array");
  const list = typeof extents === "number" ? others.map(() => extents) : extents;
  const all =
    channelAxis === undefined || list.length === shape.length
      ? insideShape(list, format)
      : list.toSpliced(channelAxis, 0, shape[channelAxis]!);
  if (all.length !== shape.length)
    throw new CajalError(
      "bad-argument",
      `${where}: got ${name} [${list.join()}], expected [height, width], or an extent for every axis of the image.`,
      { [name]: extents },
    );
  for (const extent of all) checkInteger(where, name, extent, { least: 1 });
  return all;
}

/** All channels, and of the other axes a share; of rows of numbers each by itself. */
export const shareOf = ({ images, network: { graph } }: Call, share: number): readonly number[] =>
  images.shape
    .slice(1)
    .map((extent, axis) =>
      graph.channelAxis === undefined
        ? 1
        : axis === graph.channelAxis
          ? extent
          : Math.ceil(extent / share),
    );
