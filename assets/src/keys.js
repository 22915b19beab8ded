// What every page gains from JavaScript; without it everything works by forms and links.

// What was typed is kept by the tab, or by the service: the head needs no tab beside this one.
for (const button of document.querySelectorAll(".top [formtarget]:not([data-beside])")) button.removeAttribute("formtarget");

// The colour button changes colours at once and keeps what stands on the page.
document.querySelector("[data-theme-form]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target, button = form.querySelector("button");
  const chosen = button.value;
  const sent = new FormData(form);
  sent.set("theme", chosen);
  const next = { auto: "dark", dark: "light", light: "auto" }[chosen];
  document.documentElement.dataset.theme = chosen;
  document.getElementById("dark").media =
    { light: "not all", dark: "all" }[chosen] || "(prefers-color-scheme: dark)";
  document.querySelector("meta[name=color-scheme]").content =
    { light: "light", dark: "dark" }[chosen] || "light dark";
  button.value = next;
  [button.textContent, button.title] = JSON.parse(form.dataset.words)[chosen];
  await fetch(form.action, { method: "POST", body: sent, redirect: "manual" });
});

// Nobody sees a mark for the direction of writing, which comes along with what is pasted and turns
// round what stands behind it: it leaves the field at once, as the service would take it out.
const MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
document.addEventListener("input", ({ target, isComposing }) => {
  const plain = (text) => text.replace(MARKS, "");
  if (isComposing || !target.matches("input:not([type=password]), textarea") || plain(target.value) === target.value) return;
  const at = target.selectionEnd, before = plain(target.value.slice(0, at ?? 0)).length;
  target.value = plain(target.value);
  if (at !== null) target.setSelectionRange(before, before);
}, true);

// What has the focus is never under what stays in sight: it scrolls to between the two.
for (const [stays, height] of [[".board-top", "--standing"], [".send-bar", "--bar"]]) {
  const box = document.querySelector(stays);
  if (box) new ResizeObserver(() => document.documentElement.style.setProperty(height, `${box.offsetHeight}px`)).observe(box);
}

// A page that scrolls above a button (call.css) hears Page Down only from within.
if (document.activeElement === document.body && document.querySelector("body > .own-help")) document.getElementById("main").focus({ preventScroll: true });

// After a form came back with errors, the list of them is what comes first.
document.querySelector(".summary:not([data-sample] *)")?.focus();

// Whoever has pressed a button and waits for the next page reads that it is being worked on.
window.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button || event.target.target) return; // the page goes on by itself
  const note = document.createElement("span"), began = Date.now();
  note.setAttribute("role", "status");
  note.className = "small muted";
  button.after(note);
  const clock = setInterval(() => {
    const count = Math.round((Date.now() - began) / 1000);
    note.textContent = window.said("Working for %(count)s s. Stay on this page until it answers.", { count });
  }, 1000);
  window.addEventListener("pagehide", () => { clearInterval(clock); note.remove(); }, { once: true });
});

// "a" goes to the first alarm that nobody has taken; Enter takes it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "a" || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea, .question")) return;
  const first = document.querySelector("[data-take]") || document.querySelector("#standing-lines a[href^='/alarms']");
  if (!first) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  first.closest("details")?.setAttribute("open", "");
  first.focus();
  first.scrollIntoView({ block: "nearest" });
}, true);

// Where the keyboard goes on after an alarm was taken (alarms.py): what was done stays in sight above it.
const goesOn = /^#(alarm-line-|call-heading$|main$)/.test(location.hash) && document.getElementById(location.hash.slice(1));
if (goesOn) window.addEventListener("load", () => {
  history.replaceState(history.state, "", location.pathname + location.search);
  scrollTo({ top: 0, behavior: "instant" });
  goesOn.scrollIntoView({ block: "nearest" });
});

// On the page of alarms the first is at hand at once; an address that names one goes there itself.
if (location.pathname === "/alarms" && !document.getElementById(location.hash.slice(1))) {
  document.querySelector("[data-take]")?.focus();
}
