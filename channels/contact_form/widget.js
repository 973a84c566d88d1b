// The contact form on somebody else's page: a button, a dialog, nothing kept but a draft.
((config, script) => {
  if (!script?.src || window.helpdeskContact) return;
  window.helpdeskContact = true;
  const base = new URL(".", script.src).href;
  const data = script.dataset;
  const wanted = (data.lang || document.documentElement.lang || "de").slice(0, 2).toLowerCase();
  const language = wanted in config.words ? wanted : "en";
  const words = { ...config.words[language] };
  for (const name of ["button", "title", "greeting"]) words[name] = data[name] || words[name];
  const key = `contact:${base}`;
  const figures = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; color-scheme: light dark;
      --paper: light-dark(#fff, #1c2025); --ink: light-dark(#1b1f1d, #e9ebe8);
      --soft: light-dark(#565d58, #a3aaa5); --line: light-dark(#858a83, #737b85);
      --accent: light-dark(#0b6168, #5fc3c9); --on: light-dark(#fff, #06282b);
      --late: light-dark(#a61b1b, #ff8f86); --wash: light-dark(#fbe9e7, #3d1a19);
      font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    :host([theme=light]) { color-scheme: light; }
    :host([theme=dark]) { color-scheme: dark; }
    * { box-sizing: border-box; margin: 0; font: inherit; }
    [hidden] { display: none !important; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .open, .send { min-height: 44px; padding: 0 20px; border: 0; border-radius: 8px;
      background: var(--accent); color: var(--on); font-weight: 600; cursor: pointer; }
    .open { position: fixed; z-index: 2147483000; right: 20px; bottom: 20px; max-width: calc(100vw - 40px);
      border-radius: 99px; box-shadow: 0 2px 6px #0002, 0 12px 32px #0003; }
    .send[aria-disabled=true] { opacity: .7; }
    dialog { position: fixed; inset: auto 20px 20px auto; width: min(26rem, calc(100vw - 40px));
      max-width: none; max-height: calc(100dvh - 40px); padding: 0; overflow: auto;
      border: 1px solid color-mix(in srgb, var(--line) 40%, transparent); border-radius: 14px;
      background: var(--paper); color: var(--ink); box-shadow: 0 18px 48px #0004; }
    dialog::backdrop { background: #080c0c66; }
    header { position: sticky; top: 0; z-index: 1; display: flex; gap: 12px; align-items: start;
      justify-content: space-between; padding: 20px 16px 8px 24px; background: var(--paper); }
    h2 { font-size: 20px; font-weight: 700; line-height: 1.25; overflow-wrap: anywhere; }
    h2:focus { outline: none; }
    form, .done { display: grid; gap: 14px; padding: 0 24px 24px; }
    .done { justify-items: start; }
    p { overflow-wrap: anywhere; }
    label { display: block; margin-bottom: 4px; font-weight: 600; }
    small { color: var(--soft); font-size: 13px; font-weight: 400; }
    input:not([type=file]), textarea { display: block; width: 100%; min-height: 40px; padding: 6px 12px;
      border: 1px solid var(--line); border-radius: 8px; background: var(--paper); color: var(--ink);
      font-size: 16px; }
    textarea { min-height: 8rem; resize: vertical; }
    [aria-invalid=true] { border-color: var(--late) !important; }
    .wrong { color: var(--late); font-size: 13px; font-weight: 550; }
    .alert { padding: 10px 14px; border-radius: 8px; background: var(--wash); }
    a { color: var(--accent); }
    header .plain { margin-top: -8px; }
    .plain { flex: none; min-width: 40px; min-height: 40px; padding: 0 8px; border: 0; border-radius: 8px;
      background: none; color: var(--soft); font-size: 20px; line-height: 1; cursor: pointer; }
    .plain:hover { color: var(--ink); }
    .pick { position: relative; display: inline-flex; align-items: center; min-height: 40px; padding: 0 14px;
      margin: 0; border: 1px solid var(--line); border-radius: 8px; font-weight: 550; cursor: pointer; }
    .pick:focus-within { outline: 2px solid var(--accent); outline-offset: 2px; }
    .pick input { position: absolute; inset: 0; width: 100%; opacity: 0; cursor: pointer; }
    ul { padding: 0; list-style: none; }
    li { display: flex; gap: 8px; align-items: center; font-size: 13px; }
    li span { min-width: 0; overflow-wrap: anywhere; }
    progress { width: 100%; accent-color: var(--accent); }
    .trap { position: absolute; left: -999em; }
    .foot { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; }
    .number { font-size: 28px; font-weight: 700; }
    @media (max-width: 560px) {
      dialog { inset: 0; width: 100vw; height: 100dvh; max-height: none; border: 0; border-radius: 0; }
    }`);

  const make = (tag, props = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  let stamp = "";
  let files = [];
  let isBusy = false;

  const inputs = {};
  const notes = {};
  const field = (name, tag, props) => {
    const wrong = make("p", { id: `${name}-wrong`, className: "wrong" });
    const input = make(tag, { id: name, name, "aria-describedby": wrong.id, ...props });
    const label = make("label", { htmlFor: name }, words[name]);
    if (!props.required) label.append(" ", make("small", {}, `(${words.optional})`));
    inputs[name] = input;
    notes[name] = wrong;
    return make("div", {}, label, input, wrong);
  };

  const alert = make("div", { className: "alert", role: "alert", hidden: true });
  const status = make("p", { role: "status" });
  const bar = make("progress", { max: 1, hidden: true, "aria-label": words.sending });
  const picker = make("input", { type: "file", multiple: true, "aria-describedby": "files-wrong" });
  const list = make("ul", { "aria-label": words.files });
  const trap = make("input", { name: config.trap, id: "t", tabIndex: -1, autocomplete: "off" });
  notes.files = make("p", { id: "files-wrong", className: "wrong" });
  const send = make("button", { className: "send" }, words.send);
  const form = make(
    "form",
    {},
    make("p", {}, words.greeting),
    alert,
    field("name", "input", { autocomplete: "name", maxLength: 120 }),
    field("email", "input", { type: "email", autocomplete: "email", maxLength: 254, required: true }),
    field("subject", "input", { autocomplete: "off", maxLength: 250, required: true }),
    field("text", "textarea", { required: true }),
    make(
      "div",
      {},
      make("label", { className: "pick" }, words.attach, picker),
      list,
      notes.files,
    ),
    make("div", { className: "trap", "aria-hidden": "true" }, make("label", { htmlFor: "t" }, "—"), trap),
    bar,
    make("div", { className: "foot" }, send, status),
  );
  const title = make("h2", { id: "title", tabIndex: -1 }, words.title);
  const close = make("button", { className: "plain", type: "button", "aria-label": words.close }, "×");
  const done = make("div", { className: "done", hidden: true });
  const dialog = make("dialog", { "aria-labelledby": "title" }, make("header", {}, title, close), form, done);
  const opener = make("button", { className: "open", type: "button", "aria-haspopup": "dialog" }, words.button);

  const load = () => {
    try {
      return JSON.parse(localStorage.getItem(key)) || {};
    } catch {
      return {};
    }
  };

  const keep = () => {
    const draft = { stamp };
    for (const [name, input] of Object.entries(inputs)) draft[name] = input.value;
    try {
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // Without storage the draft lives as long as the page.
    }
  };

  const forget = () => {
    stamp = "";
    files = [];
    form.reset();
    showFiles();
    try {
      localStorage.removeItem(key);
    } catch {
      // There was none.
    }
  };

  // The moment the form was opened, signed by the helpdesk.
  const open = async () => {
    if (stamp) return;
    try {
      const answer = await fetch(`${base}widget/`, { credentials: "omit" });
      stamp = (await answer.json()).stamp || "";
    } catch {
      stamp = "";
    }
  };

  const size = (bytes) => `${figures.format(Math.max(0.1, bytes / 1e6))} MB`;

  function showFiles() {
    list.replaceChildren(
      ...files.map((file, place) => {
        const drop = make("button", { className: "plain", type: "button", "aria-label": `${words.remove}: ${file.name}` }, "×");
        drop.onclick = () => {
          files.splice(place, 1);
          showFiles();
          picker.focus();
        };
        return make("li", {}, make("span", {}, `${file.name} (${size(file.size)})`), drop);
      }),
    );
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const isTooBig = total > config.total || files.some((file) => file.size > config.limit);
    notes.files.textContent = isTooBig ? words.tooBig : "";
    return !isTooBig;
  }

  const add = (more) => {
    files.push(...more);
    picker.value = "";
    showFiles();
  };

  const complain = (said, fields = {}) => {
    alert.hidden = !said;
    alert.replaceChildren(said || "");
    for (const [name, note] of Object.entries(notes)) {
      note.textContent = fields[name] || (name === "files" ? note.textContent : "");
      inputs[name]?.setAttribute("aria-invalid", String(Boolean(fields[name])));
    }
    const first = Object.keys(inputs).find((name) => fields[name]);
    if (first) inputs[first].focus();
    else if (said) alert.scrollIntoView({ block: "nearest" });
  };

  const failed = () => {
    complain(words.failed);
    alert.append(" ", make("a", { href: base, target: "_blank", rel: "noopener" }, words.page));
  };

  const settle = (isOver) => {
    isBusy = !isOver;
    send.setAttribute("aria-disabled", String(isBusy));
    bar.hidden = !isBusy;
    status.textContent = isBusy ? words.sending : "";
  };

  const thank = ({ number, said }) => {
    forget();
    const again = make("button", { className: "send", type: "button" }, words.again);
    again.onclick = () => {
      show(false);
      open();
      inputs.subject.focus();
    };
    done.replaceChildren(
      ...(number ? [make("p", { className: "number" }, `#${number}`)] : []),
      make("p", {}, said),
      again,
    );
    show(true);
    title.focus();
  };

  const show = (isDone) => {
    form.hidden = isDone;
    done.hidden = !isDone;
    title.textContent = isDone ? words.done : words.title;
  };

  const answered = (status, answer) => {
    if (!answer) return failed();
    if (status < 300) return thank(answer);
    stamp = answer.stamp || stamp;
    keep();
    return complain(answer.error, answer.fields);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy || !showFiles()) return;
    complain("");
    if ("preview" in data) {
      complain(words.preview);
      return;
    }
    settle(false);
    await open();
    keep();
    const body = new FormData(form);
    body.set("stamp", stamp);
    for (const file of files) body.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", `${base}widget/?lang=${language}`);
    request.responseType = "json";
    request.timeout = 900_000;
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = total ? loaded / total : 0;
      status.textContent = `${words.sending} ${Math.round(bar.value * 100)} %`;
    };
    request.onload = () => answered(request.status, request.response);
    request.onerror = request.ontimeout = failed;
    request.onloadend = () => settle(true);
    request.send(body);
  });

  form.addEventListener("input", keep);
  picker.addEventListener("change", () => add(picker.files));
  dialog.addEventListener("dragover", (event) => event.preventDefault());
  dialog.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!form.hidden) add(event.dataTransfer.files);
  });
  close.onclick = () => dialog.close();
  dialog.addEventListener("close", () => done.hidden || show(false));
  opener.onclick = () => {
    dialog.showModal();
    open();
    (Object.values(inputs).find((input) => !input.value) || inputs.text).focus();
  };

  const start = () => {
    const host = make("div", { lang: language });
    if (data.theme) host.setAttribute("theme", data.theme);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(opener, dialog);
    document.body.append(host);
    const draft = load();
    stamp = draft.stamp || "";
    for (const [name, input] of Object.entries(inputs)) input.value = draft[name] || "";
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})(__CONFIG__, document.currentScript);
