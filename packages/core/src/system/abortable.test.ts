import { expect, it } from "vitest";
import { abortable } from "./abortable";

it("gives what the work gives, and rejects when the signal is aborted meanwhile", async () => {
  const control = new AbortController();
  expect(await abortable(Promise.resolve(3), control.signal)).toBe(3);
  const never = abortable(new Promise<never>(() => {}), control.signal);
  control.abort(new Error("enough"));
  await expect(never).rejects.toThrow("enough");
});

it("lets the signal count where the work is done and it was aborted before", async () => {
  const aborted = AbortSignal.abort(new Error("enough"));
  await expect(abortable(Promise.resolve(3), aborted)).rejects.toThrow("enough");
  await expect(abortable(Promise.reject(new Error("failed")), aborted)).rejects.toThrow("enough");
});
