/**
 * A small binary container: magic, kind, version, a JSON header, then typed arrays, each on an eight-byte boundary, and a checksum
 * over everything before it. Little-endian, as is every machine Node runs on in practice; others are refused.
 */
const MAGIC = 0x4b_52_54_53; // "STRK"
const FIXED = 20;

export type NumberArray = Float64Array | Float32Array | Int32Array | Uint32Array;
type ArrayKind = 'f64' | 'f32' | 'i32' | 'u32';

/** Raised when bytes are not what they should be: another kind, a newer version, cut short, or damaged. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}

interface Directory {
  readonly meta: unknown;
  readonly arrays: readonly { readonly name: string; readonly kind: ArrayKind; readonly length: number }[];
}

/** Packs metadata (JSON) and arrays under a kind (four letters) and a version. */
export function pack(
  kind: string,
  version: number,
  meta: unknown,
  arrays: Readonly<Record<string, NumberArray>>,
): Uint8Array {
  const entries = Object.entries(arrays);
  const directory: Directory = {
    meta,
    arrays: entries.map(([name, array]) => ({ name, kind: kindOf(array), length: array.length })),
  };
  const header = new TextEncoder().encode(JSON.stringify(directory));
  let length = align(FIXED + header.length);
  for (const [, array] of entries) length = align(length + array.byteLength);
  const bytes = new Uint8Array(length + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  bytes.set(kindBytes(kind), 4);
  view.setUint32(8, version, true);
  view.setUint32(12, header.length, true);
  view.setUint32(16, length, true);
  bytes.set(header, FIXED);
  let at = align(FIXED + header.length);
  for (const [, array] of entries) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at = align(at + array.byteLength);
  }
  view.setUint32(length, checksum(bytes, length), true);
  return bytes;
}

/**
 * Unpacks what {@link pack} wrote.
 * @throws {CodecError} wrong magic or kind, a version above `newest`, cut short, or a checksum that does not fit.
 */
export function unpack(
  bytes: Uint8Array,
  kind: string,
  newest: number,
): { version: number; meta: unknown; arrays: ArrayReader } {
  if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) throw new CodecError('needs a little-endian machine');
  if (bytes.length < FIXED + 8) throw new CodecError(`cut short: ${bytes.length} bytes`);
  // A view into a larger buffer may start anywhere; typed arrays need their boundary.
  const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new CodecError('not a file of this library');
  const found = new TextDecoder().decode(own.subarray(4, 8)).trim();
  if (found !== kind.trim()) throw new CodecError(`holds "${found}", expected "${kind.trim()}"`);
  const version = view.getUint32(8, true);
  if (version < 1 || version > newest) throw new CodecError(`version ${version} is not known, the newest is ${newest}`);
  const headerLength = view.getUint32(12, true);
  const length = view.getUint32(16, true);
  if (own.length !== length + 8) throw new CodecError(`${own.length} bytes, expected ${length + 8}`);
  if (checksum(own, length) !== view.getUint32(length, true))
    throw new CodecError('damaged: the checksum does not fit');
  const directory = JSON.parse(new TextDecoder().decode(own.subarray(FIXED, FIXED + headerLength))) as Directory;
  const arrays = new Map<string, NumberArray>();
  let at = align(FIXED + headerLength);
  for (const { name, kind: type, length: count } of directory.arrays) {
    const array = viewOf(type, own.buffer, own.byteOffset + at, count);
    arrays.set(name, array);
    at = align(at + array.byteLength);
  }
  return { version, meta: directory.meta, arrays: new ArrayReader(arrays) };
}

/** The arrays of a container by name and type. */
export class ArrayReader {
  constructor(private readonly arrays: ReadonlyMap<string, NumberArray>) {}

  float64(name: string): Float64Array {
    const array = this.arrays.get(name);
    if (!(array instanceof Float64Array)) throw new CodecError(`array ${name} is missing`);
    return array;
  }

  float32(name: string): Float32Array {
    const array = this.arrays.get(name);
    if (!(array instanceof Float32Array)) throw new CodecError(`array ${name} is missing`);
    return array;
  }

  uint32(name: string): Uint32Array {
    const array = this.arrays.get(name);
    if (!(array instanceof Uint32Array)) throw new CodecError(`array ${name} is missing`);
    return array;
  }
}

function align(at: number): number {
  return (at + 7) & ~7;
}

function kindBytes(kind: string): Uint8Array {
  const bytes = new TextEncoder().encode(kind.padEnd(4));
  if (bytes.length !== 4) throw new CodecError(`a kind has four letters, not "${kind}"`);
  return bytes;
}

function kindOf(array: NumberArray): ArrayKind {
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof Float32Array) return 'f32';
  return array instanceof Int32Array ? 'i32' : 'u32';
}

function viewOf(kind: ArrayKind, buffer: ArrayBufferLike, offset: number, length: number): NumberArray {
  switch (kind) {
    case 'f64':
      return new Float64Array(buffer, offset, length);
    case 'f32':
      return new Float32Array(buffer, offset, length);
    case 'i32':
      return new Int32Array(buffer, offset, length);
    case 'u32':
      return new Uint32Array(buffer, offset, length);
  }
}

/** FNV-1a over 32-bit words, mixed with their position by the multiplication. `length` is a multiple of 8. */
function checksum(bytes: Uint8Array, length: number): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, length / 4);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}
