// Ed25519 (RFC 8032): by the browser where it knows it, else by the arithmetic of section 5.1 itself.
//
// Only verifying, so nothing here is secret and nothing needs constant time.

const PRIME = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const CURVE_D = modulo(-121665n * power(121666n, PRIME - 2n));
const BASE = pointOf(modulo(4n * power(5n, PRIME - 2n)), 0n);

/** Whether a key signed these bytes. `own` leaves the browser out of it, which is how the tests ask. */
async function isSignature(key, signature, message, own = false) {
  if (!own) {
    try {
      const known = await crypto.subtle.importKey("raw", toArray(key), {name: "Ed25519"}, false, ["verify"]);
      return await crypto.subtle.verify({name: "Ed25519"}, known, toArray(signature), toArray(message));
    } catch (error) {
      if (error.name !== "NotSupportedError" && error.name !== "SyntaxError") throw error;
    }
  }
  return checkSignature(key, signature, message);
}

/** RFC 8032 5.1.7: S·B = R + k·A, asked as R = S·B - k·A and compared as bytes. */
async function checkSignature(key, signature, message) {
  const [encodedR, scalar] = [signature.slice(0, 32), littleEndian(signature.slice(32))];
  const point = readPoint(key);
  if (signature.length !== 64 || point === null || scalar >= ORDER) return false;
  const challenge = littleEndian(await digest("SHA-512", encodedR + key + message)) % ORDER;
  const [x, y, z, t] = point;
  const found = add(multiply(scalar, BASE), multiply(challenge, [modulo(-x), y, z, modulo(-t)]));
  return writePoint(found) === encodedR;
}

function modulo(number) {
  const rest = number % PRIME;
  return rest < 0n ? rest + PRIME : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n, square = modulo(square * square)) {
    if (exponent & 1n) result = modulo(result * square);
  }
  return result;
}

const littleEndian = (bytes) => BigInt(`0x${hex(Array.from(bytes).reverse().join("")) || "0"}`);

/** The point with this y and this parity of x, in extended coordinates (5.1.4); null where there is none (5.1.3). */
function pointOf(y, parity) {
  if (y >= PRIME) return null;
  const square = modulo((y * y - 1n) * power(modulo(CURVE_D * y * y + 1n), PRIME - 2n));
  let x = power(square, (PRIME + 3n) / 8n);
  if (modulo(x * x) !== square) x = modulo(x * power(2n, (PRIME - 1n) / 4n));
  if (modulo(x * x) !== square || (x === 0n && parity)) return null;
  if ((x & 1n) !== parity) x = modulo(-x);
  return [x, y, 1n, modulo(x * y)];
}

function readPoint(bytes) {
  const number = littleEndian(bytes);
  return bytes.length === 32 ? pointOf(number & (2n ** 255n - 1n), number >> 255n) : null;
}

function writePoint([x, y, z]) {
  const inverse = power(z, PRIME - 2n);
  const number = modulo(y * inverse) | ((modulo(x * inverse) & 1n) << 255n);
  return Array.from(unhex(number.toString(16).padStart(64, "0"))).reverse().join("");
}

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const [a, b] = [modulo((y1 - x1) * (y2 - x2)), modulo((y1 + x1) * (y2 + x2))];
  const [c, d] = [modulo(2n * t1 * t2 * CURVE_D), modulo(2n * z1 * z2)];
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [modulo(e * f), modulo(g * h), modulo(f * g), modulo(e * h)];
}

function multiply(scalar, point) {
  let result = [0n, 1n, 1n, 0n];
  for (let doubled = point; scalar > 0n; scalar >>= 1n, doubled = add(doubled, doubled)) {
    if (scalar & 1n) result = add(result, doubled);
  }
  return result;
}
