// Cross-origin isolation, without which a page's WebAssembly has one thread, on hosts that do not send its headers.

/** Why a page is not isolated, or that it is; `reloading`: it will be, in a moment. */
export type Isolation = "isolated" | "reloading" | "not to be had";

const triedKey = "cajal-isolation";

/**
 * Lets a service worker send the headers, and loads the page again so that they count: once in a tab, whatever
 * becomes of it. Where there are no service workers (private windows of some browsers, plain http), or nothing is
 * remembered, the page stays as it is.
 *
 * @param script address of isolate.js; its folder is what it serves
 * @param mayReload asked when all is ready: whether a reload loses nothing
 */
export async function isolate(script: string, mayReload = () => true): Promise<Isolation> {
  if (crossOriginIsolated) return "isolated";
  try {
    if (!("serviceWorker" in navigator) || sessionStorage.getItem(triedKey)) return "not to be had";
    await navigator.serviceWorker.register(script);
    await navigator.serviceWorker.ready;
    if (!mayReload()) return "not to be had";
    sessionStorage.setItem(triedKey, "1");
  } catch {
    return "not to be had";
  }
  location.reload();
  return "reloading";
}
