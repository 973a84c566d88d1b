// The desk by keyboard. Plain keys only, never while somebody types, never with Ctrl, Alt or Meta.
const SEQUENCE_LASTS = 1_200;

let leader = "";
let leaderAt = 0;

const find = (selector) => document.querySelector(selector);
const rows = () => [...document.querySelectorAll("[data-row]")];

function isTyping(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function step(by) {
  const links = rows();
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by;
  const link = links[Math.max(0, Math.min(links.length - 1, next))];
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}

// On the queue r, n and a open the focused ticket at that place; on a ticket they go there at once.
function work(place) {
  if (find("[data-composer]")) {
    document.dispatchEvent(new CustomEvent("composer:open", { detail: place }));
    return;
  }
  const row = document.activeElement?.closest("[data-row]") ?? rows()[0];
  if (row) location.href = `${row.href.split("#")[0]}#${place}`;
}

function visit(selector) {
  const link = find(selector);
  if (link) link.click();
}

function help() {
  const dialog = find("#help");
  if (dialog && !dialog.open) dialog.showModal();
}

const SEQUENCES = {
  gq: () => visit('[data-go="queue"]'),
  gm: () => visit('[data-go="mine"]'),
  gs: () => visit('[data-go="search"]'),
};

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => work("reply"),
  n: () => work("note"),
  a: () => work("assign"),
  N: () => find("[data-next-ticket]")?.requestSubmit(),
  "/": () => find("[data-search]")?.focus(),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (!(event.target instanceof Element)) return;
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  if (isTyping(event.target) || find("dialog[open]")) return;
  const sequence = leader + event.key;
  const isFresh = event.timeStamp - leaderAt < SEQUENCE_LASTS;
  const action = (isFresh && SEQUENCES[sequence]) || KEYS[event.key];
  leader = event.key === "g" ? "g" : "";
  leaderAt = event.timeStamp;
  if (!action) return;
  event.preventDefault();
  leader = "";
  action();
});

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  if (target.closest("[data-help]")) {
    find(":popover-open")?.hidePopover();
    help();
  }
});
