// Ways from the intake form: to its parts by key, into a dialog for pasted text, to another language, to the board. What
// was typed is kept before the page goes.

window.intakeWays = function (form, draft, panel) {
  const kept = document.getElementById("kept"), paste = document.getElementById("paste");
  let translating = false, read = false;
  addEventListener("pageshow", () => { translating = read = false; });

  // In another language it is another page: what was typed stands there again.
  document.querySelector("[data-language-form]").addEventListener("submit", async (event) => {
    if (translating) return;
    event.preventDefault();
    const { target, submitter } = event;
    translating = await draft.settled();
    if (!translating) return; // the page says why it cannot be kept
    target.elements.csrf_token.value = form.elements.csrf_token.value;
    target.elements.next.value = location.pathname;
    target.requestSubmit(submitter);
  });

  // Text from another system is typed into a dialog.
  function openPaste(event) {
    event?.preventDefault();
    paste.showModal();
    document.getElementById("f-pasted").focus();
  }
  document.getElementById("paste-open").addEventListener("click", openPaste);
  paste.querySelector("[data-close]").addEventListener("click", () => paste.close());
  paste.addEventListener("submit", async (event) => {
    if (read) return;
    event.preventDefault();
    read = await draft.settled();
    event.target.elements.csrf_token.value = form.elements.csrf_token.value;
    if (read) event.target.requestSubmit();
    else paste.close(); // the page says why it cannot be kept; the pasted text stays in the dialog
  });

  async function toBoard() {
    if (await draft.settled()) location.href = "/board";
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
    KeyL: () => { if (!draft.sending) form.requestSubmit(document.getElementById("lost")); },
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
      if (!event.repeat && !draft.sending) form.requestSubmit(document.getElementById("add") || document.getElementById("send")); // one call stays one
    } else if (event.altKey && !event.ctrlKey && !event.metaKey && places[event.code]) {
      event.preventDefault();
      places[event.code]();
    }
  });
  form.addEventListener("keydown", (event) => {
    const lines = ["f-location", "f-caller_phone", "f-narrative"];
    const at = lines.slice(0, 2).indexOf(event.target.id);
    if (event.key === "Enter" && event.target.matches("input, select") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // never sends by accident
      if (at >= 0) document.getElementById(lines[at + 1]).focus();
    }
  });
};
