import type { OnnxModel } from "../model/model";
/**
 * The bytes of an ONNX file. Copies all weights: for large models see {@link encodeModelParts}.
 *
 * @throws CajalError `unsupported` over 2 GB: see {@link encodeModelWithExternalData}
 */
export declare function encodeModel(model: OnnxModel): Uint8Array;
/**
 * The bytes of an ONNX file in pieces, to be written one after the other. Weights are views of the
 * tensors' own memory, so that a large model does not lie in memory twice.
 *
 * @throws CajalError `unsupported` over 2 GB: see {@link encodeModelWithExternalData}
 */
export declare function encodeModelParts(model: OnnxModel): readonly Uint8Array[];
/** Where a tensor lies in the file of external data, in bytes. */
export interface ExternalEntry {
    readonly name: string;
    readonly offset: number;
    readonly length: number;
}
export interface ExternalDataOptions {
    /** Name of the second file, relative to the model's: no path that leaves its folder. */
    readonly location: string;
    /** Tensors of at least so many bytes go there. Default 1024, as in the onnx package. */
    readonly threshold?: number;
}
/**
 * A model in two files: the model's own, and one with its large tensors, each aligned to 4096
 * bytes so that it can be mapped into memory. ONNX files of more than 2 GB must be like this.
 *
 * @throws CajalError `bad-argument` for a location that leaves the folder
 */
export declare function encodeModelWithExternalData(model: OnnxModel, options: ExternalDataOptions): {
    readonly model: readonly Uint8Array[];
    readonly data: readonly Uint8Array[];
    readonly entries: readonly ExternalEntry[];
};
/**
 * A model and, beside it, its large tensors, each as a file that exists in memory only: what ONNX
 * Runtime takes as the session option `externalData`. Nothing is copied: `data` are views.
 *
 * @param options.threshold tensors of at least so many bytes stand beside; default 1024
 */
export declare function encodeModelForMemory(model: OnnxModel, { threshold }?: {
    readonly threshold?: number;
}): {
    readonly model: Uint8Array;
    readonly externalData: readonly {
        readonly path: string;
        readonly data: Uint8Array;
    }[];
};
/** Refuses a path that is absolute or leaves its folder. */
export declare function checkLocation(location: string): void;
