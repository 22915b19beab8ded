// The intake form: kept on the server while it is typed, assessed there, sent with one key.

(function () {
  const NOT_SENT = said("NOT SENT: the service does not answer. Stay on this page and send again; page by telephone meanwhile.");
  const somebodyElse = said("somebody else is signed in in this browser. Sign in yourself in another tab, then go on here.");
  const form = document.getElementById("intake");
  const kept = document.getElementById("kept");
  const WAIT_MS = 150, AGAIN_MS = 3000;
  let edition = Number(form.elements.edition.value) || 0;
  const firstEdition = edition;
  let savedEdition = edition;
  let refusedEdition = -1; // the form went on without this page
  let timer = 0, running = false, sending = false;
  const before = window.reloaded(form); // the same form in this tab, until it was reloaded
  let waits = null; // for the last words of it; settles with whether they have come

  const panel = window.questions(form.querySelector("[data-questions]"), {
    changed: soon,
    done: () => document.getElementById("send").focus(),
  });

  function soon() {
    edition += 1;
    form.elements.edition.value = edition;
    if (!waits) before.hold(edition);
    takeAddress();
    clearTimeout(timer);
    timer = setTimeout(assess, WAIT_MS);
  }

  // From the first key on a reload comes back to this form.
  function takeAddress() {
    const address = `/intake/${form.elements.form_key.value}`;
    if (location.pathname !== address) history.replaceState(null, "", address);
  }

  async function assess() {
    if (running || sending || waits) return;
    running = true;
    const asked = edition;
    let wait = 0;
    try {
      const answer = await fetch("/intake/assess", {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(8000),
      });
      if (!answer.ok) throw answer;
      const told = await answer.json();
      if (told.not_kept) refusedEdition = asked;
      else savedEdition = asked;
      if (edition === savedEdition) before.hold(edition, true);
      again = false;
      show(told, edition === asked);
      lookUp();
    } catch (problem) {
      wait = (await explain(problem)) ? 0 : AGAIN_MS;
    }
    running = false;
    if (edition !== savedEdition && edition !== refusedEdition) timer = setTimeout(assess, wait);
  }

  function show(told, all) {
    for (const [name, html] of Object.entries(told.parts)) put(name, html);
    panel.arrange(told, all);
    showErrors(told.errors);
    kept.className = told.not_kept ? "badge tone-alarm" : "muted";
    kept.textContent = told.not_kept ? said("NOT KEPT: %(why)s", { why: told.not_kept }) : said("Kept at %(time)s", { time: told.saved });
    if (told.not_kept) return;
    unsent = false;
    takeAddress();
  }

  // What is known already of the place and the number, once they have stood still for a moment.
  let lookedUp = "", knownTimer = 0;
  function lookUp() {
    const said = [form.elements.location.value, form.elements.caller_phone.value, form.elements.zone.value].join("\n");
    if (said === lookedUp) return;
    lookedUp = said;
    clearTimeout(knownTimer);
    knownTimer = setTimeout(async () => {
      const answer = await fetch("/intake/known", { method: "POST", body: new FormData(form), signal: AbortSignal.timeout(8000) }).catch(() => null);
      if (!answer?.ok) lookedUp = ""; // asked again with the next change
      else if (said === lookedUp) put("known", await answer.text());
    }, 400);
  }

  const shown = {};
  function put(name, html) {
    if (shown[name] === html) return;
    shown[name] = html;
    const part = ["zone", "known"].includes(name) ? document.getElementById(name) : form.querySelector(`[data-part="${name}"]`);
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    part.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
  }

  // An error stands by its field once the field was left; it goes as soon as it is mended.
  function showErrors(errors) {
    for (const name of ["location", "caller_phone", "narrative", "caller_name", "subject_name", "subject_about", "third_party_name", "third_party_phone", "zone"]) {
      const field = document.getElementById(`f-${name}`);
      if (document.activeElement !== field || !errors[name]) say(field, errors[name]);
    }
  }

  function say(field, text) {
    const box = field.closest(".field");
    let line = document.getElementById(`e-${field.name}`);
    if (!text) {
      line?.remove();
      box.classList.remove("wrong");
      field.removeAttribute("aria-invalid");
      return;
    }
    if (!line) {
      line = document.createElement("p");
      line.className = "error";
      line.id = `e-${field.name}`;
      field.before(line);
      field.setAttribute("aria-describedby", line.id);
    }
    line.textContent = text;
    box.classList.add("wrong");
    field.setAttribute("aria-invalid", "true");
  }

  // Says what is wrong; true when it is worth trying again at once.
  async function explain(problem) {
    const status = problem.status || 0;
    const why = [400, 401, 403].includes(status) ? await window.renewToken() : "";
    kept.className = "badge tone-alarm";
    if (why === "signed out") {
      kept.textContent = said("NOT KEPT: you are signed out. Sign in in another tab, then go on here.");
    } else if (why === "somebody else" || status === 404) {
      kept.textContent = said(unsent ? "NOT SENT: %(why)s" : "NOT KEPT: %(why)s", { why: somebodyElse });
    } else if (status === 413) {
      kept.textContent = said("NOT KEPT: that is too long. Shorten the narrative.");
    } else if (!why && status >= 400 && status < 500) {
      kept.textContent = said("Not kept yet, trying again.");
      return onceAgain();
    } else {
      kept.textContent = unsent ? NOT_SENT : said("NOT KEPT: the service does not answer. Go on typing; it is tried again.");
    }
  }

  let again = false;
  function onceAgain() {
    const first = !again;
    again = true;
    return first;
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("focusout", (event) => {
    if (event.target.matches("#f-caller_phone, #f-location") && event.target.value) setTimeout(assess);
  });
  form.addEventListener("keydown", (event) => {
    const lines = ["f-location", "f-caller_phone", "f-narrative"];
    const at = lines.slice(0, 2).indexOf(event.target.id);
    if (event.key === "Enter" && event.target.matches("input, select") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // never sends by accident
      if (at >= 0) document.getElementById(lines[at + 1]).focus();
    }
  });
  // Is everything kept that was typed? False where it cannot be. It takes a moment in any case: a
  // form cannot be submitted again before the event of its own submit is over.
  async function settled() {
    await new Promise((done) => setTimeout(done));
    if (waits && !(await waits)) return false;
    while (running || edition !== savedEdition) {
      clearTimeout(timer);
      await (running ? new Promise((done) => setTimeout(done, 20)) : assess());
      if (!running && kept.classList.contains("tone-alarm")) return false;
    }
    return true;
  }

  // The server remembers the answers; what is not kept yet goes there first.
  let undoing = false;
  async function undo() {
    if (undoing) return;
    undoing = true;
    const line = document.getElementById("undone");
    try {
      if (!(await settled())) throw kept;
      const sent = new FormData();
      for (const name of ["csrf_token", "page", "seen"]) sent.set(name, form.elements[name].value);
      const answer = await fetch(`/intake/${form.elements.form_key.value}/undo`, { method: "POST", body: sent, signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw answer;
      const back = await answer.json();
      line.textContent = back.sentence;
      if (back.name) {
        edition = Math.max(edition, back.edition);
        form.elements.edition.value = edition;
        panel.restore(back.name, back.values);
        await assess();
      }
    } catch (problem) {
      line.textContent = problem === kept || problem.status === 409
        ? said("Nothing was taken back: what stands here is not kept.")
        : said("Nothing was taken back: the service does not answer.");
    }
    undoing = false;
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
    if (event.key !== "z" || typing || event.altKey || event.metaKey || event.defaultPrevented || event.repeat) return;
    event.preventDefault();
    undo();
  });

  form.addEventListener("submit", (event) => {
    if (event.submitter?.id === "undo") {
      event.preventDefault();
      undo();
      return;
    }
    const narrative = form.elements.narrative;
    const most = Number(form.dataset.narrativeMax), length = [...narrative.value].length;
    if (length > most) {
      event.preventDefault();
      say(narrative, said("The narrative has %(length)s characters, %(most)s fit. Shorten it; nothing is lost meanwhile.", { length: length.toLocaleString(), most: most.toLocaleString() }));
      narrative.focus();
      return;
    }
    if (!reached) { // a page that cannot be sent must not be replaced by the browser's own
      event.preventDefault();
      send(event.submitter);
      return;
    }
    sending = true;
    clearTimeout(timer);
  });

  let reached = false, reaching = false, unsent = false; // which matters more, until all is kept again
  async function send(button) {
    if (reaching) return;
    reaching = true;
    if (waits && !(await waits)) { // what may be missing is looked at before anybody is sent
      reaching = false;
      return kept.focus();
    }
    await settled(); // should the service die while it saves, the last word is kept all the same
    const why = await window.renewToken();
    if (why === "somebody else" || why === "no answer") {
      unsent = true;
      kept.className = "badge tone-alarm";
      kept.textContent = why === "no answer" ? NOT_SENT : said("NOT SENT: %(why)s", { why: somebodyElse });
      kept.focus();
    } else { // who is signed out finds all that was typed beside the sign-in
      reached = true;
      form.requestSubmit(button.isConnected ? button : document.getElementById(button.id)); // it may have been renewed
    }
    reached = reaching = false;
  }
  addEventListener("pageshow", () => { sending = translating = read = false; });
  addEventListener("beforeunload", (event) => {
    const isNowhereElse = edition === refusedEdition || (edition !== savedEdition && (waits || kept.classList.contains("tone-alarm")));
    if (!sending && !signedOut && isNowhereElse && (waits || !window.sealed.comesBack())) event.preventDefault();
  });
  addEventListener("pagehide", () => {
    if (waits) return window.sealed.isOver() || before.leaveAgain();
    const isKept = edition === savedEdition;
    if (sending || edition === firstEdition) return;
    if (!isKept) navigator.sendBeacon("/intake/assess", new FormData(form));
    if (!window.sealed.isOver() && edition !== refusedEdition) before.leave(edition, isKept);
  });

  // Until the last words from before the reload are here, nothing is kept or sent and no key answers
  // a question; what is typed stands.
  async function bring() {
    const held = await before.held();
    if (held?.edition >= before.last.edition) return putBack(held);
    kept.textContent = said("One moment: what you typed last is on its way.");
    panel.hold(true);
    if (!elsewhere) resume();
    const at = document.activeElement, now = await before.arrived();
    if (now === null && edition === savedEdition) return location.reload(); // it has become a call
    panel.hold(false);
    waits = null;
    if (now) take(now);
    else if (held && putBack(held)) clearTimeout(timer);
    if (!("both" in form.dataset) && (now || edition !== savedEdition)) await assess();
    if (at.closest(".question") && document.activeElement === at) resume();
    if (now !== undefined) return true;
    kept.className = "badge tone-alarm";
    kept.textContent = said("What you typed just before the reload may be missing: look at what stands here.");
    return false;
  }

  function putBack(held) {
    waits = null;
    edition = Math.max(edition, held.edition);
    before.putBack(held);
    soon();
    if (!elsewhere) resume();
    return true;
  }

  async function goOn() {
    const held = await before.held();
    if (held) return putBack(held);
    if (!form.elements.narrative.value && !form.elements.location.value) return before.offer(document.getElementById("not-kept"));
    if (!elsewhere && !document.querySelector(".summary")) resume();
    if (!("both" in form.dataset)) assess(); // what stands in the other tab stays until this one is sent
  }

  function take(arrived) {
    put("zone", arrived.querySelector("#zone").innerHTML);
    for (const { name, value, selectedOptions } of arrived.querySelectorAll("[name^='also.']")) {
      if (value) panel.hear(name, selectedOptions ? [...selectedOptions].map((one) => one.value) : [value]);
    }
    before.take(arrived);
    edition = Math.max(edition, Number(arrived.elements.edition.value)) + 1;
    form.elements.edition.value = edition;
    clearTimeout(timer);
  }

  // In another language it is another page: what was typed is kept first, and stands there again.
  let translating = false;
  document.querySelector("[data-language-form]").addEventListener("submit", async (event) => {
    if (translating) return;
    event.preventDefault();
    const { target, submitter } = event;
    translating = await settled();
    if (!translating) return; // the page says why it cannot be kept
    target.elements.csrf_token.value = form.elements.csrf_token.value;
    target.elements.next.value = location.pathname;
    target.requestSubmit(submitter);
  });

  // Text from another system is typed into a dialog; what stands on the form is kept before it is read.
  const paste = document.getElementById("paste");
  function openPaste(event) {
    event?.preventDefault();
    paste.showModal();
    document.getElementById("f-pasted").focus();
  }
  document.getElementById("paste-open").addEventListener("click", openPaste);
  paste.querySelector("[data-close]").addEventListener("click", () => paste.close());
  let read = false;
  paste.addEventListener("submit", async (event) => {
    if (read) return;
    event.preventDefault();
    read = await settled();
    event.target.elements.csrf_token.value = form.elements.csrf_token.value;
    if (read) event.target.requestSubmit();
    else paste.close(); // the page says why it cannot be kept; the pasted text stays in the dialog
  });

  async function toBoard() {
    if (await settled()) location.href = "/board";
    else kept.textContent = said("You are still on this page. %(why)s", { why: kept.textContent });
  }

  const places = {
    KeyV: () => openPaste(),
    KeyP: () => form.elements.location.focus(),
    KeyC: () => form.elements.caller_phone.focus(),
    KeyN: () => form.elements.narrative.focus(),
    KeyQ: () => panel.first(),
    KeyA: () => form.querySelector("[data-attach]")?.click(),
    KeyF: () => form.querySelector('[name="facts.can_speak_freely"][value="no"]')?.click(),
    KeyL: () => { if (!sending) form.requestSubmit(document.getElementById("lost")); },
    KeyW: () => form.elements.caller_name.focus(),
    KeyR: () => document.getElementById("recommendation").focus(),
    KeyO: () => unfold("otherwise", "override_response"),
    KeyX: () => unfold("closing", "disposition"),
    KeyB: toBoard,
  };
  function unfold(id, field) {
    document.getElementById(id).open = true;
    form.elements[field].focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (paste.open) return paste.querySelector("form").requestSubmit();
      if (!event.repeat && !sending) form.requestSubmit(document.getElementById("add") || document.getElementById("send")); // one call stays one
    } else if (event.altKey && !event.ctrlKey && !event.metaKey && places[event.code]) {
      event.preventDefault();
      places[event.code]();
    }
  });

  // A form that is gone on with, after a reload too, keeps the focus where it was: keys that are
  // meant for a question must not change the address.
  let signedOut = false;
  document.addEventListener("submit", (event) => { signedOut ||= event.target.getAttribute("action")?.endsWith("/sign-out"); });
  addEventListener("pagehide", () => {
    if (window.sealed.isOver()) return;
    const at = document.activeElement;
    sessionStorage.setItem(location.pathname, at.closest(".question")?.id || at.id);
  });
  function resume() {
    const was = document.getElementById(sessionStorage.getItem(location.pathname) || "none");
    (was?.querySelector("input:not([type=radio], [type=checkbox])") || was)?.focus();
    if (document.activeElement === document.body) panel.first();
  }
  const elsewhere = document.getElementById("elsewhere");
  elsewhere?.focus(); // nobody was sent: that comes first
  if (before.last) waits = bring().catch(() => false);
  else goOn();
})();
