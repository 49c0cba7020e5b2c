/** ONNX Runtime's own, by the error function; the standard has had one since operator set 20. */
export declare const microsoftGelu: import("./gradient").Gradient;
export declare const gelu: import("./gradient").Gradient;
