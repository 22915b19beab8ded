// What a form at intake held that the service has not taken yet comes back after a reload or a new sign-in (sealed.js).
// Where the browser could not keep it, the last save of a page may still come to the service after the page that a reload
// has fetched: its words are waited for and put beside what is typed here meanwhile; else the two pages would take each
// other for other tabs.

window.reloaded = function (form) {
  const LAST = "intake: last", LAST_MS = 4000, LOOK_MS = 60, SOON_AFTER_MS = 10000;
  const { sealed, unkept } = window, what = unkept.nameOf(form.elements.form_key.value);
  const last = missing();

  // All that stands on the form, until it is kept.
  function hold(edition, isKept) {
    if (!sealed.works) return;
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
    sealed.set(what, isKept ? undefined : { page: form.elements.page.value, edition, fields });
  }

  // What a page before this one held; undefined where it has arrived, or was the page that was sent to make this one.
  async function held() {
    await sealed.ready;
    if (form.dataset.sent) unkept.answered(form.dataset.sent);
    const was = sealed.get(what);
    if (was && !isThere(form, was)) return was;
    sealed.set(what);
  }

  // This page goes on as the one that held it did: the service tells whether another one went on meanwhile.
  function putBack(was) {
    const of = Object.fromEntries(was.fields);
    form.elements.page.value = of.page;
    form.elements.seen.value = of.seen;
    sealed.fill(form, was.fields);
  }

  // Other forms of this tab that were left while nothing was kept.
  function offer(box) {
    return unkept.offer(form.elements.form_key.value, (key) => {
      if (document.querySelector(`a[href="/intake/${key}"]`)) return;
      const one = box.content.cloneNode(true);
      one.querySelector("a").href = `/intake/${key}`;
      box.before(one);
    });
  }

  // What the page before this one in the same tab had not kept yet, where it is not here.
  function missing() {
    const last = JSON.parse(sessionStorage.getItem(LAST) || "null");
    sessionStorage.removeItem(LAST);
    const before = last?.key === form.elements.form_key.value && Date.now() - last.at < SOON_AFTER_MS;
    return before && !isThere(form, last) ? last : null;
  }

  function isThere(shown, last) {
    return shown.dataset.last === last.page && Number(shown.elements.edition.value) >= last.edition;
  }

  // The page goes: what the next one has to look for.
  function leave(edition, isKept) {
    const { form_key, page } = form.elements;
    remember({ key: form_key.value, page: page.value, edition, isKept, at: Date.now() });
  }

  const remember = (what) => sessionStorage.setItem(LAST, JSON.stringify(what));

  // The form with all that was typed before; null where it is no form any more, undefined where
  // nothing came in time.
  async function arrived() {
    for (const until = Date.now() + LAST_MS; Date.now() < until;) {
      const now = await look().catch(() => undefined);
      if (now !== undefined) return now;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  async function look() {
    const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(LAST_MS) });
    if (!answer.ok) return undefined;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("intake");
    return !now || last.isKept || isThere(now, last) ? now : undefined;
  }

  // Take what has arrived. What somebody chose here meanwhile stands; what they wrote is added.
  function take(now) {
    const chosen = new Set([...form.elements].filter((field) => field.checked !== field.defaultChecked).map((field) => field.name));
    form.elements.seen.value = now.elements.seen.value;
    for (const there of now.elements) {
      if (!there.name || chosen.has(there.name) || /^(hidden|submit|button)$/.test(there.type)) continue;
      const isChoice = "radio checkbox".includes(there.type);
      const here = [...form.elements].find((field) => field.name === there.name && (!isChoice || field.value === there.value));
      if (!here || (isChoice ? here.checked === there.checked : !write(here, there.value))) continue;
      if (isChoice) here.checked = there.checked;
      here.dispatchEvent(new Event(here.matches("select, [type=radio], [type=checkbox]") ? "change" : "input", { bubbles: true }));
    }
  }

  // Was there anything to write?
  function write(field, arrived) {
    const was = field.options ? ([...field.options].find((one) => one.defaultSelected) || field.options[0])?.value : field.defaultValue;
    if (arrived === was || (field.options && field.value !== was)) return false;
    const typed = field.value, at = field.selectionStart;
    field.value = field.options ? arrived : together(was, typed, arrived);
    if (at !== undefined && at !== null && !typed.startsWith(was)) field.setSelectionRange(at, at);
    return true;
  }

  // was -- what stood here at first; typed -- what stands here by now; arrived -- what was typed before the reload.
  function together(was, typed, arrived) {
    if (typed.startsWith(was)) return arrived + typed.slice(was.length);
    return arrived.startsWith(was) ? typed + arrived.slice(was.length) : `${arrived} ${typed}`;
  }

  return { last, hold, held, putBack, offer, arrived, take, leave, leaveAgain: () => remember(last) };
};
