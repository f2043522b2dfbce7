// The page: what was checked and what was not, then the statement as it was read out of the checked text.

const byId = (id) => document.getElementById(id);

/** An element with its text or its children; text is never read as HTML. */
function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

async function showVerdict(bytes, name) {
  delete document.body.dataset.verdict;
  printFoot("");
  byId("statement").replaceChildren();   // Nothing of the last file stands beside what is not yet known of this one.
  byId("verdict").replaceChildren(make("p", {class: "big"}, "正在核验……"));
  const began = performance.now();
  const found = await verifyFile(bytes, byId("keys").value.split("\n"));
  const took = Math.max(1, Math.round(performance.now() - began));
  const failed = found.steps.at(-1).failed;
  const mark = found.holds ? "holds" : WORDS.undecided.includes(failed.code) ? "undecided" : "broken";
  const [sign, words] = {holds: ["✓ ", "成立：是所给公钥的登记机构出具的原件，一字未改"], broken: ["✗ ", "不成立"],
                         undecided: ["! ", "无从核验：不说明有人改动过它"]}[mark];
  document.body.dataset.verdict = mark;
  byId("verdict").replaceChildren(
    make("p", {class: `big ${mark}`}, make("span", {"aria-hidden": "true"}, sign), words),
    make("p", {}, `${name}（${bytes.length} 字节），用时 ${took} 毫秒，没有使用网络。`),
    make("ol", {class: "steps"}, ...found.steps.map(shownStep)),
    ...(failed ? [make("p", {}, "其后各步没有进行。")] : [
      make("h2", {}, "没有证明"),
      make("ul", {class: "unproven"}, ...found.unproven.map((words) => make("li", {}, words))),
    ]));
  byId("statement").replaceChildren(...(found.holds ? shownStatement(found.text) : []));
}

function shownStep({name, words, failed}) {
  const sign = make("span", {class: failed ? "broken" : "holds"}, failed ? "✗ " : "✓ ");
  return make("li", {}, make("strong", {}, sign, name),
    ...words.map((one) => make("p", {}, one)), ...(failed ? [make("p", {}, `${failed.message} [${failed.code}]`)] : []));
}

let hasFoot = false;

/** Of each printed page whose it is and which statement: a rule of the style, since a browser prints no other foot. */
function printFoot(words) {
  const sheet = document.styleSheets[0];
  const quoted = words.replace(/[^\p{L}\p{N} *-]/gu, (char) => `\\${char.codePointAt(0).toString(16)} `);
  if (hasFoot) sheet.deleteRule(0);
  sheet.insertRule(`@page { @bottom-left { content: "${quoted}"; font-size: 8pt; } }`, 0);
  hasFoot = true;
}
/** The name and the code among the fields of a statement. */
function whoseAndWhich(fields) {
  const said = new Map(fields.map(([name, values]) => [name, values[0] ?? ""]));
  return `${said.get("姓名") ?? ""}　核验码 ${said.get("核验码") ?? ""}`;
}

/** The statement in tables; a text of another version as it stands. */
function shownStatement(text) {
  const asItStands = make("details", {}, make("summary", {}, "正文原样（日志所记摘要的就是这些字节）"), make("pre", {}, text));
  try {
    const {title, whose, basis, years, entries, remarks} = readTables(text);
    printFoot(whoseAndWhich([...whose, ...basis]));
    return [
      make("h2", {}, title), shownFields(whose),
      make("h3", {}, "年度情况"), shownTable("年度情况", WORDS.years, years),
      make("h3", {}, "登记明细"),
      entries.length ? shownTable("登记明细", WORDS.entries, entries) : make("p", {}, "所列年度没有已登记的学时。"),
      make("h3", {}, "打印依据"), shownFields(basis),
      make("h3", {}, "说明"), ...remarks.map((one) => make("p", {}, one)), asItStands,
    ];
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return [make("pre", {}, text)];
  }
}

const shownFields = (fields) => make("dl", {}, ...fields.flatMap(([name, values]) => [
  make("dt", {}, name), make("dd", {}, ...values.map((one) => make("p", {}, one)))]));

function shownTable(name, columns, rows) {
  const kind = (at) => (columns[at][2] ? {class: "number"} : {});
  const heads = columns.map(([head], at) => make("th", {scope: "col", ...kind(at)}, head));
  const shown = (cell, lines) => (lines.length > 1 ? lines.map((one) => make("div", {}, one)) : [cell]);
  const body = rows.flatMap(({cells, last, notes}) => [
    make("tr", {}, ...cells.map((cell, at) => make("td", kind(at), ...shown(cell, at === cells.length - 1 ? last : [])))),
    ...(notes.length ? [make("tr", {class: "note"}, make("td", {}), make("td", {colspan: columns.length - 1},
      ...notes.map(([head, words]) => make("p", {}, make("b", {}, head), ` ${words}`))))] : []),
  ]);
  return make("div", {class: "wide", tabindex: "0", role: "region", "aria-label": name},
    make("table", {}, make("caption", {}, name), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body)));
}

let current = null;
const verifyCurrent = () => current && showVerdict(...current).catch((error) => {
  byId("verdict").textContent = `没有结论：核验程序出错（${error.message}）。请换用较新的浏览器，或用 xueshi verify。`;
});

async function take(file) {
  current = [fromArray(new Uint8Array(await file.arrayBuffer())), file.name];
  await verifyCurrent();
  byId("verdict").focus();
}

function begin() {
  const given = byId("file").textContent;
  byId("given").addEventListener("change", ({target}) => target.files[0] && take(target.files[0]));
  byId("keys").addEventListener("change", verifyCurrent);
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  if (!globalThis.crypto?.subtle) {
    byId("verdict").textContent = "本浏览器没有 WebCrypto，无法核验：请换用较新的浏览器，或用 xueshi verify。";
  } else if (given) {
    // Base64, so that no editor or mail program on the way can change a line's end.
    try {
      current = [decodeBase64(given, "本页所附的文件", malformed("statement_malformed")), "本页所附的情况表"];
      return verifyCurrent();
    } catch (error) {
      document.body.dataset.verdict = "broken";
      byId("verdict").replaceChildren(make("p", {class: "big broken"}, "✗ 不成立"), make("p", {}, error.message));
    }
  } else {
    byId("verdict").textContent = "尚未核验：请选择文件，或把文件拖到本页。";
  }
  return null;
}

globalThis.xueshi = {verifyFile, checkSignature, isSignature, addUp, width, unhex};   // For whoever asks by hand.
begin();
