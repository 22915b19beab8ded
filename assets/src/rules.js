// The draft's text: line numbers, Tab, the list of its rules, jumping to a line. Without this file it is a plain text box.
const box = document.getElementById("f-yaml");
const numbers = document.createElement("pre");
numbers.className = "numbers code";
numbers.setAttribute("aria-hidden", "true");
box.before(numbers);
document.querySelectorAll(".with-script").forEach((hint) => { hint.hidden = false; });

let counted = 0;
function count() {
  const lines = box.value.split("\n").length;
  if (lines === counted) return;
  counted = lines;
  numbers.textContent = Array.from({ length: lines }, (_, line) => line + 1).join("\n");
  follow();
}
// As tall as the text box, whatever the reader drags it to, and scrolled along.
function follow() { numbers.style.height = `${box.offsetHeight}px`; numbers.scrollTop = box.scrollTop; }
box.addEventListener("input", count);
box.addEventListener("scroll", follow);
new ResizeObserver(follow).observe(box);
count();

// Tab indents the lines of the selection, Shift+Tab takes it back; Escape lets the next Tab leave.
let leaving = false;
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leaving = true;
  if (event.key !== "Tab") { if (event.key !== "Shift" && event.key !== "Escape") leaving = false; return; }
  if (leaving) { leaving = false; return; }
  event.preventDefault();
  const { selectionStart: start, selectionEnd: end, value } = box;
  if (start === end && !event.shiftKey) return insert("  ");
  const first = value.lastIndexOf("\n", start - 1) + 1;
  const block = value.slice(first, end);
  const moved = event.shiftKey ? block.replace(/^ {1,2}/gm, "") : block.replace(/^(?=.)/gm, "  ");
  box.setSelectionRange(first, end);
  insert(moved);
  if (start !== end) box.setSelectionRange(first, first + moved.length);
});
function insert(text) {
  // execCommand is the one way that keeps the browser's undo.
  if (!document.execCommand(text ? "insertText" : "delete", false, text)) box.setRangeText(text);
}

// A link names a line of the text as it came; what was typed since may have moved it.
const came = box.defaultValue.split("\n");
function lineNow(line) {
  const wanted = came[line - 1], away = (at) => Math.abs(at - (line - 1));
  return box.value.split("\n").reduce((best, text, at) => text === wanted && (best < 0 || away(at) < away(best)) ? at : best, -1) + 1 || line;
}
document.querySelectorAll("a[data-line]").forEach((link) => link.addEventListener("click", (event) => {
  event.preventDefault();
  const lines = box.value.split("\n"), line = Math.min(lineNow(Number(link.dataset.line)), lines.length);
  const start = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0), long = lines[line - 1].length;
  box.focus({ preventScroll: true });
  const at = start + Math.min(link.dataset.column - 1, long);
  box.setSelectionRange(at, at); // nothing is selected: the next key would erase it
  const height = parseFloat(getComputedStyle(box).lineHeight);
  box.scrollTop = Math.max(0, (line - 6) * height);
  box.scrollLeft = 0;
  box.scrollIntoView({ block: "center" });
}));

// The list of rules: words narrow it, arrows go through it, of which Tab finds one.
const outline = document.getElementById("outline"), filter = document.getElementById("outline-filter");
const none = outline.querySelector("[data-none]");
const entries = [...outline.querySelectorAll("a[data-line]")];
const shown = () => entries.filter((link) => !link.closest("[hidden]"));
function onlyTab(link) { for (const one of entries) one.tabIndex = one === link ? 0 : -1; }
function narrow() {
  const words = filter.value.toLowerCase().split(/\s+/);
  const fits = (text) => words.every((word) => text.includes(word));
  for (const section of outline.querySelectorAll(":scope > ul > li")) {
    const title = section.querySelector("p").textContent.toLowerCase();
    const rules = [...section.querySelectorAll("li")];
    for (const rule of rules) rule.hidden = !fits(`${title} ${rule.textContent.toLowerCase()}`);
    section.hidden = !fits(title) && rules.every((rule) => rule.hidden);
  }
  onlyTab(shown()[0]);
  none.textContent = shown().length ? "" : none.dataset.none;
}
filter.addEventListener("input", narrow);
outline.addEventListener("keydown", (event) => {
  const found = shown(), at = found.indexOf(document.activeElement);
  const inList = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: found.length - 1 };
  let to;
  if (event.target === filter) {
    // Of a section that only stands above what was found, the rule is meant.
    if (event.key === "Enter") { event.preventDefault(); return (found.find((link) => link.closest("ul ul")) || found[0])?.click(); }
    if (event.key === "ArrowDown") to = found[0];
  } else if (at >= 0) {
    to = event.key === "Escape" || (event.key === "ArrowUp" && at === 0) ? filter : found[inList[event.key]];
  }
  if (!to) return;
  event.preventDefault();
  if (to !== filter) onlyTab(to);
  to.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "g" || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  outline.open = true;
  filter.focus();
  filter.select();
});
outline.open = matchMedia("(min-width: 64rem)").matches;
narrow();

// What was typed and not saved is not left behind unasked.
const saved = box.defaultValue;
let sending = false;
document.addEventListener("submit", () => { sending = true; });
window.addEventListener("beforeunload", (event) => {
  if (!sending && box.value !== saved) event.preventDefault();
});
