// From one page of the portal to the next without loading everything anew. htmx asks for the page and
// swaps it (hx-boost on .portal). This module says what may be swapped, brings along what the new page
// has in its head, and leaves focus, scrolling and history as a whole load would have left them.
// What cannot be swapped is loaded as a whole: the browser is sent to the address, as if this were not here.
const LOADED = 'link[rel="stylesheet"], script[src]';
const SAID = 'meta, link:not([rel="stylesheet"]), script:not([src])';

const portal = (page = document) => page.querySelector(".portal[data-shell]");
const source = (element) => element.href || element.src;
const here = () => location.pathname + location.search;

// The page under way, at most one: its request, and its head once it has come.
let going = null;
// Which page is on the screen: while a step back is under way, the address says otherwise already.
let shown = here();

// --- Which links and forms are boosted: those which lead to pages of the portal. What is sent stays
// the browser's, or has hx-post; a link inside such a form is a link like any other.

function isWhole(element) {
  if (element.matches("form")) return element.getAttribute("method")?.toLowerCase() === "post";
  const elsewhere = portal().dataset.elsewhere.split(" ");
  return element.origin !== location.origin || elsewhere.some((start) => element.pathname.startsWith(start));
}

document.addEventListener("htmx:beforeProcessNode", ({ target }) => {
  if (!target.matches("a, form") || target.hasAttribute("hx-boost") || !portal()?.contains(target)) return;
  target.setAttribute("hx-boost", String(!isWhole(target)));
});

// The browser's own: Shift opens a window, Alt saves. (htmx itself knows Ctrl and Meta.)
document.addEventListener(
  "click",
  (event) => {
    const isOwn = event.shiftKey || event.altKey;
    if (isOwn && event.target.closest?.(".portal[hx-boost] a")) event.stopImmediatePropagation();
  },
  true,
);

// --- One page at a time: the same link again changes nothing, another one takes the place of the first.

document.addEventListener("htmx:confirm", (event) => {
  const { elt, path } = event.detail;
  if (!elt.matches(":is(a, form):not([hx-get], [hx-post])")) return;
  const url = new URL(path, location.href);
  if (elt.matches("a") && url.hash && url.pathname + url.search === shown) {
    event.preventDefault();
    location.assign(url);
  } else if (elt.matches("a") && going?.path === path) event.preventDefault();
  else {
    giveUp();
    // Where keys are drawn on the screen they would lie over the page that comes.
    if (elt.matches("form") && matchMedia("(pointer: coarse)").matches) document.activeElement?.blur();
  }
});

// What else is under way belongs to the page that is left.
const others = new Set();
const givenUp = new WeakSet();

document.addEventListener("htmx:beforeSend", ({ detail: { xhr, requestConfig, pathInfo } }) => {
  // A request that is given up is no error: for htmx it ends with an answer that nobody looks at.
  const answer = xhr.onload;
  xhr.onabort = (event) => {
    givenUp.add(xhr);
    answer.call(xhr, event);
  };
  if (!requestConfig.boosted) {
    others.add(xhr);
    xhr.addEventListener("loadend", () => others.delete(xhr));
    return;
  }
  const anchor = requestConfig.elt.hash ?? "";
  hold(xhr, requestConfig.path, () => location.assign(pathInfo.finalRequestPath + anchor));
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (givenUp.has(event.detail.xhr)) event.preventDefault();
});

// --- An answer waits until everything the new page needs is there; or it is no page to swap.

// What somebody attached may call itself HTML and look like a page of ours: what is sent to be saved is none.
const isPage = (xhr) =>
  (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/html") && !xhr.getResponseHeader("Content-Disposition");

function hold(xhr, path, leave) {
  const answer = xhr.onload;
  const mine = { xhr, path, head: null };
  going = mine;
  // A file is the browser's to load: it is not read here first.
  xhr.onreadystatechange = () => {
    if (xhr.readyState !== XMLHttpRequest.HEADERS_RECEIVED || xhr.status >= 400 || isPage(xhr)) return;
    giveUp();
    leave();
  };
  for (const end of ["abort", "error", "timeout"]) xhr.addEventListener(end, () => rest(mine));
  xhr.onload = async (event) => {
    const isReady = await prepare(mine);
    const isWanted = going === mine;
    try {
      if (isWanted && isReady) answer.call(xhr, event);
      else xhr.onabort?.(event);
    } finally {
      // Whatever failed: a page that stays under way would be a dead link.
      rest(mine);
    }
    if (isWanted && !isReady) leave();
  };
}

function rest(mine) {
  if (going !== mine) return;
  going = null;
  document.body.classList.remove("busy");
}

function giveUp() {
  if (!going) return;
  const { xhr } = going;
  rest(going);
  xhr.abort();
}

// False for what must be loaded as a whole. A server that failed says so beside the page, which stays.
async function prepare(mine) {
  const { status, response } = mine.xhr;
  if (status >= 500) return true;
  const page = new DOMParser().parseFromString(response, "text/html");
  if (status >= 400 || portal(page)?.dataset.shell !== portal()?.dataset.shell) return false;
  try {
    await bring(page.head);
  } catch {
    return false;
  }
  mine.head = page.head;
  return true;
}

const loads = new WeakMap();

function load(wanted) {
  const element = document.createElement(wanted.localName);
  for (const { name, value } of wanted.attributes) element.setAttribute(name, value);
  const done = new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => {
      element.remove();
      reject(new Error(source(element)));
    });
  });
  loads.set(element, done);
  return element;
}

// Adds the style sheets and scripts that are missing, each in its order: later sheets overrule earlier ones.
async function bring(head) {
  let before = null;
  const waits = [];
  for (const wanted of head.querySelectorAll(LOADED)) {
    const present = [...document.head.querySelectorAll(LOADED)];
    let element = present.find((one) => source(one) === source(wanted));
    if (!element) {
      element = load(wanted);
      if (before) before.after(element);
      else document.head.append(element);
    }
    before = element;
    waits.push(loads.get(element));
  }
  await Promise.all(waits);
}

// What the head says is now the new page's; a script that ran once is there for good.
function exchange(head) {
  const wanted = new Set([...head.querySelectorAll('link[rel="stylesheet"]')].map(source));
  for (const sheet of document.head.querySelectorAll('link[rel="stylesheet"]')) {
    if (!wanted.has(source(sheet))) sheet.remove();
  }
  const old = [...document.head.querySelectorAll(SAID)];
  const said = [...head.querySelectorAll(SAID)];
  const isIn = (list, one) => list.some((other) => other.isEqualNode(one));
  for (const one of old) if (!isIn(said, one)) one.remove();
  for (const one of said) if (!isIn(old, one)) document.head.append(document.importNode(one, true));
}

// --- The swap, and where the reader stands after it.

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.boosted) return;
  detail.target = portal();
  detail.selectOverride = ".portal";
  detail.swapOverride = "outerHTML settle:0 show:none";
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.boosted) leaveBehind();
});

function leaveBehind() {
  for (const xhr of others) xhr.abort();
  exchange(going.head);
}

// As after a whole load: a screen reader hears the title and begins at the top.
function arrive() {
  document.getElementById("flash").textContent = "";
  document.getElementById("arrived").textContent = document.title;
  const main = document.getElementById("main");
  if (!main.contains(document.activeElement)) main.focus({ preventScroll: true });
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!detail.boosted) return;
  arrive();
  scrollTo(0, 0);
  if (!location.hash) return;
  // Only the browser's own way to an anchor marks it as the target.
  const { state } = history;
  location.replace(location.href);
  history.replaceState(state, "");
});

// --- History: htmx asks the server again for a page to go back to; where it was scrolled to is known here.

let place = 0;
let timer = 0;

const keepPlace = () => history.replaceState({ ...history.state, scroll: scrollY }, "");

function goTo(top) {
  scrollTo(0, top);
  keepPlace();
}

addEventListener("scroll", () => {
  clearTimeout(timer);
  timer = setTimeout(keepPlace, 100);
});

document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  clearTimeout(timer);
  keepPlace();
  if (!detail.boosted) return;
  // The browser would scroll before the page is there. It does its own again once this page is left.
  history.scrollRestoration = "manual";
  if (detail.history.path === here() + location.hash) detail.history.type = "replace";
});
addEventListener("pagehide", () => {
  history.scrollRestoration = "auto";
});

const note = () => {
  shown = here();
};
document.addEventListener("htmx:pushedIntoHistory", note);
document.addEventListener("htmx:replacedInHistory", note);

addEventListener("popstate", ({ state }) => {
  clearTimeout(timer);
  giveUp();
  place = state?.scroll ?? 0;
  if (state?.htmx) return;
  // htmx left no word here: either the page only scrolled, or it is another one.
  if (here() !== shown) location.reload();
  else if (state) goTo(place);
});

document.addEventListener("htmx:historyCacheMiss", (event) => {
  const { xhr, path } = event.detail;
  if (!portal()) return;
  if (path === shown) {
    event.preventDefault();
    goTo(place);
    return;
  }
  document.body.classList.add("busy");
  const leave = () => location.reload();
  hold(xhr, path, leave);
  xhr.onerror = leave;
});
document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());

document.addEventListener("htmx:historyRestore", () => {
  if (!going?.head) return;
  note();
  leaveBehind();
  arrive();
  goTo(place);
});
