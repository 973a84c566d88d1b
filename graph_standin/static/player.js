/** Plays a customer: asks the stand-in every second what there is, and sends what is written. */
import { drawMessages, drawPosts } from "./draw.js";
import { language, speak, word } from "./words.js";

const EVERY_MILLISECONDS = 1000;
const find = (id) => document.getElementById(id);
const stage = find("stage");
const wanted = new URLSearchParams(location.search);
const chosen = {
  page: wanted.get("page") ?? localStorage.getItem("page") ?? "",
  person: localStorage.getItem("person") ?? "",
};
let asked = 0;
let shown = "";
let editing = "";
let wantedEntry = location.hash.slice(1);

/** One order to the stand-in; what it answers, or an error with its words. */
async function order(path, values = {}) {
  const answer = await fetch(`/_standin/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content.result;
}

function complain(text) {
  find("trouble").textContent = text;
  find("trouble").hidden = !text;
}

/** Send something; true when it arrived, so that what was written may be cleared. */
async function act(path, values) {
  try {
    await order(path, values);
    await refresh();
    return true;
  } catch (error) {
    complain(error instanceof TypeError ? word("away") : error.message);
    return false;
  }
}

async function refresh() {
  asked += 1;
  const number = asked;
  const view = await order("player/view", chosen);
  // Somebody else was chosen meanwhile: the answer to the older question must not take that back.
  if (number !== asked) return;
  complain(view.page ? "" : word("noPage"));
  const now = JSON.stringify([view, language]);
  if (now === shown) return;
  shown = now;
  draw(view);
}

function draw(view) {
  Object.assign(chosen, { page: view.page, person: view.person });
  find("entrance").hidden = Boolean(view.person);
  stage.hidden = !view.person || !view.page;
  find("leave").hidden = !view.person;
  drawPeople(view.people);
  if (stage.hidden) return;
  drawHead(view);
  const page = view.pages.find((one) => one.id === view.page).name;
  drawMessages(find("log"), view.messages, page, { edit: startEditing, unsend });
  drawPosts(find("posts"), view.posts, { comment, remove });
  showWanted();
}

/** Go to what the address names after its #, once it is there. */
function showWanted() {
  const found = wantedEntry && document.getElementById(wantedEntry);
  if (!found) return;
  wantedEntry = "";
  found.classList.add("wanted");
  found.scrollIntoView({ block: "center" });
}

function drawPeople(people) {
  find("known").hidden = !people.length;
  find("people").replaceChildren(
    ...people.slice(-12).map((one) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.className = "quiet";
      button.textContent = one.name;
      button.onclick = () => become(one.id);
      row.append(button);
      return row;
    }),
  );
}

function drawHead(view) {
  find("page-name").textContent = view.pages.find((one) => one.id === view.page).name;
  find("me").textContent = view.people.find((one) => one.id === view.person).name;
  find("unconnected").hidden = view.is_connected;
  find("page-choice").hidden = view.pages.length < 2;
  if (document.activeElement === find("page")) return;
  find("page").replaceChildren(
    ...view.pages.map((one) => new Option(one.name, one.id, false, one.id === view.page)),
  );
}

function become(person) {
  chosen.person = person;
  localStorage.setItem("person", person);
  act("player/view");
}

const unsend = (mid) => act("people/unsend", { mid });
const remove = (entry) => act("wall/remove", { entry });
const comment = (parent, text) => act("wall/comment", { parent, by: chosen.person, text });

function startEditing(message) {
  editing = message.id;
  find("text").value = message.text;
  find("editing").hidden = false;
  find("text").focus();
}

function stopEditing() {
  editing = "";
  find("text").value = "";
  find("editing").hidden = true;
}

function dropFile() {
  find("file").value = "";
  find("file-line").hidden = true;
}

/** The chosen file as the stand-in wants it. */
async function attached() {
  const file = find("file").files[0];
  if (!file) return [];
  const address = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(file);
  });
  const kind = file.type.split("/")[0];
  return [
    {
      type: ["image", "audio", "video"].includes(kind) ? kind : "file",
      name: file.name,
      content_type: file.type || "application/octet-stream",
      content: address.split(",")[1] ?? "",
    },
  ];
}

find("enter").onsubmit = async (event) => {
  event.preventDefault();
  const name = find("name").value.trim();
  if (!name) return;
  try {
    become((await order("people/add", { name })).id);
    find("name").value = "";
  } catch {
    complain(word("away"));
  }
};

find("write").onsubmit = async (event) => {
  event.preventDefault();
  const text = find("text").value.trim();
  if (editing) {
    if (text && (await act("people/edit", { mid: editing, text }))) stopEditing();
    return;
  }
  const attachments = await attached();
  if (!text && !attachments.length) return;
  if (await act("people/write", { ...chosen, text, attachments })) {
    find("text").value = "";
    dropFile();
  }
};

find("text").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    find("write").requestSubmit();
  }
};

find("post").onsubmit = async (event) => {
  event.preventDefault();
  const text = find("post-text").value.trim();
  if (text && (await act("wall/post", { page: chosen.page, by: chosen.person, text }))) {
    find("post-text").value = "";
  }
};

find("file").onchange = () => {
  const file = find("file").files[0];
  find("file-line").hidden = !file;
  find("file-name").textContent = file?.name ?? "";
};
find("drop-file").onclick = dropFile;
find("stop-editing").onclick = stopEditing;
find("like").onclick = () => act("people/write", { ...chosen, sticker: 369239263222822 });
find("leave").onclick = () => become("");
find("page").onchange = (event) => {
  chosen.page = event.target.value;
  localStorage.setItem("page", chosen.page);
  act("player/view");
};

find("views").onclick = (event) => {
  const view = event.target.dataset.show;
  if (!view) return;
  stage.dataset.view = view;
  for (const button of find("views").children) {
    button.setAttribute("aria-pressed", String(button.dataset.show === view));
  }
};

find("language").onclick = () => {
  speak(language === "de" ? "en" : "de");
  nameLanguage();
  act("player/view");
};

function nameLanguage() {
  const other = language === "de" ? "en" : "de";
  find("language").lang = other;
  find("language").textContent = other === "en" ? "English" : "Deutsch";
}

async function poll() {
  try {
    await refresh();
    if (stage.checkVisibility() && find("log").checkVisibility() && !document.hidden) {
      await order("people/read", { page: chosen.page, person: chosen.person });
    }
  } catch {
    complain(word("away"));
  }
  setTimeout(poll, EVERY_MILLISECONDS);
}

if (wantedEntry) find("views").children[1].click();
speak(language);
nameLanguage();
poll();
