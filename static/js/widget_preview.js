// The widget in its frame says what is typed, before it is saved.
const form = document.querySelector("[data-widget-form]");
const frame = document.querySelector(".widget-preview");
const languages = document.querySelector(".preview-languages");
const base = frame.src;
let language = "de";
let timer = 0;

function show() {
  const asked = new URLSearchParams({ lang: language });
  for (const name of ["button", "title", "greeting"]) {
    const input = form.elements[`${name}_${language}`];
    asked.set(name, input.value || input.placeholder);
  }
  const { theme } = document.documentElement.dataset;
  if (theme) asked.set("theme", theme);
  frame.contentWindow.location.replace(`${base}?${asked}`);
}

function choose(chosen) {
  language = chosen;
  for (const button of languages.children) {
    button.setAttribute("aria-pressed", String(button.value === chosen));
  }
  show();
}

languages.hidden = false;
languages.addEventListener("click", ({ target }) => target.value && choose(target.value));
form.addEventListener("input", ({ target }) => {
  const typed = target.closest("[data-language]")?.dataset.language;
  if (!typed) return;
  clearTimeout(timer);
  timer = setTimeout(choose, 400, typed);
});
