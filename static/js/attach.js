// Shows which files go along, how big they are, and says at once when one is too big.
const root = document.documentElement;
const figures = new Intl.NumberFormat(root.lang, { maximumFractionDigits: 1 });

function size(bytes) {
  if (bytes < 1_000_000) return `${figures.format(Math.max(1, Math.round(bytes / 1_000)))} kB`;
  return `${figures.format(bytes / 1_000_000)} MB`;
}

function item(file, isTooBig, box, drop) {
  const row = document.createElement("li");
  row.className = `attachment${isTooBig ? " wrong" : ""}`;
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = file.name;
  const weight = document.createElement("span");
  weight.className = "size";
  weight.textContent = isTooBig ? `${size(file.size)} – ${box.dataset.tooBig}` : size(file.size);
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `${box.dataset.remove}: ${file.name}`);
  button.textContent = "×";
  button.addEventListener("click", drop);
  row.append(name, weight, button);
  return row;
}

function show(box, input) {
  const list = box.querySelector("[data-files]");
  const limit = Number(box.dataset.limit || Infinity);
  const files = [...input.files];
  const total = files.reduce((sum, file) => sum + file.size, 0);
  list.replaceChildren(
    ...files.map((file, place) =>
      item(file, file.size > limit, box, () => {
        const rest = new DataTransfer();
        files.forEach((other, index) => index !== place && rest.items.add(other));
        input.files = rest.files;
        show(box, input);
        input.focus();
      }),
    ),
  );
  const isOneTooBig = files.some((file) => file.size > limit);
  const isTooMuch = total > Number(box.dataset.total || Infinity);
  if (isTooMuch && !isOneTooBig) {
    const row = document.createElement("li");
    row.className = "attachment wrong";
    row.textContent = box.dataset.tooMuch;
    list.append(row);
  }
  input.setCustomValidity(isOneTooBig ? box.dataset.tooBig : isTooMuch ? box.dataset.tooMuch : "");
  list.hidden = files.length === 0;
}

// A pasted picture has no name of its own: all of them are called "image.png".
function named(file, place, box) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const at = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join("-");
  const ending = file.name.split(".").pop();
  const name = `${box.dataset.picture} ${day} ${time}${place ? ` (${place + 1})` : ""}.${ending}`;
  return new File([file], name, { type: file.type });
}

// Where a draft keeps its files they are taken at once (draft_files.js); elsewhere they wait in the field.
const isTaken = (files, box) =>
  files.length > 0 && !box.dispatchEvent(new CustomEvent("attach:files", { detail: files, cancelable: true }));

function choose(box, input) {
  if (isTaken([...input.files], box)) input.value = "";
  else show(box, input);
}

function add(files, box, input) {
  if (isTaken([...files], box)) return;
  const all = new DataTransfer();
  for (const file of [...input.files, ...files]) all.items.add(file);
  input.files = all.files;
  show(box, input);
}

// Files may be dropped anywhere on their form, and pasted while somebody writes in it.
function take(form, box, input) {
  const over = (isOver) => (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    box.classList.toggle("is-over", isOver);
  };
  form.addEventListener("dragover", over(true));
  form.addEventListener("dragleave", over(false));
  form.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer?.files.length) return;
    add(event.dataTransfer.files, box, input);
  });
  form.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    // A table or text that was copied brings a picture of itself along: the words are meant.
    if (!pasted.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(pasted.map((file, place) => named(file, place, box)), box, input);
  });
}

function bind() {
  for (const box of document.querySelectorAll("[data-attach]:not(.is-listed)")) {
    const input = box.querySelector('input[type="file"]');
    box.classList.add("is-listed");
    input.addEventListener("change", () => choose(box, input));
    if (input.form) take(input.form, box, input);
    if (input.files.length) show(box, input);
  }
}

bind();
document.addEventListener("htmx:load", bind);
