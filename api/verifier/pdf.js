// The seal of a PDF (`ledger.offline.verify_pdf`, `ledger.offline.seal`): one signature over the whole file, in its one spelling, by a
// certificate that the log's key has named; and the statement's file inside.

const inSeal = (found) => unverified("PDF 的电子签章", found);
const pdfIs = (kind, found) => ofKind(WORDS.pdf[kind])("PDF 的电子签章", found);
const ATTACHED = /<<\/Length ([0-9]+)\/Type\/EmbeddedFile\/Filter\/FlateDecode\/[^>]{0,80}<<\/Size ([0-9]+)/g;
const OID = {   // As they stand in DER, with tag and length.
  signedData: "06092a864886f70d010702", data: "06092a864886f70d010701",
  sha256: "300d06096086480165030402010500", ecdsaSha256: "300a06082a8648ce3d040302",
  contentType: "06092a864886f70d010903", messageDigest: "06092a864886f70d010904",
  signingCertificate: "060b2a864886f70d010910022f",
};
const [SEQUENCE, SET, OCTETS, CONTEXT_0, CONTEXT_3, CONTEXT_4] = [0x30, 0x31, 0x04, 0xa0, 0xa3, 0xa4];

/** Refused unless the whole file is sealed by a log of these keys. */
async function openPdf(bytes, keys) {
  if (bytes.length > WORDS.pdf_most) throw unverified("PDF 文件", `超过 ${WORDS.pdf_most} 字节，不会是登记情况表`);
  const ranges = [...bytes.matchAll(/\/ByteRange \[0 ([1-9][0-9]*) ([1-9][0-9]*) ([1-9][0-9]*)\]/g)];
  if (!ranges.length) throw withoutSeal(bytes);
  if (ranges.length > 1) throw pdfIs("changed", `应恰有一个签章，有 ${ranges.length} 个：后来又加盖了签章，或拼接过`);
  const [before, after, rest] = ranges[0].slice(1).map(Number);
  const lacks = after + rest - bytes.length;
  if (before >= after || lacks) {
    const told = `它所覆盖的到第 ${after + rest} 字节为止，文件有 ${bytes.length} 字节`;
    if (lacks > 0 && (lacks <= WORDS.line_end_most || !endsWhole(bytes))) throw pdfIs("cut", `${told}：文件被截断`);
    throw pdfIs("changed", `${told}：${lacks < 0 ? "签章之后又有改动" : "签章的范围被改动"}`);
  }
  const contents = /^<((?:[0-9A-F]{2})+)>$/.exec(bytes.slice(before, after));
  if (!contents) throw pdfIs("changed", "签章的位置上不是签章");
  const covered = bytes.slice(0, before) + bytes.slice(after);
  const fileDigest = await sha256(covered);
  const {certificate, signature, signedPart} = await readSeal(unhex(contents[1]), fileDigest);
  const origin = await checkSeal(certificate, signature, signedPart, keys);
  return {
    file: await attached(covered), origin,
    words: [
      `PDF 全文 ${bytes.length} 字节由 ${origin} 的印章签署（SHA-256 ${hex(fileDigest)}），签署之后没有改动；` +
        "该印章由所给公钥指明。",
      "PDF 所附的文件就是登记情况表的正文和证明，以下各项按它核验。",
    ],
  };
}

const endsWhole = (bytes) => /%%EOF[\0\t\n\f\r ]*$/.test(bytes);

/** Why there is no seal to check: cut short, spoilt, another's, or never there (`ledger.offline.pdf_unsealed`). */
function withoutSeal(bytes) {
  const isOurs = bytes.search(ATTACHED) >= 0;
  if (!endsWhole(bytes)) return pdfIs("cut", WORDS.pdf_endless.replace("{}", bytes.length));
  if (/\/ByteRange|\/SubFilter/.test(bytes)) return isOurs ? pdfIs("changed", WORDS.pdf_spoilt) : inSeal(WORDS.pdf_elsewhere);
  return pdfIs("unsealed", isOurs ? WORDS.pdf_taken_off : WORDS.pdf_reprinted);
}

/** Take the CMS apart, and write it again from the parts that may differ: it must be the same bytes. */
async function readSeal(contents, fileDigest) {
  const whole = new Der(contents);
  const outer = whole.enter(SEQUENCE);
  if (/[^\0]/.test(contents.slice(whole.at))) throw pdfIs("changed", "签章之后的空位里还有内容");
  const body = outer.skip(1).enter(CONTEXT_0).enter(SEQUENCE).skip(3);
  const raw = body.enter(CONTEXT_0).whole();
  const signer = body.enter(SET).enter(SEQUENCE).skip(3);
  const attributes = signer.enter(CONTEXT_0).rest();
  const signature = signer.skip(1).enter(OCTETS).rest();
  const certificate = readCertificate(raw);
  const {issuer, number} = certificate;
  const [signedData, data, digestName, signName, contentType, messageDigest, signingCertificate] =
    Object.values(OID).map(unhex);
  const named = tlv(SEQUENCE, tlv(OCTETS, await sha256(raw)), tlv(SEQUENCE, tlv(SEQUENCE, tlv(CONTEXT_4, issuer)), number));
  const wanted = tlv(SEQUENCE, contentType, tlv(SET, data)) +
    tlv(SEQUENCE, messageDigest, tlv(SET, tlv(OCTETS, fileDigest))) +
    tlv(SEQUENCE, signingCertificate, tlv(SET, tlv(SEQUENCE, tlv(SEQUENCE, named))));
  if (attributes !== wanted) throw pdfIs("changed", "签章所签的不是这份文件的摘要：文件或签章被改动");
  const one = "\x02\x01\x01";
  const again = tlv(SEQUENCE, signedData, tlv(CONTEXT_0, tlv(
    SEQUENCE, one, tlv(SET, digestName), tlv(SEQUENCE, data), tlv(CONTEXT_0, raw),
    tlv(SET, tlv(SEQUENCE, one, tlv(SEQUENCE, issuer, number), digestName, tlv(CONTEXT_0, attributes), signName,
      tlv(OCTETS, signature))))));
  if (contents.slice(0, whole.at) !== again) throw pdfIs("changed", "签章不是规范写法");
  return {certificate, signature, signedPart: tlv(SET, attributes)};
}

/** What is wanted of a certificate (RFC 5280 4.1); it is a stranger's until the note in it is opened. */
function readCertificate(raw) {
  const fields = new Der(raw).enter(SEQUENCE).enter(SEQUENCE).skip(1);   // Past the version.
  const number = fields.whole();
  const issuer = fields.skip(1).whole();                                 // Past the algorithm.
  const key = fields.skip(2).whole();                                    // Past validity and subject.
  const extensions = fields.enter(CONTEXT_3).enter(SEQUENCE);
  while (extensions.rest()) {
    const extension = extensions.enter(SEQUENCE);
    if (hex(extension.whole()) === WORDS.note_oid) return {issuer, number, key, note: extension.enter(OCTETS).rest()};
  }
  throw inSeal("证书里没有日志公钥所签的说明：它不是登记机构的印章");
}

/** The signature by the certificate's key, and that key's name in the log. Gives the log's. */
async function checkSeal(certificate, signature, signedPart, keys) {
  let known;
  try {
    known = await crypto.subtle.importKey(
      "spki", toArray(certificate.key), {name: "ECDSA", namedCurve: "P-256"}, false, ["verify"]);
  } catch {
    throw inSeal("证书的公钥不是 P-256 椭圆曲线的");
  }
  const pair = new Der(signature).enter(SEQUENCE);
  const numbers = [pair.enter(0x02).rest(), pair.enter(0x02).rest()];
  const plain = numbers.map((one) => one.replace(/^\0+/, "").padStart(32, "\0")).join("");
  const written = tlv(SEQUENCE, ...numbers.map((one) => tlv(0x02, one)));
  const isSigned = plain.length === 64 && written === signature && await crypto.subtle.verify(
    {name: "ECDSA", hash: "SHA-256"}, known, toArray(plain), toArray(signedPart));
  if (!isSigned) throw pdfIs("changed", "签名与证书的公钥不符");
  const {text} = await openNote(certificate.note, keys);
  const [first, origin, keyDigest, ...more] = text.split("\n");
  const where = "PDF 的印章证书";
  if (first !== WORDS.seal_first || more.join("\n") !== "") throw unverified(where, "其中的签名文件不是印章的说明");
  if (!keys.some((one) => one.name === origin)) throw unverified(where, `它是 ${show(origin)} 的印章，不是所给公钥的`);
  if (keyDigest !== btoa(await sha256(certificate.key))) {
    throw unverified(where, "日志公钥所签的是另一枚印章的公钥");
  }
  return origin;
}

/** The statement's file in the PDF; the seal covers it, so the register has put it there. */
async function attached(covered) {
  const where = "PDF 的附件";
  const found = [...covered.matchAll(ATTACHED)];
  if (found.length !== 1) throw unverified(where, `应恰有一个附件（正文和证明），有 ${found.length} 个`);
  const [head, length, size] = found[0];
  const begins = /^[^<>]{0,80}>>>>\r?\nstream\r?\n/.exec(covered.slice(found[0].index + head.length));
  if (!begins || Number(size) > WORDS.file_most) throw unverified(where, "不成形");
  const start = found[0].index + head.length + begins[0].length;
  const packed = new Blob([toArray(covered.slice(start, start + Number(length)))]);
  let file;
  try {
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate"));
    file = fromArray(new Uint8Array(await new Response(stream).arrayBuffer()));
  } catch {
    throw unverified(where, "解不开");
  }
  if (file.length !== Number(size)) throw unverified(where, `解开后有 ${file.length} 字节，应为 ${size} 字节`);
  return file;
}

/** As much of DER as a signature needs, read strictly: values one after another. */
class Der {
  constructor(bytes) {
    [this.bytes, this.at] = [bytes, 0];
  }

  next() {
    const head = this.bytes.slice(this.at, this.at + 2);
    if (head.length < 2) throw inSeal("签章不完整");
    let [begins, length] = [this.at + 2, head.charCodeAt(1)];
    if (length > 0x80) {
      const more = length - 0x80;
      length = parseInt(hex(this.bytes.slice(begins, begins + more)) || "0", 16);
      begins += more;
    }
    if (begins + length > this.bytes.length) throw inSeal("签章不完整");
    this.at = begins + length;
    return [head.charCodeAt(0), this.bytes.slice(begins, this.at)];
  }

  enter(tag) {
    const [found, content] = this.next();
    if (found !== tag) throw inSeal(`签章不成形（应为标签 ${tag}，是 ${found}）`);
    return new Der(content);
  }

  skip(times) {
    for (let done = 0; done < times; done += 1) this.next();
    return this;
  }

  whole() {
    const begins = this.at;
    this.next();
    return this.bytes.slice(begins, this.at);
  }

  rest() {
    return this.bytes.slice(this.at);
  }
}

/** A value of DER: tag, length, content. */
function tlv(tag, ...parts) {
  const content = parts.join("");
  const length = content.length.toString(16);
  const size = unhex(length.padStart(length.length + length.length % 2, "0"));
  const head = content.length < 0x80 ? String.fromCharCode(content.length) : String.fromCharCode(0x80 + size.length) + size;
  return String.fromCharCode(tag) + head + content;
}
