// Proofs: signed notes, checkpoints, the way from an event to a root, and a person's entry in the completeness map.
//
// The formats are C2SP's (signed-note, tlog-checkpoint, tlog-proof) and `ledger.proof.map_proof`'s; the loops are those
// of RFC 9162. Nothing is believed before it is checked, and a line of an unknown key means nothing.

const HASH_SIZE = 32;
const inNote = malformed("note_malformed");
const inKey = malformed("key_malformed");
const inBundle = malformed("bundle_malformed");
const inCheckpoint = malformed("checkpoint_malformed");
const inMap = malformed("map_proof_malformed");
const isName = (name) => /^[^\s+\x00-\x20\x85]+$/u.test(name);

/** Read a `vkey` line; its id covers name, type and key, so that a changed character is found here. */
async function parseKey(line) {
  const where = `公钥行 ${show(line)}`;
  const found = /^([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line);
  const cure = "请向公钥的发布方重新索取整行，原样粘贴，前后不要有空格或换行";
  if (!found || !isName(found[1])) throw inKey(where, "不成行，应为“名称+八位小写十六进制编号+base64”", cure);
  const blob = decodeBase64(found[3], where, inKey);
  const id = (await sha256(`${encode(found[1])}\n${blob}`)).slice(0, 4);
  if (hex(id) !== found[2]) throw inKey(where, "密钥编号与名称和公钥不符，这一行被改动或抄错", cure);
  if (blob[0] !== "\x01" || blob.length !== 33) throw inKey(where, "不是普通签名密钥（0x01）", cure);
  return {name: found[1], id, key: blob.slice(1)};
}

/** Verify every signature by a known key; refuse the note when one fails or when there is none. Gives text and keys. */
async function openNote(bytes, keys) {
  const where = "签名文件";
  const whole = readText(bytes, where, inNote);
  const end = whole.lastIndexOf("\n\n");   // A text may hold blank lines: the last one ends it.
  const lines = whole.slice(end + 2, -1).split("\n");
  if (end < 0 || !lines[0]) throw inNote(where, "正文之后没有空行和签名");
  if (lines.length > 100) throw inNote(where, "签名多于 100 行");
  const text = whole.slice(0, end + 1);
  const [signers, strangers] = [new Set(), []];
  for (const {name, id, signature} of lines.map(readSignature)) {
    const known = keys.find((one) => one.name === name && one.id === id);
    if (!known) {
      strangers.push(name);
    } else if (!signers.has(known)) {   // A key speaks once; what it repeats is not looked at.
      if (signature.length !== 64 || !await isSignature(known.key, signature, encode(text))) {
        throw new Refused("signature_invalid", `${show(name)}（编号 ${hex(id)}）的签名与正文不符：正文或签名被改动，` +
          "或签名者出错。请不要采信，保留原件，并向登记机构重新索取。");
      }
      signers.add(known);
    }
  }
  if (!signers.size) {
    throw new Refused("note_unverified", "没有任何已知密钥签过这份文件（签名者自称：" +
      `${strangers.slice(0, 5).map(show).join("、")}）。请核对所用公钥是否属于签发机构，再验一次。`);
  }
  return {text, signers: [...signers]};
}

function readSignature(line) {
  const where = `签名行 ${show(line)}`;
  if (!line.startsWith("— ")) throw inNote(where, "签名行应以“— ”（U+2014 和空格）开头");
  const [, name, blob] = /^— ([^ ]*) ?(.*)$/su.exec(line);
  if (!isName(name)) throw inNote(where, "签名者名称为空，或含空白、加号");
  const signed = decodeBase64(blob, where, inNote);
  if (signed.length <= 4) throw inNote(where, `签名只有 ${signed.length} 字节，至少应为 5 字节`);
  return {name, id: signed.slice(0, 4), signature: signed.slice(4)};
}

/** Open a checkpoint: a known key's signature under its own name, and one spelling. */
async function believe(bytes, keys) {
  const {text, signers} = await openNote(bytes, keys);
  const [origin, size, root, ...more] = text.slice(0, -1).split("\n");
  const lines = text.split("\n").length - 1;
  if (lines < 3) throw inCheckpoint("检查点", `只有 ${lines} 行，至少应有来源、大小、根三行`);
  const tree = {
    origin, size: parseDecimal(size, "检查点第 2 行（大小）", inCheckpoint),
    root: decodeBase64(root, "检查点第 3 行（根）", inCheckpoint, HASH_SIZE), bytes,
  };
  if (!isName(origin) || origin.endsWith("/") || origin.includes("://") || more.some((line) => !line)) {
    throw inCheckpoint("检查点", "不是规范写法");
  }
  if (!signers.some((one) => one.name === origin)) {
    throw new Refused("log_untrusted", `检查点的来源 ${show(origin)} 没有被信任的日志密钥签名（策略信任：` +
      `${keys.map((one) => show(one.name)).join("、")}）。请核对公钥或策略文件是否属于该登记机构。`);
  }
  return tree;
}

/** Open a bundle (`.tlog-proof`): its checkpoint is believed, its leaf read; `checkInclusion` joins the two. */
async function openBundle(bytes, keys) {
  const where = "证明文件";
  const whole = readText(bytes, where, inBundle);
  const blank = whole.indexOf("\n\n");
  const lines = (blank < 0 ? whole : whole.slice(0, blank)).split("\n");
  const note = blank < 0 ? "" : whole.slice(blank + 2);
  if (lines.shift() !== WORDS.proof_header) throw inBundle(where, `首行应为 ${WORDS.proof_header}`);
  if (!note) throw inBundle(where, "缺少空行及其后的检查点，文件可能被截断");
  const extra = lines.length && lines[0].startsWith("extra ") ? lines.shift().slice(6) : null;
  const leaf = extra === null ? null : decodeBase64(extra, `${where}的 extra 行`, inBundle);
  if (leaf === "") throw inBundle(where, "extra 行为空；没有附加数据时不应有这一行");
  if (!lines.length || !lines[0].startsWith("index ")) {
    throw inBundle(where, `应有 index 行，却是 ${show(lines[0] ?? "")}`);
  }
  const index = parseDecimal(lines.shift().slice(6), `${where}的 index 行`, inBundle);
  if (lines.length > 63) throw inBundle(where, `有 ${lines.length} 个哈希，最多 63 个`);
  const way = lines.map((line, at) => decodeBase64(line, `${where}的第 ${at + 1} 个哈希`, inBundle, HASH_SIZE));
  if (leaf === null) throw unverified(where, "没有附带事件本身（extra 行），无从计算它的哈希");
  const event = readLeaf(leaf, index + 1);
  return {tree: await believe(encode(note), keys), event, leaf, index, position: index + 1, way};
}

/** RFC 9162 2.1.3.2. Whole numbers past 2^32 are halved by division: the operators of bits would cut them. */
async function checkInclusion({leaf, index, tree, way}) {
  let [computed, node, last] = [await sha256(`\x00${leaf}`), index, tree.size - 1];
  const fail = (reason) => new Refused("unprovable",
    `第 ${index} 号叶（从 0 起，日志共 ${tree.size} 条）未被证明：${reason}；证明推得 ${hex(computed)}，` +
    `检查点记载 ${hex(tree.root)}。内容、证明、检查点三者至少有一处不是原件：请保留现有文件作为证据，并向登记机构重新索取。`);
  const half = (number) => Math.floor(number / 2);
  if (index >= tree.size) throw fail("编号不在日志之内");
  for (const [used, sibling] of way.entries()) {
    if (last === 0) throw fail(`证明多出 ${way.length - used} 个哈希`);
    if (node % 2 || node === last) {
      computed = await sha256(`\x01${sibling}${computed}`);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      computed = await sha256(`\x01${computed}${sibling}`);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) throw fail("证明缺少哈希");
  if (computed !== tree.root) throw fail("推得的根与检查点不同");
}

/** The listed events are all that name the person, in the map of this size and root. Gives their positions. */
async function checkPresence(bytes, root, size, person) {
  const where = "完整性证明";
  const lines = readText(bytes, where, inMap).slice(0, -1).split("\n");
  if (lines.shift() !== WORDS.map_format) throw inMap(where, `首行应为 ${WORDS.map_format}`);
  const hashOf = (line, name) => {
    if (!line || !line.startsWith(`${name} `)) throw inMap(`${where}的 ${name} 行`, "应有这一行");
    return decodeBase64(line.slice(name.length + 1), `${where}的 ${name} 行`, inMap, HASH_SIZE);
  };
  const [key, blind] = ["key", "blind"].map((name) => hashOf(lines.shift(), name));
  const siblings = [];
  while (lines.length && lines[0].startsWith("sibling ")) siblings.push(hashOf(lines.shift(), "sibling"));
  const fail = (reason, led = "") => new Refused("map_unproven", `完整性未被证明：${reason}（完整性地图的根 ` +
    `${hex(root)}${led}）。清单、证明、地图三者至少有一处不是原件：请保留现有文件作为证据，并向登记机构重新索取。`);
  const positions = [];
  let chain = await sha256(`\x05${encode(person)}`);
  for (const line of lines) {
    const [, place, payload] = /^event ([^ ]*) ?(.*)$/su.exec(line) ?? [];
    if (place === undefined) throw inMap(`${where}的 event 行`, `应有这一行，却是 ${show(line)}`);
    const position = parseDecimal(place, `${where}的 event 行`, inMap);
    const leafHash = decodeBase64(payload, `${where}的 event 行`, inMap, HASH_SIZE);
    if (position <= (positions.at(-1) ?? 0) || position > size) {
      throw fail(`所列事件 ${position} 不按次序，或不在地图所及的 ${size} 条之内`);
    }
    chain = await sha256(`\x06${chain}${uint64(position)}${leafHash}`);
    positions.push(position);
  }
  if (!positions.length) throw fail("没有列出事件，或没有打开地图所需的随机数");
  if (siblings.length > 8 * HASH_SIZE) throw inMap(where, `路径有 ${siblings.length} 个哈希，最多 256 个`);
  const value = await sha256(`\x04${blind}${uint64(positions.length)}${chain}`);
  let computed = await sha256(`\x02${key}${value}`);
  for (const [up, sibling] of siblings.entries()) {
    const depth = siblings.length - 1 - up;
    const isRight = (key.charCodeAt(depth >> 3) >> (7 - (depth & 7))) & 1;
    computed = await sha256(`\x03${isRight ? sibling + computed : computed + sibling}`);
  }
  if (computed !== root) throw fail("推得的根与日志所记不同", `；证明推得 ${hex(computed)}`);
  return positions;
}
