// A service worker that gives the site's pages the two headers without which browsers keep WebAssembly on one thread,
// and which a plain static host does not send: Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy. All else
// passes as it came. theme/demos/isolate.ts registers it.
addEventListener("install", (event) => event.waitUntil(skipWaiting()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  // Pages and the scripts of workers have policies; what they fetch is the site's own.
  if (request.mode === "navigate" || request.destination === "worker")
    event.respondWith(isolated(request));
});

async function isolated(request) {
  const response = await fetch(request);
  // A redirect is followed by the browser, which asks again.
  if (response.type !== "basic" || response.redirected) return response;
  const headers = new Headers(response.headers);
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
