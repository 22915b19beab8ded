// The intake form: kept on the server while it is typed, assessed there, sent with one key.

(function () {
  const form = document.getElementById("intake"), kept = document.getElementById("kept");
  const before = window.reloaded(form); // the same form in this tab, until it was reloaded
  const parts = window.intakeParts(form);
  const draft = window.intakeDraft(form, before, show);
  const panel = window.questions(form.querySelector("[data-questions]"), {
    changed: draft.soon,
    done: () => document.getElementById("send").focus(),
  });
  window.intakeWays(form, draft, panel);

  function show(told, all) {
    for (const [name, html] of Object.entries(told.parts)) parts.put(name, html);
    panel.arrange(told, all);
    parts.showErrors(told.errors);
    parts.lookUp();
  }

  form.addEventListener("input", draft.soon);
  form.addEventListener("change", draft.soon);
  form.addEventListener("focusout", (event) => {
    if (event.target.matches("#f-caller_phone, #f-location") && event.target.value) setTimeout(draft.assess);
  });

  // The server remembers the answers; what is not kept yet goes there first.
  let undoing = false;
  async function undo() {
    if (undoing) return;
    undoing = true;
    const line = document.getElementById("undone");
    try {
      if (!(await draft.settled())) throw kept;
      const sent = new FormData();
      for (const name of ["csrf_token", "page", "seen"]) sent.set(name, form.elements[name].value);
      const answer = await fetch(`/intake/${form.elements.form_key.value}/undo`, { method: "POST", body: sent, signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw answer;
      const back = await answer.json();
      line.textContent = back.sentence;
      if (back.name) {
        draft.goOnFrom(back.edition);
        panel.restore(back.name, back.values);
        await draft.assess();
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
      parts.say(narrative, said("The narrative has %(length)s characters, %(most)s fit. Shorten it; nothing is lost meanwhile.", { length: length.toLocaleString(), most: most.toLocaleString() }));
      narrative.focus();
      return;
    }
    if (!reached) { // a page that cannot be sent must not be replaced by the browser's own
      event.preventDefault();
      send(event.submitter);
      return;
    }
    draft.sending = true;
    draft.stop();
  });

  let reached = false, reaching = false;
  async function send(button) {
    if (reaching) return;
    reaching = true;
    if (draft.waits && !(await draft.waits)) { // what may be missing is looked at before anybody is sent
      reaching = false;
      return kept.focus();
    }
    await draft.settled(); // should the service die while it saves, the last word is kept all the same
    const why = await window.renewToken();
    if (why === "somebody else" || why === "no answer") {
      draft.notSent(why);
    } else { // who is signed out finds all that was typed beside the sign-in
      reached = true;
      form.requestSubmit(button.isConnected ? button : document.getElementById(button.id)); // it may have been renewed
    }
    reached = reaching = false;
  }
  addEventListener("pageshow", () => { draft.sending = false; });

  // Until the last words from before the reload are here, nothing is kept or sent and no key answers
  // a question; what is typed stands.
  async function bring() {
    const held = await before.held();
    if (held?.edition >= before.last.edition) return putBack(held);
    kept.textContent = said("One moment: what you typed last is on its way.");
    panel.hold(true);
    if (!elsewhere) resume();
    const at = document.activeElement, now = await before.arrived();
    if (now === null && draft.isKept()) return location.reload(); // it has become a call
    panel.hold(false);
    draft.waits = null;
    if (now) take(now);
    else if (held && putBack(held)) draft.stop();
    if (!("both" in form.dataset) && (now || !draft.isKept())) await draft.assess();
    if (at.closest(".question") && document.activeElement === at) resume();
    if (now !== undefined) return true;
    draft.alarm(said("What you typed just before the reload may be missing: look at what stands here."));
    return false;
  }

  function putBack(held) {
    draft.waits = null;
    draft.goOnFrom(held.edition);
    before.putBack(held);
    draft.soon();
    if (!elsewhere) resume();
    return true;
  }

  async function goOn() {
    const held = await before.held();
    if (held) return putBack(held);
    if (!form.elements.narrative.value && !form.elements.location.value) return before.offer(document.getElementById("not-kept"));
    if (!elsewhere && !document.querySelector(".summary")) resume();
    if (!("both" in form.dataset)) draft.assess(); // what stands in the other tab stays until this one is sent
  }

  function take(arrived) {
    parts.put("zone", arrived.querySelector("#zone").innerHTML);
    for (const { name, value, selectedOptions } of arrived.querySelectorAll("[name^='also.']")) {
      if (value) panel.hear(name, selectedOptions ? [...selectedOptions].map((one) => one.value) : [value]);
    }
    before.take(arrived);
    draft.goOnFrom(Number(arrived.elements.edition.value));
    draft.soon();
    draft.stop();
  }

  // A form that is gone on with, after a reload too, keeps the focus where it was: keys that are
  // meant for a question must not change the address.
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
  if (before.last) draft.waits = bring().catch(() => false);
  else goOn();
})();
