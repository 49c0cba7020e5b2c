import { expect, it } from "vitest";
import { withGpuErrors, type ErrorScopes } from "./gpuErrors";

/** As a GPUDevice: an error goes to the innermost scope that is open when the command is given. */
function deviceOf() {
  const scopes: { filter: string; error: { message: string } | null }[] = [];
  const device: ErrorScopes = {
    pushErrorScope: (filter) => void scopes.push({ filter, error: null }),
    popErrorScope: async () => scopes.pop()!.error,
  };
  const fail = (filter: string, message: string) => {
    const scope = scopes.findLast((each) => each.filter === filter);
    if (scope) scope.error ??= { message };
  };
  return { device, fail, scopes };
}

it.each(["validation", "out-of-memory", "internal"])(
  "rejects where the device says %s afterwards, in place of zeros",
  async (filter) => {
    const { device, fail, scopes } = deviceOf();
    const run = withGpuErrors(device, async () => {
      fail(filter, 'Invalid ShaderModule "PadProgram"\n - While calling …');
      return new Float32Array(3);
    });
    await expect(run).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(
        /"PadProgram"\)\. Use device wasm or webgl, or engine onnx\.$/,
      ),
    });
    expect(scopes).toEqual([]);
  },
);

it("gives to each of two runs what is its own", async () => {
  const { device, fail } = deviceOf();
  const runs = [false, true].map((fails) =>
    withGpuErrors(device, async () => {
      if (fails) fail("validation", "wrong.");
      await new Promise((resolve) => setTimeout(resolve, 5));
      return 1;
    }),
  );
  const [sound, wrong] = await Promise.allSettled(runs);
  expect(sound).toEqual({ status: "fulfilled", value: 1 });
  expect(wrong).toMatchObject({ status: "rejected", reason: { code: "engine" } });
});

it("lets errors of the run itself through", async () => {
  const { device, scopes } = deviceOf();
  const run = withGpuErrors(device, () => Promise.reject(new Error("on purpose")));
  await expect(run).rejects.toThrow("on purpose");
  expect(scopes).toEqual([]);
});
