// What the forecast demo shows before it starts is what its network says of the series that it begins with.
import { expect, it } from "vitest";
import { forecaster, type Forecast } from "./forecast";
import recorded from "./models/forecast.still.json";
import { begin, readSeries, written } from "./series";

it("the still is the forecast that the demo's network makes of its first series", async () => {
  const learned = await forecaster({ engine: "onnx", device: "cpu" });
  let last: Forecast | undefined;
  for await (const forecast of learned(begin.map((value) => value / 100))) last = forecast;
  expect(last!.step).toBe(recorded.step);
  // The engines add in another order, and 240 updates carry that on.
  last!.values.forEach((value, i) => expect(value).toBeCloseTo(recorded.values[i]!, 2));
});

it("an address has the series, and nothing else is read as one", () => {
  expect(readSeries(written(begin))).toEqual(begin);
  for (const text of [
    "",
    "1.2.3",
    `${written(begin)}.4`,
    written(begin).replace("45", "101"),
    written(begin).replace("45", "1e1"),
    written(begin).replace("45", ""),
  ])
    // prettier-ignore
    expect(readSeries(text), text).toBe(undefined);
});
