// What happened, what was kept, how to go on: for requests that never came back.
const flash = document.getElementById("flash");

function say(words) {
  if (!flash) return;
  flash.textContent = words;
  setTimeout(() => {
    if (flash.textContent === words) flash.textContent = "";
  }, 12_000);
}

const isForeground = (event) => event.detail?.requestConfig?.triggeringEvent?.type !== "refresh"
  && event.detail?.requestConfig?.triggeringEvent?.type !== "renew";

document.addEventListener("htmx:sendError", (event) => isForeground(event) && say(flash?.dataset.offline));
document.addEventListener("htmx:timeout", (event) => isForeground(event) && say(flash?.dataset.offline));
document.addEventListener("htmx:responseError", (event) => {
  if (isForeground(event)) say(flash?.dataset.failed);
});
// Signed out meanwhile: the sign-in must not appear inside a table, the page itself leads to it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (!xhr.responseURL || !document.body.dataset.login) return;
  const came = new URL(xhr.responseURL).pathname;
  const asked = new URL(pathInfo.requestPath, location.href).pathname;
  if (came === asked || came !== document.body.dataset.login) return;
  event.detail.shouldSwap = false;
  location.reload();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isForeground(event)) document.body.classList.add("busy");
});
document.addEventListener("htmx:afterRequest", () => document.body.classList.remove("busy"));
addEventListener("offline", () => say(flash?.dataset.offline));

// What went well may go by itself; what went wrong stays until somebody has read it.
const LASTS = 10_000;

function dismiss(toast) {
  const box = toast.parentElement;
  toast.remove();
  if (box && !box.querySelector(".toast")) box.hidden = true;
}

function expire() {
  for (const toast of document.querySelectorAll(".toast.success:not([data-timed])")) {
    toast.dataset.timed = "";
    setTimeout(() => toast.matches(":hover, :focus-within") || dismiss(toast), LASTS);
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element && target.closest("[data-dismiss]");
  if (button) dismiss(button.closest(".toast"));
});
document.addEventListener("htmx:oobAfterSwap", expire);
document.addEventListener("htmx:load", expire);
expire();

// A form that came back with its page begins with what is wrong in it (js/upload.js: one that was swapped).
const wrong = document.querySelector('form :is([role="alert"], [aria-invalid="true"])');
if (wrong?.matches('[role="alert"]')) wrong.tabIndex = -1;
wrong?.focus();
