// Writing that is never lost: drafts stay in this browser until the server has said it kept them.
const PREFIX = "draft:";
const PENDING = "draft-pending";
const LINES = 'input:is([type="text"], [type="email"]):not([tabindex="-1"])';
const KEPT_FOR = 14 * 24 * 3_600_000;

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null;
  }
};

const write = (key, text, fields, stamp) => {
  const isEmpty = ![text, ...Object.values(fields)].some((one) => one.trim());
  try {
    if (!isEmpty) localStorage.setItem(PREFIX + key, JSON.stringify({ text, fields, stamp, at: Date.now() }));
    else localStorage.removeItem(PREFIX + key);
    return true;
  } catch {
    return false;
  }
};

// After a success the server leads to the new message; only then is the draft done with.
function settle() {
  const key = sessionStorage.getItem(PENDING);
  if (!key) return;
  sessionStorage.removeItem(PENDING);
  if (/^#message-\d+$/.test(location.hash)) localStorage.removeItem(PREFIX + key);
}

function sweep() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const draft = read(key.slice(PREFIX.length));
    if (!draft || Date.now() - draft.at > KEPT_FOR) localStorage.removeItem(key);
  }
}

// Whoever uses this browser next must not find what somebody else was writing.
const isAnothers = (key, person) => /^\d+-/.test(key) && !key.startsWith(`${person}-`);

function forget(person) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && isAnothers(key.slice(PREFIX.length), person)) localStorage.removeItem(key);
  }
}

document.addEventListener("submit", ({ target }) => {
  const path = new URL(target.getAttribute("action") ?? "", location.href).pathname;
  if (path === document.body.dataset.logout) forget("");
});

function keep(form) {
  const area = form.querySelector("textarea");
  const said = form.querySelector(".draft-kept");
  const key = form.dataset.draft;
  const person = key.match(/^(\d+)-/);
  if (person) forget(person[1]);
  const draft = read(key);
  const lines = [...form.querySelectorAll(LINES)];
  // The form's own name comes back with its draft: sent once more, it is the same form.
  const stamp = form.querySelector('input:is([name="stamp"], [name="form_id"])');
  if (draft && !area.value.trim()) {
    area.value = draft.text;
    for (const line of lines) line.value ||= draft.fields?.[line.name] ?? "";
    if (stamp && draft.stamp) stamp.value = draft.stamp;
    if (said) said.textContent = said.dataset.restored;
  }
  const save = () =>
    write(key, area.value, Object.fromEntries(lines.map((line) => [line.name, line.value])), stamp?.value);
  let timer = 0;
  form.addEventListener("input", ({ target }) => {
    if (target !== area && !lines.includes(target)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const done = save();
      if (said) said.textContent = done && area.value.trim() ? said.dataset.kept : "";
    }, 400);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save();
    sessionStorage.setItem(PENDING, key);
    // Going back must not bring back what was sent: it would be sent once more. If it was not, the draft is there.
    form.autocomplete = "off";
  });
}

// One press, one message. It hears of it before htmx, which would send the second after the first.
function guard(form) {
  form.addEventListener(
    "submit",
    (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      form.dataset.sent = "yes";
      for (const button of form.querySelectorAll('[type="submit"]')) {
        button.setAttribute("aria-busy", "true");
      }
    },
    true,
  );
}

function release() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
}

function select(tab) {
  for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
    const isOn = other === tab;
    other.setAttribute("aria-selected", String(isOn));
    other.tabIndex = isOn ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !isOn;
  }
}

function open(place) {
  if (place === "assign") {
    const choice = document.querySelector("[data-assign]");
    choice?.focus();
    choice?.scrollIntoView({ block: "center" });
    return;
  }
  const tab = document.getElementById(`tab-${place}`);
  if (!tab) return;
  select(tab);
  const area = document.getElementById(place)?.querySelector("textarea");
  area?.focus();
  area?.scrollIntoView({ block: "center" });
}

function tabs(list) {
  list.hidden = false;
  list.addEventListener("click", ({ target }) => {
    const tab = target.closest('[role="tab"]');
    if (tab) open(tab.id.replace("tab-", ""));
  });
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll('[role="tab"]')];
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
    select(next);
    next.focus();
  });
  select(list.querySelector('[aria-selected="true"]'));
}

document.addEventListener("keydown", (event) => {
  const isSend = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  const form = isSend && event.target.closest("form[data-send]");
  if (form) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("composer:open", ({ detail }) => open(detail));
addEventListener("pageshow", release);

settle();
document.addEventListener("htmx:pushedIntoHistory", settle);
sweep();
const known = new WeakSet();
function bind() {
  for (const form of document.querySelectorAll("form:is([data-draft], [data-send])")) {
    if (known.has(form)) continue;
    known.add(form);
    if ("draft" in form.dataset) keep(form);
    if ("send" in form.dataset) guard(form);
  }
}
bind();
document.addEventListener("htmx:load", bind);
for (const list of document.querySelectorAll("[data-composer] [role=tablist]")) tabs(list);

// Only after the browser has gone to the place that the address names: it would take the focus away.
if (["#reply", "#note", "#assign"].includes(location.hash)) {
  const go = () => setTimeout(open, 0, location.hash.slice(1));
  if (document.readyState === "complete") go();
  else addEventListener("load", go, { once: true });
}
