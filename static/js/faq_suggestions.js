// What somebody writes may be long; its beginning is enough to find an article by.
const LONGEST = 400;

document.addEventListener("htmx:configRequest", ({ detail, target }) => {
  if (!target.matches("[data-faq-suggestions]")) return;
  for (const name of ["subject", "text"]) {
    const value = detail.parameters[name];
    if (value) detail.parameters[name] = value.slice(0, LONGEST);
  }
});
