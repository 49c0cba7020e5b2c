import { CajalError, checkArgument, checkOptions } from "@cajal/core";
import type { OnnxModel } from "../model/model";
import { decodeModel, externalDataIn, type DecodeOptions, type ExternalData } from "./decode";

/** A file that tensors lie in. */
export interface DataFile {
  /** In bytes. */
  readonly size: number;
  /** `length` bytes from `offset` on; they are not written to. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Reads an ONNX file whose weights lie in other files, as PyTorch's exporter writes them (`model.onnx` and
 * `model.onnx.data`).
 *
 * @param bytes the model's own file
 * @param open gives the file at a path relative to the model's, which never leaves its folder; the same object for the same
 *   file. `where` is for its errors: the tensor and the path
 * @param options.inPlace as of {@link decodeModel}
 * @throws CajalError `bad-file` where the files do not hold what the model says; what `open` throws; as {@link decodeModel}
 * @example
 * const files = new Map([["model.onnx.data", data]]);
 * const model = await decodeModelWithExternalData(bytes, async (location) => bytesSource(files.get(location)!));
 */
export async function decodeModelWithExternalData(
  bytes: Uint8Array,
  open: (location: string, where: string) => Promise<DataFile>,
  options: Pick<DecodeOptions, "inPlace"> = {},
): Promise<OnnxModel> {
  checkArgument("decodeModelWithExternalData", "bytes", bytes, "bytes");
  checkArgument("decodeModelWithExternalData", "open", open, "function");
  checkOptions("decodeModelWithExternalData", options, { inPlace: "boolean" });
  /** By location; one file has many spellings. */
  const files = new Map<string, DataFile>();
  const ranges = new Map<DataFile, Map<string, { offset: number; length: number; data?: Uint8Array }>>(); // prettier-ignore
  const reserved = new Map<DataFile, number>();
  // All of them, before memory is asked for.
  for (const { tensor, location, offset, length } of externalDataIn(bytes)) {
    const where = `external data of ${JSON.stringify(tensor)} in ${JSON.stringify(location)}`;
    const file = files.get(location) ?? (await open(location, where));
    files.set(location, file);
    const { size } = file;
    if (offset + length > size)
      throw new CajalError(
        "bad-file",
        `${where}: bytes ${offset} to ${offset + length}; the file has ${size}.`,
        { location, offset, length, size },
      );
    const ofFile = ranges.get(file) ?? new Map<string, { offset: number; length: number }>();
    ranges.set(file, ofFile);
    // Tensors at the same place share it.
    if (ofFile.has(keyOf({ offset, length }))) continue;
    ofFile.set(keyOf({ offset, length }), { offset, length });
    // Different ones do not overlap: a small file must not ask for much memory.
    const total = (reserved.get(file) ?? 0) + length;
    if (total > size)
      throw new CajalError("bad-file", `${where}: overlaps with other tensors.`, { location });
    reserved.set(file, total);
  }
  for (const [file, ofFile] of ranges)
    for (const range of [...ofFile.values()].toSorted((a, b) => a.offset - b.offset))
      range.data = await file.read(range.offset, range.length);
  return decodeModel(bytes, {
    ...options,
    externalData: ({ location, offset, length }) =>
      ranges.get(files.get(location)!)!.get(keyOf({ offset, length }))!.data!,
  });
}

const keyOf = ({ offset, length }: Pick<ExternalData, "offset" | "length">) =>
  `${offset} ${length}`;
