// The text of a statement read again: its tables cell by cell, and their sums done once more.
//
// The other halves are `projections.statement.text`, which writes it, and `projections.statement.reading`. A Chinese
// character is two columns wide; free text only ever stands where its width pushes nothing aside.

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const widthOf = (char) => (/[\p{Mn}\p{Me}\p{Cf}]/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1);
const width = (text) => Array.from(text).reduce((sum, char) => sum + widthOf(char), 0);
const INDENT = " ".repeat(6);
const CATEGORIES = ["专业", "行业公需", "一般公需"];
const HELD = {总学时: CATEGORIES, 专业科目: ["专业"], 公需科目: ["行业公需", "一般公需"], 一般公需科目: ["一般公需"]};
const NEED = new RegExp("^(\\D+?) ?(?:(\\d{4}) ?至 ?(\\d{4}) ?年 ?)?([\\d.]+)，" +
  "(?:缺 ?([\\d.]+)|已有 ?([\\d.]+)(?:，(周期未满|待定))?)（(\\S+?) ?(第.+)）$", "u");

class Unreadable extends Error {}

/** Put the lines of a wrapped text together: of two narrow characters at a break a space was between. */
function unwrap(lines, columns) {
  return lines.reduce((text, line, at) => {
    const before = at ? lines[at - 1] : "";
    const isCut = !before || width(before) === columns || widthOf(Array.from(before).at(-1)) !== 1 ||
      widthOf(Array.from(line)[0] ?? "中") !== 1;
    return text + (isCut ? line : ` ${line}`);
  }, "");
}

/** One line of a table at its columns. */
function cut(line, columns) {
  const chars = Array.from(line);
  let [at, place, start] = [0, 0, 0];
  return columns.map(([, wide]) => {
    let cell = "";
    while (at < chars.length && (place < start + wide || !widthOf(chars[at]))) {
      cell += chars[at];
      place += widthOf(chars[at++]);
    }
    start += wide + 2;
    while (at < chars.length && place < start) place += widthOf(chars[at++]);
    return cell.trim();
  });
}

/** The parts of a text: names with values, two tables, and the remarks. */
function readTables(text) {
  const lines = text.split("\n");
  const places = WORDS.headings.map((one) => lines.indexOf(one));
  if (places.some((place, at) => place <= (places[at - 1] ?? 0))) throw new Unreadable("各节不在其位");
  const between = (from, to) => lines.slice(from + 1, to).filter(Boolean);
  const [basis, years, entries, remarks] = places;
  return {
    title: lines[1].trim(),
    whose: readFields(between(2, basis)),
    basis: readFields(between(basis, years)),
    years: readTable(between(years, entries), WORDS.years, ["差异", "关账"]),
    entries: readTable(between(entries, remarks), WORDS.entries, WORDS.notes),
    remarks: readRemarks(between(remarks, lines.findIndex((line) => line.startsWith("单位意见")))),
  };
}

/** The remarks one by one: each begins with its number. */
function readRemarks(lines) {
  const remarks = [];
  for (const line of lines) {
    if (/^  [一二三四五六]、/.test(line)) remarks.push([]);
    remarks.at(-1)?.push(line.trim());
  }
  return remarks.map((parts) => unwrap(parts, WORDS.width - 6));
}

/** Names and values; of what has several, each begins with a day or a sign as no other line does. */
function readFields(lines) {
  const fields = [];
  for (const line of lines) {
    const value = line.trimStart();
    if (!line.startsWith(" ")) {
      const name = cut(line, [["", 10]])[0];
      fields.push([name, [[line.slice(name.length).trimStart()]]]);
    } else if (/^(\d{4}-\d\d-\d\d (至|起)|([甲乙丙丁戊己庚辛壬癸]|#\d+) [a-z0-9-]+\/\d{4}-|注意：评定)/.test(value)) {
      fields.at(-1)?.[1].push([value]);
    } else {
      fields.at(-1)?.[1].at(-1).push(value);
    }
  }
  return fields.map(([name, values]) => [name, values.map((parts) => unwrap(parts, WORDS.width - 12))]);
}

/** The rows of a table, each with the notes under it; the lines of the last cell are kept apart. */
function readTable(lines, columns, names) {
  if (lines[0] === undefined || cut(lines[0], columns).join() !== columns.map(([head]) => head).join()) {
    throw new Unreadable("表头不是所知的");
  }
  const rows = [];
  const isNote = new RegExp(`^${INDENT}(${names.join("|")})  (.*)$`, "u");
  for (const line of lines[2] === "所列年度没有已登记的学时。" ? [] : lines.slice(2)) {
    const [row, note] = [rows.at(-1), isNote.exec(line)];
    if (row && note) {
      row.notes.push([note[1], [note[2]]]);
    } else if (row?.notes.length && line.startsWith(INDENT + INDENT)) {
      row.notes.at(-1)[1].push(line.slice(INDENT.length + 6));
    } else if (row && line.startsWith(" ".repeat(12))) {
      row.parts.push(cut(line, columns));
    } else {
      rows.push({parts: [cut(line, columns)], notes: []});
    }
  }
  return rows.map(({parts, notes}) => ({
    cells: columns.map(([, wide], at) => unwrap(parts.map((cells) => cells[at]).filter(Boolean), wide)),
    last: parts.map((cells) => cells.at(-1)).filter(Boolean),
    notes: notes.map(([name, words]) => [name, unwrap(words, WORDS.width - INDENT.length - 6)]),
  }));
}

/** Hours as hundredths, as whole numbers. */
function centi(text) {
  if (!/^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$/.test(text)) throw new Unreadable(`${show(text)} 不是学时`);
  const [whole, rest = ""] = text.split(".");
  return Number(whole) * 100 + Number(rest.padEnd(2, "0"));
}

const hours = (number) => (number / 100).toFixed(2).replace(/\.?0+$/, "");

/** Redo the sums; gives what was shown and what was not. Refused where a sum is none, whoever signed it. */
function addUp(text, rulebooks) {
  try {
    const {years, entries} = readTables(text);
    let year = 0;
    if (rulebooks.some((one) => WORDS.credited.includes(one))) {
      return [[], ["没有重新计算学时：所引细则把一项学习的学时分记两个科目。"]];
    }
    entries.forEach(({cells: [number, of]}, at) => {
      if (number !== String(at + 1) || !/^[0-9]+$/.test(of)) throw new Unreadable(`明细第 ${at + 1} 条不成形`);
    });
    for (const {cells, last} of years) {
      year = cells[0] ? Number(cells[0]) : year;
      if (!Number.isInteger(year) || !year) throw new Unreadable("年度一行不成形");
      checkYear(year, cells, needsOf(last), entries.filter((one) => Number(one.cells[1]) === year));
    }
    const told = `算术重做：${years.length} 行年度的合计由 ${entries.length} 条明细逐条相加得出，缺额和达标与要求相符。`;
    return [[told], [WORDS.unproven_law]];
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return [[], [`没有重新计算学时：读不出登记情况表的正文（${error.message}）；它可能由别的版本写成。`]];
  }
}

/** The requirements of a year: each ends with the bracket that says whose it is. */
function needsOf(lines) {
  const needs = [];
  let parts = [];
  for (const line of lines.join() === "没有适用的要求" ? [] : lines) {
    parts.push(line);
    const words = unwrap(parts, WORDS.years.at(-1)[1]);
    if (!words.endsWith("）") || words.split("（").length !== words.split("）").length) continue;
    const found = NEED.exec(words);
    if (!found) throw new Unreadable(`要求 ${show(words)} 不成形`);
    const [, name, span,, need, short, have, open] = found;
    needs.push({name, span, need, short, have, open});
    parts = [];
  }
  if (parts.length) throw new Unreadable(`要求 ${show(parts[0])} 没有写完`);
  return needs;
}

/** The columns of a year are the sums of its entries, and its verdict is that of its requirements. */
function checkYear(year, [, side, ...cells], needs, entries) {
  const where = `登记情况表 ${year} 年度${side}`;
  const written = CATEGORIES.map((_, at) => centi(cells[at]));
  CATEGORIES.forEach((category, at) => {
    const own = entries.filter((one) => one.cells[2] === category);
    const sum = own.reduce((total, one) => total + centi(countedOn(one, side)), 0);
    if (sum !== written[at]) throw unverified(where, `${category}写作 ${cells[at]}，明细相加是 ${hours(sum)}`);
  });
  const total = (names) => names.reduce((sum, name) => sum + written[CATEGORIES.indexOf(name)], 0);
  if (total(CATEGORIES) !== centi(cells[3])) throw unverified(where, `合计写作 ${cells[3]}，与各科目之和不符`);
  for (const {name, span, need, short, have, open} of needs) {
    const held = short === undefined ? centi(have) : centi(need) - centi(short);
    if (name in HELD && span === undefined && held !== total(HELD[name])) {
      throw unverified(where, `${name}写作已有 ${hours(held)}，应为 ${hours(total(HELD[name]))}`);
    }
    if (short === undefined && open === undefined && held < centi(need)) {
      throw unverified(where, `${name}不足 ${need} 而没有写缺额`);
    }
  }
  const isReached = needs.some((one) => one.open === undefined) && !needs.some((one) => one.open === "待定");
  const met = needs.some((one) => one.short !== undefined) ? "否" : isReached ? "是" : "未定";
  if (cells[4] !== met) throw unverified(where, "达标与否与所列要求不符");
}

/** The hours of an entry that count on one side of its year. */
function countedOn({cells, notes}, side) {
  if (side !== "评定") return cells[7];
  if (cells[8] === "已撤销") return "0";
  const found = /^核定 ?[\d.]+，计入 ?([\d.]+)，/u.exec(Object.fromEntries(notes)["评定"] ?? "");
  return found ? found[1] : cells[7];
}
