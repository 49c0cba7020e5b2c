import type { OnnxModel } from "../model/model";
/**
 * The same model, every BatchNormalization in training mode taken apart (ONNX Operators,
 * BatchNormalization-15): mean and biased variance of the batch, the normalization by these, and
 * `running = given · momentum + batch · (1 − momentum)` where that is read.
 */
export declare function decomposeTrainingNormalization(model: OnnxModel): OnnxModel;
