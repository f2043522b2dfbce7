// A statement checked: the same steps in the same words as `xueshi verify` (`ledger.offline.verify`, `ledger.offline.verify_map`).
//
// `tests/api/printing/test_statement_verifier.py` holds the two together, and changes bytes.

const LAWS = {then: "各日期当时有效的细则", now: "出具时现行的细则"};
const inFile = malformed("statement_malformed");
const FORBIDDEN = new RegExp("[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f" +   // Controls, C0 and C1.
  "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069" +            // What turns the direction of writing.
  "\\u2028\\u2029\\ufeff]");                                         // Other ends of lines, a mark of byte order.

/** Check a file, text or PDF. Never throws what the file is to blame for: gives the steps, the last of which may fail. */
async function verifyFile(bytes, keyLines) {
  const found = {steps: [], holds: false, unproven: [], text: null};
  const step = (name) => found.steps[found.steps.push({name, words: [], failed: null}) - 1];
  try {
    const opening = step("读取公钥和文件");
    const lines = [...new Set(keyLines.map((line) => line.trim()).filter(Boolean))];
    if (!lines.length) throw unverified("公钥", "没有给出公钥");
    const keys = await Promise.all(lines.map(parseKey));
    let [file, sealed] = [bytes, null];
    if (bytes.startsWith(WORDS.pdf_header)) {
      found.steps.pop();
      const seal = step("PDF 的电子签章");
      sealed = await openPdf(bytes, keys);
      seal.words.push(...sealed.words);
      file = sealed.file;
    } else {
      if (!looksLikeStatement(bytes)) throw otherFile(bytes, "既不是登记情况表的 PDF，也不是它的文本文件");
      opening.words.push(`文本文件 ${bytes.length} 字节；公钥 ${lines.length} 个。`);
    }
    await verifyStatement(file, keys, sealed, step, found);
    found.holds = true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    found.steps.at(-1).failed = error;
    found.unproven = [];
  }
  return found;
}

/** A changed byte cannot spoil both marks of a statement. */
const looksLikeStatement = (bytes) => bytes.length <= WORDS.file_most && !otherKind(bytes) &&
  (bytes.includes(encode(WORDS.separator)) || bytes.includes(`\n${WORDS.proof_header}`));

async function verifyStatement(file, keys, sealed, step, found) {
  const signing = step("检查点的签名（Ed25519）");
  const parts = parseStatement(file);
  const proof = await openBundle(parts.bundle, keys);
  signing.words.push(`检查点（${proof.tree.origin}，${proof.tree.size} 条）由所给公钥签名。`);
  const joining = step("事件在日志之内");
  await checkInclusion(proof);
  joining.words.push(
    `事件 ${proof.position} 的字节与其哈希一致，路径（${proof.way.length} 个哈希）通向检查点的根。`);
  if (sealed && sealed.origin !== proof.tree.origin) {
    throw unverified("PDF 的电子签章", "印章与正文不属于同一个日志");
  }

  const holding = step("正文与出具时的摘要");
  const issued = readIssued(proof.event, proof.position);
  const textDigest = hex(await sha256(parts.text));
  if (issued.sha256 !== textDigest) {
    const own = new RegExp(`^${WORDS.number_field} +(\\S+)$`, "m").exec(decode(parts.text))?.[1];
    const whose = !own || own === issued.statement ? "正文被改动" : `所附证明是另一份 ${issued.statement} 的，不是正文自称的 ${own}`;
    throw unverified("登记情况表正文", `${whose}，凭核验码 ${issued.code} 可查原件现状` +
      `（SHA-256 是 ${textDigest}，出具时是 ${issued.sha256}）`);
  }
  found.text = decode(parts.text);
  holding.words.push(
    `正文 ${found.text.split("\n").length - 1} 行 ${parts.text.length} 字节，` +
      `与事件 ${proof.position} 所记的 SHA-256 一致。`,
    `这是登记机构于 ${issued.at} 为 ${issued.person} 出具的登记情况表 ${issued.statement}，核验码 ${issued.code}。`,
    `所依据的是截至第 ${issued.as_of} 个事件的记录，规则口径：${LAWS[issued.law] ?? issued.law}，年度 ${issued.years}。`);

  const whole = step("完整性：没有漏掉本人的事件");
  found.unproven.push(...WORDS.unproven);
  if (parts.presence === null) {
    if (counted(found.text) !== null) {
      throw unverified("登记情况表文件", `正文说附有完整性证明，却没有 ${WORDS.completeness} 一节：文件被截断`);
    }
    found.unproven.push(WORDS.unproven_if_not);
  } else {
    whole.words.push(...await checkCompleteness(parts, proof, issued, found.text, keys));
    found.unproven.push(WORDS.unproven_if_complete);
  }
  if (sealed) found.unproven.push(WORDS.unproven_of_pdf);
  const adding = step("算术：合计由明细逐条相加");
  const [checked, unproven] = addUp(found.text, proof.event.event.rulebooks);
  adding.words.push(...checked);
  found.unproven.push(...unproven);
}

/** Take the file apart where its separators stand; nothing in it is believed yet. */
function parseStatement(bytes) {
  const apart = (given, separator, least) => {
    const line = `${encode(separator)}\n`;
    const pieces = `\n${given}`.split(`\n${line}`);
    if (pieces.length - 1 < least || pieces.length > 2) {
      const many = pieces.length === 1 ? `没有分隔行${whyAbsent(given, line)}` : `有 ${pieces.length - 1} 个分隔行`;
      throw inFile("登记情况表文件", `应恰有一行 ${separator}，${many}`);
    }
    return pieces.length === 1 ? [given, null] : [`${pieces[0]}\n`.slice(1), pieces[1]];
  };
  const [text, rest] = apart(bytes, WORDS.separator, 1);
  checkText(decode(text));
  const [bundle, mapped] = apart(rest, WORDS.completeness, 0);
  const blank = mapped === null ? 0 : mapped.indexOf("\n\n");
  if (blank < 0) throw inFile("登记情况表的完整性证明", "缺少空行及其后的证明，文件可能被截断");
  const [presence, mapBundle] = mapped === null ? [null, null] : [mapped.slice(0, blank + 1), mapped.slice(blank + 2)];
  for (const one of [bundle, ...mapBundle === null ? [] : [mapBundle]]) {
    if (!one.startsWith(`${WORDS.proof_header}\n`)) {
      throw inFile("登记情况表的证明", `分隔行之后应为 ${WORDS.proof_header}`);
    }
  }
  return {text, bundle, presence, mapBundle};
}

/** What an editor, a mail program or a copy of the page has done to a file, as far as it shows. */
function whyAbsent(bytes, line) {
  if (bytes.replaceAll("\r\n", "\n").includes(line)) return WORDS.returned;
  if (bytes.includes(WORDS.separator_recoded)) return WORDS.recoded;
  return bytes.includes(WORDS.proof_header) ? "" : WORDS.bare;
}

/** The one form of a text: no character that would let it look like another. */
function checkText(text) {
  if (text === null) throw inFile("登记情况表正文", "不是 UTF-8 文本");
  const found = FORBIDDEN.exec(text);
  if (found) {
    const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    throw inFile(`登记情况表正文第 ${text.slice(0, found.index).split("\n").length} 行`,
      `有不可见的控制字符 U+${code}；换行只能是单个 LF`);
  }
  if (!text.endsWith("\n")) throw inFile("登记情况表正文", "为空，或末行没有换行符");
  if (text.split("\n").includes(WORDS.completeness)) {
    throw inFile("登记情况表正文", `含有只能出现一次的分隔行 ${WORDS.completeness}`);
  }
}

/** Read a leaf: JSON of which there is one way to write it, in the form of an envelope. */
function readLeaf(leaf, position) {
  const where = `事件 ${position}`;
  let value;
  try {
    value = JSON.parse(decode(leaf) ?? "");
  } catch {
    throw unverified(where, "事件不是 JSON");
  }
  if (encode(JSON.stringify(value)) !== leaf) {
    throw unverified(where, "事件不是规范写法：两个读者可能读出不同的内容");
  }
  const isObject = (one) => one !== null && typeof one === "object" && !Array.isArray(one);
  if (!Array.isArray(value) || value.length !== 9 || value[0] !== WORDS.format || !isObject(value[7])) {
    throw unverified(where, `不是 ${WORDS.format} 信封`);
  }
  const [, stream, version, recordedAt,,,, event, part] = value;
  if (!Number.isInteger(recordedAt) || !Number.isInteger(version) || typeof stream !== "string") {
    throw unverified(where, "流、版本或记录时间不成形");
  }
  if (part !== null && typeof part !== "string") throw unverified(where, "密封部分的摘要不成形");
  return {stream, recordedAt, event};
}

/** Demand that fields of an event are of their kinds. */
function demand(event, kinds, where) {
  const isOf = {text: (one) => typeof one === "string", number: Number.isInteger,
                numbers: (one) => Array.isArray(one) && one.every(Number.isInteger)};
  const wrong = Object.entries(kinds).filter(([name, kind]) => !isOf[kind](event[name])).map(([name]) => name);
  if (wrong.length) throw unverified(where, `${wrong.join("、")} 不成形`);
}

/** What an event says of the statement that it issues, in words for people. */
function readIssued({stream, recordedAt, event}, position) {
  const where = `事件 ${position}`;
  if (event.type !== WORDS.statement_event) {
    throw unverified(where, `是 ${show(String(event.type))}，不是 ${WORDS.statement_event}：这份证明不是登记情况表的`);
  }
  demand(event, {statement: "text", person: "text", sha256: "text", code: "text", as_of: "number", law: "text",
                 years: "numbers"}, where);
  if (event.statement !== stream || event.as_of < 1 || event.as_of >= position) {
    throw unverified(where, "编号与流不符，或所依据的位置不在它之前");
  }
  const local = new Date(Math.floor(recordedAt / 1000) + 8 * 3600 * 1000);   // +08:00, all over the country.
  if (Number.isNaN(local.getTime())) throw unverified(where, "记录时间不成形");
  return {...event, years: event.years.join("、"), code: event.code.replace(/(.{4})(?=.)/g, "$1-"),
          at: `${local.toISOString().slice(0, 19).replace("T", " ")}+08:00`};
}

/** How many events of the person the text counts; null where it does not. */
function counted(text) {
  const [before, after] = WORDS.events_words.split("{}");
  const found = new RegExp(`^${WORDS.events_field} +${before}(0|[1-9][0-9]*)${after}$`, "m").exec(text);
  return found ? Number(found[1]) : null;
}

/** The listed events are all that name the person, in a map that the same checkpoint holds. */
async function checkCompleteness(parts, proof, issued, text, keys) {
  const mapped = await openBundle(parts.mapBundle, keys);
  await checkInclusion(mapped);
  const same = ["origin", "size", "root"].every((name) => mapped.tree[name] === proof.tree[name]);
  if (!same) throw unverified("完整性证明", "地图与情况表不在同一个检查点之内");
  const {position, event: {event, stream}} = mapped;
  const where = `事件 ${position}`;
  if (event.type !== WORDS.map_event) {
    throw unverified(where, `是 ${show(String(event.type))}，不是 ${WORDS.map_event}：它没有记下完整性地图`);
  }
  demand(event, {map: "text", format: "text", size: "number", root: "text", people: "number", key_sha256: "text"}, where);
  if (event.format !== WORDS.map_format) {
    throw unverified(where, `地图的格式是 ${show(event.format)}，本程序只识 ${WORDS.map_format}`);
  }
  if (event.map !== stream || event.size <= 0 || event.size >= position) {
    throw unverified(where, "地图的编号与流不符，或所及的事件不在它之前");
  }
  const root = decodeBase64(event.root, "完整性证明的地图的根", malformed("malformed"), HASH_SIZE);
  if (event.size < issued.as_of) {
    throw unverified("完整性证明", `地图只及 ${event.size} 条，情况表依据的是截至第 ${issued.as_of} 个事件的记录`);
  }
  const positions = await checkPresence(parts.presence, root, event.size, issued.person);
  const within = positions.filter((one) => one <= issued.as_of).length;
  const stated = counted(text);
  if (stated !== null && stated !== within) {
    throw unverified("完整性证明", `正文说截至依据共 ${stated} 个事件，清单上有 ${within} 个`);
  }
  const later = positions.length - within;
  const listed = positions.slice(0, 40).join("、") + (positions.length > 40 ? `……至 ${positions.at(-1)}` : "");
  return [
    `完整性：截至第 ${event.size} 个事件，日志中以 ${issued.person} 为当事人的事件就是所列的 ${positions.length} 个，` +
      `无一遗漏，也无一多出（依据之内 ${within} 个${later ? `，依据之后、地图之内另有 ${later} 个` : ""}）：${listed}。`,
    `清单通向事件 ${position} 所记的完整性地图（${event.people} 人，根 ${hex(root)}）。`,
  ];
}
