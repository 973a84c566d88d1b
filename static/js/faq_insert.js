// Puts an article, or the link to it, where the cursor stands in the answer.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-faq-insert]");
  const area = button && document.querySelector("#reply textarea");
  if (!area) return;
  const { selectionStart: start, selectionEnd: end, value } = area;
  const before = start && !/\s$/.test(value.slice(0, start)) ? "\n\n" : "";
  const after = value.slice(end) && !/^\s/.test(value.slice(end)) ? "\n\n" : "";
  area.setRangeText(before + button.dataset.faqInsert + after, start, end, "end");
  // The draft is kept as if it had been typed.
  area.dispatchEvent(new Event("input", { bubbles: true }));
  const said = document.getElementById("status");
  if (said) said.textContent = document.getElementById("faq-picked").dataset.inserted;
  area.focus();
});

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.("[data-faq-pick]") && target.open) target.querySelector("input").focus();
  },
  true,
);
