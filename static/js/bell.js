// The bell of an open page counts on: it looks again when the page is seen anew, and once a minute while
// it is seen. A page in the background asks nothing, and what goes wrong is tried again with the next look.
const PAUSE = 60_000;

let known = 0;
let timer = 0;

const bell = () => document.getElementById("bell");
const count = () => Number(bell()?.dataset.count ?? 0);

function wait() {
  clearTimeout(timer);
  if (bell() && !document.hidden) timer = setTimeout(look, PAUSE);
}

function look() {
  // By this name nobody is waiting for the answer (static/js/notice.js).
  if (bell() && !document.hidden) window.htmx?.trigger(bell(), "refresh");
  wait();
}

// Said once, to those who do not see the number grow; one that shrinks is nobody's news.
function say(words) {
  const status = document.getElementById("news");
  if (status && status.textContent !== words) status.textContent = words;
}

// A page that took another's place brought its own number, and said it by its bell.
function begin() {
  known = count();
  say("");
}

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (detail.boosted) begin();
  else if (target?.id === "bell") {
    say(count() > known ? target.querySelector(".visually-hidden").textContent : "");
    known = count();
  }
});
document.addEventListener("htmx:historyRestore", begin);
document.addEventListener("visibilitychange", look);

begin();
wait();
