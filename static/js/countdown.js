// Keeps every due moment on the page true: its words, its level and its ring.
const HOUR = 3_600_000;
const MINUTE = 60_000;
// The server's rule too (helpdesk/templatetags/moments.py).
const SOON = HOUR;
const NAMED_DAYS = 6;

const root = document.documentElement;
const phrases = JSON.parse(root.dataset.phrases || "{}");
const zone = root.dataset.zone || undefined;
const language = root.lang === "en" ? "en-GB" : root.lang || "de";
// The server's clock decides; a computer that is wrong must not move a deadline.
const drift = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
const loaded = Date.now() + drift;

const format = (options) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
const isoDay = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
const weekday = format({ weekday: "long" });
const shortDate = format({ day: "numeric", month: "short" });
const datedYear = format({ day: "numeric", month: "short", year: "numeric" });

const dayNumber = (moment) => Math.round(Date.parse(isoDay.format(moment)) / (24 * HOUR));

function dayName(due, now) {
  if (Math.abs(dayNumber(due) - dayNumber(now)) <= NAMED_DAYS) return weekday.format(due);
  const sameYear = isoDay.format(due).slice(0, 4) === isoDay.format(now).slice(0, 4);
  return (sameYear ? shortDate : datedYear).format(due);
}

function fill(phrase, values) {
  return (phrase || "").replace(/\{(\w)\w*\}/g, (whole, name) => values[name] ?? whole);
}

export function words(due, now) {
  const late = due < now ? "late_" : "";
  const left = Math.abs(due - now);
  const days = dayNumber(due) - dayNumber(now);
  if (days === 0 || left < HOUR) {
    if (left < MINUTE) return phrases[`${late}now`];
    const h = Math.floor(left / HOUR);
    const m = Math.floor((left % HOUR) / MINUTE);
    return fill(phrases[late + (h ? "hours" : "minutes")], { h, m });
  }
  if (Math.abs(days) === 1) return phrases[late ? "late_yesterday" : "tomorrow"];
  return fill(phrases[`${late}day`], { d: dayName(due, now) });
}

function show(element, now) {
  const due = Date.parse(element.dataset.due);
  const risk = Date.parse(element.dataset.risk) || Infinity;
  const level = now > due ? "late" : due - now <= SOON || now >= risk ? "soon" : "calm";
  if (!element.classList.contains(level)) {
    element.classList.remove("late", "soon", "calm");
    element.classList.add(level);
  }
  const text = element.querySelector(".words");
  const said = words(due, now);
  if (text && text.textContent !== said) text.textContent = said;
  drain(element, due, now);
}

// Between two looks of the server the ring drains evenly from where it stood to empty.
function drain(element, due, now) {
  const ring = element.querySelector(".ring-left");
  const used = Number(element.dataset.used);
  const from = Number((element.dataset.since ||= String(now)));
  if (!ring || !(due > from)) return;
  const left = Math.max(0, (100 - used) * ((due - now) / (due - from)));
  ring.setAttribute("stroke-dasharray", `${left.toFixed(1)} 100`);
}

export function refresh() {
  const now = Date.now() + drift;
  for (const element of document.querySelectorAll("[data-due]")) show(element, now);
}

if (loaded) refresh();
setInterval(refresh, 5_000);
document.addEventListener("htmx:afterSettle", refresh);
document.addEventListener("visibilitychange", refresh);
