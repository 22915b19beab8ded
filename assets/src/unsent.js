// What was typed into a form and not sent yet outlives a reload, an error page and a new sign-in:
// kept in this tab alone, encrypted with a key that only this person's pages carry, and gone with
// signing out. Forms that the service keeps itself have their own ways.

(() => {
  const drawn = document.querySelector("meta[name=words-key]")?.content;
  const OWN_WAYS = "#intake, #answers, #visit, #command-bar, #sign-in-again, [action='/sign-in'], [method=dialog]";
  const WORDS = /^(text|tel|search|number|url|email|date|time|datetime-local|textarea|select-one|radio|checkbox)$/;
  const WAIT_MS = 200, SENT = "unsent: sent", slot = (action) => `unsent: ${action}`;
  if (!drawn || !crypto.subtle || document.getElementById("on-the-phone")) return;
  const key = crypto.subtle.importKey("raw", bytes(drawn), "AES-GCM", false, ["encrypt", "decrypt"]);
  const waiting = new Set();
  let saving = false, over = false, timer = 0;

  function bytes(text) {
    return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  }
  function actionOf(form) {
    const mine = form && form.getAttribute("method") === "post" && !form.matches(OWN_WAYS) && !form.querySelector("[type=password]");
    return mine ? new URL(form.getAttribute("action"), location.href).pathname : "";
  }

  // Each field of all forms with this action, under a name that the page gives it again.
  function fieldsOf(action) {
    const fields = new Map(), seen = {};
    for (const form of document.forms) {
      if (actionOf(form) !== action) continue;
      for (const field of form.elements) {
        if (!field.name || !WORDS.test(field.type) && !isKey(field)) continue;
        const name = `${field.name}=${chosen(field) ? field.value : ""}`;
        seen[name] = (seen[name] || 0) + 1;
        fields.set(`${name}#${seen[name]}`, field);
      }
    }
    return fields;
  }
  // What makes sending the same form twice one thing stays with its words.
  const isKey = (field) => field.name === "form_key";
  const chosen = (field) => field.type === "radio" || field.type === "checkbox";
  function typed(field) {
    if (chosen(field)) return field.checked !== field.defaultChecked;
    if (field.type !== "select-one") return field.value !== field.defaultValue;
    return field.value !== ([...field.options].find((option) => option.defaultSelected) || field.options[0])?.value;
  }

  async function save() {
    if (saving) return;
    saving = true;
    for (const action of waiting) {
      waiting.delete(action);
      await keep(action).catch(() => {}); // no room in the browser: as without scripts
    }
    saving = false;
  }
  async function keep(action) {
    const fields = [...fieldsOf(action)], any = fields.some(([, field]) => typed(field));
    const words = fields.filter(([, field]) => typed(field) || isKey(field))
      .map(([name, field]) => [name, chosen(field) ? field.checked : field.value]);
    const sealed = any && await seal(words);
    if (over) return;
    if (sealed) sessionStorage.setItem(slot(action), sealed);
    else sessionStorage.removeItem(slot(action));
  }
  async function seal(words) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(words));
    const hidden = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, text);
    return btoa([...iv, ...new Uint8Array(hidden)].map((one) => String.fromCharCode(one)).join(""));
  }
  // Another person's words cannot be read; they wait for their writer.
  async function unseal(sealed) {
    const all = bytes(sealed);
    const open = crypto.subtle.decrypt({ name: "AES-GCM", iv: all.slice(0, 12) }, await key, all.slice(12));
    return open.then((text) => JSON.parse(new TextDecoder().decode(text)), () => null);
  }

  async function restore() {
    const [how] = performance.getEntriesByType("navigation");
    const sent = sessionStorage.getItem(SENT);
    sessionStorage.removeItem(SENT);
    // A form that was taken leads to a page; one that was not taken, or never arrived, does not.
    if (sent && how?.type === "navigate" && how.redirectCount) sessionStorage.removeItem(slot(sent));
    for (const action of new Set([...document.forms].map(actionOf))) {
      const sealed = action && sessionStorage.getItem(slot(action));
      if (!sealed) continue;
      const words = await unseal(sealed);
      const fields = fieldsOf(action);
      for (const [name, value] of words || []) write(fields.get(name), value);
    }
  }
  function write(field, value) {
    if (!field || typed(field)) return;
    if (isKey(field)) return void (field.value = value);
    if (chosen(field)) field.checked = value;
    else field.value = value;
    for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const action = actionOf(event.target.form);
      if (!action || over) return;
      waiting.add(action);
      clearTimeout(timer);
      timer = setTimeout(save, WAIT_MS);
    });
  }
  addEventListener("beforeunload", () => { save(); }); // what was typed within the last moment
  addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out") {
      over = true;
      sessionStorage.clear();
    } else if (!event.defaultPrevented && actionOf(event.target)) {
      sessionStorage.setItem(SENT, actionOf(event.target));
    }
  });
  restore();
})();
