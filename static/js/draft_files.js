// Files go up as soon as they are chosen and stay with the draft: what is sent with the form is their names.
// Without this script they wait in the field and go along with the form.
const figures = new Intl.NumberFormat(document.documentElement.lang, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
// As the server writes it beside what is kept (filesizeformat): nothing jumps when it is there.
const KILO = 1024;
const size = (bytes) =>
  bytes < KILO ** 2 ? `${figures.format(bytes / KILO)} KB` : `${figures.format(bytes / KILO ** 2)} MB`;

const boxes = () => document.querySelectorAll("[data-keep]");
const field = (box) => box.querySelector('input[type="file"]');
const list = (box) => box.querySelector("[data-drafts]");
const token = (box) => field(box).form.elements.csrfmiddlewaretoken.value;

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(words, label, press) {
  const made = element("button", "", words);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.addEventListener("click", press);
  return made;
}

function say(box, words) {
  box.querySelector("[data-said]").textContent = words;
}

// What is shown of the whole: whether there is a list, and whether the form can go.
function settle(box) {
  const rows = list(box);
  rows.hidden = rows.childElementCount === 0;
  field(box).setCustomValidity(rows.querySelector(".failed") ? box.dataset.unsettled : "");
  const isBusy = rows.querySelector(".uploading") !== null;
  // Whoever has left the page meanwhile sends nothing by it.
  if (isBusy || !("sends" in box.dataset) || !box.isConnected) return;
  wait(box, false);
  // It says itself what keeps it, when something failed meanwhile.
  field(box).form.requestSubmit();
}

function wait(box, isOn) {
  if (isOn) box.dataset.sends = "";
  else delete box.dataset.sends;
  box.querySelector("[data-waits-note]").textContent = isOn ? box.dataset.waits : "";
}

function leave(box, row, words) {
  const beside = row.nextElementSibling ?? row.previousElementSibling;
  const had = row.contains(document.activeElement);
  row.remove();
  say(box, words);
  settle(box);
  if (had) (beside?.querySelector("button:not([hidden])") ?? field(box)).focus();
}

// --- One upload after the other, each a row of its own until the server's row takes its place.

const line = [];
let current = null;

function put(box, file) {
  const row = element("li", "attachment draft-file uploading");
  const bar = element("progress", "");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", `${box.dataset.uploading}: ${file.name}`);
  const upload = { box, file, row, bar, xhr: null };
  const stop = button("×", `${box.dataset.cancel}: ${file.name}`, () => cancel(upload));
  row.append(element("span", "name", file.name), element("span", "size", size(file.size)), bar, stop);
  list(box).append(row);
  return upload;
}

function cancel(upload) {
  const place = line.indexOf(upload);
  if (place >= 0) line.splice(place, 1);
  upload.isCancelled = true;
  upload.xhr?.abort();
  leave(upload.box, upload.row, `${upload.box.dataset.removed}: ${upload.file.name}`);
}

function next() {
  if (current || !line.length) return;
  current = line.shift();
  send(current);
}

function send(upload) {
  const { box, file, bar } = upload;
  const body = new FormData();
  // Before the file: what is cut off on the way is seen by it.
  body.append("size", file.size);
  body.append("files", file);
  const xhr = new XMLHttpRequest();
  upload.xhr = xhr;
  xhr.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total ? (loaded / total) * 100 : 0;
  });
  xhr.addEventListener("loadend", () => {
    current = null;
    if (!upload.isCancelled) answer(upload, xhr);
    next();
  });
  xhr.open("POST", box.dataset.keep);
  xhr.setRequestHeader("X-CSRFToken", token(box));
  xhr.send(body);
}

function answer(upload, xhr) {
  const { box, file } = upload;
  const row = xhr.status === 201 ? rowOf(xhr.responseText) : null;
  if (!row) return fail(upload, whyNot(box, xhr));
  const pk = row.querySelector("[name=kept]").value;
  // The same file once more is the one that is there.
  const same = list(box).querySelector(`[name=kept][value="${pk}"]`);
  const had = upload.row.contains(document.activeElement);
  if (same) upload.row.remove();
  else upload.row.replaceWith(row);
  adopt(box);
  if (had) list(box).querySelector(`[name=kept][value="${pk}"] ~ button`).focus();
  say(box, `${box.dataset.arrived}: ${file.name}`);
  settle(box);
}

const rowOf = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("[data-kept]");

function whyNot({ dataset }, xhr) {
  if (!xhr.status) return dataset.offline;
  if (new URL(xhr.responseURL).pathname === document.body.dataset.login) return dataset.signedOut;
  const isWords = (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/plain");
  return isWords ? xhr.responseText : dataset.failed;
}

// What could not be kept says why, and goes only when somebody has decided.
function fail(upload, why, isFinal = false) {
  const { box, file, row } = upload;
  const had = row.contains(document.activeElement);
  const again = button(box.dataset.again, `${box.dataset.again}: ${file.name}`, () => {
    const fresh = upload.again();
    row.replaceWith(fresh.row);
    fresh.row.querySelector("button").focus();
    say(box, `${box.dataset.uploading}: ${file.name}`);
    settle(box);
    next();
  });
  again.className = "again";
  const away = button("×", `${box.dataset.remove}: ${file.name}`, () =>
    leave(box, row, `${box.dataset.removed}: ${file.name}`),
  );
  row.className = "attachment draft-file failed wrong";
  row.replaceChildren(
    element("span", "name", file.name),
    element("span", "size", size(file.size)),
    away,
    element("span", "why", why),
    ...(isFinal ? [] : [again]),
  );
  if (had) (isFinal ? away : again).focus();
  say(box, `${file.name}: ${why}`);
  settle(box);
}

// --- What is too much is said before it travels.

function weight(box) {
  const kept = [...list(box).querySelectorAll("[data-kept]")].map((row) => Number(row.dataset.size));
  const under = [current, ...line].filter((one) => one?.box === box).map((one) => one.file.size);
  return { bytes: [...kept, ...under].reduce((sum, one) => sum + one, 0), count: kept.length + under.length };
}

function tooMuch(box, file) {
  const { limit, total, most } = box.dataset;
  const { bytes, count } = weight(box);
  if (file.size > Number(limit)) return box.dataset.tooBig;
  if (bytes + file.size > Number(total)) return box.dataset.tooMuch;
  return count >= Number(most) ? box.dataset.tooMany : "";
}

function take(box, file) {
  const named = file.name ? file : new File([file], box.dataset.picture, { type: file.type });
  const upload = put(box, named);
  upload.again = () => {
    const fresh = put(box, named);
    fresh.again = upload.again;
    line.push(fresh);
    return fresh;
  };
  const why = tooMuch(box, named);
  if (why) fail(upload, why, true);
  else line.push(upload);
}

// --- Rows of the server: with this script they have a button, without it a box to leave them out.

function adopt(box) {
  for (const row of box.querySelectorAll("[data-kept]:not(.is-adopted)")) {
    row.classList.add("is-adopted");
    const tick = row.querySelector("[name=kept]");
    tick.checked = true;
    tick.hidden = true;
    const away = row.querySelector("[data-away]");
    away.hidden = false;
    away.addEventListener("click", () => remove(box, row, away));
  }
}

async function remove(box, row, away) {
  const name = row.querySelector(".name").textContent;
  // Not disabled: that would take the focus away.
  if (away.ariaBusy === "true") return;
  away.ariaBusy = "true";
  const isGone = await fetch(away.dataset.away, {
    method: "POST",
    headers: { "X-CSRFToken": token(box) },
    redirect: "manual",
  }).then(({ status }) => [204, 404].includes(status), () => false);
  away.ariaBusy = null;
  if (isGone) leave(box, row, `${box.dataset.removed}: ${name}`);
  else {
    row.classList.add("wrong");
    const why = row.querySelector(".why") ?? row.appendChild(element("span", "why"));
    why.textContent = box.dataset.notRemoved;
    say(box, `${name}: ${box.dataset.notRemoved}`);
    away.focus();
  }
}

// Before htmx and the guard against a second press hear of it: the form goes when its files are there.
document.addEventListener(
  "submit",
  (event) => {
    const box = event.target.querySelector?.("[data-keep]");
    if (!box?.querySelector(".uploading")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wait(box, true);
  },
  true,
);

addEventListener("beforeunload", (event) => {
  if (current?.row.isConnected) event.preventDefault();
});

// Who has left the page and is back before a file was there finds it under way.
function gather(box) {
  for (const upload of [current, ...line]) {
    if (!upload || upload.box.isConnected || upload.box.dataset.keep !== box.dataset.keep) continue;
    upload.box = box;
    list(box).append(upload.row);
  }
  settle(box);
}

function bind() {
  for (const box of boxes()) {
    if (box.classList.contains("is-keeping")) continue;
    box.classList.add("is-keeping");
    adopt(box);
    gather(box);
    box.addEventListener("attach:files", (event) => {
      event.preventDefault();
      for (const file of event.detail) take(box, file);
      settle(box);
      next();
    });
  }
}

bind();
document.addEventListener("htmx:load", bind);
