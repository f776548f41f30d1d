/* Opened from a folder, a browser starts no worker and opens no folder: search then runs in the page itself, and a
   link to a folder leads to the page in it. Served, this does nothing. */
"use strict";
if (location.protocol === "file:") {
  const run = address => new Promise((loaded, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: address, onload: loaded, onerror: failed }));
  });
  const listen = addEventListener.bind(window), post = postMessage.bind(window);
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const source = new URL(address, document.baseURI).href, handlers = [];
      window.addEventListener = (type, handler, ...more) => type === "message" && document.currentScript?.src === source
        ? handlers.push(handler) : listen(type, handler, ...more);
      window.postMessage = (data, ...more) => more.length
        ? post(data, ...more) : this.dispatchEvent(new MessageEvent("message", { data }));
      window.importScripts = (...names) => names.reduce((before, name) => before.then(() => run(new URL(name, source).href)), Promise.resolve());
      const ready = run(source);
      this.postMessage = data => ready.then(() => handlers.forEach(handler => handler(new MessageEvent("message", { data }))));
    }
  };
  listen("click", event => {
    const link = event.target.closest?.("a[href]");
    if (link?.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html";
  }, true);
}
