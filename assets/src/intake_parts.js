// The parts of the intake page that the server renews, and what it says beside a field.

window.intakeParts = function (form) {
  const FIELDS = ["location", "caller_phone", "narrative", "caller_name", "subject_name", "subject_about", "third_party_name", "third_party_phone", "zone"];
  const shown = {};
  let lookedUp = "", timer = 0;

  function put(name, html) {
    if (shown[name] === html) return;
    shown[name] = html;
    if (name === "begun") lookedUp = ""; // a colleague may have saved theirs: then it is known
    const part = ["zone", "known"].includes(name) ? document.getElementById(name) : form.querySelector(`[data-part="${name}"]`);
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    part.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
  }

  // A colleague who types the same number is told to whoever began it too, without another key.
  addEventListener("begun", ({ detail }) => {
    const fresh = document.createElement("div");
    fresh.innerHTML = detail;
    if (fresh.textContent.trim() !== form.querySelector("[data-part=begun]").textContent.trim()) put("begun", detail);
  });

  // What is known already of the place and the number, once they have stood still for a moment.
  function lookUp() {
    const typed = [form.elements.location.value, form.elements.caller_phone.value, form.elements.zone.value].join("\n");
    if (typed === lookedUp) return;
    lookedUp = typed;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch("/intake/known", { method: "POST", body: new FormData(form), signal: AbortSignal.timeout(8000) }).catch(() => null);
      if (!answer?.ok) lookedUp = ""; // asked again with the next change
      else if (typed === lookedUp) put("known", await answer.text());
    }, 400);
  }

  // An error stands by its field once the field was left; it goes as soon as it is mended.
  function showErrors(errors) {
    for (const name of FIELDS) {
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

  return { put, lookUp, showErrors, say };
};
