import { AppError } from '../app-error.js';
import { ACCEPTED_AS, type Format } from './media-types.js';

interface Range {
  type: string;
  subtype: string;
  q: number;
}

/** What a client says of a format: how much it wants it, and how exactly it named it. */
interface Wish {
  q: number;
  /** 2 by its name, 1 by `text/*`, 0 by anything. */
  exactness: number;
}

/**
 * The format to answer in: what `format=` names, else what `Accept` weighs highest (RFC 9110, 12.5.1). Of formats that
 * it weighs alike the one it named more exactly is taken, then the first of `allowed`.
 * @throws AppError REQUEST_INVALID for a format that is not allowed, NOT_ACCEPTABLE where `Accept` takes none of them
 */
export function chooseFormat<F extends Format>(
  accept: string | undefined,
  format: string | undefined,
  allowed: readonly F[],
): F {
  if (format !== undefined) {
    const named = allowed.find((one) => one === format);
    if (named !== undefined) return named;
    throw new AppError('REQUEST_INVALID', 'A field is not valid', {
      errors: [
        { path: 'format', message: `"${format.slice(0, 50)}" is not one of the formats here: ${allowed.join(', ')}` },
      ],
    });
  }
  const ranges = rangesOf(accept ?? '');
  let best: F | undefined = ranges.length === 0 ? allowed[0] : undefined;
  let bestWish: Wish = { q: 0, exactness: -1 };
  for (const one of allowed) {
    const wish = wishFor(one, ranges);
    if (wish.q > bestWish.q || (wish.q === bestWish.q && wish.q > 0 && wish.exactness > bestWish.exactness))
      [best, bestWish] = [one, wish];
  }
  if (best !== undefined) return best;
  throw new AppError(
    'NOT_ACCEPTABLE',
    `This is written as ${allowed.map((one) => ACCEPTED_AS[one][0]).join(', ')}, none of which Accept takes`,
    { extension: { formats: allowed } },
  );
}

/** The most exact range that covers a format has the say, even where it says no. */
function wishFor(format: Format, ranges: readonly Range[]): Wish {
  let wish: Wish = { q: 0, exactness: -1 };
  for (const name of ACCEPTED_AS[format]) {
    const [type, subtype] = name.split('/');
    for (const range of ranges) {
      const exactness =
        range.type === type && range.subtype === subtype
          ? 2
          : range.type === type && range.subtype === '*'
            ? 1
            : range.type === '*' && range.subtype === '*'
              ? 0
              : -1;
      if (exactness > wish.exactness || (exactness === wish.exactness && exactness >= 0 && range.q > wish.q))
        wish = { q: range.q, exactness };
    }
  }
  return wish;
}

function rangesOf(accept: string): Range[] {
  return accept.split(',').flatMap((part) => {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const [type, subtype, ...rest] = name.split('/');
    if (!type || !subtype || rest.length > 0) return [];
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const q = weight === undefined ? 1 : Number(weight.slice(2));
    return q >= 0 && q <= 1 ? [{ type, subtype, q }] : [];
  });
}
