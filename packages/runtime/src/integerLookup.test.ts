import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { expect, it } from "vitest";
import { open } from "./open";

it.each(["onnx", "tfjs"] as const)(
  "IntegerLookup without places for unknown numbers refuses them, on engine %s",
  async (engine) => {
    for (const mask_token of [null, 9]) {
      const config = { vocabulary: [5, 7], num_oov_indices: 0, mask_token };
      const net = functional("m");
      const numbers = net.input([3], { dtype: "int32" });
      const model = net.model([numbers], [net.layer("IntegerLookup", config, numbers)]);
      const session = await open(model, new Map(), { engine, device: "cpu" });
      const predict = (values: readonly number[]) => session.predict(tensor("int32", [1, 3], values)); // prettier-ignore
      const first = mask_token === null ? 0 : 1;
      const known = mask_token === null ? [7, 5, 7] : [7, 9, 5];
      const expected = mask_token === null ? [1, 0, 1] : [1 + first, 0, first];
      expect([...(await predict(known)).data].map(Number)).toEqual(expected);
      await expect(predict([5, 6, 7])).rejects.toMatchObject({ code: "engine" });
      await session.dispose();
    }
  },
);
