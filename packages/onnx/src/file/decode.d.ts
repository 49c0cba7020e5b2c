import type { OnnxModel } from "../model/model";
/** A tensor that lies in another file. */
export interface ExternalData {
    /** Name of the tensor. */
    readonly tensor: string;
    /** Path of the file, relative to the model's; never one that leaves its folder. */
    readonly location: string;
    /** In bytes. */
    readonly offset: number;
    readonly length: number;
}
export interface DecodeOptions {
    /** The bytes of a tensor that lies in another file, exactly `length` of them; they may be filled in later. */
    readonly externalData?: (data: ExternalData) => Uint8Array;
    /**
     * Whether `bytes` may be changed: weights that lie unaligned are then moved by some bytes within
     * them, and take no memory of their own. `bytes` is no ONNX file any more afterwards.
     */
    readonly inPlace?: boolean;
}
/**
 * Reads an ONNX file. Weights may be views of `bytes`, which must then not be changed.
 *
 * What Cajal does not compute with is carried: tensors of other element types, operators of any
 * domain, attributes of any kind, and fields that it does not know are there when it is written again.
 *
 * @throws CajalError `bad-file` for what is truncated, damaged or no ONNX at all; `unsupported` for
 *   sparse initializers, and for external data without `options.externalData`
 */
export declare function decodeModel(bytes: Uint8Array, options?: DecodeOptions): OnnxModel;
