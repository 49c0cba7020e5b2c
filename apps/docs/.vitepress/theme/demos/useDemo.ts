// The life of a demo: a module worker that starts when it is asked to, rests while nobody sees the demo, and ends with
// the page. Nothing is loaded before.
import { onBeforeUnmount, onMounted, ref, watch, type Ref } from "vue";

/** What the page says to every demo's worker, besides the demo's own messages. */
export type Control = { readonly type: "pause" } | { readonly type: "resume" };

/** What every worker may say, besides its own: that it is done, or what went wrong. */
export type Outcome =
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly message: string };

export interface Demo<ToWorker> {
  readonly state: Ref<"idle" | "loading" | "running" | "done" | "failed">;
  /** What went wrong, in words. */
  readonly problem: Ref<string>;
  start(first: ToWorker): void;
  /** To a worker that has started; otherwise nothing. */
  send(message: ToWorker): void;
  stop(): void;
}

/**
 * @param element what must be on screen for the worker to work
 * @param create `() => new Worker(new URL("./x.worker.ts", import.meta.url), { type: "module" })`, written out so that
 *   bundlers find it
 * @param onMessage the worker's own messages
 */
export function useDemo<
  ToWorker extends { readonly type: string },
  FromWorker extends { readonly type: string },
>(
  element: Ref<HTMLElement | undefined>,
  create: () => Worker,
  onMessage: (message: FromWorker) => void,
): Demo<ToWorker> {
  const state: Demo<ToWorker>["state"] = ref("idle");
  const problem = ref("");
  let worker: Worker | undefined;
  const visible = ref(true);
  let observer: IntersectionObserver | undefined;

  function stop() {
    worker?.terminate();
    worker = undefined;
    if (state.value !== "failed") state.value = "idle";
  }
  function fail(message: string) {
    problem.value = message;
    stop();
    state.value = "failed";
  }
  function start(first: ToWorker) {
    stop();
    problem.value = "";
    state.value = "loading";
    worker = create();
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker | Outcome>) => {
      if (data.type === "failed") return fail((data as Outcome & { message: string }).message);
      state.value = data.type === "done" ? "done" : state.value === "done" ? "done" : "running";
      if (data.type !== "done") onMessage(data as FromWorker);
    });
    worker.addEventListener("error", ({ message }) =>
      fail(message || "The demo's program did not load."),
    );
    worker.postMessage(first);
    if (!visible.value) worker.postMessage({ type: "pause" } satisfies Control);
  }
  onMounted(() => {
    observer = new IntersectionObserver(([entry]) => (visible.value = entry!.isIntersecting));
    if (element.value) observer.observe(element.value);
  });
  watch(visible, (seen) =>
    worker?.postMessage({ type: seen ? "resume" : "pause" } satisfies Control),
  );
  onBeforeUnmount(() => {
    observer?.disconnect();
    stop();
  });
  return { state, problem, start, stop, send: (message) => worker?.postMessage(message) };
}
