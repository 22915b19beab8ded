// Words that were typed into a form and not sent yet outlive a reload, an error page, the button of
// another form and a new sign-in (sealed.js). Choices do not come back: nothing is chosen
// unless somebody chooses it; but those that are copied from a sheet of paper do, and those of a visit,
// which the service keeps as well, and those of settings. Other forms that it keeps have their own ways.

(() => {
  const { sealed } = window;
  const OWN_WAYS = "#intake, #answers, #command-bar, #sign-in-again, [action='/sign-in'], [method=dialog]";
  const WORDS = /^(text|tel|search|number|url|email|date|time|datetime-local|textarea)$/;
  const CHOICES = /^(select-one|radio|checkbox)$/, COPIED = "#paper, #visit, [data-whole]";
  const NAMED = /^\/(calls|follow-ups)\/./; // the address says whose form it is: another day it is the same
  const SENT = "unsent: sent", slot = (action) => `form ${action}`;
  const WAIT_MS = 200, AT_ONCE_MS = 500, LONGEST_MS = 30 * 60 * 1000, SHIFT_MS = 12 * 60 * 60 * 1000;
  if (document.getElementById("on-the-phone")) return;
  const waiting = new Set();
  let timer = 0;

  function actionOf(form) {
    const mine = form && form.getAttribute("method") === "post" && !form.matches(OWN_WAYS) && (form.matches("[data-whole]") || !form.querySelector("[type=password]"));
    if (!mine) return "";
    const { pathname, search } = new URL(form.getAttribute("action"), location.href);
    return pathname + search + (pathname === location.pathname ? location.search : "");
  }

  // Each field of all forms with this action, under a name that the page gives it again.
  function fieldsOf(action) {
    const fields = new Map(), seen = {};
    for (const form of document.forms) {
      if (actionOf(form) !== action) continue;
      for (const field of form.elements) {
        const copied = CHOICES.test(field.type) && form.matches(COPIED);
        if (!field.name || !WORDS.test(field.type) && !copied && !isKey(field)) continue;
        seen[field.name] = (seen[field.name] || 0) + 1;
        fields.set(`${field.name} ${seen[field.name]}`, field);
      }
    }
    return fields;
  }
  // What makes sending the same form twice one thing stays with its words; so does what tells the service which
  // words of a visit are the newer ones.
  const isKey = (field) => field.name === "form_key" || (field.form.id === "visit" && /^(page|edition)$/.test(field.name));
  const typed = (field) => !isKey(field) && held(field) !== first(field);

  const ticked = (field) => /^(radio|checkbox)$/.test(field.type);
  const held = (field) => ticked(field) ? String(field.checked) : field.value;
  // What the page said that it holds, or the service by now.
  function first(field) {
    if (field.dataset.kept !== undefined) return field.dataset.kept;
    if (ticked(field)) return String(field.defaultChecked);
    if (!field.options) return field.defaultValue;
    return ([...field.options].find((one) => one.defaultSelected) || field.options[0]).value;
  }
  function put(field, value) {
    if (ticked(field)) field.checked = value === "true";
    else field.value = value;
  }

  function save() {
    for (const action of waiting) keep(action);
    waiting.clear();
  }
  function keep(action) {
    const fields = [...fieldsOf(action)], any = fields.some(([, field]) => typed(field));
    const words = fields.filter(([, field]) => typed(field) || isKey(field))
      .map(([name, field]) => [name, held(field), first(field)]);
    const id = sealed.get(slot(action))?.id ?? Math.random();
    sealed.set(slot(action), any && { id, words });
  }

  async function restore() {
    const [how] = performance.getEntriesByType("navigation");
    let sent = JSON.parse(sessionStorage.getItem(SENT) || "null");
    await sealed.ready;
    // The answer to what was sent: it was taken, or its words stand on this page. No answer is no page of ours.
    const answered = sent && Math.abs(performance.timeOrigin - sent.at) < AT_ONCE_MS;
    if (answered || (sent && how?.redirectCount && how.type === "reload")) {
      for (const [what, kept] of sealed.all()) if (kept.id === sent.id) sealed.set(what);
      sessionStorage.removeItem(SENT);
      sent = null;
    }
    for (const action of new Set([...document.forms].map(actionOf))) {
      const kept = action && sealed.get(slot(action));
      if (!kept) continue;
      const goesOn = answered || how?.type !== "navigate" || NAMED.test(action) || sent?.id === kept.id;
      if (sent?.id === kept.id) sessionStorage.removeItem(SENT);
      if (goesOn && Date.now() - kept.at < (action.endsWith("/visit") ? SHIFT_MS : LONGEST_MS)) write(fieldsOf(action), kept.words);
      else sealed.set(slot(action));
    }
  }
  // Only where the field holds what it held: what others have changed since is not overwritten. In a visit it may hold
  // what this page had sent last, too.
  function write(fields, words) {
    const wrote = (name) => words.find(([one]) => one === `${name} 1`)?.[1];
    const visit = document.querySelector("#visit [data-last]")?.dataset;
    if (visit?.written.split(" ").includes(wrote("form_key"))) return;
    const goesOn = visit?.last && visit.last === wrote("page");
    const back = words.filter(([name, value, was]) => {
      const field = fields.get(name);
      return field && !isKey(field) && !typed(field) && held(field) !== value && (goesOn || first(field) === was);
    });
    if (!back.length) return;
    for (const [name, value] of words) {
      const field = fields.get(name);
      if (field && isKey(field)) field.value = value;
    }
    for (const [name, value] of back) {
      const field = fields.get(name);
      put(field, value);
      for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function noted(event) {
    const action = actionOf(event.target.form || event.target);
    if (!action) return;
    waiting.add(action);
    clearTimeout(timer);
    timer = setTimeout(save, WAIT_MS);
  }
  for (const what of ["input", "kept"]) document.addEventListener(what, noted);
  addEventListener("beforeunload", save); // what was typed within the last moment
  addEventListener("submit", (event) => {
    const action = !event.defaultPrevented && actionOf(event.target);
    if (!action) return;
    save();
    const kept = sealed.get(slot(action));
    if (kept) sessionStorage.setItem(SENT, JSON.stringify({ id: kept.id, at: Date.now() }));
  });
  restore();
})();
