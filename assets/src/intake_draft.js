// What is typed at intake: kept by the server while it is typed, and assessed there.

// before -- the same form in this tab until it was reloaded (reloaded.js); show -- puts on the page what the server
// tells, and whether that is of all that stands there.
window.intakeDraft = function (form, before, show) {
  const NOT_SENT = said("NOT SENT: the service does not answer. Stay on this page and send again; page by telephone meanwhile.");
  const somebodyElse = said("somebody else is signed in in this browser. Sign in yourself in another tab, then go on here.");
  const WAIT_MS = 150, AGAIN_MS = 3000;
  const kept = document.getElementById("kept");
  const firstEdition = Number(form.elements.edition.value) || 0;
  let edition = firstEdition, savedEdition = firstEdition;
  let refusedEdition = -1; // the form went on without this page
  let timer = 0, running = false, again = false;
  const draft = {
    waits: null, // for the last words from before a reload; settles with whether they have come
    sending: false,
    unsent: false, // which matters more, until all is kept again
    soon, stop, assess, settled, goOnFrom, isKept, alarm, notSent,
  };

  function soon() {
    edition += 1;
    form.elements.edition.value = edition;
    if (!draft.waits) before.hold(edition);
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
    if (running || draft.sending || draft.waits) return;
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
      if (isKept()) before.hold(edition, true);
      again = false;
      show(told, edition === asked);
      tell(told);
    } catch (problem) {
      wait = (await explain(problem)) ? 0 : AGAIN_MS;
    }
    running = false;
    if (!isKept() && edition !== refusedEdition) timer = setTimeout(assess, wait);
  }

  function tell(told) {
    kept.className = told.not_kept ? "badge tone-alarm" : "muted";
    kept.textContent = told.not_kept ? said("NOT KEPT: %(why)s", { why: told.not_kept }) : said("Kept at %(time)s", { time: told.saved });
    if (told.not_kept) return;
    draft.unsent = false;
    takeAddress();
  }

  function alarm(text) {
    kept.className = "badge tone-alarm";
    kept.textContent = text;
  }

  // Says what is wrong; true when it is worth trying again at once.
  async function explain(problem) {
    const status = problem.status || 0;
    const why = [400, 401, 403].includes(status) ? await window.renewToken() : "";
    if (why === "signed out") {
      alarm(said("NOT KEPT: you are signed out. Sign in in another tab, then go on here."));
    } else if (why === "somebody else" || status === 404) {
      alarm(said(draft.unsent ? "NOT SENT: %(why)s" : "NOT KEPT: %(why)s", { why: somebodyElse }));
    } else if (status === 413) {
      alarm(said("NOT KEPT: that is too long. Shorten the narrative."));
    } else if (!why && status >= 400 && status < 500) {
      alarm(said("Not kept yet, trying again."));
      return onceAgain();
    } else {
      alarm(draft.unsent ? NOT_SENT : said("NOT KEPT: the service does not answer. Go on typing; it is tried again."));
    }
  }

  function notSent(why) {
    draft.unsent = true;
    alarm(why === "no answer" ? NOT_SENT : said("NOT SENT: %(why)s", { why: somebodyElse }));
    kept.focus();
  }

  function onceAgain() {
    const first = !again;
    again = true;
    return first;
  }

  // Is everything kept that was typed? False where it cannot be. It takes a moment in any case: a
  // form cannot be submitted again before the event of its own submit is over.
  async function settled() {
    await new Promise((done) => setTimeout(done));
    if (draft.waits && !(await draft.waits)) return false;
    while (running || !isKept()) {
      clearTimeout(timer);
      await (running ? new Promise((done) => setTimeout(done, 20)) : assess());
      if (!running && kept.classList.contains("tone-alarm")) return false;
    }
    return true;
  }

  // What stands on the form is of this edition at least.
  function goOnFrom(least) {
    edition = Math.max(edition, least);
    form.elements.edition.value = edition;
  }

  function stop() {
    clearTimeout(timer);
  }

  function isKept() {
    return edition === savedEdition;
  }

  let signedOut = false;
  document.addEventListener("submit", (event) => { signedOut ||= event.target.getAttribute("action")?.endsWith("/sign-out"); });
  addEventListener("beforeunload", (event) => {
    const isNowhereElse = edition === refusedEdition || (!isKept() && (draft.waits || kept.classList.contains("tone-alarm")));
    if (!draft.sending && !signedOut && isNowhereElse && (draft.waits || !window.sealed.comesBack())) event.preventDefault();
  });
  addEventListener("pagehide", () => {
    if (draft.waits) return window.sealed.isOver() || before.leaveAgain();
    if (draft.sending || edition === firstEdition) return;
    if (!isKept()) navigator.sendBeacon("/intake/assess", new FormData(form));
    if (!window.sealed.isOver() && edition !== refusedEdition) before.leave(edition, isKept());
  });
  return draft;
};
