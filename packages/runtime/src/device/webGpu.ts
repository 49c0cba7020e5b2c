// Whether a browser has WebGPU to offer, which is little to ask: engines fetch megabytes to use it.
/** Whether there is an adapter: Chromium has `navigator.gpu` on machines without a GPU, too. */
export async function hasWebGpu(): Promise<boolean> {
  try {
    const gpu: { requestAdapter(): Promise<unknown> } | undefined =
      "gpu" in navigator ? (navigator.gpu as { requestAdapter(): Promise<unknown> }) : undefined;
    return gpu !== undefined && Boolean(await gpu.requestAdapter());
  } catch {
    return false;
  }
}
