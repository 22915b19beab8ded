// The answers to the questions of a call, and what others say of them: read, marked, taken back, put back.

window.answers = function (root, settled) {
  const named = (fact) => root.querySelector(`[data-fact="${CSS.escape(fact)}"]`);
  const inputs = (question) => [...question.querySelectorAll("input:not([name^='also'])")];
  const answered = (question) =>
    Boolean(question.querySelector(".conflict").textContent) || inputs(question).some((input) => ("radio checkbox".includes(input.type) ? input.checked : input.value.trim()));
  function mark(question) {
    const is = answered(question);
    question.classList.toggle("answered", is);
    if (is && !question.querySelector(".as-well")) question.querySelector(".conflict").before(as_well(question));
  }


  // What others say of the same question, as the server's own page has it: each voice in a field of its own.
  const made = (name, more) => Object.assign(document.createElement(name), more);
  function as_well(question) {
    const box = made("details", { className: "as-well" });
    const summary = made("summary", { textContent: `${said("Somebody says otherwise")} ` });
    summary.append(made("kbd", { textContent: "+" }));
    box.append(summary);
    box.addEventListener("toggle", () => { if (box.open) vacant(question); });
    return box;
  }

  const voices = (question) => [...question.querySelectorAll("[name^='also.']")];
  const empty = (field) => (field.selectedOptions ? ![...field.selectedOptions].some((one) => one.value) : !field.value);
  const vacant = (question) => voices(question).find(empty)?.closest(".as-well-fields") || another(question);

  // A line for one voice more; "" where all have spoken. `voice`: whose, else the first that has not.
  function another(question, voice = "") {
    const taken = voices(question).map((field) => field.name), fact = question.dataset.fact;
    const name = (voice) => `also.${fact}.${voice}`;
    const left = JSON.parse(root.dataset.sources).filter(([, voice]) => !taken.includes(name(voice)));
    if (!left.length) return null;
    const line = made("p", { className: "as-well-fields" }), who = made("select", {});
    who.append(...left.map(([, one, words]) => new Option(words, name(one), false, name(one) === voice)));
    const offered = [...question.querySelectorAll(".answer")].map((label) => new Option(label.querySelector("span").lastChild.textContent.trim(), label.querySelector("input").value));
    const several = Boolean(question.querySelector("[type=checkbox]"));
    const says = offered.length ? made("select", { multiple: several, size: several ? 4 : 0 }) : made("input", { className: "short", autocomplete: "off" });
    if (offered.length) says.append(...(several ? [] : [new Option(said("The same"), "")]), ...offered);
    who.setAttribute("aria-label", said("Who says so"));
    says.setAttribute("aria-label", said("What somebody else says"));
    const named = () => { says.name = who.value; };
    // Nobody takes the place of somebody who has spoken on another line meanwhile.
    who.addEventListener("change", () => {
      if (voices(question).some((field) => field !== says && field.name === who.value)) who.value = says.name;
      named();
    });
    named();
    line.append(who, " ", says);
    question.querySelector(".as-well").append(line);
    return line;
  }

  function open_as_well(question) {
    const box = question.querySelector(".as-well");
    if (!box) return;
    box.open = true;
    vacant(question)?.querySelector("select").focus();
  }

  function take_back(question) {
    for (const input of inputs(question)) {
      if ("radio checkbox".includes(input.type)) input.checked = false;
      else input.value = "";
    }
    question.querySelectorAll(".as-well-fields").forEach((line) => line.remove());
    question.querySelector(".conflict").textContent = "";
    mark(question);
    settled(question);
    question.focus();
  }

  // "Not known" and something known exclude each other where several may be chosen.
  function exclude(input) {
    if (input.type !== "checkbox" || !input.checked) return;
    for (const other of inputs(input.closest(".question"))) {
      if (other !== input && (input.value === "unknown") !== (other.value === "unknown")) other.checked = false;
      if (other !== input && input.value === "unknown") other.checked = false;
    }
  }

  root.addEventListener("change", (event) => {
    const question = event.target.closest(".question");
    if (!question) return;
    if (event.target.type === "checkbox") exclude(event.target);
    mark(question);
    settled(question);
  });
  root.addEventListener("input", (event) => {
    const question = event.target.closest(".question");
    if (!question || "radio checkbox".includes(event.target.type)) return;
    mark(question);
    settled(question);
  });
  // What stands, by whomever it was answered; what is being answered here, and what of that is still
  // on its way, is left alone.
  function show(values) {
    for (const question of root.querySelectorAll(".question")) {
      const typing = question.contains(document.activeElement) && document.activeElement.matches("select, input:not([type=radio], [type=checkbox])");
      if (typing || question.dataset.touched || question.dataset.sent) continue;
      const value = values[question.dataset.fact];
      const given = value === undefined ? [] : [].concat(value).map(String);
      for (const input of inputs(question)) {
        if ("radio checkbox".includes(input.type)) input.checked = given.includes(input.value);
        else input.value = given[0] ?? "";
      }
      question.querySelectorAll(".as-well-fields").forEach((line) => line.remove());
      mark(question);
    }
  }

  // What a voice said that has no line here yet.
  function hear(name, values) {
    const question = named(name.split(".")[1]);
    if (!question || !values.length || question.querySelector(`[name="${CSS.escape(name)}"]`)) return;
    if (!question.querySelector(".as-well")) question.querySelector(".conflict").before(as_well(question));
    fill(another(question, name).lastChild, values);
  }

  function fill(field, values) {
    if ("radio checkbox".includes(field.type)) field.checked = values.includes(field.value);
    else if (field.multiple) for (const one of field.options) one.selected = values.includes(one.value);
    else field.value = values[0] ?? "";
  }

  // A field as the server has put it back.
  function put(name, values) {
    const question = named(name.split(".")[1]);
    if (!question) return null;
    if (name.startsWith("also.")) hear(name, values);
    for (const field of question.querySelectorAll(`[name="${CSS.escape(name)}"]`)) fill(field, values);
    if (name.startsWith("facts.") && !values.length) question.querySelector(".conflict").textContent = "";
    mark(question);
    return question;
  }

  root.querySelectorAll("[data-another]").forEach((line) => line.remove()); // another() makes them
  root.querySelectorAll(".as-well").forEach((box) => box.addEventListener("toggle", () => { if (box.open) vacant(box.closest(".question")); }));
  root.querySelectorAll(".question").forEach(mark);
  return { named, inputs, answered, mark, open_as_well, take_back, show, hear, put };
};
