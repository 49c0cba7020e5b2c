// @ts-check
// The parts of a step: threads that help compute all but the first, which is computed here, and so is the update. Arrays go
// from thread to thread through memory that both see, and stay where they are: what is made anew at each step is collected
// by V8, on threads that take the processor from those that compute. Plain JavaScript for the same reason as graphHost.js;
// types in helpers.d.ts.

/**
 * @import { Tensor } from "@cajal/core"
 * @import { MessagePort } from "node:worker_threads"
 * @import { GraphHost } from "./graphHost.js"
 * @import { HelpersPart, HelpersQuestion } from "./helpers.js"
 * @typedef {Readonly<Record<string, Tensor>>} Outputs
 * @typedef {{ value?: Outputs, error?: unknown }} Answer
 * @typedef {Tensor["data"]} Data
 */

/** Milliseconds for which a helper waits busily for the next step: longer than an update takes, and what lies around it. */
const stayAwake = 5;
/** Milliseconds for which a helper that takes longer is waited for busily. */
const mostWaiting = 20;

/** @type {typeof import("./helpers.js").waitBusily} */
export function waitBusily(port, milliseconds = stayAwake) {
  const { receiveMessageOnPort } = process.getBuiltinModule("node:worker_threads");
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const received = receiveMessageOnPort(port);
    if (received) return received;
  }
  return undefined;
}

/** @type {typeof import("./helpers.js").helpers} */
export function helpers(host) {
  /** @type {Helper[]} */
  const all = [];
  return {
    connect: (port) => void all.push(new Helper(port, host)),

    async run({ first, others, handed: { output, length, inputs }, update }) {
      const helping = all.slice(0, others.length);
      const asked = helping.map((helper, i) => helper.ask(/** @type {HelpersPart} */ (others[i]), output, length)); // prettier-ignore
      const own = host.run(first.graph, first).then((outputs) => {
        for (const helper of helping) helper.waitBusily(mostWaiting);
        return outputs;
      });
      // All of them, so that none answers later what it was asked before.
      const settled = await Promise.allSettled([own, ...asked]);
      const parts = settled.map((each) => {
        if (each.status === "rejected") throw each.reason;
        return each.value;
      });
      const handed = helping.map((helper, i) => [inputs[i], helper.handed(length)]);
      const feeds = { ...update.feeds, ...Object.fromEntries(handed) };
      return { parts, update: await host.run(update.graph, { ...update, feeds }) };
    },
  };
}

/** A thread that computes parts, what it has of the weights, and who waits for its answer. */
class Helper {
  #port;
  #host;
  #hasEnded = false;
  /** @type {Map<string, number>} */
  #revisions = new Map();
  #shared = new Arrays((bytes) => new SharedArrayBuffer(bytes));
  #own = new Arrays((bytes) => new ArrayBuffer(bytes));
  /** @type {((answer: Answer) => void) | undefined} */
  #answered;

  /**
   * @param {MessagePort} port
   * @param {GraphHost} host
   */
  constructor(port, host) {
    this.#port = port;
    this.#host = host;
    port.on("message", (/** @type {Answer} */ answer) => this.#answered?.(answer));
    port.on("close", () => {
      this.#hasEnded = true;
      this.#answered?.({ error: ended() });
    });
    port.unref();
  }

  /**
   * @param {HelpersPart} part
   * @param {string} output that {@link handed} gives
   * @param {number} length of that output
   * @returns {Promise<Outputs>} the others
   */
  ask({ number, feeds, kept }, output, length) {
    const stale = kept.filter(([name, , revision]) => this.#revisions.get(name) !== revision);
    const changed = stale.map(([name, ref]) => {
      const array = this.#host.arrayOf(ref);
      return [name, this.#shared.copy(`array ${name}`, array)];
    });
    for (const [name, , revision] of stale) this.#revisions.set(name, revision);
    /** @type {HelpersQuestion} */
    const question = {
      number,
      feeds: Object.fromEntries(
        Object.entries(feeds).map(([name, value]) => [name, { ...value, data: this.#shared.copy(`input ${name}`, value.data) }]), // prettier-ignore
      ),
      kept: kept.map(([name]) => name),
      changed: Object.fromEntries(changed),
      output,
      target: this.#shared.float32(handedOver, length),
    };
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) return reject(ended());
      this.#answered = ({ value, error }) => {
        this.#answered = undefined;
        this.#port.unref();
        if (value) return resolve(value);
        // What it has is not known.
        this.#revisions.clear();
        reject(error);
      };
      this.#port.ref();
      this.#port.postMessage(question, []);
    });
  }

  /** @param {number} milliseconds at most */
  waitBusily(milliseconds) {
    if (!this.#answered) return;
    const received = waitBusily(this.#port, milliseconds);
    if (received) this.#answered?.(/** @type {Answer} */ (received.message));
  }

  /**
   * What the helper has handed over.
   *
   * @param {number} length
   * @returns {Tensor}
   */
  handed(length) {
    const data = this.#own.copy(handedOver, this.#shared.float32(handedOver, length));
    return { dtype: "float32", shape: [length], data };
  }
}

const handedOver = "handed over";

const ended = () => new Error("its thread has ended.");

/** Arrays that stay, by what they are for; of other lengths they lie in the same memory, as long as it is large enough. */
class Arrays {
  /** @type {Map<string, Data>} */
  #all = new Map();
  #memory;

  /** @param {(bytes: number) => ArrayBuffer | SharedArrayBuffer} memory makes it */
  constructor(memory) {
    this.#memory = memory;
  }

  /**
   * A copy, which stays until the next of that name.
   *
   * @template {Data} D
   * @param {string} name
   * @param {D} data
   * @returns {D}
   */
  copy(name, data) {
    const target = this.#like(name, data, data.length);
    target.set(/** @type {never} */ (data));
    return target;
  }

  /**
   * @param {string} name
   * @param {number} length
   */
  float32(name, length) {
    return this.#like(name, new Float32Array(0), length);
  }

  /**
   * @template {Data} D
   * @param {string} name
   * @param {D} data
   * @param {number} length
   * @returns {D}
   */
  #like(name, data, length) {
    const known = this.#all.get(name);
    if (known?.length === length && known.constructor === data.constructor) return /** @type {D} */ (known); // prettier-ignore
    const Kind = /** @type {new (buffer: ArrayBuffer | SharedArrayBuffer, from: number, length: number) => D} */ (data.constructor); // prettier-ignore
    const bytes = length * data.BYTES_PER_ELEMENT;
    const memory = known && known.buffer.byteLength >= bytes ? known.buffer : this.#memory(bytes);
    const made = new Kind(memory, 0, length);
    this.#all.set(name, made);
    return made;
  }
}

/** @type {typeof import("./helpers.js").answersOf} */
export function answersOf(host) {
  const own = new Arrays((bytes) => new ArrayBuffer(bytes));
  return async (graph, { feeds, kept, changed, output, target }) => {
    const copies = Object.entries(changed).map(([name, data]) => [name, own.copy(name, data)]);
    host.put(Object.fromEntries(copies));
    host.put({ [handedOver]: own.float32(handedOver, target.length) });
    const outputs = await host.run(graph, {
      feeds: Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, { ...value, data: own.copy(`input ${name}`, value.data) }])), // prettier-ignore
      reads: Object.fromEntries(kept.map((name) => [name, [name, 0]])),
      writes: { [output]: [handedOver, 0] },
    });
    target.set(host.arrayOf([handedOver, 0]));
    return outputs;
  };
}
