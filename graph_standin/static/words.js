/** The player's words, German first. What stands in the HTML is German already. */
const ENGLISH = {
  leave: "Switch person",
  lead: "A stand-in to try things out: here you play the customer. Nothing of it reaches Facebook.",
  who: "Who are you?",
  name: "Your name",
  nameHint: "What you write arrives under this name. Each name is a person of its own.",
  go: "Start",
  again: "Or go on as",
  as: "You are",
  page: "Page",
  unconnected:
    "No helpdesk is connected to this page yet. What you write stays here; connect the page on the desk at Settings, Facebook.",
  view: "View",
  messages: "Messages",
  wall: "Wall",
  post: "Write something on the wall",
  publish: "Publish",
  message: "Your message",
  editing: "Edit message",
  cancel: "Cancel",
  drop: "Remove",
  attach: "File",
  "attach-long": "Attach a file",
  like: "Send a thumbs-up",
  send: "Send",
  edit: "Edit",
  unsend: "Unsend",
  edited: "edited",
  thumb: "Thumbs-up",
  gone: "This message was taken back.",
  noMessages: "No messages yet. Write something: the answer appears here.",
  noPosts: "Nothing on the wall yet.",
  comment: "Comment",
  commentOn: "Comment on what {name} wrote",
  reply: "Reply",
  replyTo: "Reply to {name}",
  remove: "Delete",
  ofPage: "Page",
  noPage: "There is no page yet. Start the stand-in with --page ID:NAME.",
  away: "The demo does not answer. What you wrote is still here; try again in a moment.",
};
const GERMAN = {
  edit: "Bearbeiten",
  unsend: "Zurücknehmen",
  edited: "bearbeitet",
  thumb: "Daumen hoch",
  gone: "Diese Nachricht wurde zurückgenommen.",
  noMessages: "Noch keine Nachrichten. Schreiben Sie etwas: Die Antwort erscheint hier.",
  noPosts: "Noch steht nichts auf der Pinnwand.",
  comment: "Kommentieren",
  commentOn: "Kommentar zu dem, was {name} schreibt",
  reply: "Antworten",
  replyTo: "Antwort an {name}",
  remove: "Löschen",
  ofPage: "Seite",
  noPage: "Es gibt noch keine Seite. Starten Sie den Nachbau mit --page ID:NAME.",
  away: "Die Demo antwortet nicht. Was Sie geschrieben haben, steht noch da; versuchen Sie es gleich noch einmal.",
};
const PLACES = { t: "textContent", tLabel: "ariaLabel", tPlaceholder: "placeholder" };

/** Remember the German that stands in the HTML. */
for (const [key, property] of Object.entries(PLACES)) {
  for (const element of marked(key)) {
    GERMAN[element.dataset[key]] ??= element[property];
  }
}

function marked(key) {
  const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return document.querySelectorAll(`[data-${name}]`);
}

export let language = localStorage.getItem("language") ?? "de";

/** One of the texts, with {name} filled in. */
export function word(key, name = "") {
  const words = language === "en" ? ENGLISH : GERMAN;
  return (words[key] ?? GERMAN[key] ?? key).replace("{name}", name);
}

/** Put the page into a language and remember it. */
export function speak(chosen) {
  language = chosen;
  localStorage.setItem("language", chosen);
  document.documentElement.lang = chosen;
  for (const [key, property] of Object.entries(PLACES)) {
    for (const element of marked(key)) {
      element[property] = word(element.dataset[key]);
    }
  }
}
