// The recipes that are programs, and that the table of errors has every code.
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
import { end, serve } from "./serve";

const net = functional("scores");
const input = net.input([3]);
const model = net.model(input, net.layer("Dense", { units: 2 }, input));

it("serves many at once, refuses what is wrong or too much, and ends when all are answered", async () => {
  const session = await open(model, initialize(model, { seed: 1 }));
  const server = serve(session, [3], { batch: 8, limit: 20 });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = async (body: string) => {
    const response = await fetch(url, { method: "POST", body });
    return [response.status, await response.json()] as const;
  };
  expect((await fetch(`${url}/health`)).status).toBe(200);
  for (const wrong of ["[1, 2]", "{}", "null", '["1", 2, 3]', "no JSON"])
    expect((await post(wrong))[0], wrong).toBe(400);

  const examples = Array.from({ length: 60 }, (_, i) => [i, 1, -i]);
  const answers = await Promise.all(examples.map((each) => post(JSON.stringify(each))));
  const { data } = await session.predict(tensor("float32", [60, 3], examples.flat()));
  const answered = answers.flatMap(([status, scores], i) => (status === 200 ? [[i, scores]] : []));
  expect(answered.length).toBeGreaterThanOrEqual(20);
  for (const [i, scores] of answered as [number, number[]][])
    scores.forEach((score, k) => expect(score).toBeCloseTo(Number(data[2 * i + k]), 4));
  for (const [status] of answers) expect([200, 503]).toContain(status);

  let arrived = 0;
  server.on("request", () => arrived++);
  const last = Promise.all(examples.slice(0, 10).map((each) => post(JSON.stringify(each))));
  await expect.poll(() => arrived).toBe(10);
  const [statuses] = await Promise.all([last, end(server, session)]);
  expect(statuses.map(([status]) => status)).toEqual(Array(10).fill(200));
  await expect(fetch(url)).rejects.toThrow();
});

it("the table of errors has every code", () => {
  const errors = readFileSync(new URL("../../../packages/core/src/checks/errors.ts", import.meta.url), "utf8"); // prettier-ignore
  const codes = [...errors.matchAll(/^ {2}\| "([\w-]+)"/gm)].map(([, code]) => code!);
  const table = readFileSync(new URL("../recipes.md", import.meta.url), "utf8");
  expect(codes.length).toBeGreaterThan(10);
  for (const code of codes) expect(table).toContain(`\`${code}\``);
});
