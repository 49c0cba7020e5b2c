// Memory that threads share, in browsers: they decode no text in it.
import { vi } from "vitest";

/** A copy of bytes in memory that is shared. */
export function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Lets `TextDecoder` refuse shared memory as that of browsers does, until mocks are restored. */
export function decodeAsBrowsers(): void {
  const decode = TextDecoder.prototype.decode;
  vi.spyOn(TextDecoder.prototype, "decode").mockImplementation(function (
    this: TextDecoder,
    input,
    options,
  ) {
    const memory: unknown = ArrayBuffer.isView(input) ? input.buffer : input;
    if (memory instanceof SharedArrayBuffer) throw new TypeError("must not be shared");
    return decode.call(this, input, options);
  });
}
