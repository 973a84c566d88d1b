// A line to copy; where the browser gives no clipboard, it is marked to be copied by hand.
for (const box of document.querySelectorAll("[data-copy]")) {
  const line = box.querySelector("input");
  const button = box.querySelector("button");
  const words = button.querySelector("span");
  const said = box.querySelector('[role="status"]');
  const before = words.textContent;
  button.hidden = false;
  line.addEventListener("focus", () => line.select());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line.value);
    } catch {
      line.focus();
      line.select();
      return;
    }
    words.textContent = said.textContent = button.dataset.done;
    setTimeout(() => {
      words.textContent = before;
      said.textContent = "";
    }, 3_000);
  });
}
