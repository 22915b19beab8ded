// Signed out in the middle of something: the password typed here, or a sign-in in another tab, lets
// the page go on. What waits is held by the page alone.

window.signInAgain = function (form) {
  const LOOK_MS = 3000, SEND_MS = 8000;
  const say = form && JSON.parse(form.dataset.words), told = form?.querySelector("[data-told]");
  let waiting = null, wake = () => {}, leads = false;

  // Settles once the same person is signed in, with the token that forms need now; null where this page offers no sign-in.
  // Whoever has just pressed something is led to it.
  function back({ lead = false } = {}) {
    leads ||= lead;
    waiting ||= wait().finally(() => { waiting = null; });
    if (form && !form.hidden) show();
    return waiting;
  }

  async function wait() {
    for (let token = await look(); ; token = await woken() || await look()) {
      if (token) return take(token);
      if (!form) return null;
      show();
    }
  }

  function woken() {
    return new Promise((resolve) => { wake = resolve; setTimeout(resolve, LOOK_MS); });
  }

  function show() {
    form.hidden = false;
    if (!leads) return;
    leads = false;
    form.scrollIntoView({ block: "end" });
    form.elements.password.focus({ preventScroll: true });
  }

  // The page as it is now; "" while nobody is signed in, or nobody answers.
  async function look() {
    try {
      const answer = await get(location.pathname);
      if (answer.ok) return tokenOf(await answer.text());
      if (answer.status === 403) tell(say.somebody_else);
      return "";
    } catch {
      return "";
    }
  }

  function get(path, more = {}) {
    return fetch(path, { cache: "no-store", signal: AbortSignal.timeout(SEND_MS), ...more });
  }

  function tokenOf(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    if (form && fresh.getElementById(form.id)?.elements.username.value !== form.elements.username.value) {
      tell(say.somebody_else);
      return "";
    }
    return fresh.querySelector("meta[name=csrf-token]").content;
  }

  function take(token) {
    document.querySelector("meta[name=csrf-token]").content = token;
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token;
    if (form) {
      form.hidden = true;
      form.reset();
      tell("");
    }
    return token;
  }

  function tell(words) {
    if (!told) return;
    told.textContent = words;
    told.hidden = !words;
  }

  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell(say.asking);
    try {
      const door = new DOMParser().parseFromString(await (await get("/sign-in")).text(), "text/html");
      const body = new URLSearchParams(new FormData(form));
      body.set("csrf_token", door.querySelector("meta[name=csrf-token]").content);
      const answer = await get("/sign-in", { method: "POST", body });
      if (answer.ok) return wake(tokenOf(await answer.text()));
      tell(answer.status === 401 ? say.wrong : say.no_answer);
      form.elements.password.value = "";
    } catch {
      tell(say.no_answer);
    }
    form.elements.password.focus();
  });

  return { back };
};
