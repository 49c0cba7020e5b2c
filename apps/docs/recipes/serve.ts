// The recipe “Serve many requests”, which recipes.md shows and recipes.test.ts runs.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { setTimeout } from "node:timers/promises";
import { CajalError, isCajalError, sizeOf, tensor } from "@cajal/core";
import type { Session } from "@cajal/runtime";

// #region queue
interface Question {
  readonly example: readonly number[];
  readonly answer: (scores: number[]) => void;
  readonly fail: (error: unknown) => void;
}

export class Busy extends Error {}

/** Answers what waits with one run; more than `limit` do not wait. */
export function queue(
  session: Session,
  shape: readonly number[],
  { batch = 32, limit = 256 } = {},
) {
  const waiting: Question[] = [];
  let running = false;
  async function work() {
    if (running) return;
    running = true;
    while (waiting.length > 0) {
      await setTimeout(2); // who asks now comes along
      const asked = waiting.splice(0, batch);
      try {
        const examples = asked.flatMap(({ example }) => example);
        const scores = await session.predict(tensor("float32", [asked.length, ...shape], examples));
        const each = scores.data.length / asked.length;
        for (const [i, { answer }] of asked.entries())
          answer(Array.from(scores.data.subarray(i * each, (i + 1) * each), Number));
      } catch (error) {
        for (const { fail } of asked) fail(error);
      }
    }
    running = false;
  }
  return (example: readonly number[]) =>
    new Promise<number[]>((answer, fail) => {
      if (waiting.length >= limit) throw new Busy(`${limit} requests wait already.`);
      if (
        !Array.isArray(example) ||
        example.length !== sizeOf(shape) ||
        !example.every(Number.isFinite)
      )
        throw new CajalError(
          "bad-shape",
          `expected ${sizeOf(shape)} numbers, of shape ${shape.join(" × ")}.`,
        );
      waiting.push({ example, answer, fail });
      void work();
    });
}
// #endregion queue

// #region server
/** POST / takes an example as JSON and answers its scores; GET /health is for the load balancer. */
export function serve(
  session: Session,
  shape: readonly number[],
  options?: { batch?: number; limit?: number },
): Server {
  const ask = queue(session, shape, options);
  return createServer(async (request, response) => {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/health") return reply(200, { ok: true });
    try {
      reply(200, await ask(JSON.parse(await bodyOf(request))));
    } catch (error) {
      // Too many wait: try later. The caller's fault. Ours: the words stay here.
      if (error instanceof Busy) reply(503, { error: error.message });
      else if (isCajalError(error, "bad-shape") || error instanceof SyntaxError)
        reply(400, { error: error.message });
      else reply(500, { error: "It did not work." });
    }
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 1e6) throw new CajalError("bad-shape", "more than a megabyte.");
  }
  return body;
}
// #endregion server

// #region end
/** Takes no new requests, answers those that are there, and frees the model. */
export async function end(server: Server, session: Session): Promise<void> {
  await new Promise((closed) => {
    server.close(closed);
    server.closeIdleConnections();
  });
  await session.dispose();
}
// process.once("SIGTERM", () => void end(server, session));
// #endregion end
