import { describe, expect, it } from "vitest";
import { readKeras } from "../keras/readKeras";
import { models } from "../networks";
import { builtNetwork } from "./built";
import { functional } from "./functional";
import { summary } from "./summary";

describe("builtNetwork", () => {
  it.each(models)("gives of $name what resolving its JSON gives", ({ build }) => {
    const model = build();
    const json = JSON.stringify(model);
    expect(readKeras(json)).toEqual(model); // what it leaves out changes nothing
    expect(summary(builtNetwork(model))).toEqual(summary(json));
  });

  it("reads the layers of a model within by themselves, whatever their names", () => {
    const inner = functional("inner");
    const a = inner.input([4], { name: "a" });
    const within = inner.model(a, inner.layer("Dense", { name: "dense", units: 3 }, a));
    const net = functional("outer");
    const x = net.input([4], { name: "x" });
    const y = net.layer("Dense", { name: "dense", units: 5 }, net.nested(within, x));
    const network = summary(builtNetwork(net.model(x, y)));
    expect(network.layers.map(({ params }) => params)).toEqual([0, 4 * 3 + 3, 3 * 5 + 5]);
  });
});
