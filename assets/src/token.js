// After signing in anew in another tab the form tokens of a page count no more: it takes fresh ones,
// for the person whose page it is alone.

(() => {
  const WAIT_MS = 5000;

  // Settles with "" once the page has them, else with why not: "signed out", "somebody else" or "no answer".
  window.renewToken = async function () {
    const answer = await fetch("/intake/form-token", {
      headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(WAIT_MS),
    }).catch(() => null);
    if (answer?.status === 401) return "signed out";
    if (answer?.status === 403) return "somebody else";
    const told = answer?.ok && await answer.json().catch(() => null);
    if (!told) return "no answer";
    if (told.account !== document.querySelector("meta[name=account]").content) return "somebody else";
    document.querySelector("meta[name=csrf-token]").content = told.csrf_token;
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = told.csrf_token;
    return "";
  };
})();
