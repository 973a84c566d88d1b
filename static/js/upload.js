// Sends a form with its files and shows how far it is; without this script the browser just sends it.
const ANSWERED = new Set([413, 422, 429, 503]);
// What asks for something of its own inside the form, a link or a part, is not the form being sent.
const shown = ({ target }) => (target.matches?.("form[data-upload]") ? target : null);
let isBack = false;
let chosen = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const form = shown(event);
  const { xhr, serverResponse } = event.detail;
  if (!form || !ANSWERED.has(xhr.status) || !serverResponse.includes(`id="${form.id}"`)) return;
  // The answer is the form again, with what is wrong in it.
  event.detail.shouldSwap = true;
  event.detail.isError = false;
  isBack = true;
  // A draft keeps its files itself: they come back with the answer.
  chosen = form.querySelector(':not([data-keep]) > input[type="file"]')?.files;
});

document.addEventListener("htmx:afterSettle", () => {
  const form = document.querySelector("form[data-upload]");
  const input = form?.querySelector('input[type="file"]');
  if (!form || !isBack) return;
  if (input && chosen?.length) {
    input.files = chosen;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  isBack = false;
  chosen = null;
  const wrong = form.querySelector('[role="alert"], [aria-invalid="true"], .errors');
  if (wrong?.matches('[role="alert"], .errors')) wrong.tabIndex = -1;
  wrong?.focus();
});

document.addEventListener("htmx:beforeSend", (event) => {
  const state = shown(event)?.querySelector("[data-upload-state]");
  if (state) state.hidden = false;
});

document.addEventListener("htmx:xhr:progress", (event) => {
  const state = shown(event)?.querySelector("[data-upload-state]");
  const { loaded, total, lengthComputable } = event.detail;
  if (!state || !lengthComputable || !total) return;
  const percent = Math.round((loaded / total) * 100);
  const words = state.querySelector("[data-words]");
  state.querySelector("progress").value = percent;
  words.textContent = `${words.dataset.words} ${percent} %`;
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = shown(event);
  if (!form || event.detail.successful) return;
  form.querySelector("[data-upload-state]").hidden = true;
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
