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

// Files may be dropped anywhere on their form.
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
    const all = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
    input.files = all.files;
    show(box, input);
  });
}

function bind() {
  for (const box of document.querySelectorAll("[data-attach]:not(.is-listed)")) {
    const input = box.querySelector('input[type="file"]');
    box.classList.add("is-listed");
    input.addEventListener("change", () => show(box, input));
    if (input.form) take(input.form, box, input);
    if (input.files.length) show(box, input);
  }
}

bind();
document.addEventListener("htmx:load", bind);
