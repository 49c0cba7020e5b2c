// What a library's resize is, for the list: its methods by its own names, its defaults, its arithmetic.

export interface KernelOptions {
  readonly width: number;
  readonly height: number;
  readonly method: string;
  readonly antialias: boolean;
  /** Left, top, right, bottom; the whole image unless said. */
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  /** Whether the last of 2 or 4 channels is alpha. */
  readonly alpha: boolean;
}

export interface PixelKernel {
  readonly methods: readonly string[];
  /** The default. */
  readonly method: string;
  /** Element types that it resizes. */
  readonly dtypes: readonly ("uint8" | "float32")[];
  /** Whether shrinking widens the filter: always, never, or if asked for these methods. */
  readonly antialias: "always" | "never" | readonly string[];
  /** uint8 in and out, or float32 out. */
  resize(
    source: Uint8Array | Float32Array,
    extents: { height: number; width: number; channels: number },
    options: KernelOptions,
  ): Uint8Array | Float32Array;
}

export const definePixelKernel = (kernel: PixelKernel): PixelKernel => kernel;
