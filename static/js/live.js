// Tells open pages to look again: by server-sent events, and by polling while there is no stream.
// A hint carries no data; each element marked data-live asks its own URL, with its own rights.
const POLL = 15_000;
// Even with a stream, time alone changes the queue, and a hint can get lost: look now and then.
const CHECK = 30_000;
const SETTLE = 250;
const RETRY = [1_000, 2_000, 5_000, 10_000, 15_000];

let source = null;
let failures = 0;
let lookedAt = Date.now();
const waiting = new WeakMap();

const settings = () => document.getElementById("live");
const isLive = () => source !== null && source.readyState === EventSource.OPEN;

// What is chosen but not sent is work too: its button may have the focus already.
function isChosen(select) {
  const usual = [...select.options].findIndex((one) => one.defaultSelected);
  return select.selectedIndex !== Math.max(usual, 0);
}

function isBusy(element) {
  const at = document.activeElement;
  if (at?.matches("select, textarea, input") && element.contains(at)) return true;
  return [...element.querySelectorAll("[data-assign]")].some(isChosen);
}

// What an element replaces may lie elsewhere on the page: it is left alone while somebody uses it.
function isUsed(element) {
  const guarded = (element.dataset.guard || "").split(" ").filter(Boolean);
  return isBusy(element) || guarded.some((id) => {
    const other = document.getElementById(id);
    return other !== null && isBusy(other);
  });
}

function look(element) {
  if (isUsed(element)) {
    setTimeout(() => document.contains(element) && look(element), 5_000);
    return;
  }
  window.htmx?.trigger(element, "refresh");
}

function refresh(hint) {
  lookedAt = Date.now();
  for (const element of document.querySelectorAll("[data-live]")) {
    if (hint && element.dataset.live !== hint.topic) continue;
    if (hint?.number && element.dataset.number && element.dataset.number !== String(hint.number)) continue;
    clearTimeout(waiting.get(element));
    waiting.set(element, setTimeout(look, hint ? SETTLE : 0, element));
  }
}

function mark() {
  document.body.classList.toggle("is-live", isLive());
}

function close() {
  source?.close();
  source = null;
  mark();
}

function hear({ data }) {
  let hint = null;
  try {
    hint = JSON.parse(data);
  } catch {
    // An unreadable hint still says that something happened.
  }
  refresh(hint?.topic ? hint : null);
}

function connect() {
  const { url, token } = settings()?.dataset ?? {};
  if (!url || !token || source) return;
  const address = new URL(url, location.href);
  address.searchParams.set("token", token);
  source = new EventSource(address);
  source.addEventListener("open", () => {
    // What happened since the page was written, e.g. its own answer was delivered, nobody told it.
    refresh(null);
    failures = 0;
    mark();
  });
  source.addEventListener("message", hear);
  source.addEventListener("change", hear);
  source.addEventListener("error", () => {
    close();
    const pause = RETRY[Math.min(failures, RETRY.length - 1)] * (1 + Math.random() / 4);
    failures += 1;
    setTimeout(reconnect, pause);
  });
}

// The stream ends when its token does; a fresh one comes with the partial that #live asks for.
function reconnect() {
  if (document.hidden || source) return;
  const element = settings();
  if (!element) return;
  if (failures > 1 || Date.now() > Number(element.dataset.expires || Infinity) * 1_000) {
    window.htmx?.trigger(element, "renew");
  } else connect();
}

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target?.id === "live" && !source) connect();
  announce(target);
});

// One sentence for those who do not see the table change.
function announce(target) {
  const words = target?.dataset?.status;
  const status = document.getElementById("status");
  if (words && status && status.textContent !== words) status.textContent = words;
}

// What was looked up before an act, or beside it, must not cover what the act changes; and the form
// that acts must stay on the page until its answer is there.
let acts = 0;
let inFlight = 0;
const isAct = ({ requestConfig }) => requestConfig.verb !== "get";

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  detail.xhr.acts = acts;
  if (!isAct(detail)) return;
  acts += 1;
  inFlight += 1;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (isAct(detail)) inFlight -= 1;
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (isAct(detail) || !("live" in elt.dataset)) return;
  if (detail.xhr.acts === acts && inFlight === 0) return;
  detail.shouldSwap = false;
  setTimeout(() => document.contains(elt) && look(elt), SETTLE);
});

// A swap must not fold what somebody opened.
const opened = new Set();
document.addEventListener("htmx:beforeSwap", () => {
  opened.clear();
  for (const details of document.querySelectorAll("details[open][id]")) opened.add(details.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
});
document.addEventListener("htmx:oobAfterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  announce(document.getElementById("thread"));
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  refresh(null);
  if (!source) connect();
});

if (settings()) {
  connect();
  setInterval(() => {
    if (document.hidden) return;
    if (Date.now() - lookedAt >= (isLive() ? CHECK : POLL)) refresh(null);
  }, 1_000);
}
