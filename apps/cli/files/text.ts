import { isUtf8 } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import { CliFailure, usage } from '../failure.js';

export type Encoding = 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';

const NAMES: Record<string, Encoding> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  latin1: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  'utf-16': 'utf-16le',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
};

export function encodingNamed(name: string): Encoding {
  const encoding = NAMES[name.toLowerCase()];
  if (encoding === undefined)
    throw usage(`--encoding "${name}" is not known; there are utf-8, windows-1252, utf-16le and utf-16be.`);
  return encoding;
}

/** The encoding of a text by its first bytes: a byte order mark, else UTF-8 where they are that, else Windows-1252. */
export function encodingOf(head: Buffer, name: string): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head.includes(0))
    throw new CliFailure(`${name} is not a text file.`, 1, ['CSV, TSV, NDJSON, GeoJSON and Parquet are read.']);
  return isUtf8(head.subarray(0, wholeCharacters(head))) ? 'utf-8' : 'windows-1252';
}

/** Length without a character that the end of the piece cut in two. */
function wholeCharacters(head: Buffer): number {
  for (let back = 1; back <= 3 && back <= head.length; back++) {
    const byte = head[head.length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? head.length - back : head.length;
    }
  }
  return head.length;
}

/** The text of a byte stream in pieces, without a byte order mark. */
export async function* decoded(bytes: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<string> {
  const decode = decoderFor(encoding);
  let first = true;
  for await (const piece of bytes) {
    let text = decode(piece);
    if (text === '') continue;
    if (first && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    first = false;
    yield text;
  }
  const rest = decode(null);
  if (rest !== '') yield rest;
}

function decoderFor(encoding: Encoding): (piece: Buffer | null) => string {
  if (encoding === 'utf-8') {
    // Several times as fast as TextDecoder for streams.
    const decoder = new StringDecoder('utf8');
    return (piece) => (piece === null ? decoder.end() : decoder.write(piece));
  }
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (piece) => (piece === null ? decoder.decode() : decoder.decode(piece, { stream: true }));
}
