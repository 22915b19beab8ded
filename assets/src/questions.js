// The questions of a call: one key per answer, the next question follows by itself.
// Which questions matter, and in which order, the server says; this only moves them.

window.questions = function (root, { changed, done }) {
  const main = root.querySelector("[data-main]");
  const others = root.querySelector("[data-others]");
  const AT_ONCE_MS = 300; // nobody reads a question and answers it faster
  const READ_MS = 1000; // a question that the server has just put next is read first
  const TWICE_MS = 150; // the same key so soon is a finger that trembled
  const SOON_MS = 2000; // later a question is being put to the caller: it keeps the focus
  let focusedAt = 0;
  let lastKey = "", lastAt = -TWICE_MS;
  let came = null; // the question that got the focus by itself: nobody may have read it
  const unread = new Map(); // those that an answer of the server has just put next, each with its timer
  let brought = null; // the question that came by itself, until the server or the dispatcher says where to go
  let wantsNext = false; // the last question was answered; whoever comes next gets the focus
  let held = false; // the page waits for what was answered before it was reloaded
  const passed = new Set(); // left open on purpose: they are not brought back by themselves

  const { named, inputs, answered, mark, open_as_well, take_back, show, hear, put: put_back } = window.answers(root, (question) => {
    passed.delete(question);
    changed(question);
  });
  const all = () => [...main.querySelectorAll(".question")];

  function focus(question) {
    focusedAt = performance.now();
    brought = came = null;
    wantsNext = false;
    for (const box of [question.querySelector(".fold"), root.closest(".fold")]) if (box) box.open = true; // on a narrow screen
    (question.querySelector("input:not([type=radio], [type=checkbox])") || question).focus({ preventScroll: true });
    question.scrollIntoView({ block: "nearest" });
  }

  function bring(question) {
    focus(question);
    brought = came = question;
  }

  // The same, after the server's answer: a key that was meant for the question before must not land here.
  function jump(question) {
    bring(question);
    isNew(question);
  }

  const open = () => ahead()[0];

  function follow() {
    const found = open();
    if (found) bring(found);
    else wantsNext = true;
  }

  function step(from) {
    const list = all();
    const found = list[list.indexOf(from) + 1];
    if (!answered(from)) passed.add(from);
    if (found) focus(found);
    else if (list.includes(from)) wantsNext = true;
    else done();
  }

  const next = (from) => (answered(from) && from.querySelector("input:not([type=radio])") ? follow() : step(from));

  function before(from) {
    const list = all();
    const found = list[list.indexOf(from) - 1];
    if (found) focus(found);
  }

  // A key that would answer what nobody has read yet is not taken, and says so.
  const note = document.createElement("p");
  note.className = "not-taken";
  note.setAttribute("role", "alert");
  function refuse(event, question, words) {
    event.preventDefault();
    note.textContent = words;
    question.querySelector("legend").after(note);
  }
  function tooSoon(event, question) {
    // When it was pressed, not when a busy page came to it.
    const pressedAt = event.timeStamp, twice = event.key === lastKey && pressedAt - lastAt < TWICE_MS;
    const pressed = { key: event.key };
    lastKey = event.key;
    lastAt = pressedAt;
    if (twice) return said("%(key)s was taken once: it came twice at once.", pressed);
    if (question === came && unread.has(question)) return said("%(key)s was not taken: this question has only just come. Press it again.", pressed);
    return (wantsNext || held) && said("%(key)s was not taken: the next question is on its way.", pressed);
  }

  // Where yes and no are the answers their letters do as well as their figures.
  function yesOrNo(question, key) {
    const value = { y: "yes", s: "yes", n: "no" }[key.toLowerCase()];
    const found = inputs(question).filter((input) => ["yes", "no"].includes(input.value));
    return value && found.length === 2 ? found.find((input) => input.value === value) : null;
  }

  function choose(question, input) {
    note.remove();
    input.checked = input.type === "checkbox" ? !input.checked : true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    if (input.type === "radio") follow();
  }

  root.addEventListener("focusin", (event) => {
    const question = event.target.closest(".question");
    if (question !== brought) brought = null;
    if (question !== came) came = null;
  });

  // An answered question steps back to one line when it loses the focus. With the mouse it may lose
  // it only after the click: else what was pressed would slip away from under the pointer.
  root.addEventListener("mousedown", (event) => {
    brought = null;
    if (event.target.closest(".answer")) event.preventDefault();
  });

  root.addEventListener("keydown", (event) => {
    const question = event.target.closest(".question");
    if (!question || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const typing = event.target.matches("input:not([type=radio], [type=checkbox])");
    const act = (what) => { event.preventDefault(); what(question); };
    if (event.target.closest(".as-well") && event.key !== "+") { // what somebody else says is being written
      if (event.key === "Escape") act(focus);
      else if (event.key === "Enter" && !event.target.matches("summary")) act(next);
      return;
    }
    if (event.key === "Tab") brought = null;
    if (event.key === "Enter") return act(next);
    if (event.key === "ArrowDown") return act(step);
    if (event.key === "ArrowUp") return act(before);
    if (event.key === "Backspace" && !(typing && event.target.value)) return act(before);
    if (typing) return;
    if (event.key === "Delete") return act(take_back);
    if (event.key === "+") return act(open_as_well);
    const input = question.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`) || yesOrNo(question, event.key);
    if (!input || event.repeat) return;
    const words = tooSoon(event, question);
    if (words) refuse(event, question, words);
    else act(() => choose(question, input));
  });

  // Put the questions into the server's order. What the dispatcher went to keeps the focus, so that
  // no answer ever lands on another question than the one that was read. What came by itself gives
  // way to a question that the last answer put above it. `fresh`: this order knows that answer.
  function arrange({ order, consequences, prompted, conflicts, person }, fresh = true) {
    root.dataset.person = person;
    say(".consequence", consequences);
    say(".heard", prompted);
    for (const question of say(".conflict", conflicts)) mark(question);
    const before = ahead();
    const active = document.activeElement.closest?.(".question");
    const here = active && main.contains(active) ? active : null;
    const stale = here && !order.includes(here.dataset.fact) && !answered(here);
    const justCame = performance.now() - focusedAt < AT_ONCE_MS;
    const wanted = order.map(named).filter(Boolean);
    for (const question of all()) {
      if (!wanted.includes(question) && question !== here) go_home(question);
    }
    const at = here ? wanted.indexOf(here) : -1;
    if (here && at < 0) {
      const last = wanted.findLastIndex((question) => answered(question));
      wanted.splice(last + 1, 0, here);
    }
    put(wanted, here);
    ahead().filter((question, place, now) => now.slice(0, place + 1).some((one, at) => one !== before[at])).forEach(isNew);
    if (stale && justCame) {
      go_home(here);
      follow();
      if (came) isNew(came);
    }
    if (!fresh) return;
    const first = open();
    if (wantsNext) {
      wantsNext = false;
      if (!active && document.activeElement !== document.body) return; // gone elsewhere meanwhile
      if (first) bring(first);
      else done();
    } else if (here && here === brought) {
      brought = null;
      if (first && first !== here && (answered(here) || performance.now() - focusedAt < SOON_MS)) jump(first);
    }
  }

  // What comes next as it stands on the page. Whatever the server puts there, or puts something new before,
  // takes no key for a moment; where all up to it stands as it did, one is taken at once.
  const ahead = () => all().filter((question) => !answered(question) && !passed.has(question));
  function isNew(question) {
    clearTimeout(unread.get(question));
    unread.set(question, setTimeout(() => { unread.delete(question); question.classList.remove("unread"); }, READ_MS));
    question.classList.add("unread");
  }

  // Write what the server tells of each question; returns the questions of which it told anew.
  function say(where, told) {
    const changed = [];
    for (const line of root.querySelectorAll(where)) {
      const question = line.closest(".question"), words = told[question.dataset.fact] || "";
      if (line.textContent === words) continue;
      line.textContent = words;
      changed.push(question);
    }
    return changed;
  }

  function put(wanted, here) {
    if (all().every((question, place) => question === wanted[place]) && all().length === wanted.length) return;
    const at = wanted.indexOf(here);
    wanted.slice(0, Math.max(at, 0)).forEach((question) => here.before(question));
    wanted.slice(at + 1).forEach((question) => main.append(question));
  }

  function go_home(question) {
    const home = others.querySelector(`[data-group="${CSS.escape(question.dataset.home)}"]`);
    (home || others).append(question);
  }

  // A field as the server has put it back; its question gets the focus.
  function restore(name, values) {
    const question = put_back(name, values);
    if (!question) return;
    passed.delete(question);
    focus(question);
  }

  function first() {
    const found = all().find((question) => !answered(question));
    if (found) bring(found);
    else done();
  }

  if (!CSS.supports("selector(::details-content)")) for (const box of root.querySelectorAll(".fold")) box.open = true; // an older browser
  root.classList.add("by-key");
  return { arrange, show, first, restore, hear, hold: (is) => { held = is; } };
};

// The list of keys, under "?" and on its button.
(function () {
  const keys = document.getElementById("keys");
  if (!keys) return;
  for (const hint of document.querySelectorAll("[data-keys-help], [data-with-keys]")) hint.hidden = false;
  document.querySelector("[data-keys-help]")?.addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    // The first thing that anybody writes is no question mark: in an empty field it asks for the list.
    const typing = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])") && event.target.value !== "";
    if (event.key !== "?" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (!keys.open) keys.showModal();
  });
})();
