/** Draws the conversation and the wall. Texts of people become text, never HTML. */
import { language, word } from "./words.js";

/** An element with properties and children. */
function make(name, values = {}, ...children) {
  const element = Object.assign(document.createElement(name), values);
  element.append(...children.filter(Boolean));
  return element;
}

function when(at) {
  const moment = new Date(at.replace("+0000", "Z"));
  const isToday = moment.toDateString() === new Date().toDateString();
  const shape = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  const text = new Intl.DateTimeFormat(language, shape).format(moment);
  return make("time", { dateTime: moment.toISOString(), textContent: text });
}

function button(key, act, name = "") {
  const made = make("button", { type: "button", className: "link", textContent: word(key), onclick: act });
  if (name) made.ariaLabel = `${word(key)}: ${name}`;
  return made;
}

function attachment(one) {
  const { url, sticker_id: sticker } = one.payload ?? {};
  if (sticker) return make("span", { className: "thumb big", role: "img", ariaLabel: word("thumb") });
  if (!url) return null;
  if (one.type === "image") return make("img", { src: url, alt: word("attach") });
  const name = decodeURIComponent(new URL(url, location).pathname.split("/").pop());
  return make("a", { href: url, textContent: name });
}

/** The conversation; `acts` has `edit(message)` and `unsend(id)`. */
export function drawMessages(log, messages, page, acts) {
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  if (!messages.length) {
    log.replaceChildren(make("p", { className: "empty", textContent: word("noMessages") }));
    return;
  }
  log.querySelector(".empty")?.remove();
  inPlace(log, messages, (message) => bubble(message, page, acts));
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}

/** Keep elements whose content did not change, so that a screen reader hears the new ones only. */
function inPlace(parent, rows, draw) {
  const before = new Map([...parent.children].map((one) => [one.dataset.key, one]));
  const elements = rows.map((row) => {
    const key = JSON.stringify([row, language]);
    const element = before.get(key) ?? draw(row);
    element.dataset.key = key;
    return element;
  });
  for (const one of before.values()) if (!elements.includes(one)) one.remove();
  elements.forEach((one, index) => {
    if (parent.children[index] !== one) parent.insertBefore(one, parent.children[index] ?? null);
  });
}

function bubble(message, page, acts) {
  const body = make("div", { className: "body" });
  if (message.is_deleted) body.append(word("gone"));
  if (message.quoted) body.append(make("span", { className: "quoted", textContent: message.quoted }));
  body.append(message.text, ...message.attachments.map(attachment).filter(Boolean));
  const under = make("div", { className: "under" }, when(message.at));
  if (!message.is_mine) under.prepend(make("b", { textContent: page, className: "hidden" }));
  if (message.is_edited && !message.is_deleted) {
    under.append(make("small", { textContent: `· ${word("edited")}` }));
  }
  if (message.is_mine && !message.is_deleted) {
    if (message.can_be_edited) under.append(button("edit", () => acts.edit(message), message.text.slice(0, 40)));
    under.append(button("unsend", () => acts.unsend(message.id), message.text.slice(0, 40)));
  }
  const side = message.is_mine ? "mine" : "theirs";
  return make("div", { className: `bubble ${side}${message.is_deleted ? " gone" : ""}` }, body, under);
}

/** The wall; `acts` has `comment(parent, text)` and `remove(id)`. A post's form stays in place. */
export function drawPosts(list, posts, acts) {
  const before = new Map([...list.children].map((one) => [one.id, one]));
  const elements = posts.map((post) => {
    const element = before.get(`e${post.id}`) ?? newPost(post, acts);
    element.fill(post);
    return element;
  });
  if (!posts.length) elements.push(make("p", { className: "lead", textContent: word("noPosts") }));
  for (const one of [...list.children]) if (!elements.includes(one)) one.remove();
  elements.forEach((one, index) => {
    if (list.children[index] !== one) list.insertBefore(one, list.children[index] ?? null);
  });
}

function newPost(post, acts) {
  const content = make("div", { className: "text" });
  const head = make("div", { className: "who" });
  const comments = make("div", { className: "comments" });
  const form = commentForm(post, acts);
  const element = make("article", { id: `e${post.id}`, className: "card post" }, head, content, comments, form);
  element.fill = (now) => {
    const key = JSON.stringify([now, language]);
    if (element.dataset.key === key) return;
    element.dataset.key = key;
    element.ariaLabel = `${now.author}: ${now.text.slice(0, 60)}`;
    head.replaceChildren(...who(now), ...(now.is_mine ? [button("remove", () => acts.remove(now.id), now.text.slice(0, 40))] : []));
    content.replaceChildren(now.text, ...(now.photo ? [make("img", { src: now.photo, alt: word("attach") })] : []));
    comments.replaceChildren(...now.comments.map((one) => commentOf(one, form, acts)));
    form.describe(now);
  };
  return element;
}

function who(entry) {
  return [
    make("b", { textContent: entry.author }),
    entry.is_page && make("span", { className: "chip", textContent: word("ofPage") }),
    when(entry.at),
  ].filter(Boolean);
}

function commentOf(comment, form, acts) {
  const body = make("div", { className: "body" }, make("div", { className: "who" }, ...who(comment)), comment.text);
  if (comment.photo) body.append(make("img", { src: comment.photo, alt: word("attach") }));
  const under = make("div", { className: "under" }, button("reply", () => form.answer(comment), comment.author));
  if (comment.is_mine) under.append(button("remove", () => acts.remove(comment.id), comment.text.slice(0, 40)));
  const element = make("div", { id: `e${comment.id}`, className: "comment" }, body, under);
  if (comment.comments.length) {
    element.append(make("div", { className: "replies" }, ...comment.comments.map((one) => commentOf(one, form, acts))));
  }
  return element;
}

/** The line below a post: a comment on it or, after "reply", on one of its comments. */
function commentForm(post, acts) {
  let target = post;
  let current = post;
  const input = make("input", { required: true, maxLength: 8000 });
  const answered = make("p", { className: "reply-to", hidden: true });
  const submit = make("button", { className: "quiet" });
  const form = make("form", {}, answered, make("div", { className: "line" }, input, submit));
  form.describe = (now) => {
    current = now;
    if (target.id === now.id) target = now;
    const isReply = target !== current;
    submit.textContent = word(isReply ? "reply" : "comment");
    input.ariaLabel = word(isReply ? "replyTo" : "commentOn", target.author);
    input.placeholder = isReply ? word("replyTo", target.author) : `${word("comment")} …`;
    answered.hidden = !isReply;
    answered.replaceChildren(word("replyTo", target.author), button("cancel", () => form.answer(current)));
  };
  form.answer = (entry) => {
    target = entry;
    form.describe(current);
    input.focus();
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text && (await acts.comment(target.id, text))) {
      input.value = "";
      target = current;
      form.describe(current);
    }
  };
  return form;
}
