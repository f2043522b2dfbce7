// Strict text: what every format here shares, and the one error that they raise (`ledger.proof.text`).
//
// Bytes are held as strings of one character a byte, as `atob` gives them: they are cut, joined and compared as they
// stand, and only what people read is decoded. A signed or hashed text has one spelling; what merely means the same is
// refused.

const NUMBER_MAX = Number.MAX_SAFE_INTEGER;  // Python's verifier goes on to 2^63: no log is that long.
const KEEP_BYTES = "请向提供方重新索取原始文件，逐字节保存，不要经编辑器另存或转换换行";
const KEEP_PROOF = "这份文件不是登记机构签发的原件，或已被改动；请保留它作为证据，并重新索取。";

/** Something does not hold: a code, and in words what was found where. */
class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const unverified = (where, found) => new Refused("unverified", `${where}：${found}。${KEEP_PROOF}`);
const ofKind = ([code, cure]) => (where, found) => new Refused(code, `${where}：${found}。${cure}。`);
const otherFile = (bytes, found) => ofKind(WORDS.other)("文件", otherKind(bytes) ?? found);
const malformed = (code) => (where, found, cure = KEEP_BYTES) => new Refused(code, `${where}：${found}。${cure}。`);

/** What a file is that holds no proof, in words; nothing where it is not known. */
function otherKind(bytes) {
  const head = bytes.slice(0, 64).replace(/[A-Z]/g, (one) => one.toLowerCase());
  return WORDS.other_kinds.find(([start]) => head.startsWith(start))?.[1];
}

/** Quote what was found for a message, cut where it is long. */
function show(found) {
  const quoted = `'${found}'`;
  return quoted.length <= 60 ? quoted : `${quoted.slice(0, 60)}…（共 ${found.length}）`;
}

const toArray = (bytes) => Uint8Array.from(bytes, (one) => one.charCodeAt(0));
const fromArray = (array) => Array.from(array, (one) => String.fromCharCode(one)).join("");
const hex = (bytes) => Array.from(bytes, (one) => one.charCodeAt(0).toString(16).padStart(2, "0")).join("");
const unhex = (text) => text.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
const encode = (text) => fromArray(new TextEncoder().encode(text));

/** The text of bytes in UTF-8; null where they are none. */
function decode(bytes) {
  try {
    return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(toArray(bytes));
  } catch {
    return null;
  }
}

/** UTF-8 that ends in a newline and holds no other control byte below 0x20. */
function readText(bytes, where, error) {
  const text = decode(bytes);
  if (text === null) throw error(where, "不是 UTF-8 文本");
  const control = /[\x00-\x09\x0b-\x1f]/.exec(text);
  if (control) {
    throw error(where, `第 ${text.slice(0, control.index).split("\n").length} 行有控制字符；换行只能是单个 LF`);
  }
  if (!text.endsWith("\n")) throw error(where, "末行没有换行符，文件可能被截断");
  return text;
}

/** A decimal without sign or leading zero. */
function parseDecimal(text, where, error) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) {
    throw error(where, `${show(text)} 不是十进制非负整数（不得有前导零、符号、空格，最多 19 位）`);
  }
  if (Number(text) > NUMBER_MAX) throw error(where, `${text} 超出上限 ${NUMBER_MAX}`);
  return Number(text);
}

/** Canonical base64: spare bits are zero, so that no two spellings mean the same bytes. */
function decodeBase64(text, where, error, length) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw error(where, `${show(text)} 不是带填充的标准 base64`);
  }
  const bytes = atob(text);
  if (btoa(bytes) !== text) throw error(where, `${show(text)} 不是规范的 base64（末位多余的比特应为零）`);
  if (length !== undefined && bytes.length !== length) {
    throw error(where, `解码后为 ${bytes.length} 字节，应为 ${length} 字节`);
  }
  return bytes;
}

const digest = async (name, bytes) => fromArray(new Uint8Array(await crypto.subtle.digest(name, toArray(bytes))));
const sha256 = (bytes) => digest("SHA-256", bytes);

/** Eight bytes, big end first. */
const uint64 = (number) => unhex(BigInt(number).toString(16).padStart(16, "0"));
