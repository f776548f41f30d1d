/* Before the theme's own script. What search needs is asked for when a reader first touches its field, not on every page.
   Opened from a folder, a browser starts no worker and opens no folder: search then runs in the page itself, and a link
   to a folder leads to the page in it. Search in pieces (pieces.js) is asked in place of the theme's worker. */
"use strict";
(() => {
  const local = location.protocol === "file:", listen = addEventListener.bind(window), post = postMessage.bind(window);
  const FIELD = ".md-search, [for='__search']";
  const { src, dataset: { emsPieces: pieces } } = document.currentScript;
  let touch;
  const touched = new Promise(done => { touch = done; });
  for (const kind of ["focusin", "pointerdown", "input"]) listen(kind, event => event.target.closest?.(FIELD) && touch(), true);
  if (document.activeElement?.closest(FIELD)) touch();  // somebody was quicker than this script

  window.XMLHttpRequest = class extends XMLHttpRequest {
    open(way, address, ...more) {
      this.waits = /\/search\/search_index\.json$/.test(address);
      super.open(way, this.waits && pieces ? String(address).replace(/search_index(?=\.json$)/, "pieces") : address, ...more);
    }
    send(...body) {
      if (this.waits) touched.then(() => super.send(...body));
      else super.send(...body);
    }
  };

  const run = address => new Promise((loaded, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: address, onload: loaded, onerror: failed }));
  });
  /* The worker in the page: what its script says to itself goes to the page, and back. */
  const inPage = async (source, say) => {
    const handlers = [];
    window.addEventListener = (type, handler, ...more) => type === "message" && document.currentScript?.src === source
      ? handlers.push(handler) : listen(type, handler, ...more);
    window.postMessage = (data, ...more) => more.length ? post(data, ...more) : say(data);
    window.importScripts = (...names) => names.reduce((before, name) => before.then(() => run(new URL(name, source).href)), Promise.resolve());
    await run(source);
    return data => handlers.forEach(handler => handler(new MessageEvent("message", { data })));
  };
  const Own = window.Worker;
  const apart = (source, say) => {
    const worker = new Own(source);
    worker.addEventListener("message", event => say(event.data));
    return data => worker.postMessage(data);
  };
  const inPieces = async (_, say) => (await import(new URL("pieces.js", src))).search(say, JSON.parse(pieces));
  /* Pieces are asked of a server, and a folder is none: whatever is asked, this is said. */
  const nowhere = async (_, say) => message => {
    say(message.type ? { type: 3, data: { items: [] } } : { type: 1 });
    if (message.type) document.querySelector(".md-search-result__meta").textContent = JSON.parse(pieces).folder;
  };
  const kind = pieces ? (local ? nowhere : inPieces) : local ? inPage : apart;
  window.Worker = class extends EventTarget {
    constructor(address, ...more) {
      const source = new URL(address, document.baseURI).href;
      if (!local && !/\/workers\/search\.[^/]*$/.test(source)) return new Own(address, ...more);
      super();
      const say = data => this.dispatchEvent(new MessageEvent("message", { data }));
      const ready = touched.then(() => kind(source, say));
      this.postMessage = data => ready.then(hand => hand(data));
    }
  };
  if (local) {
    listen("click", event => {
      const link = event.target.closest?.("a[href]");
      if (link?.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html";
    }, true);
  }
})();
