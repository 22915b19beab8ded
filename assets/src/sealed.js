// What was typed or pressed and the service has not taken yet: kept in this tab alone, encrypted with a key that only
// this person's pages carry, under a name that tells of no call. Signing out, here or in another tab, empties the
// tab's storage: what still stands on a page is held by that page alone then, and leaving it asks first.

(() => {
  const meta = document.querySelector("meta[name=words-key]"), owner = meta?.dataset.of;
  const SLOT = `unsent: ${owner}`, LONGEST_MS = 12 * 60 * 60 * 1000; // a shift
  const key = meta && crypto.subtle?.importKey("raw", bytes(meta.content), "AES-GCM", false, ["encrypt", "decrypt"]);
  const isOfLink = owner !== document.querySelector("meta[name=account]")?.content;
  const tabs = new BroadcastChannel("signed in"), LEFT = "";
  const held = new Map();
  const RELOADS_MS = 1000;
  let over = false, leaving = false, writing = false, again = false, sealedAll = true, reloadsAt = -RELOADS_MS;
  const ready = read().catch(() => {}); // a key that is no more: nothing can be read

  function bytes(text) {
    return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  }
  async function read() {
    const sealed = key && sessionStorage.getItem(SLOT);
    if (!sealed) return;
    const all = bytes(sealed);
    const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(0, 12) }, await key, all.slice(12));
    for (const [what, value] of JSON.parse(new TextDecoder().decode(open))) {
      if (Date.now() - value.at < LONGEST_MS && !held.has(what)) held.set(what, value);
    }
  }
  async function seal() {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify([...held]));
    const hidden = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, text);
    return btoa([...iv, ...new Uint8Array(hidden)].map((one) => String.fromCharCode(one)).join(""));
  }
  async function write() {
    again = true;
    if (!key || over || writing) return;
    writing = true;
    await ready;
    let sealed = "";
    for (; again; sealed = held.size ? await seal() : "") again = false;
    writing = false;
    if (over) return;
    try {
      if (sealed) sessionStorage.setItem(SLOT, sealed);
      else sessionStorage.removeItem(SLOT);
      sealedAll = true;
    } catch {
      // No room in the browser: as without scripts.
    }
  }

  // value -- what to find again, {} of what JSON can say; nothing where the service has taken it.
  function set(what, value) {
    if (!value && !held.delete(what)) return;
    if (value) held.set(what, { ...value, at: Date.now() });
    sealedAll = false;
    if (!held.size) sessionStorage.removeItem(SLOT);
    write();
  }

  function forget() {
    over = true;
    sessionStorage.clear();
  }
  tabs.onmessage = ({ data }) => {
    if (data === LEFT && !(owner && isOfLink)) forget();
    if (data && data === owner) {
      over = false;
      write();
    }
  };
  if (owner) tabs.postMessage(owner);
  addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    if (!event.target.getAttribute("action")?.endsWith("/sign-out")) return;
    forget();
    tabs.postMessage(LEFT);
  });
  addEventListener("beforeunload", (event) => {
    if ((over || !key) && held.size && !leaving) event.preventDefault();
  });

  // Somebody reloads by key, and all that is held is sealed: it comes back. A page cannot tell a reload by the mouse from
  // closing its tab, which forgets: there it asks.
  addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
    if (key === "F5" || ((ctrlKey || metaKey) && key.toLowerCase() === "r")) reloadsAt = performance.now();
  }, true);
  const comesBack = () => sealedAll && !over && Boolean(key) && performance.now() - reloadsAt < RELOADS_MS;

  // Write into the fields of a form, or of a part of it, what a FormData has read of them: [[name, value], ...].
  // Each that changes is told of as if somebody had typed it.
  function fill(part, pairs) {
    const said = new Map();
    for (const [name, value] of pairs) said.set(name, [...(said.get(name) || []), value]);
    const fields = () => [...part.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((field) => field.name);
    for (const name of new Set([...said.keys(), ...fields().map((field) => field.name)])) {
      const values = said.get(name) || []; // asked anew for each: one answer may bring another field
      for (const field of fields().filter((one) => one.name === name)) {
        const ticked = /^(radio|checkbox)$/.test(field.type), should = ticked ? values.includes(field.value) : values.shift() ?? "";
        if ((ticked ? field.checked : field.value) === should) continue;
        if (ticked) field.checked = should;
        else field.value = should;
        for (let box = !ticked && field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
        field.dispatchEvent(new Event(ticked || field.options ? "change" : "input", { bubbles: true }));
      }
    }
  }

  window.sealed = { works: Boolean(key), ready, set, fill, get: (what) => held.get(what), all: () => [...held], isOver: () => over, comesBack };
})();
